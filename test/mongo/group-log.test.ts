import type { AttemptRecord } from '../../activities/attempt-group';
import { afterAttempt, type Attempt, type Delivery } from '../../domain/delivery';
import { workflowIds } from '../../domain/ids';
import { createAttemptRecorder, createGroupLog } from '../../src/mongo/group-log';
import { newId } from '../../src/mongo/new-id';
import { toDocument, type DeliveryDocument } from '../../src/mongo/webhook-deliveries';
import { openTestDatabase, type TestDatabase } from './support/database';

const atMs = Date.parse('2026-04-15T10:00:00Z');
const endedAt = new Date(atMs + 40);
const carrier = 'batch/b1';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

/** An endpoint of its own for each test. */
function scene() {
  const { database, stores } = opened;
  const endpointId = newId('endpoint');
  const lane = workflowIds.webhookDispatch(endpointId);
  let made = 0;
  const planned = (more: Partial<Delivery> = {}): Delivery => ({
    id: newId('delivery'),
    workspaceId: 'ws_1',
    endpointId,
    eventId: newId('event'),
    eventType: 'contact.created',
    status: 'pending',
    attemptCount: 0,
    round: 1,
    attemptsInRound: 0,
    createdAtMs: atMs + made,
    updatedAtMs: atMs + made++,
    workflowId: carrier,
    ...more,
  });
  /** Stores a delivery as it is. */
  const stored = async (more: Partial<Delivery> = {}, inLane: Partial<DeliveryDocument> = {}): Promise<Delivery> => {
    const delivery = planned(more);
    await stores.deliveries.collection.insertOne({ ...toDocument(delivery), ...inLane });
    return delivery;
  };
  const row = (delivery: { id: string }) => stores.deliveries.collection.findOne({ _id: delivery.id });
  const rows = () => stores.deliveries.collection.find({ endpointId }).sort({ _id: 1 }).toArray();
  return {
    ...{ endpointId, lane, planned, stored, row, rows, stores },
    log: createGroupLog(stores),
    recorder: createAttemptRecorder(database, stores),
    attempts: (deliveryId: string) => stores.attempts.list(deliveryId),
  };
}

/** What an attempt that was answered like that makes of a delivery. */
function recordOf(delivery: Delivery, statusCode: number, more: Partial<AttemptRecord & { key: string }> = {}) {
  const { key = `${carrier}/0`, ...rest } = more;
  const attempt: Attempt = {
    ...{ deliveryId: delivery.id, key, number: delivery.attemptCount + 1, round: delivery.round, trigger: 'schedule' },
    ...{ atMs, durationMs: 40, statusCode, responseBody: `answer ${statusCode}` },
  };
  const { isGone: _isGone, ...after } = afterAttempt(attempt, delivery.attemptsInRound, [30_000, 120_000]);
  const record: AttemptRecord = { delivery, attempt, after, isNew: true, ...rest };
  return record;
}

