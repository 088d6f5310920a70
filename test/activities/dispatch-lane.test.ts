import { createAttemptGroup } from '../../activities/attempt-group';
import { createDispatchLane } from '../../activities/dispatch-lane';
import { EndpointSlots } from '../../activities/endpoint-slots';
import type { Receiver } from '../../activities/make-attempt';
import type { Delivery } from '../../domain/delivery';
import { workflowIds } from '../../domain/ids';
import {
  atMs,
  delivery,
  heldAttempts,
  holdTime,
  many,
  memoryRecorder,
  receiver,
  retryDelaysMs,
  settled,
} from './support/attempts';

const carrier = workflowIds.webhookDispatch('whe_1');
type Row = Delivery & { attemptUntilMs?: number };
const waiting = (name: number | string, more: Partial<Row> = {}): Row => ({
  ...delivery(name, { workflowId: carrier }),
  ...more,
});

/** A lane with these deliveries in it, of an endpoint that is slow; attempts end when the test says so. */
function scene(rows: Row[], to: Receiver | undefined = receiver('whe_1', { slowSince: new Date(atMs) })) {
  const held = heldAttempts();
  const recorder = memoryRecorder();
  const slots = new EndpointSlots();
  const receivers = [to];
  const calls: { set: [string[], string][]; unheld: string[]; leases: Map<string, number> } = {
    ...{ set: [], unheld: [], leases: new Map() },
  };
  const lane = {
    rows,
    erased: new Set<string>(),
  };
  const activities = createDispatchLane({
    lane: {
      inDispatch: (_endpointId, limit) => Promise.resolve(lane.rows.slice(0, limit)),
      lease: (ids, untilMs) => Promise.resolve(ids.forEach((id) => calls.leases.set(id, untilMs))),
    },
    groupLog: {
      // The last one answers from then on.
      receiver: () => Promise.resolve(receivers.length > 1 ? receivers.shift() : receivers[0]),
      find: () => Promise.resolve([]),
      bodies: (ids) => Promise.resolve(new Map(ids.filter((id) => !lane.erased.has(id)).map((id) => [id, '{}']))),
      setStatus: (ids, _carrier, status) => Promise.resolve(void calls.set.push([ids, status])),
      unhold: (ids) => Promise.resolve(void calls.unheld.push(...ids)),
    },
    attemptGroup: createAttemptGroup({ recorder, makeAttempt: held.makeAttempt, slots, now: () => Date.now() }),
    now: () => Date.now(),
  });
  const page = () => activities.attemptPending({ endpointId: 'whe_1', retryDelaysMs });
  return { ...held, ...calls, calls, recorder, slots, receivers, lane, page };
}

beforeEach(holdTime);
afterEach(() => jest.useRealTimers());

test('an empty lane says so at once', async () => {
  expect(await scene([]).page()).toEqual({ failed: [], isEmpty: true, isFull: false });
});

test('makes the first attempts of what waits, in the round that it stands in, and returns what failed', async () => {
  const at = scene([waiting(1), waiting(2, { round: 3 }), waiting(3)]);
  const page = at.page();
  await settled();
  expect(at.exchanges.map(({ name }) => [name.key, name.round])).toEqual([
    [`${carrier}/0`, 1],
    [`${carrier}/0`, 3],
    [`${carrier}/0`, 1],
  ]);
  at.exchanges[0]?.answer(200);
  at.exchanges[1]?.answer(500);
  at.exchanges[2]?.answer(410);
  expect(await page).toEqual({
    failed: [{ id: 'dlv_2', round: 3, attemptsInRound: 1, nextAttemptAtMs: atMs + 5 + 30_000 }],
    isEmpty: false,
    isFull: false,
  });
});

test('hands over at once what has failed in the endpoint’s groups', async () => {
  const failed = waiting(1, { status: 'retrying', attemptsInRound: 1, nextAttemptAtMs: atMs + 30_000 });
  const at = scene([failed]);
  expect((await at.page()).failed).toEqual([
    { id: 'dlv_1', round: 1, attemptsInRound: 1, nextAttemptAtMs: atMs + 30_000 },
  ]);
  expect(at.exchanges).toHaveLength(0);
});

