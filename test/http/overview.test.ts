import { MongoServerError } from 'mongodb';
import { deliveryStatuses, type DeliveryStatus } from '../../domain/delivery';
import { overviewRoutes } from '../../src/http/overview-routes';
import { newId } from '../../src/mongo/new-id';
import type { StatisticsStore } from '../../src/mongo/statistics';
import { startHarness, type Harness } from './harness';

let harness: Harness;
/** Counts that begin before are given up, as MongoDB does when their time is up. */
let tooMuchBeforeMs = 0;
beforeAll(async () => {
  harness = await startHarness(({ stores, now }) => {
    const statistics = new Proxy<StatisticsStore>(stores.statistics, {
      get(target, name: keyof StatisticsStore) {
        if (name !== 'messages') return target[name].bind(target);
        return (window: Parameters<StatisticsStore['messages']>[0]) =>
          window.fromMs < tooMuchBeforeMs
            ? Promise.reject(new MongoServerError({ code: 50, message: 'operation exceeded time limit' }))
            : target.messages(window);
      },
    });
    return overviewRoutes({ statistics, endpoints: stores.endpoints, now });
  });
});
afterAll(() => harness.close());
beforeEach(() => {
  tooMuchBeforeMs = 0;
});

const at = (minutesAgo: number): Date => new Date(harness.clock.nowMs - minutesAgo * 60_000);
const message = (workspaceId: string, minutesAgo: number, isUnresolved = false) => {
  const messageId = newId('rejection');
  const received = { receivedAt: at(minutesAgo), occurredAt: at(minutesAgo) };
  return harness.stores.messages.insert([
    {
      ...{ _id: `${workspaceId}/${messageId}`, workspaceId, messageId, type: 'identify', source: 'sdk', body: '{}' },
      ...received,
      ...(isUnresolved
        ? { state: 'done', doneAt: at(0), outcome: { status: 'unresolved', reason: 'nobody' } }
        : { state: 'received' }),
    },
  ]);
};
const addEndpoint = async (workspaceId: string): Promise<string> => {
  const id = newId('endpoint');
  await harness.stores.endpoints.insert({
    ...{ id, workspaceId, url: `https://${id}.example.com`, description: '', events: ['contact.created'], headers: {} },
    ...{ secrets: [], status: 'active', createdAt: at(0), updatedAt: at(0) },
  });
  return id;
};
const addDelivery = (
  workspaceId: string,
  endpointId: string,
  status: DeliveryStatus,
  minutesAgo: number,
  lastStatusCode = 500,
) =>
  harness.stores.deliveries.ensure([
    {
      ...{ id: newId('delivery'), workspaceId, endpointId, eventId: newId('event'), eventType: 'contact.created' },
      ...{ status, attemptCount: 1, round: 1, attemptsInRound: 1, lastStatusCode, workflowId: 'w' },
      ...{ createdAtMs: at(minutesAgo).getTime(), updatedAtMs: at(minutesAgo).getTime() },
      ...(status === 'retrying' ? { nextAttemptAtMs: at(-minutesAgo).getTime() } : {}),
    },
  ]);

test('a new workspace has a checklist of which nothing is done, and nothing else', async () => {
  const { call } = await harness.addWorkspace();
  const { status, body } = await call('GET', '/overview?range=1h');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ now: '2026-04-15T10:00:00.000Z', since: '2026-04-15T09:01:00.000Z', isPartial: false, failingNow: [] },
    totals: { received: 0, rejected: 0, delivered: 0, emailsSent: 0, opened: 0 },
    queue: { waitingForRetry: 0, pending: 0, held: 0 },
    ...{ byEvent: [], unresolved: 0 },
  });
  expect(body.buckets).toHaveLength(60);
  const undone = body.checklist.filter(({ isDone }: { isDone: boolean }) => !isDone);
  // The key is used by this very call.
  expect(undone.map(({ step }: { step: string }) => step)).toEqual(
    expect.arrayContaining(['identify', 'automation', 'endpoint', 'delivered']),
  );
});

