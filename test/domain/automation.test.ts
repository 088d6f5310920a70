import fc from 'fast-check';
import type { ContactStatus } from '../../domain/contact';
import {
  allSteps,
  describeStep,
  positionAfter,
  positionInBranch,
  reasonToExit,
  stepAt,
  stepsSchema,
  triggerSchema,
  type Step,
  type StepPosition,
} from '../../domain/automation';

const wait: Step = { type: 'wait', duration: '1m' };
const end: Step = { type: 'end' };
function condition(then: Step[], otherwise?: Step[]): Step {
  return {
    type: 'condition',
    if: { field: 'contact.email', op: 'exists' },
    then,
    ...(otherwise ? { else: otherwise } : {}),
  };
}
function messagesOf(steps: unknown): string[] {
  return stepsSchema.safeParse(steps).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}
/** Every position of a step list, in the order that people read it. */
function positionsOf(steps: readonly Step[], prefix: StepPosition = []): StepPosition[] {
  return steps.flatMap((step, index) => {
    const here: StepPosition = [...prefix, index];
    if (step.type !== 'condition') return [here];
    return [here, ...positionsOf(step.then, [...here, 'then']), ...positionsOf(step.else ?? [], [...here, 'else'])];
  });
}
/** The positions that a run visits when `choose` decides its conditions. */
function walk(steps: readonly Step[], choose: () => boolean): StepPosition[] {
  const visited: StepPosition[] = [];
  let at: StepPosition | undefined = steps.length > 0 ? [0] : undefined;
  while (at) {
    visited.push(at);
    if (visited.length > 1_000) throw new Error('the walk does not end');
    const step = stepAt(steps, at);
    if (step?.type === 'end') break;
    at =
      step?.type === 'condition' ? positionInBranch(steps, at, choose() ? 'then' : 'else') : positionAfter(steps, at);
  }
  return visited;
}

const { steps: stepLists } = fc.letrec<{ steps: Step[] }>((tie) => ({
  steps: fc.array(
    fc.oneof(
      { maxDepth: 4, weight: 3, arbitrary: fc.constant(wait) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(tie('steps'), fc.option(tie('steps'), { nil: undefined }))
          .map(([then, otherwise]) => condition(then, otherwise)),
      },
    ),
    { maxLength: 4 },
  ),
}));