describe('attempts that are under way', () => {
  it('elsewhere are left alone until their lease is over', async () => {
    const at = scene([waiting(1, { attemptUntilMs: atMs + 3_000 }), waiting(2)]);
    const page = at.page();
    await settled();
    expect(at.exchanges.map(({ deliveryId }) => deliveryId)).toEqual(['dlv_2']);
    at.exchanges[0]?.answer(200);
    await page;
    at.lane.rows = [waiting(1, { attemptUntilMs: atMs + 3_000 })];
    const second = at.page();
    await jest.advanceTimersByTimeAsync(2_999);
    expect(at.exchanges).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(at.exchanges.map(({ deliveryId }) => deliveryId)).toEqual(['dlv_2', 'dlv_1']);
    at.exchanges[1]?.answer(200);
    await second;
  });

  it('are waited for some seconds, not for ever: a page ends', async () => {
    const at = scene([waiting(1, { attemptUntilMs: atMs + 60_000 })]);
    const page = at.page();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(await page).toEqual({ failed: [], isEmpty: false, isFull: false });
  });

  it('at the cut get a lease as long as their exchange may take, whenever they have begun', async () => {
    const at = scene([waiting(1), waiting(2)]);
    // Someone else has all but one of the endpoint's slots, and gives one back late.
    await Promise.all(many(299, () => at.slots.take('whe_1', 300)));
    const page = at.page();
    await settled();
    await jest.advanceTimersByTimeAsync(4_900);
    at.slots.release('whe_1');
    await settled();
    expect(at.exchanges).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(100);
    await page;
    const [first, second] = ['dlv_1', 'dlv_2'].map((id) => (at.leases.get(id) ?? 0) - atMs);
    expect(first).toBeGreaterThanOrEqual(30_000);
    expect(second).toBeGreaterThanOrEqual(4_900 + 30_000);
  });
});

describe('an endpoint that is not active', () => {
  it.each([
    ['paused', 'held'],
    ['disabled', 'held'],
    ['deleted', 'cancelled'],
  ] as const)('%s: its deliveries are %s, and none is attempted', async (status, wanted) => {
    const at = scene([waiting(1), waiting(2)], receiver('whe_1', { status }));
    expect(await at.page()).toEqual({ failed: [], isEmpty: false, isFull: false });
    expect([at.set, at.unheld, at.exchanges.length]).toEqual([[[['dlv_1', 'dlv_2'], wanted]], [], 0]);
  });

  it('which is resumed meanwhile has missed them: they are not held', async () => {
    const at = scene([waiting(1)], receiver('whe_1', { status: 'paused' }));
    at.receivers.push(receiver());
    await at.page();
    expect([at.set, at.unheld]).toEqual([[[['dlv_1'], 'held']], ['dlv_1']]);
  });
});

test('a delivery whose event was erased is closed, so that the lane gets empty', async () => {
  const at = scene([waiting(1), waiting(2)]);
  at.lane.erased.add('evt_1');
  const page = at.page();
  await settled();
  at.exchanges[0]?.answer(200);
  await page;
  expect([at.set, at.exchanges[0]?.deliveryId]).toEqual([[[['dlv_1'], 'cancelled']], 'dlv_2']);
});

test.each([
  { what: 'one that answers quickly and takes something', statuses: [200, 500], durationMs: 999, cleared: 1 },
  { what: 'one that takes a second', statuses: [200, 200], durationMs: 1_000, cleared: 0 },
  { what: 'one that fails all', statuses: [500, 500], durationMs: 5, cleared: 0 },
])('leaves the slow lane: $what ($cleared)', async ({ statuses, durationMs, cleared }) => {
  const at = scene(statuses.map((_status, index) => waiting(index)));
  const page = at.page();
  await settled();
  statuses.forEach((status, index) => at.exchanges[index]?.answer(status, { durationMs }));
  await page;
  expect(at.recorder.cleared.length).toBe(cleared);
});
