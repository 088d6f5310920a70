import { deliveryStatuses, type DeliveryStatus } from '../../domain/delivery';
import { hourMs } from '../../domain/endpoint-health';
import { endpointHealthRoutes } from '../../src/http/endpoint-health-routes';
import { webhookRoutes } from '../../src/http/webhook-routes';
import { newId } from '../../src/mongo/new-id';
import type { WebhookEndpoint } from '../../src/mongo/webhook-endpoints';
import { startHarness, type Harness } from './harness';

let harness: Harness;
let asked = 0;
/** Endpoints of which there is too much to count. */
const tooBig = new Set<string>();
beforeAll(async () => {
  harness = await startHarness(({ stores, now }) => {
    const endpointHealth: typeof stores.endpointHealth = Object.create(stores.endpointHealth, {
      activity: {
        async value(...args: Parameters<typeof stores.endpointHealth.activity>) {
          asked++;
          const activity = await stores.endpointHealth.activity(...args);
          return tooBig.has(args[1]) ? { ...activity, hours: null } : activity;
        },
      },
    });
    return [
      ...endpointHealthRoutes({ ...stores, endpointHealth, now }),
      ...webhookRoutes({
        ...{ ...stores, now, starter: { startNotice: () => Promise.resolve() } },
        checkUrl: (url) => Promise.resolve({ ok: true, url }),
        ping: () => Promise.resolve({ kind: 'response', statusCode: 200, body: '', durationMs: 5 }),
      }),
    ];
  });
});
afterAll(() => harness.close());

/** An endpoint of a workspace of its own. */
async function addEndpoint(change: Partial<WebhookEndpoint> = {}) {
  const { workspaceId, call } = await harness.addWorkspace();
  const at = new Date(harness.now());
  const endpoint: WebhookEndpoint = {
    ...{ id: newId('endpoint'), workspaceId, url: 'https://example.com', description: '', headers: {} },
    ...{ events: ['contact.created'], secrets: [{ secret: 'whsec_AAAA' }], status: 'active' },
    ...{ createdAt: at, updatedAt: at, ...change },
  };
  await harness.stores.endpoints.insert(endpoint);
  const deliver = async (
    status: DeliveryStatus,
    hoursAgo: number,
    {
      statusCode = 200,
      durationMs = 50,
      nextInMs,
    }: { statusCode?: number; durationMs?: number; nextInMs?: number } = {},
  ): Promise<void> => {
    const id = newId('delivery');
    const atMs = harness.now() - hoursAgo * hourMs;
    const attempts = ['delivered', 'failed', 'retrying'].includes(status) ? 2 : 0;
    await harness.stores.deliveries.ensure([
      {
        ...{ id, workspaceId, endpointId: endpoint.id, eventId: newId('event'), eventType: 'contact.created', status },
        ...{ attemptCount: attempts, round: 1, attemptsInRound: attempts, workflowId: 'delivery/1' },
        ...{ createdAtMs: atMs, updatedAtMs: atMs + 1_000 },
        ...(nextInMs === undefined ? {} : { nextAttemptAtMs: harness.now() + nextInMs }),
      },
    ]);
    // The first attempt of each took long and failed: only the latest speaks for the endpoint.
    for (const number of attempts === 0 ? [] : [1, 2]) {
      await harness.stores.attempts.insert({
        ...{ deliveryId: id, key: newId('event'), number, round: 1, trigger: 'schedule', atMs, responseBody: '' },
        ...(number === 1 ? { durationMs: 30_000, error: 'timeout' } : { durationMs, statusCode }),
      });
    }
  };
  return { ...endpoint, call, deliver };
}

test('an endpoint that was never sent anything is idle, with 24 empty hours', async () => {
  const { id, call } = await addEndpoint();
  const { status, body } = await call('GET', `/webhooks/${id}/health`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ endpointId: id, pill: 'idle', failureRate: null, latency: null, lastDeliveredAt: null, nextAttemptAt: null },
  });
  expect(body.hours).toHaveLength(24);
  expect(body.hours[0].at).toBe('2026-04-14T11:00:00.000Z');
  expect(body.hours[23].at).toBe('2026-04-15T10:00:00.000Z');
  expect(new Set(body.hours.flatMap(({ counts }: any) => Object.values(counts)))).toEqual(new Set([0]));
});

