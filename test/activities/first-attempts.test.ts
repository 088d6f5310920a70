import { createAttemptGroup } from '../../activities/attempt-group';
import { EndpointSlots } from '../../activities/endpoint-slots';
import { createFirstAttempts } from '../../activities/first-attempts';
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

const carrier = 'batch/b1';
const lane = workflowIds.webhookDispatch('whe_1');

/** First attempts over a log in memory, which stores what the recorder gets as the real one does. */
function scene() {
  const held = heldAttempts();
  const log = new Map<string, Delivery & { attemptUntilMs?: number }>();
  const pairOf = ({ endpointId, eventId }: { endpointId: string; eventId: string }) => `${endpointId}/${eventId}`;
  const slow: string[] = [];
  const told: string[] = [];
  const startedAlone: string[] = [];
  const faults = { insert: false, tell: false };
  const recorder = memoryRecorder();
  recorder.before = (each) => {
    const before = log.get(pairOf(each.delivery));
    const { lastStatusCode: _status, lastError: _error, ...after } = each.after;
    const isLeft = after.status === 'retrying';
    const workflowId = isLeft ? workflowIds.webhookDispatch(each.delivery.endpointId) : each.delivery.workflowId;
    if (each.isNew || before) log.set(pairOf(each.delivery), { ...each.delivery, ...after, workflowId });
  };
  const firstAttempts = createFirstAttempts({
    attemptGroup: createAttemptGroup({
      ...{ recorder, makeAttempt: held.makeAttempt, slots: new EndpointSlots(), now: () => Date.now() },
    }),
    firstAttempts: {
      existing: (pairs) => Promise.resolve(pairs.flatMap((pair) => log.get(pairOf(pair)) ?? [])),
      insertForDispatch(rows) {
        if (faults.insert) return Promise.reject(new Error('MongoDB is away'));
        for (const row of rows) if (!log.has(pairOf(row))) log.set(pairOf(row), row);
        return Promise.resolve();
      },
      markSlow: (endpointId) => Promise.resolve(void slow.push(endpointId)),
    },
    starter: {
      startDispatch({ id }) {
        if (faults.tell) return Promise.reject(new Error('Temporal is away'));
        return Promise.resolve(void told.push(id));
      },
      startDelivery: ({ id }) => Promise.resolve(void startedAlone.push(id)),
    },
    now: () => Date.now(),
    retryDelaysMs,
  });
  const attempt = (deliveries: Delivery[], to: Receiver[] = [receiver()]): Promise<void> =>
    firstAttempts(
      deliveries.map((each) => {
        const at = to.find(({ id }) => id === each.endpointId);
        if (!at) throw new Error(`no receiver ${each.endpointId}`);
        return { delivery: each, body: '{}', receiver: at };
      }),
      carrier,
    );
  return { ...held, recorder, log, slow, startedAlone, told, faults, attempt, rows: () => [...log.values()] };
}
const batch = (count: number, more: Partial<Delivery> = {}): Delivery[] => many(count, (name) => delivery(name, more));
/** Answers whatever is under way until nothing is. */
async function answerAll({ exchanges }: ReturnType<typeof scene>, statusCode: number): Promise<void> {
  for (let open = exchanges; open.length > 0; open = exchanges.filter(({ isOver }) => !isOver)) {
    for (const each of open) each.answer(statusCode);
    await settled();
  }
}

beforeEach(holdTime);
afterEach(() => jest.useRealTimers());

test('each delivery is attempted once and stored with its outcome; its lane hears nothing of what succeeds', async () => {
  const at = scene();
  const over = at.attempt(batch(100));
  await settled();
  expect(at.underWay()).toBe(64);
  await answerAll(at, 200);
  await over;
  expect(at.exchanges.map(({ deliveryId }) => deliveryId)).toEqual(many(100, (index) => `dlv_${index}`));
  expect(at.rows().map(({ status, workflowId }) => [status, workflowId])).toEqual(
    many(100, () => ['delivered', carrier]),
  );
  expect([at.told, at.slow]).toEqual([[], []]);
});

