import type { Delivery } from '../../domain/delivery';
import { createActivityStores } from '../../src/mongo/activity-stores';
import { newId } from '../../src/mongo/new-id';
import { toDocument, type DeliveryDocument } from '../../src/mongo/webhook-deliveries';
import { openTestDatabase, type TestDatabase } from './support/database';

const atMs = Date.parse('2026-04-15T10:00:00Z');
const beforeMs = atMs + 60_000;

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterEach(async () => {
  await opened.stores.deliveries.collection.deleteMany({});
  await opened.stores.messages.collection.deleteMany({});
});
afterAll(() => opened.close());

function log() {
  return createActivityStores(opened.database, opened.stores).overdue;
}
const deliveryOf = (more: Partial<Delivery>): Delivery => ({
  ...{ id: newId('delivery'), workspaceId: 'ws_1', endpointId: 'whe_1', eventId: newId('event') },
  ...{ eventType: 'contact.created', status: 'retrying', attemptCount: 2, round: 1, attemptsInRound: 2 },
  ...{ createdAtMs: atMs, updatedAtMs: atMs, workflowId: 'retry-group/whe_1/g' },
  ...more,
});
const dueIn = (ms: number, more: Partial<Delivery> = {}): Delivery =>
  deliveryOf({ nextAttemptAtMs: atMs + ms, ...more });
async function store(deliveries: Delivery[], more: Partial<DeliveryDocument> = {}): Promise<void> {
  await opened.stores.deliveries.collection.insertMany(deliveries.map((each) => ({ ...toDocument(each), ...more })));
}

describe('overdue deliveries', () => {
  test('are those of a status that were due before a moment, oldest first', async () => {
    const [second, first, third] = [dueIn(200), dueIn(100), dueIn(300)];
    await store([second, first, third, dueIn(60_000), dueIn(100, { status: 'held' }), dueIn(1, { status: 'pending' })]);
    expect(await log().deliveries('retrying', { beforeMs, limit: 10 })).toEqual([first, second, third]);
    expect(await log().deliveries('retrying', { beforeMs, limit: 2 })).toEqual([first, second]);
  });

  test('that were never attempted are found by when they were made', async () => {
    const made = (ms: number): Delivery => deliveryOf({ status: 'pending', attemptCount: 0, createdAtMs: atMs + ms });
    const [second, first] = [made(200), made(100)];
    await store([second, first, made(60_000), dueIn(1)]);
    expect(await log().deliveries('pending', { beforeMs, limit: 10 })).toEqual([first, second]);
  });

  test('are not those that wait in lanes: their lanes are started', async () => {
    const retrying = dueIn(100);
    await store([retrying]);
    await store([dueIn(50), deliveryOf({ status: 'pending' })], { inDispatch: true });
    expect(await log().deliveries('retrying', { beforeMs, limit: 10 })).toEqual([retrying]);
    expect(await log().deliveries('pending', { beforeMs, limit: 10 })).toEqual([]);
  });

  test('of one moment are gone through page by page, each once', async () => {
    const all = Array.from({ length: 7 }, (_, index) => dueIn(index < 2 ? index : 5));
    await store([...all].reverse());
    const seen: Delivery[] = [];
    for (let after: { atMs: number; id: string } | undefined; ;) {
      const page = await log().deliveries('retrying', { beforeMs, limit: 2, ...(after ? { after } : {}) });
      seen.push(...page);
      const last = page.at(-1);
      if (!last) break;
      after = { atMs: last.nextAttemptAtMs ?? 0, id: last.id };
    }
    expect(seen).toEqual(all);
  });
});

describe('the claim of an overdue delivery', () => {
  const own = 'delivery/whe_1/evt_1';
  const carrierOf = async ({ id }: Delivery) => (await opened.stores.deliveries.find(id))?.workflowId;

  test('makes its own workflow the carrier, once; of what it carries already as often as one likes', async () => {
    const delivery = dueIn(100);
    await store([delivery]);
    expect([await log().claim(delivery, own), await log().claim(delivery, own)]).toEqual([true, false]);
    expect(await opened.stores.deliveries.find(delivery.id)).toEqual({ ...delivery, workflowId: own });
    expect(await log().claim({ ...delivery, workflowId: own }, own)).toBe(true);
  });

  test('is made of what was never attempted too', async () => {
    const delivery = deliveryOf({ status: 'pending', workflowId: own, attemptCount: 0 });
    await store([delivery]);
    expect(await log().claim(delivery, own)).toBe(true);
  });

  test.each<[string, Partial<DeliveryDocument>]>([
    ['attempted', { nextAttemptAt: new Date(atMs + 200) }],
    ['delivered', { status: 'delivered' }],
    ['cancelled', { status: 'cancelled' }],
    ['held', { status: 'held' }],
    ['taken over', { workflowId: 'delivery/whe_1/evt_2' }],
    ['left to a lane', { inDispatch: true }],
  ])('fails when it was %s meanwhile', async (_what, change) => {
    const delivery = dueIn(100);
    await store([delivery], change);
    const before = await carrierOf(delivery);
    expect(await log().claim(delivery, own)).toBe(false);
    expect(await carrierOf(delivery)).toBe(before);
  });
});

test('overdue tracks are those that wait and were received before a moment, oldest first', async () => {
  const message = (name: string, receivedInMs: number, state: 'waiting' | 'received' | 'done' = 'waiting') => ({
    ...{ _id: `ws_1/${name}`, workspaceId: 'ws_1', messageId: name, type: 'track' as const, source: 'sdk' as const },
    ...{ body: '{}', receivedAt: new Date(atMs + receivedInMs), occurredAt: new Date(atMs), state },
  });
  await opened.stores.messages.insert([
    ...[message('second', 20), message('first', 10), message('later', 60_000)],
    ...[message('received', 5, 'received'), message('done', 5, 'done')],
  ]);
  const first = { key: 'ws_1/first', receivedAtMs: atMs + 10 };
  const second = { key: 'ws_1/second', receivedAtMs: atMs + 20 };
  expect(await log().tracks({ beforeMs, limit: 10 })).toEqual([first, second]);
  const after = { atMs: first.receivedAtMs, id: first.key };
  expect(await log().tracks({ beforeMs, limit: 10, after })).toEqual([second]);
});