describe('positions', () => {
  const steps = [wait, condition([wait, condition([wait])], [end]), wait];

  test.each<[StepPosition, StepPosition | undefined]>([
    [[0], [1]],
    [[1], [2]],
    [
      [1, 'then', 0],
      [1, 'then', 1],
    ],
    [[1, 'then', 1, 'then', 0], [2]],
    [[1, 'else', 0], [2]],
    [[2], undefined],
  ])('after %j comes %j', (position, next) => {
    expect(positionAfter(steps, position)).toEqual(next);
  });

  test.each<[StepPosition, 'then' | 'else', StepPosition | undefined]>([
    [[1], 'then', [1, 'then', 0]],
    [[1], 'else', [1, 'else', 0]],
    [[1, 'then', 1], 'else', [2]],
  ])('%j goes on by %s to %j', (position, branch, next) => {
    expect(positionInBranch(steps, position, branch)).toEqual(next);
  });

  test.each<[StepPosition]>([[[3]], [[-1]], [[0, 'then', 0]], [[1, 'then', 2]], [[1, 'then', 1, 'else', 0]]])(
    'there is no step at %j',
    (position) => {
      expect(stepAt(steps, position)).toBeUndefined();
    },
  );

  it('walked through visit every step that the choices lead to once, in order, and end', () => {
    fc.assert(
      fc.property(stepLists, fc.infiniteStream(fc.boolean()), (list, choices) => {
        const order = positionsOf(list).map((position) => JSON.stringify(position));
        const visited = walk(list, () => choices.next().value).map((position) => JSON.stringify(position));
        expect(new Set(visited).size).toBe(visited.length);
        const places = visited.map((position) => order.indexOf(position));
        expect(places).toEqual([...places].sort((a, b) => a - b));
        expect(places).not.toContain(-1);
        // Every step on the top level is reached, whichever way its conditions went.
        for (let index = 0; index < list.length; index++) expect(visited).toContain(JSON.stringify([index]));
      }),
      { numRuns: 500 },
    );
  });

  it('walked through in all ways reach every step', () => {
    fc.assert(
      fc.property(stepLists, (list) => {
        const reached = new Set<string>();
        const explore = (at: StepPosition | undefined): void => {
          if (!at || reached.has(JSON.stringify(at))) return;
          reached.add(JSON.stringify(at));
          if (stepAt(list, at)?.type !== 'condition') return explore(positionAfter(list, at));
          explore(positionInBranch(list, at, 'then'));
          explore(positionInBranch(list, at, 'else'));
        };
        explore(list.length > 0 ? [0] : undefined);
        expect([...reached].sort()).toEqual(
          positionsOf(list)
            .map((position) => JSON.stringify(position))
            .sort(),
        );
        expect(reached.size).toBe(allSteps(list).length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a step list', () => {
  it('of every kind of step is taken as it is', () => {
    const steps = [
      wait,
      { type: 'updateContact', traits: { plan: 'pro', address: { city: 'Ulm' }, old: null } },
      { type: 'addToList', listId: 'lst_1' },
      { type: 'removeFromList', listId: 'lst_1' },
      condition([{ type: 'webhook', url: 'https://acme.com', headers: { 'X-Key': 'k' } }], [end]),
      { type: 'sendEmail', templateId: 'tpl_1' },
      { type: 'sendEmail', templateId: 'tpl_1', from: 'News <news@acme.com>' },
      { type: 'waitForEmail', event: 'clicked', limit: '2d', then: [wait], else: [end] },
      { type: 'waitForEmail', event: 'opened', limit: '1h', then: [] },
      end,
    ];
    expect(stepsSchema.parse(steps)).toEqual(steps);
    expect(stepsSchema.parse([])).toEqual([]);
  });

  test.each([
    ['an unknown type', [{ type: 'fax' }]],
    ['an unknown field', [{ type: 'end', then: [] }]],
    ['a wait of nothing', [{ type: 'wait', duration: '0s' }]],
    ['a wait that is no duration', [{ type: 'wait', duration: 'tomorrow' }]],
    ['a wait of more than a year', [{ type: 'wait', duration: '366d' }]],
    ['a wait for other news of an email', [{ type: 'waitForEmail', event: 'bounced', limit: '1h', then: [] }]],
    ['a wait for an email without a limit', [{ type: 'waitForEmail', event: 'opened', then: [] }]],
    ['an empty list id', [{ type: 'addToList', listId: '' }]],
    ['a header that is none', [{ type: 'webhook', url: 'https://a.com', headers: { 'X Key': 'k' } }]],
    ['a trait without a name', [{ type: 'updateContact', traits: { '': 1 } }]],
    ['no list at all', { type: 'end' }],
  ])('with %s is refused', (_what, steps) => {
    expect(stepsSchema.safeParse(steps).success).toBe(false);
  });

  it('with a step after an end is refused, at its place', () => {
    expect(messagesOf([end, wait])).toEqual(['1: is never reached: it stands after an "end"']);
    expect(messagesOf([condition([wait, end, wait])])).toEqual([
      '0.then.2: is never reached: it stands after an "end"',
    ]);
    expect(messagesOf([condition([end]), wait])).toEqual([]);
  });

  it('has at most 100 steps, those in branches included', () => {
    const half = Array.from({ length: 50 }, () => wait);
    expect(messagesOf([condition(half, half.slice(1))])).toEqual([]);
    expect(messagesOf([condition(half, half)])).toEqual([expect.stringContaining('100')]);
  });

  it('stands in lists at most 6 deep', () => {
    const nested = (depth: number): Step[] => (depth === 0 ? [wait] : [condition(nested(depth - 1))]);
    expect(messagesOf(nested(5))).toEqual([]);
    expect(messagesOf(nested(6))).toEqual([expect.stringContaining('nest')]);
    expect(messagesOf([condition([], nested(6))])).toEqual([expect.stringContaining('nest')]);
  });

  test.each<[Step, string]>([
    [wait, 'wait 1m'],
    [{ type: 'addToList', listId: 'lst_1' }, 'addToList lst_1'],
    [{ type: 'updateContact', traits: { plan: 'pro', seats: 1 } }, 'updateContact plan, seats'],
    [end, 'end'],
  ])('%j reads %j', (step, text) => {
    expect(describeStep(step)).toBe(text);
  });
});

describe('a trigger', () => {
  test.each([['purchase_completed'], ['Purchase Completed'], ['購入']])('listens to %j', (eventName) => {
    expect(triggerSchema.safeParse({ type: 'CUSTOM_EVENT', eventName }).success).toBe(true);
  });
  test.each([[''], [' _- '], ['x'.repeat(201)], [5]])('does not listen to %j', (eventName) => {
    expect(triggerSchema.safeParse({ type: 'CUSTOM_EVENT', eventName }).success).toBe(false);
  });
});

describe('a contact that leaves', () => {
  const startedAtMs = 1_000;
  const left = (status: ContactStatus, atMs = 2_000) => ({ status, changedAtMs: { status: atMs } });

  test.each([
    [['unsubscribed', 'bounced'], 'unsubscribed', 'the contact has unsubscribed'],
    [['unsubscribed', 'bounced'], 'complained', 'the contact has complained'],
    [['unsubscribed', 'bounced'], 'bounced', 'an email to the contact has bounced'],
    [['unsubscribed', 'bounced'], 'active', undefined],
    [['bounced'], 'unsubscribed', undefined],
    [['bounced'], 'complained', undefined],
    [['unsubscribed'], 'bounced', undefined],
    [[], 'complained', undefined],
    [undefined, 'bounced', 'an email to the contact has bounced'],
  ] as const)('ends runs by %j when it is %s', (exitOn, status, reason) => {
    expect(reasonToExit(exitOn, left(status), startedAtMs)).toBe(reason);
  });

  test('before the run began ends nothing', () => {
    expect(reasonToExit(undefined, left('unsubscribed', 999), startedAtMs)).toBeUndefined();
    expect(reasonToExit(undefined, { status: 'unsubscribed', changedAtMs: {} }, startedAtMs)).toBeUndefined();
    expect(reasonToExit(undefined, left('unsubscribed', 1_000), startedAtMs)).toBeDefined();
  });
});