test('an attempt is named by its group, so that a redo can be told from another one', async () => {
  const at = scene();
  const over = at.attempt(batch(1));
  await settled();
  expect(at.exchanges[0]?.name).toEqual({ key: 'batch/b1/0', number: 1, round: 1, trigger: 'schedule' });
  await answerAll(at, 200);
  await over;
});

test('what failed goes on in its endpoint’s lane, which is told once it is there', async () => {
  const at = scene();
  const over = at.attempt(batch(3));
  await settled();
  at.exchanges[0]?.answer(200);
  at.exchanges[1]?.answer(500);
  await settled();
  expect(at.told).toEqual([]);
  at.exchanges[2]?.answer(undefined);
  await over;
  expect([at.told, at.slow]).toEqual([['whe_1'], []]);
  expect(at.rows().map(({ status, workflowId }) => [status, workflowId])).toEqual([
    ['delivered', carrier],
    ['retrying', lane],
    ['retrying', lane],
  ]);
});

test('what failed for good needs no lane', async () => {
  const at = scene();
  const over = at.attempt(batch(1));
  await settled();
  await answerAll(at, 410);
  await over;
  expect([at.told, at.slow, at.recorder.disabled.length]).toEqual([[], [], 1]);
});

describe('an endpoint that is slow', () => {
  it('gets nothing from the group: all is left to its lane', async () => {
    const at = scene();
    await at.attempt(batch(3), [receiver('whe_1', { slowSince: new Date(atMs) })]);
    expect([at.exchanges.length, at.told, at.slow]).toEqual([0, ['whe_1'], []]);
    expect(at.rows()).toEqual(batch(3, { workflowId: lane }));
  });

  it('becomes so at the cut: what is under way is leased, what was not started waits, and the lane is told', async () => {
    const at = scene();
    const over = at.attempt(batch(70));
    await settled();
    at.exchanges[0]?.answer(200);
    await settled();
    await jest.advanceTimersByTimeAsync(1_999);
    expect(at.slow).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    await over;
    expect([at.slow, at.told]).toEqual([['whe_1'], ['whe_1']]);
    const rows = at.rows().filter(({ status }) => status !== 'delivered');
    expect(rows).toHaveLength(69);
    expect(new Set(rows.map(({ workflowId }) => workflowId))).toEqual(new Set([lane]));
    const leases = rows.map(({ attemptUntilMs }) => attemptUntilMs).filter((lease) => lease !== undefined);
    // Longer than an exchange can take.
    expect(leases).toEqual(many(64, () => atMs + 32_000));
  });

  it('records what ends after the cut only once it is stored', async () => {
    const at = scene();
    const over = at.attempt(batch(2));
    await jest.advanceTimersByTimeAsync(2_000);
    await over;
    at.exchanges[0]?.answer(200);
    at.exchanges[1]?.answer(500);
    await settled();
    expect(at.recorder.records.map(({ isNew, after }) => [isNew, after.status])).toEqual([
      [false, 'delivered'],
      [false, 'retrying'],
    ]);
  });

  it('holds up no other endpoint for longer than that', async () => {
    const at = scene();
    const quick = many(2, (name) => delivery(`quick${name}`, { endpointId: 'whe_2' }));
    const over = at.attempt([...batch(2), ...quick], [receiver(), receiver('whe_2')]);
    await settled();
    for (const each of at.exchanges) if (each.endpointId === 'whe_2') each.answer(200);
    await jest.advanceTimersByTimeAsync(2_000);
    await over;
    expect([at.slow, at.told]).toEqual([['whe_1'], ['whe_1']]);
    expect(at.recorder.records.map(({ delivery: { endpointId } }) => endpointId)).toEqual(['whe_2', 'whe_2']);
  });

  it.each([
    { failures: 2, successes: 0, isMoved: false },
    { failures: 3, successes: 0, isMoved: true },
    { failures: 64, successes: 1, isMoved: false },
  ])(
    'is also one with $failures failures and $successes successes: $isMoved',
    async ({ failures, successes, isMoved }) => {
      const at = scene();
      const over = at.attempt(batch(failures + successes));
      await settled();
      for (const each of at.exchanges.slice(0, successes)) each.answer(200);
      await settled();
      await answerAll(at, 503);
      await over;
      expect([at.slow, at.told]).toEqual([isMoved ? ['whe_1'] : [], ['whe_1']]);
    },
  );
});