describe('the recorder', () => {
  it('stores a delivery with its attempt and outcome', async () => {
    const { recorder, planned, row, attempts } = scene();
    const delivery = planned();
    const record = recordOf(delivery, 200);
    await recorder.record(record);
    expect(await row(delivery)).toEqual({
      ...toDocument(delivery),
      ...{ status: 'delivered', attemptCount: 1, attemptsInRound: 1, lastStatusCode: 200, updatedAt: endedAt },
    });
    expect(await attempts(delivery.id)).toEqual([record.attempt]);
  });

  it('one that failed is in its endpoint’s lane from the moment it is stored', async () => {
    const { recorder, planned, row, lane, log, endpointId } = scene();
    const delivery = planned();
    await recorder.record(recordOf(delivery, 500));
    expect(await row(delivery)).toMatchObject({
      ...{ status: 'retrying', attemptsInRound: 1, nextAttemptAt: new Date(endedAt.getTime() + 30_000) },
      ...{ workflowId: lane, inDispatch: true, lastStatusCode: 500 },
    });
    expect((await log.inDispatch(endpointId, 10)).map(({ id }) => id)).toEqual([delivery.id]);
  });

  it('one that failed for good is not', async () => {
    const { recorder, planned, row } = scene();
    const delivery = planned();
    await recorder.record(recordOf(delivery, 410));
    expect(await row(delivery)).toMatchObject({ status: 'failed', workflowId: carrier });
    expect(await row(delivery)).not.toHaveProperty('inDispatch');
  });

  it('writes many that end together in few transactions, each with its own outcome', async () => {
    const { recorder, planned, rows, attempts } = scene();
    const deliveries = Array.from({ length: 120 }, () => planned());
    await Promise.all(deliveries.map((each, index) => recorder.record(recordOf(each, index % 2 === 0 ? 200 : 500))));
    const statuses = new Map((await rows()).map(({ _id, status }) => [_id, status]));
    expect(deliveries.map(({ id }) => statuses.get(id))).toEqual(
      deliveries.map((_each, index) => (index % 2 === 0 ? 'delivered' : 'retrying')),
    );
    expect(await attempts(deliveries[7]?.id ?? '')).toMatchObject([{ number: 1, statusCode: 500 }]);
  });

  it('row and attempt are written together or not at all', async () => {
    const { recorder, planned, row, attempts, stores } = scene();
    const delivery = planned();
    const insertMany = jest.spyOn(stores.attempts, 'insertMany').mockRejectedValueOnce(new Error('killed in between'));
    await expect(recorder.record(recordOf(delivery, 200))).rejects.toThrow('killed in between');
    insertMany.mockRestore();
    expect([await row(delivery), await attempts(delivery.id)]).toEqual([null, []]);
    await recorder.record(recordOf(delivery, 200));
    expect([(await row(delivery))?.status, (await attempts(delivery.id)).length]).toEqual(['delivered', 1]);
  });

  it('goes on from what the delivery was: the next attempt of a stored one', async () => {
    const { recorder, stored, row, attempts } = scene();
    const delivery = await stored({ status: 'retrying', attemptCount: 1, attemptsInRound: 1, lastError: 'timeout' });
    await recorder.record(recordOf(delivery, 503, { isNew: false }));
    const after = await row(delivery);
    expect(after).toMatchObject({ status: 'retrying', attemptCount: 2, attemptsInRound: 2, lastStatusCode: 503 });
    expect(after?.nextAttemptAt).toEqual(new Date(endedAt.getTime() + 120_000));
    expect(after).not.toHaveProperty('lastError');
    expect(await attempts(delivery.id)).toMatchObject([{ number: 2 }]);
  });

  it('a late failure of the lane ends its lease and leaves it in the lane, to be handed over', async () => {
    const { recorder, stored, row, lane } = scene();
    const delivery = await stored({ workflowId: lane }, { inDispatch: true, attemptUntil: new Date(atMs + 32_000) });
    await recorder.record(recordOf({ ...delivery, workflowId: carrier }, 500, { isNew: false }));
    const after = await row(delivery);
    expect(after).toMatchObject({ status: 'retrying', inDispatch: true, workflowId: lane });
    expect(after).not.toHaveProperty('attemptUntil');
  });

  describe('where someone else has stored the same delivery', () => {
    it('and carries it on: its state is left alone, and the attempt is in the log under its id', async () => {
      const { recorder, stored, planned, row, rows, attempts } = scene();
      const own = planned();
      const theirs = await stored({ eventId: own.eventId, workflowId: workflowIds.webhookDelivery(own) });
      const other = planned();
      await Promise.all([recorder.record(recordOf(own, 500)), recorder.record(recordOf(other, 200))]);
      expect(await row(theirs)).toEqual(toDocument(theirs));
      expect(await attempts(theirs.id)).toMatchObject([{ number: 1, statusCode: 500 }]);
      expect([await row(own), await attempts(own.id)]).toEqual([null, []]);
      // Its neighbour in the same group is not touched by it.
      expect((await row(other))?.status).toBe('delivered');
      expect(await rows()).toHaveLength(2);
    });

    it('for the endpoint’s lane: it takes the outcome', async () => {
      const { recorder, stored, planned, row, lane } = scene();
      const own = planned();
      const theirs = await stored({ eventId: own.eventId, workflowId: lane }, { inDispatch: true });
      await recorder.record(recordOf(own, 200));
      expect(await row(theirs)).toMatchObject({ status: 'delivered', attemptCount: 1 });
      expect(await row(theirs)).not.toHaveProperty('inDispatch');
    });

    it('as delivered, in another try of the same group: it does not fail afterwards', async () => {
      const { recorder, planned, rows, endpointId } = scene();
      const first = planned();
      await recorder.record(recordOf(first, 200));
      await recorder.record(recordOf(planned({ eventId: first.eventId }), 500, { key: 'batch/b1/0' }));
      expect(await rows()).toMatchObject([{ endpointId, status: 'delivered' }]);
    });
  });

  describe('an attempt number that someone else has used', () => {
    it('moves up, and both attempts are kept', async () => {
      const { recorder, stored, attempts, stores } = scene();
      const delivery = await stored();
      const manual = recordOf(delivery, 500, { key: 'run/0' }).attempt;
      await stores.attempts.insert({ ...manual, trigger: 'manual' });
      await recorder.record(recordOf(delivery, 503, { isNew: false }));
      expect((await attempts(delivery.id)).map(({ number, key }) => [number, key])).toEqual([
        [1, 'run/0'],
        [2, `${carrier}/0`],
      ]);
    });

    it('and the delivery counts both', async () => {
      const { recorder, stored, row, stores } = scene();
      const delivery = await stored();
      await stores.attempts.insert(recordOf(delivery, 500, { key: 'run/0' }).attempt);
      await recorder.record(recordOf(delivery, 503, { isNew: false }));
      expect((await row(delivery))?.attemptCount).toBe(2);
    });

    it('by a try of the same attempt: it is kept once', async () => {
      const { recorder, stored, row, attempts } = scene();
      const delivery = await stored();
      await recorder.record(recordOf(delivery, 500, { isNew: false }));
      await recorder.record(recordOf(delivery, 500, { isNew: false }));
      expect(await attempts(delivery.id)).toHaveLength(1);
      expect(await row(delivery)).toMatchObject({ attemptCount: 1, status: 'retrying' });
    });
  });

  describe('while the attempt was under way the delivery was', () => {
    it.each<[string, (lane: string) => Partial<Delivery>]>([
      ['cancelled', () => ({ status: 'cancelled' })],
      ['taken over by its own workflow', () => ({ workflowId: 'delivery/whe_1/evt_1', status: 'retrying' })],
      ['delivered', (lane) => ({ status: 'delivered', attemptCount: 1, workflowId: lane })],
    ])('%s: that stays, and the attempt is recorded', async (_what, change) => {
      const { recorder, stored, row, attempts, lane } = scene();
      const now = await stored(change(lane));
      const asItWas = { ...now, status: 'pending' as const, attemptCount: 0, workflowId: carrier };
      await recorder.record(recordOf(asItWas, 500, { isNew: false }));
      expect(await row(now)).toEqual(toDocument(now));
      expect(await attempts(now.id)).toMatchObject([{ statusCode: 500 }]);
    });

    it('held: a success delivers it', async () => {
      const { recorder, stored, row, lane } = scene();
      const delivery = await stored({ status: 'held', workflowId: lane });
      await recorder.record(recordOf(delivery, 200, { isNew: false }));
      expect((await row(delivery))?.status).toBe('delivered');
    });

    it('held: after a failure someone still carries it on, the resume of its endpoint or its lane', async () => {
      const { recorder, stored, row, lane } = scene();
      const delivery = await stored({ status: 'held', workflowId: lane });
      await recorder.record(recordOf(delivery, 500, { isNew: false }));
      const after = await row(delivery);
      expect(after?.status === 'held' || after?.inDispatch).toBe(true);
      expect(after).toMatchObject({ attemptCount: 1, attemptsInRound: 1 });
    });
  });

  it('a fault fails each caller whose record was in the write, and the next write is made', async () => {
    const { recorder, planned, stores, rows } = scene();
    const deliveries = [planned(), planned(), planned()];
    const insertMany = jest.spyOn(stores.attempts, 'insertMany').mockRejectedValueOnce(new Error('MongoDB is away'));
    const ends = await Promise.allSettled(deliveries.map((each) => recorder.record(recordOf(each, 200))));
    insertMany.mockRestore();
    const statuses = ends.map(({ status }) => status);
    expect(statuses).toEqual(expect.arrayContaining(['rejected', 'fulfilled']));
    const stored = new Set((await rows()).map(({ _id }) => _id));
    expect(deliveries.map(({ id }) => (stored.has(id) ? 'fulfilled' : 'rejected'))).toEqual(statuses);
  });

  it('disables an endpoint that is active, with the reason, and no other', async () => {
    const { recorder, stores } = scene();
    const at = new Date(atMs);
    const add = async (status: 'active' | 'paused'): Promise<string> => {
      const id = newId('endpoint');
      await stores.endpoints.insert({
        ...{ id, workspaceId: newId('workspace'), url: 'https://example.com', description: '', events: [] },
        ...{ headers: {}, secrets: [], status, createdAt: at, updatedAt: at },
      });
      return id;
    };
    const [active, paused] = [await add('active'), await add('paused')];
    for (const id of [active, paused]) await recorder.disableEndpoint(id, 'gone', atMs + 1);
    expect(await stores.endpoints.find(active)).toMatchObject({ status: 'disabled', statusReason: 'gone' });
    expect(await stores.endpoints.find(paused)).toMatchObject({ status: 'paused', updatedAt: at });
  });
});

