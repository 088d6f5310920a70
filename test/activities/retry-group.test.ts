import { createAttemptGroup } from '../../activities/attempt-group';
import { EndpointSlots } from '../../activities/endpoint-slots';
import type { DueTogether } from '../../activities/hand-over';
import type { Receiver } from '../../activities/make-attempt';
import { createRetryGroup } from '../../activities/retry-group';
import type { Delivery } from '../../domain/delivery';
import { answering, atMs, delivery, many, memoryRecorder, receiver, retryDelaysMs } from './support/attempts';

const carrier = 'retry-group/whe_1/g';
const row = (name: number | string, more: Partial<Delivery> = {}): Delivery =>
  delivery(name, {
    ...{ status: 'retrying', workflowId: carrier, attemptCount: 1, attemptsInRound: 1, nextAttemptAtMs: atMs },
    ...more,
  });
const togetherOf = (rows: Delivery[], slot = 1, round = 1): DueTogether => ({
  ...{ deliveries: rows.map(({ id }) => ({ id, round })), slot, dueAtMs: atMs },
});

function scene(rows: Delivery[], statusOf: (id: string) => number, to: (Receiver | undefined)[] = [receiver()]) {
  const { makeAttempt, attempted } = answering(statusOf);
  const recorder = memoryRecorder();
  const set: [string[], string][] = [];
  const unheld: string[] = [];
  const erased = new Set<string>();
  const now = () => atMs;
  const group = createRetryGroup({
    groupLog: {
      // The last one answers from then on.
      receiver: () => Promise.resolve(to.length > 1 ? to.shift() : to[0]),
      find: (ids) => Promise.resolve(rows.filter(({ id }) => ids.includes(id))),
      bodies: (ids) => Promise.resolve(new Map(ids.filter((id) => !erased.has(id)).map((id) => [id, '{}']))),
      setStatus: (ids, by, status) =>
        Promise.resolve(void (by === carrier && ids.length > 0 && set.push([ids, status]))),
      unhold: (ids) => Promise.resolve(void unheld.push(...ids)),
    },
    attemptGroup: createAttemptGroup({ recorder, makeAttempt, slots: new EndpointSlots(), now }),
    now,
    ownWorkflowId: () => carrier,
  });
  const attempt = (together: DueTogether) => group.attemptTogether({ endpointId: 'whe_1', together, retryDelaysMs });
  return { attempt, group, attempted, recorder, set, unheld, erased };
}

test('attempts each in its slot; what failed goes on together, what failed for good is counted', async () => {
  const rows = [row('a'), row('b'), row('c'), row('d')];
  const { attempt, recorder } = scene(rows, (id) => (id === 'dlv_a' ? 200 : id === 'dlv_d' ? 410 : 500));
  expect(await attempt(togetherOf(rows))).toEqual({
    next: [
      {
        deliveries: [
          { id: 'dlv_b', round: 1 },
          { id: 'dlv_c', round: 1 },
        ],
        slot: 2,
        dueAtMs: atMs + 5 + 120_000,
      },
    ],
    exhausted: 1,
  });
  expect(recorder.records.map(({ attempt: { key, number }, isNew }) => [key, number, isNew])).toEqual(
    many(4, () => [`${carrier}/1`, 2, false]),
  );
});

test('at the end of the timeline nothing goes on', async () => {
  const rows = [row('a', { attemptsInRound: 2 })];
  const { attempt } = scene(rows, () => 500);
  expect(await attempt(togetherOf(rows, 2))).toEqual({ next: [], exhausted: 1 });
});

test('what was taken over, closed or delivered meanwhile is left alone', async () => {
  const rows = [
    row('a', { workflowId: 'delivery/whe_1/evt_a' }),
    row('b', { status: 'cancelled' }),
    row('c', { status: 'delivered' }),
    row('d', { status: 'held' }),
    row('e'),
  ];
  const { attempt, attempted } = scene(rows, () => 200);
  expect(await attempt(togetherOf([...rows, row('erased')]))).toEqual({ next: [], exhausted: 0 });
  expect(attempted).toEqual(['dlv_e']);
});

test('a second try reads back what the first one had made, and attempts the rest', async () => {
  const { nextAttemptAtMs: _none, ...exhaustedRow } = row('exhausted', { status: 'failed', attemptsInRound: 2 });
  const rows = [row('made', { attemptsInRound: 2, nextAttemptAtMs: atMs + 120_000 }), exhaustedRow, row('open')];
  const { attempt, attempted } = scene(rows, () => 500);
  const { next, exhausted } = await attempt(togetherOf(rows));
  expect(attempted).toEqual(['dlv_open']);
  expect(exhausted).toBe(1);
  expect(next.flatMap(({ deliveries }) => deliveries.map(({ id }) => id))).toEqual(['dlv_made', 'dlv_open']);
});

test('a recovery begins the next round, for what failed at the end of the one before', async () => {
  const rows = [row('a', { status: 'failed', attemptsInRound: 3, attemptCount: 3 })];
  const { attempt, recorder } = scene(rows, () => 500);
  const { next } = await attempt(togetherOf(rows, 0, 2));
  expect(recorder.records).toMatchObject([
    { attempt: { number: 4, round: 2 }, after: { attemptsInRound: 1, round: 2 } },
  ]);
  expect(next).toEqual([{ deliveries: [{ id: 'dlv_a', round: 2 }], slot: 1, dueAtMs: atMs + 5 + 30_000 }]);
});

test.each<[string, Receiver | undefined, string]>([
  ['paused', receiver('whe_1', { status: 'paused' }), 'held'],
  ['deleted', receiver('whe_1', { status: 'deleted' }), 'cancelled'],
  ['erased', undefined, 'cancelled'],
])(
  'an endpoint that is %s: nothing is attempted, and what the group carries is dealt with',
  async (_what, to, wanted) => {
    const rows = [row('a'), row('b', { workflowId: 'delivery/whe_1/evt_b' })];
    const { attempt, attempted, set } = scene(rows, () => 200, [to]);
    expect(await attempt(togetherOf(rows))).toEqual({ next: [], exhausted: 0 });
    expect([attempted, set]).toEqual([[], [[['dlv_a'], wanted]]]);
  },
);

test('an endpoint that was resumed while its deliveries were being held has missed them: they are attempted', async () => {
  const rows = [row('a')];
  const { attempt, attempted, unheld } = scene(rows, () => 200, [receiver('whe_1', { status: 'paused' }), receiver()]);
  await attempt(togetherOf(rows));
  expect([unheld, attempted]).toEqual([['dlv_a'], ['dlv_a']]);
});

test('a delivery whose event was erased is closed', async () => {
  const rows = [row('a'), row('b')];
  const { attempt, attempted, set, erased } = scene(rows, () => 200);
  erased.add('evt_a');
  await attempt(togetherOf(rows));
  expect([attempted, set]).toEqual([['dlv_b'], [[['dlv_a'], 'cancelled']]]);
});

test('a group that is cancelled closes what it carries, by the word of its own', async () => {
  const { group, set } = scene([row('a'), row('b')], () => 200);
  await group.cancelTogether({ deliveryIds: ['dlv_a', 'dlv_b'] });
  expect(set).toEqual([[['dlv_a', 'dlv_b'], 'cancelled']]);
});
