import { StartBudget } from '../../src/ingest/start-budget';

/** How many starts of that cost leave in a second, asked every millisecond. */
function startsIn(budget: StartBudget, fromMs: number, cost: number): number {
  let starts = 0;
  for (let nowMs = fromMs; nowMs < fromMs + 1_000; nowMs++) if (budget.take(nowMs, cost)) starts++;
  return starts;
}

test('after a rest four leave at once, then so many a second', () => {
  const budget = new StartBudget(10);
  expect([1, 2, 3, 4, 5].map(() => budget.take(0, 1))).toEqual([true, true, true, true, false]);
  expect(startsIn(budget, 0, 1)).toBe(9);
  expect(startsIn(budget, 1_000, 1)).toBe(10);
  // A rest saves up no more than what may leave at once.
  expect(startsIn(budget, 60_000, 1)).toBe(13);
});

test('a dear one is let go as soon as a cheap one, and paid off before the next', () => {
  const budget = new StartBudget(10);
  startsIn(budget, 0, 2);
  expect(startsIn(budget, 1_000, 2)).toBe(5);
});

test('it tells how long the next one waits, to the millisecond', () => {
  const budget = new StartBudget(10);
  for (const cost of [1, 1, 1, 2]) budget.take(0, cost);
  const waitMs = budget.waitMs(0);
  expect(waitMs).toBe(200);
  expect(budget.take(waitMs - 1, 1)).toBe(false);
  expect(budget.take(waitMs, 1)).toBe(true);
});