describe('the lane of an endpoint', () => {
  it('takes deliveries in, and leaves those alone that exist already', async () => {
    const { log, stored, planned, row, rows, lane } = scene();
    const theirs = await stored({ status: 'delivered', workflowId: 'delivery/whe_1/evt_1' });
    const [waiting, underWay] = [planned({ workflowId: lane }), planned({ workflowId: lane })];
    await log.insertForDispatch([
      waiting,
      planned({ eventId: theirs.eventId, workflowId: lane }),
      { ...underWay, attemptUntilMs: atMs + 32_000 },
    ]);
    await log.insertForDispatch([{ ...waiting, attemptUntilMs: 1 }]);
    await log.insertForDispatch([]);
    expect(await row(theirs)).toEqual(toDocument(theirs));
    expect(await row(waiting)).toEqual({ ...toDocument(waiting), inDispatch: true });
    expect((await row(underWay))?.attemptUntil).toEqual(new Date(atMs + 32_000));
    expect(await rows()).toHaveLength(3);
  });

  it('hands them out oldest first, so many at a time, each with its lease, and nothing of another lane', async () => {
    const { log, stored, planned, lane, endpointId } = scene();
    const ids = ['c', 'a', 'b'].map((name) => `dlv_${name}${endpointId}`);
    await log.insertForDispatch(ids.map((id) => planned({ id, workflowId: lane })));
    await log.insertForDispatch([{ ...scene().planned(), attemptUntilMs: 1 }]);
    await stored();
    await log.lease([`dlv_a${endpointId}`], atMs + 32_000);
    const found = await log.inDispatch(endpointId, 10);
    expect(found.map(({ id, attemptUntilMs }) => [id.slice(0, 5), attemptUntilMs])).toEqual([
      ['dlv_a', atMs + 32_000],
      ['dlv_b', undefined],
      ['dlv_c', undefined],
    ]);
    expect((await log.inDispatch(endpointId, 2)).map(({ id }) => id.slice(0, 5))).toEqual(['dlv_a', 'dlv_b']);
    expect(found[1]).toEqual(planned({ ...found[1] }));
  });

  it('leases what is pending in it and nothing else', async () => {
    const { log, stored, row, lane } = scene();
    const rows = await Promise.all([
      stored({ workflowId: lane }, { inDispatch: true }),
      stored({ workflowId: lane, status: 'retrying' }, { inDispatch: true }),
      stored({ workflowId: lane }),
    ]);
    await log.lease(
      rows.map(({ id }) => id),
      atMs,
    );
    expect((await Promise.all(rows.map(row))).map((each) => each?.attemptUntil)).toEqual([
      new Date(atMs),
      undefined,
      undefined,
    ]);
  });

  it('an endpoint is marked as slow once, and no longer', async () => {
    const { log, recorder, stores } = scene();
    const id = newId('endpoint');
    const at = new Date(atMs);
    await stores.endpoints.insert({
      ...{ id, workspaceId: newId('workspace'), url: 'https://example.com', description: '', events: [] },
      ...{ headers: {}, secrets: [], status: 'active', createdAt: at, updatedAt: at },
    });
    await log.markSlow(id, atMs);
    await log.markSlow(id, atMs + 5_000);
    expect((await log.receiver(id))?.slowSince).toEqual(at);
    await recorder.clearSlow(id);
    expect(await log.receiver(id)).not.toHaveProperty('slowSince');
  });
});