test('counts each hour by status, and leaves out what is older and what is another endpoint’s', async () => {
  const { id, call, deliver } = await addEndpoint();
  const other = await addEndpoint();
  for (const status of deliveryStatuses) await deliver(status, 0);
  await deliver('delivered', 2);
  await deliver('delivered', 23);
  await deliver('failed', 23.5);
  await deliver('failed', 30);
  await other.deliver('failed', 0);
  const { body } = await call('GET', `/webhooks/${id}/health`);
  expect(body.hours[23].counts).toEqual({ pending: 1, retrying: 1, delivered: 1, failed: 1, held: 1, cancelled: 1 });
  expect(body.hours[21].counts).toMatchObject({ delivered: 1, failed: 0 });
  expect(body.hours[0].counts).toMatchObject({ delivered: 1, failed: 0 });
  expect(body.total).toEqual({ pending: 1, retrying: 1, delivered: 3, failed: 1, held: 1, cancelled: 1 });
  expect(body.failureRate).toBeCloseTo(2 / 5);
});

test('tells latency, the last delivery and the next attempt by the latest attempts of the newest deliveries', async () => {
  const { id, call, deliver } = await addEndpoint();
  for (const durationMs of [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]) {
    await deliver('delivered', durationMs / 100, { durationMs });
  }
  await deliver('retrying', 0, { statusCode: 500, durationMs: 15, nextInMs: 90_000 });
  await deliver('retrying', 0, { statusCode: 500, durationMs: 15, nextInMs: 30_000 });
  const { body } = await call('GET', `/webhooks/${id}/health`);
  expect(body).toMatchObject({
    ...{ pill: 'healthy', latency: { attempts: 12, p50Ms: 40, p95Ms: 100 } },
    ...{
      reason: '2 of the last 12 deliveries failed at their latest attempt; the others arrived, 95 % within 100 ms.',
    },
    lastDeliveredAt: new Date(harness.now() - 0.1 * hourMs + 1_000).toISOString(),
    nextAttemptAt: new Date(harness.now() + 30_000).toISOString(),
  });
});

test('looks at the newest hundred and no further', async () => {
  const { id, call, deliver } = await addEndpoint();
  for (let row = 0; row < 101; row++) {
    await deliver('delivered', row === 0 ? 5 : 1, { durationMs: row === 0 ? 20_000 : 10 });
  }
  expect((await call('GET', `/webhooks/${id}/health`)).body.latency).toEqual({ attempts: 100, p50Ms: 10, p95Ms: 10 });
});

test('an endpoint that was paused says so at once, though its figures are kept for some seconds', async () => {
  const { id, call, deliver } = await addEndpoint();
  await deliver('failed', 0, { statusCode: 503 });
  const before = asked;
  expect((await call('GET', `/webhooks/${id}/health`)).body).toMatchObject({
    ...{ pill: 'failing', reason: 'The last delivery failed with the status 503.' },
  });
  await deliver('delivered', 0);
  await call('PATCH', `/webhooks/${id}`, { status: 'paused' });
  const { body } = await call('GET', `/webhooks/${id}/health`);
  expect(body).toMatchObject({ pill: 'paused', total: { failed: 1, delivered: 0 } });
  expect(asked - before).toBe(1);
});

test('where there is too much to count, the rest is told all the same', async () => {
  const { id, call, deliver } = await addEndpoint({ status: 'paused' });
  tooBig.add(id);
  await deliver('delivered', 0, { durationMs: 30 });
  expect((await call('GET', `/webhooks/${id}/health`)).body).toMatchObject({
    ...{ pill: 'paused', reason: 'It was paused by hand.', hours: null, total: null, failureRate: null },
    latency: { attempts: 1, p50Ms: 30, p95Ms: 30 },
  });
});

test('the list has every endpoint of the workspace and no other', async () => {
  const first = await addEndpoint();
  const second = { ...first, id: newId('endpoint'), status: 'disabled' as const, statusReason: 'it answered 410' };
  await harness.stores.endpoints.insert(second);
  await first.deliver('delivered', 0);
  const { status, body } = await first.call('GET', '/webhooks/health');
  expect(status).toBe(200);
  expect(body.data.map(({ endpointId, pill }: any) => [endpointId, pill]).sort()).toEqual(
    [
      [first.id, 'healthy'],
      [second.id, 'disabled'],
    ].sort(),
  );
  const foreign = await harness.call('GET', `/webhooks/${first.id}/health`);
  expect([foreign.status, foreign.body.code]).toEqual([404, 'not_found']);
});