describe('a second try of the same group', () => {
  it('attempts nothing twice: only what the first one has not stored', async () => {
    const at = scene();
    at.log.set('whe_1/evt_0', delivery(0, { status: 'delivered', attemptCount: 1 }));
    at.log.set('whe_1/evt_1', delivery(1, { status: 'failed', attemptCount: 1 }));
    at.log.set('whe_1/evt_2', delivery(2, { status: 'cancelled' }));
    at.log.set('whe_1/evt_3', delivery(3, { workflowId: 'delivery/whe_1/evt_3' }));
    const over = at.attempt(batch(5));
    await settled();
    expect(at.exchanges.map(({ deliveryId }) => deliveryId)).toEqual(['dlv_4']);
    await answerAll(at, 200);
    await over;
    expect(at.told).toEqual([]);
    // Stored by a sweep, which may have ended before it started it.
    expect(at.startedAlone).toEqual(['dlv_3']);
  });

  it.each<[string, Partial<Delivery>]>([
    ['failed in it', { status: 'retrying', attemptCount: 1, attemptsInRound: 1, nextAttemptAtMs: atMs + 30_000 }],
    ['was left to the lane', { status: 'pending' }],
  ])('tells the lane of what %s: the first one may have ended before', async (_what, change) => {
    const at = scene();
    at.log.set('whe_1/evt_0', delivery(0, { ...change, workflowId: lane }));
    await at.attempt(batch(1));
    expect([at.exchanges.length, at.told]).toEqual([0, ['whe_1']]);
  });

  it('after Temporal was away tells the lane, and attempts nothing again', async () => {
    const at = scene();
    at.faults.tell = true;
    const first = at.attempt(batch(2));
    first.catch(() => undefined);
    await settled();
    await answerAll(at, 500);
    await expect(first).rejects.toThrow('Temporal is away');
    at.faults.tell = false;
    await at.attempt(batch(2));
    expect([at.exchanges.length, at.told]).toEqual([2, ['whe_1']]);
  });
});

describe('a fault of our own', () => {
  it('at one endpoint is thrown after the others are done', async () => {
    const at = scene();
    const others = many(2, (name) => delivery(`other${name}`, { endpointId: 'whe_2' }));
    const over = at.attempt([...batch(1), ...others], [receiver(), receiver('whe_2')]);
    over.catch(() => undefined);
    await settled();
    at.exchanges[0]?.fail(new Error('cut off by a shutdown'));
    await settled();
    await answerAll(at, 200);
    await expect(over).rejects.toThrow('cut off by a shutdown');
    expect(at.rows().map(({ endpointId, status }) => [endpointId, status])).toEqual([
      ['whe_2', 'delivered'],
      ['whe_2', 'delivered'],
    ]);
  });

  it('in leaving to the lane does not lose the answer of an attempt that was under way', async () => {
    const at = scene();
    at.faults.insert = true;
    const over = at.attempt(batch(1));
    over.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(2_000);
    await expect(over).rejects.toThrow('MongoDB is away');
    at.exchanges[0]?.answer(200);
    await settled();
    expect(at.rows()).toMatchObject([{ status: 'delivered' }]);
  });
});

test('no deliveries, no calls', async () => {
  const at = scene();
  await at.attempt([]);
  expect([at.exchanges.length, at.told, at.slow]).toEqual([0, [], []]);
});