describe('who carries a delivery', () => {
  it('is moved only where the one who gives it away still carries it, and it leaves the lane with that', async () => {
    const { log, stored, row, lane } = scene();
    const own = await stored({ workflowId: lane, status: 'retrying' }, { inDispatch: true, attemptUntil: endedAt });
    const taken = await stored({ workflowId: 'delivery/whe_1/evt_1' });
    await log.move([own.id, taken.id, 'dlv_unknown'], lane, 'retry-group/whe_1/g');
    expect(await row(own)).toEqual(toDocument({ ...own, workflowId: 'retry-group/whe_1/g' }));
    expect(await row(taken)).toEqual(toDocument(taken));
  });

  it('is whoever takes it over for itself alone', async () => {
    const { stored, row, stores, lane } = scene();
    const delivery = await stored({ workflowId: lane }, { inDispatch: true, attemptUntil: endedAt });
    await stores.deliveries.takeOver(delivery.id, 'delivery/whe_1/evt_1');
    expect(await row(delivery)).toEqual(toDocument({ ...delivery, workflowId: 'delivery/whe_1/evt_1' }));
  });

  it('is a recovery only for what has failed for good', async () => {
    const { stored, row, stores } = scene();
    const rows = await Promise.all(
      (['failed', 'retrying', 'delivered', 'cancelled'] as const).map((status) => stored({ status })),
    );
    await stores.deliveries.claimFailed(
      rows.map(({ id }) => id),
      'retry-group/whe_1/g',
    );
    expect((await Promise.all(rows.map(row))).map((each) => each?.workflowId)).toEqual([
      'retry-group/whe_1/g',
      carrier,
      carrier,
      carrier,
    ]);
  });
});