test('counts stand in the bucket of their time and in the sums, each for its own workspace', async () => {
  const [one, other] = await Promise.all([harness.addWorkspace(), harness.addWorkspace()]);
  const endpointId = await addEndpoint(one.workspaceId);
  await Promise.all([
    message(one.workspaceId, 0),
    message(one.workspaceId, 5),
    message(one.workspaceId, 5, true),
    message(one.workspaceId, 90),
    message(other.workspaceId, 5),
    harness.stores.rejections.insert([
      {
        ...{ _id: newId('rejection'), workspaceId: one.workspaceId, source: 'sdk', reason: 'no', pointer: '' },
        ...{ body: '{}', isTruncated: false, receivedAt: at(7) },
      },
    ]),
    ...deliveryStatuses.map((status) => addDelivery(one.workspaceId, endpointId, status, 5)),
  ]);
  const emails = [
    { status: 'delivered' as const, openedAtMs: at(2).getTime(), clickedAtMs: at(1).getTime() },
    { status: 'bounced' as const },
    { status: 'skipped' as const },
  ];
  await harness.stores.emails.insert(
    emails.map((each) => ({
      ...{ id: newId('email'), workspaceId: one.workspaceId, kind: 'campaign', campaignId: 'cmp_1', to: 'a@b.example' },
      ...{ createdAtMs: at(3).getTime(), opens: 0, clicks: 0, ...each },
    })),
  );

  const { body } = await one.call('GET', '/overview?range=1h');
  expect(body.totals).toEqual({
    ...{ received: 3, rejected: 1, delivered: 1, failed: 1, retrying: 1 },
    ...{ emailsSent: 2, opened: 1, clicked: 1, bounced: 1 },
  });
  const bucket = (minutesAgo: number) =>
    body.buckets.find((each: { at: string }) => each.at === at(minutesAgo).toISOString());
  expect(bucket(0)).toMatchObject({ received: 1, delivered: 0 });
  expect(bucket(5)).toMatchObject({ received: 2, delivered: 1, failed: 1, retrying: 1 });
  expect(bucket(2)).toMatchObject({ opened: 1, clicked: 0 });
  expect(body).toMatchObject({ unresolved: 1, queue: { waitingForRetry: 1, pending: 1, held: 1 } });
  expect(body.byEvent).toEqual([{ event: 'contact.created', delivered: 1, failed: 1, retrying: 1, all: 6 }]);
  expect(body.checklist.find(({ step }: { step: string }) => step === 'delivered').isDone).toBe(true);
  expect((await other.call('GET', '/overview?range=1h')).body.totals.received).toBe(1);
});

test('endpoints that fail are named with what they wait for, the worst first', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const [bad, worse, good] = [
    await addEndpoint(workspaceId),
    await addEndpoint(workspaceId),
    await addEndpoint(workspaceId),
  ];
  await addDelivery(workspaceId, bad, 'retrying', 10, 503);
  await addDelivery(workspaceId, worse, 'retrying', 20);
  await addDelivery(workspaceId, worse, 'retrying', 3);
  await addDelivery(workspaceId, worse, 'failed', 30, 404);
  await addDelivery(workspaceId, good, 'delivered', 5);
  const { body } = await call('GET', '/overview?range=1h');
  expect(body.failingNow).toMatchObject([
    {
      ...{ endpointId: worse, status: 'active', retrying: 2, failed: 1, oldestAt: at(20).toISOString() },
      ...{
        nextAttemptAt: at(-3).toISOString(),
        causes: [
          { cause: '500', count: 2 },
          { cause: '404', count: 1 },
        ],
      },
    },
    { endpointId: bad, retrying: 1, failed: 0, causes: [{ cause: '503', count: 1 }] },
  ]);
});

test('where there is more than can be counted in time, the newest part is answered and said to be a part', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await Promise.all([message(workspaceId, 0), message(workspaceId, 50)]);
  tooMuchBeforeMs = at(20).getTime();
  const { body } = await call('GET', '/overview?range=1h');
  expect(body.isPartial).toBe(true);
  expect(Date.parse(body.since)).toBeGreaterThanOrEqual(tooMuchBeforeMs);
  expect(body.buckets[0].at).toBe(body.since);
  expect(body.totals.received).toBe(1);
});

test('an answer is kept for some seconds', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const first = (await call('GET', '/overview')).body;
  await message(workspaceId, 0);
  expect((await call('GET', '/overview')).body).toEqual(first);
  expect((await call('GET', '/overview?range=7d')).body.totals.received).toBe(1);
});

test('a range that there is not is refused with those that there are', async () => {
  expect((await harness.call('GET', '/overview?range=1y')).body).toMatchObject({
    ...{ status: 400, errors: [{ pointer: '/range', detail: 'must be one of 1h, 24h, 7d, 30d' }] },
  });
});
