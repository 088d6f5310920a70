import fc from 'fast-check';
import { fillGrid, gridOf, overviewRanges, stretchesOf } from '../../domain/overview';

const nowMs = Date.parse('2026-04-15T10:17:30Z');

test.each([
  ['1h', 60, '2026-04-15T09:18:00.000Z', '2026-04-15T10:17:00.000Z'],
  ['24h', 48, '2026-04-14T10:30:00.000Z', '2026-04-15T10:00:00.000Z'],
  ['7d', 56, '2026-04-08T12:00:00.000Z', '2026-04-15T09:00:00.000Z'],
  ['30d', 60, '2026-03-16T12:00:00.000Z', '2026-04-15T00:00:00.000Z'],
] as const)('%s is %i buckets, the last one under way', (range, count, first, last) => {
  const { startsMs } = gridOf(range, nowMs);
  expect(startsMs).toHaveLength(count);
  expect([startsMs[0], startsMs.at(-1)].map((ms) => new Date(ms ?? 0).toISOString())).toEqual([first, last]);
});

test('the stretches cover every range once, newest first', () => {
  fc.assert(
    fc.property(fc.constantFrom(...overviewRanges), fc.nat(), (range, ms) => {
      const grid = gridOf(range, ms);
      const stretches = stretchesOf(grid);
      let endMs = (grid.startsMs.at(-1) ?? 0) + grid.bucketMs;
      for (const { fromMs, untilMs } of stretches) {
        expect(untilMs).toBe(endMs);
        expect(fromMs).toBeLessThan(untilMs);
        endMs = fromMs;
      }
      expect(endMs).toBe(grid.startsMs[0]);
      expect(stretches[0]?.fromMs).toBe(grid.startsMs.at(-1));
      expect(stretches.length).toBeLessThan(8);
    }),
  );
});

test('buckets are filled, empty ones too; what is older than was counted is left out of the sums', () => {
  const grid = gridOf('1h', nowMs);
  const lastMs = grid.startsMs.at(-1) ?? 0;
  const { buckets, totals } = fillGrid(grid, lastMs - 60_000, [
    { atMs: lastMs, what: 'received', count: 2 },
    { atMs: lastMs + 5_000, what: 'received', count: 1 },
    { atMs: lastMs - 60_000, what: 'rejected', count: 4 },
    { atMs: lastMs - 120_000, what: 'received', count: 9 },
  ]);
  expect(buckets).toHaveLength(2);
  expect(buckets[0]).toMatchObject({ received: 0, rejected: 4 });
  expect(buckets[1]).toMatchObject({ atMs: lastMs, received: 3, rejected: 0 });
  expect(totals).toMatchObject({ received: 3, rejected: 4, delivered: 0 });
});
