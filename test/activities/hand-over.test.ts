import fc from 'fast-check';
import type { FailedDelivery } from '../../activities/attempt-group';
import { createHandOver, dueTogether, type HandOverInput } from '../../activities/hand-over';
import type { Delivery } from '../../domain/delivery';
import { workflowIds } from '../../domain/ids';
import { atMs, delivery, many } from './support/attempts';

const carrier = workflowIds.webhookDispatch('whe_1');
const failedAt = (name: number | string, dueInMs: number, more: Partial<FailedDelivery> = {}): FailedDelivery => ({
  ...{ id: `dlv_${name}`, round: 1, attemptsInRound: 1, nextAttemptAtMs: atMs + dueInMs, ...more },
});

describe('failures that share a timeline', () => {
  const shape = (failed: FailedDelivery[]) =>
    dueTogether(failed).map(({ deliveries, slot, dueAtMs }) => [deliveries.map(({ id }) => id), slot, dueAtMs - atMs]);

  test.each<[string, FailedDelivery[], unknown[]]>([
    ['none', [], []],
    ['one is due when it is due', [failedAt('a', 30_000)], [[['dlv_a'], 1, 30_000]]],
    [
      'those within a second wait for the last of them',
      [failedAt('b', 31_000), failedAt('a', 30_000), failedAt('c', 30_400)],
      [[['dlv_a', 'dlv_c', 'dlv_b'], 1, 31_000]],
    ],
    [
      'a second counts from the first: no chain of neighbours grows beyond it',
      [failedAt('a', 0), failedAt('b', 700), failedAt('c', 1_001), failedAt('d', 1_700)],
      [
        [['dlv_a', 'dlv_b'], 1, 700],
        [['dlv_c', 'dlv_d'], 1, 1_700],
      ],
    ],
    [
      'of different slots do not',
      [failedAt('a', 0), failedAt('b', 0, { attemptsInRound: 2 }), failedAt('c', 10)],
      [
        [['dlv_a', 'dlv_c'], 1, 10],
        [['dlv_b'], 2, 0],
      ],
    ],
  ])('%s', (_what, failed, expected) => {
    expect(shape(failed)).toEqual(expected);
  });

  it('of different rounds do, each in its own', () => {
    const [group] = dueTogether([failedAt('a', 0), failedAt('b', 0, { round: 3 })]);
    expect(group?.deliveries).toEqual([
      { id: 'dlv_a', round: 1 },
      { id: 'dlv_b', round: 3 },
    ]);
  });

  it('are a hundred at most', () => {
    const sizes = dueTogether(many(250, (index) => failedAt(index, index))).map(({ deliveries }) => deliveries.length);
    expect(sizes).toEqual([100, 100, 50]);
  });

  it('each goes on exactly once, never early, and at most a second late', () => {
    const failure = fc.record({
      id: fc.uuid(),
      round: fc.integer({ min: 1, max: 3 }),
      attemptsInRound: fc.integer({ min: 1, max: 3 }),
      nextAttemptAtMs: fc.integer({ min: 0, max: 5_000 }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(failure, { selector: ({ id }) => id, maxLength: 300 }), (failed) => {
        const groups = dueTogether(failed);
        const placed = groups.flatMap(({ deliveries, slot, dueAtMs }) =>
          deliveries.map(({ id, round }) => ({ id, round, slot, dueAtMs })),
        );
        const byId = new Map(failed.map((each) => [each.id, each]));
        expect(placed.map(({ id }) => id).sort()).toEqual([...byId.keys()].sort());
        for (const { id, round, slot, dueAtMs } of placed) {
          const own = byId.get(id);
          expect([own?.round, own?.attemptsInRound]).toEqual([round, slot]);
          const lateMs = dueAtMs - (own?.nextAttemptAtMs ?? NaN);
          expect(lateMs >= 0 && lateMs <= 1_000).toBe(true);
        }
        for (const { deliveries } of groups) expect(deliveries.length).toBeLessThanOrEqual(100);
      }),
    );
  });
});

/** The log in memory, and a starter that starts each id once. Where `isAway` says so, the starter fails. */
function scene(rows: Delivery[]) {
  const log = new Map(rows.map((row) => [row.id, row]));
  const started = new Map<string, { deliveryIds: string[]; times: number; dueAtMs?: number; together?: unknown }>();
  const starter = { isAwayFor: (_workflowId: string): boolean => false };
  const start = (workflowId: string, deliveries: Delivery[], more: object = {}): Promise<void> => {
    if (starter.isAwayFor(workflowId)) return Promise.reject(new Error('Temporal is away'));
    // What a workflow is started for says by then that this workflow carries it.
    for (const { id, workflowId: carriedBy } of deliveries) {
      expect([carriedBy, log.get(id)?.workflowId]).toEqual([workflowId, workflowId]);
    }
    const times = (started.get(workflowId)?.times ?? 0) + 1;
    started.set(workflowId, { deliveryIds: deliveries.map(({ id }) => id), times, ...more });
    return Promise.resolve();
  };
  const activities = createHandOver({
    carriers: {
      find: (ids) => Promise.resolve(ids.flatMap((id) => log.get(id) ?? [])),
      move: (ids, from, to) => {
        for (const id of ids) {
          const row = log.get(id);
          if (row?.workflowId === from) log.set(id, { ...row, workflowId: to });
        }
        return Promise.resolve();
      },
    },
    starter: {
      startDelivery: (each) => start(workflowIds.webhookDelivery(each), [each]),
      startRetryGroup: ({ groupId, deliveries, together }) =>
        start(workflowIds.webhookRetryGroup({ endpointId: 'whe_1', groupId }), deliveries, { together }),
    },
  });
  const run = (failed: FailedDelivery[], more: Partial<HandOverInput> = {}) =>
    activities.handOver({ endpointId: 'whe_1', failed, carrier, groupId: 'run-1', ...more });
  return { log, started, starter, run };
}
/** A delivery whose first attempt has failed in the lane. */
const failedRow = (name: number | string, more: Partial<Delivery> = {}): Delivery =>
  delivery(name, {
    ...{ status: 'retrying', workflowId: carrier, attemptCount: 1, attemptsInRound: 1 },
    nextAttemptAtMs: atMs + 30_000,
    ...more,
  });
const groupName = (suffix = ''): string => `retry-group/whe_1/run-1${suffix}`;

describe('what failed', () => {
  it.each([1, 2, 3])('goes on by itself where it is as few as %i', async (count) => {
    const { started, run } = scene(many(count, (index) => failedRow(index)));
    await run(many(count, (index) => failedAt(index, 30_000)));
    expect([...started.keys()]).toEqual(many(count, (index) => `delivery/whe_1/evt_${index}`));
  });

  it('goes on together where it is four, with the place of each on the timeline', async () => {
    const { started, run, log } = scene(many(4, (index) => failedRow(index)));
    await run(many(4, (index) => failedAt(index, 30_000 + index)));
    expect([...started]).toEqual([
      [
        groupName(),
        {
          deliveryIds: many(4, (index) => `dlv_${index}`),
          times: 1,
          together: {
            deliveries: many(4, (index) => ({ id: `dlv_${index}`, round: 1 })),
            slot: 1,
            dueAtMs: atMs + 30_003,
          },
        },
      ],
    ]);
    expect([...log.values()].map(({ workflowId }) => workflowId)).toEqual(many(4, groupName.bind(undefined, '')));
  });

  it('makes as many groups as there are moments and hundreds, each with a name of its own', async () => {
    const { started, run } = scene(many(250, (index) => failedRow(index)));
    await run(many(250, (index) => failedAt(index, index < 240 ? 30_000 : 40_000)));
    expect([...started].map(([name, { deliveryIds }]) => [name, deliveryIds.length])).toEqual([
      [groupName(), 100],
      [groupName('-2'), 100],
      [groupName('-3'), 40],
      [groupName('-4'), 10],
    ]);
  });

  it.each<[string, Partial<Delivery>]>([
    ['taken over by its own workflow', { workflowId: 'delivery/whe_1/evt_1' }],
    ['cancelled', { status: 'cancelled' }],
    ['delivered', { status: 'delivered' }],
    ['held', { status: 'held' }],
  ])('is left out where it was %s meanwhile', async (_what, change) => {
    const rows = many(5, (index) => failedRow(index, index === 1 ? change : {}));
    const { started, run, log } = scene(rows);
    await run(many(5, (index) => failedAt(index, 30_000)));
    expect(started.get(groupName())?.deliveryIds).toEqual(['dlv_0', 'dlv_2', 'dlv_3', 'dlv_4']);
    expect(log.get('dlv_1')).toEqual(rows[1]);
  });

  it.each<[string, Partial<Delivery>]>([
    ['taken over by another one’s workflow', { workflowId: 'retry-group/whe_1/other' }],
    ['cancelled', { status: 'cancelled' }],
  ])('starts nothing where it was alone and %s', async (_what, change) => {
    const { started, run, log } = scene([failedRow(1, change)]);
    await run([failedAt(1, 30_000)]);
    expect([started.size, log.get('dlv_1')]).toEqual([0, failedRow(1, change)]);
  });

  it('starts no group where nobody is left of it, and nothing for what was erased', async () => {
    const { started, run } = scene(many(4, (index) => failedRow(index, { status: 'cancelled' })));
    await run(many(5, (index) => failedAt(index, 30_000)));
    expect(started.size).toBe(0);
  });
});

describe('a second try of the same', () => {
  it.each([3, 4, 250])('of %i starts the same workflows with the same deliveries, and no others', async (count) => {
    const { started, run } = scene(many(count, (index) => failedRow(index)));
    const failed = many(count, (index) => failedAt(index, 30_000 + index * 10));
    await run(failed);
    const first = new Map(started);
    await run(failed);
    expect([...started.keys()]).toEqual([...first.keys()]);
    for (const [name, { deliveryIds }] of started) expect(deliveryIds).toEqual(first.get(name)?.deliveryIds);
  });

  it.each([3, 250])('of %i goes on where the first one ended, and loses nothing', async (count) => {
    const { started, starter, run } = scene(many(count, (index) => failedRow(index)));
    const failed = many(count, (index) => failedAt(index, 30_000));
    starter.isAwayFor = (workflowId) => /evt_1$|-2$/.test(workflowId);
    await expect(run(failed)).rejects.toThrow('Temporal is away');
    expect(started.size).toBe(1);
    starter.isAwayFor = () => false;
    await run(failed);
    const deliveryIds = [...started.values()].flatMap((each) => each.deliveryIds);
    expect(deliveryIds.sort()).toEqual(failed.map(({ id }) => id).sort());
  });
});