describe('holding and cancelling what a workflow carries', () => {
  const statuses = ['pending', 'retrying', 'delivered', 'failed', 'held', 'cancelled'] as const;

  it.each(['held', 'cancelled'] as const)('%s: only what is open, and only its own', async (wanted) => {
    const { log, stored, row, lane } = scene();
    const own = await Promise.all(
      statuses.map((status) =>
        stored({ status, workflowId: lane, nextAttemptAtMs: atMs }, { inDispatch: true, attemptUntil: endedAt }),
      ),
    );
    const other = await stored();
    await log.setStatus(
      [...own, other].map(({ id }) => id),
      lane,
      wanted,
      atMs + 9,
    );
    const rows = await Promise.all(own.map(row));
    expect(rows.map((each) => each?.status)).toEqual([wanted, wanted, 'delivered', 'failed', 'held', 'cancelled']);
    for (const each of rows.slice(0, 2)) {
      expect(each?.updatedAt).toEqual(new Date(atMs + 9));
      for (const field of ['nextAttemptAt', 'inDispatch']) expect(each).not.toHaveProperty(field);
    }
    expect(await row(other)).toEqual(toDocument(other));
  });

  it('a hold is undone for what the workflow still carries: each is due again where it was', async () => {
    const { log, stored, row, lane } = scene();
    const [fresh, tried, taken, done] = await Promise.all([
      stored({ workflowId: lane, status: 'held' }),
      stored({ workflowId: lane, status: 'held', attemptCount: 1, attemptsInRound: 1 }),
      stored({ workflowId: 'delivery/whe_1/evt_1', status: 'held' }),
      stored({ workflowId: lane, status: 'delivered' }),
    ]);
    await log.unhold([fresh.id, tried.id, taken.id, done.id], lane, atMs + 9);
    expect(await row(fresh)).toMatchObject({ status: 'pending', inDispatch: true });
    expect(await row(tried)).toMatchObject({ status: 'retrying', inDispatch: true, nextAttemptAt: new Date(atMs + 9) });
    expect([await row(taken), await row(done)]).toEqual([toDocument(taken), toDocument(done)]);
  });

  it('a hold that a retry group undoes puts nothing into a lane', async () => {
    const { log, stored, row } = scene();
    const group = 'retry-group/whe_1/g';
    const tried = await stored({ workflowId: group, status: 'held', attemptCount: 1, attemptsInRound: 1 });
    await log.unhold([tried.id], group, atMs);
    expect((await row(tried))?.status).toBe('retrying');
    expect(await row(tried)).not.toHaveProperty('inDispatch');
  });
});

describe('what groups read', () => {
  it('finds deliveries by endpoint and event, and no other pairs of the same', async () => {
    const [one, two] = [scene(), scene()];
    const first = await one.stored();
    const second = await two.stored();
    // Crosswise it is another delivery.
    await two.stored({ eventId: first.eventId });
    const found = await one.log.existing([first, second, { endpointId: one.endpointId, eventId: 'evt_unknown' }]);
    expect(found.map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
    expect(await one.log.existing([])).toEqual([]);
    expect((await one.log.find([first.id, second.id, 'dlv_unknown'])).map(({ id }) => id).sort()).toEqual(
      [first.id, second.id].sort(),
    );
  });

  it('gives the bodies of events that are there', async () => {
    const { log } = scene();
    const ids = [newId('event'), newId('event')];
    await opened.database.transaction((session) =>
      opened.stores.events.insert(
        ids.map((id) => ({
          ...{ id, workspaceId: 'ws_1', type: 'contact.created', body: `{"id":"${id}"}`, createdAtMs: atMs },
        })),
        session,
      ),
    );
    expect(await log.bodies([...ids, 'evt_erased'])).toEqual(new Map(ids.map((id) => [id, `{"id":"${id}"}`])));
  });
});
