import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { testMongoUri, testTemporalAddress } from '../support/engines';
import { eventually } from './support/processes';
import { startSystem, type System } from './support/system';

interface Taken {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver whose answer changes while it runs, and which keeps the exact bytes and headers. */
const taken: Taken[] = [];
const answers = new Map<string, number>();
let server: Server;
let base: string;
let system: System;
let temporal: Client;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      taken.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.statusCode = answers.get(path) ?? 200;
      response.end('answered');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  base = `http://127.0.0.1:${address.port}`;
  system = await startSystem(
    { mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() },
    { WEBHOOK_RETRY_SCHEDULE: '1s,1s', TEMPORAL_UI_URL: 'http://ui.example.com' },
  );
  await system.untilReady();
  const connection = await Connection.connect({ address: testTemporalAddress() });
  temporal = new Client({ connection, namespace: system.db.databaseName });
}, 90_000);

afterAll(async () => {
  await temporal?.connection.close();
  await system?.stop();
  server?.close();
  server?.closeAllConnections();
}, 150_000);

async function endpoint(path: string, more: object = {}): Promise<any> {
  const { status, json } = await system.call('POST', '/api/v1/webhooks', {
    url: base + path,
    events: ['contact.created', 'contact.updated'],
    ...more,
  });
  expect(status).toBe(201);
  return json;
}

const at = (path: string): Taken[] =>
  taken.filter((delivery) => delivery.path === path && !delivery.body.includes('"webhook.test"'));

async function deliveryOf(endpointId: string, status: string, nth = 0): Promise<any> {
  return eventually(`a ${status} delivery`, async () => {
    const { json } = await system.call('GET', `/api/v1/webhook-deliveries?endpointId=${endpointId}&status=${status}`);
    return json.data[nth];
  });
}

async function attemptsOf(id: string): Promise<any[]> {
  return (await system.call('GET', `/api/v1/webhook-deliveries/${id}`)).json.attempts;
}

const remove = (id: string) => system.call('DELETE', `/api/v1/webhooks/${id}`);

test('saving an endpoint pings it, signed, and shows what came of it', async () => {
  answers.set('/ping', 404);
  const saved = await endpoint('/ping', { headers: { 'X-Team': 'crm' } });
  expect(saved.test).toMatchObject({ delivered: false, statusCode: 404, error: null });
  expect(saved.headers).toEqual({ 'X-Team': '***' });
  const ping = taken.find(({ path }) => path === '/ping');
  expect(Object.keys(JSON.parse(ping?.body ?? '{}')).sort()).toEqual(['data', 'event', 'timestamp', 'workspaceId']);
  expect(JSON.parse(ping?.body ?? '{}').event).toBe('webhook.test');
  expect(ping?.headers['x-team']).toBe('crm');
  expect(() => new StandardWebhook(saved.secret).verify(ping?.body ?? '', flat(ping))).not.toThrow();

  answers.set('/ping', 200);
  expect((await system.call('POST', `/api/v1/webhooks/${saved.id}/test`)).json).toMatchObject({
    delivered: true,
    statusCode: 200,
  });
  const read = await system.call('GET', `/api/v1/webhooks/${saved.id}`);
  expect(read.json).not.toHaveProperty('secret');
  await remove(saved.id);
});

test('every attempt verifies with standardwebhooks and svix; id and bytes stay, the timestamp is fresh', async () => {
  answers.set('/signed', 500);
  const saved = await endpoint('/signed');
  await system.identify('signed@example.com', { traits: { email: 'signed@example.com', city: 'Zürich ✓' } });
  const failed = await deliveryOf(saved.id, 'failed');
  const attempts = at('/signed');
  expect(attempts).toHaveLength(3);
  expect(new Set(attempts.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([failed.eventId]));
  expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
  expect(new Set(attempts.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
  for (const attempt of attempts) {
    expect(() => new StandardWebhook(saved.secret).verify(attempt.body, flat(attempt))).not.toThrow();
    expect(() => new SvixWebhook(saved.secret).verify(attempt.body, flat(attempt))).not.toThrow();
    expect(() => new StandardWebhook(saved.secret).verify(`${attempt.body} `, flat(attempt))).toThrow();
  }
  expect(JSON.parse(attempts[0]?.body ?? '')).toMatchObject({
    event: 'contact.created',
    data: { contactEmail: 'signed@example.com', source: 'api' },
  });
  await remove(saved.id);
});

test('during a rotation both secrets verify, afterwards only the new one', async () => {
  const saved = await endpoint('/rotated');
  const rotated = (await system.call('POST', `/api/v1/webhooks/${saved.id}/rotate-secret`, { overlapHours: 1 })).json;
  expect(rotated.secret).not.toBe(saved.secret);
  await system.identify('rotated@example.com');
  await deliveryOf(saved.id, 'delivered');
  const [both] = at('/rotated');
  for (const secret of [saved.secret, rotated.secret]) {
    expect(() => new StandardWebhook(secret).verify(both?.body ?? '', flat(both))).not.toThrow();
    expect(() => new SvixWebhook(secret).verify(both?.body ?? '', flat(both))).not.toThrow();
  }

  const last = (await system.call('POST', `/api/v1/webhooks/${saved.id}/rotate-secret`, { overlapHours: 0 })).json;
  await system.identify('rotated2@example.com');
  await deliveryOf(saved.id, 'delivered', 1);
  const alone = at('/rotated')[1];
  expect(() => new StandardWebhook(last.secret).verify(alone?.body ?? '', flat(alone))).not.toThrow();
  expect(() => new StandardWebhook(rotated.secret).verify(alone?.body ?? '', flat(alone))).toThrow();
  await remove(saved.id);
});

test('a retrigger works on a failed and on a delivered delivery, and is in the log as made by hand', async () => {
  answers.set('/again', 503);
  const saved = await endpoint('/again');
  await system.identify('again@example.com');
  const failed = await deliveryOf(saved.id, 'failed');
  answers.set('/again', 200);
  const asked = await system.call('POST', `/api/v1/webhook-deliveries/${failed.id}/retrigger`);
  expect(asked).toMatchObject({ status: 202, json: { status: 'queued' } });
  await deliveryOf(saved.id, 'delivered');
  expect((await system.call('POST', `/api/v1/webhook-deliveries/${failed.id}/retrigger`)).status).toBe(202);
  const attempts = await eventually('the fifth attempt', async () => {
    const found = await attemptsOf(failed.id);
    return found.length === 5 && found;
  });
  expect(attempts.map(({ number, round, trigger, statusCode }) => [number, round, trigger, statusCode])).toEqual([
    [1, 1, 'schedule', 503],
    [2, 1, 'schedule', 503],
    [3, 1, 'schedule', 503],
    [4, 2, 'manual', 200],
    [5, 3, 'manual', 200],
  ]);
  expect(new Set(at('/again').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  await remove(saved.id);
});

test('a paused endpoint holds its deliveries and a resumed one gets them; a retrigger meanwhile is refused with a remedy', async () => {
  const saved = await endpoint('/paused');
  expect((await system.call('PATCH', `/api/v1/webhooks/${saved.id}`, { status: 'paused' })).json.status).toBe('paused');
  await system.identify('paused@example.com');
  const held = await deliveryOf(saved.id, 'held');
  expect(await system.call('POST', `/api/v1/webhook-deliveries/${held.id}/retrigger`)).toMatchObject({
    status: 409,
    json: { code: 'endpoint_not_active' },
  });
  expect(at('/paused')).toHaveLength(0);
  await system.call('PATCH', `/api/v1/webhooks/${saved.id}`, { status: 'active' });
  await deliveryOf(saved.id, 'delivered');
  expect(at('/paused')).toHaveLength(1);
  await remove(saved.id);
});

test('410 fails the delivery, disables the endpoint and holds what comes after', async () => {
  answers.set('/gone', 410);
  const saved = await endpoint('/gone');
  await system.identify('gone@example.com');
  const failed = await deliveryOf(saved.id, 'failed');
  expect(failed).toMatchObject({ attemptCount: 1, lastStatusCode: 410 });
  const disabled = (await system.call('GET', `/api/v1/webhooks/${saved.id}`)).json;
  expect(disabled).toMatchObject({ status: 'disabled' });
  expect(disabled.statusReason).toMatch(/410/);
  await system.identify('gone2@example.com');
  await deliveryOf(saved.id, 'held');
  expect(at('/gone')).toHaveLength(1);
  await remove(saved.id);
});

test('a deleted endpoint cancels its open deliveries, in the log and in Temporal', async () => {
  answers.set('/deleted', 500);
  const saved = await endpoint('/deleted');
  await system.identify('deleted@example.com');
  const open = await deliveryOf(saved.id, 'retrying');
  expect((await remove(saved.id)).status).toBe(204);
  await deliveryOf(saved.id, 'cancelled');
  await eventually(
    'the workflow to be cancelled',
    async () => (await temporal.workflow.getHandle(open.workflowId).describe()).status.name === 'CANCELLED',
  );
  expect((await system.call('GET', `/api/v1/webhooks/${saved.id}`)).status).toBe(404);
  expect(await system.call('POST', `/api/v1/webhook-deliveries/${open.id}/retrigger`)).toMatchObject({
    status: 409,
    json: { code: 'endpoint_deleted' },
  });
});

test('a cancelled delivery makes no further attempt', async () => {
  answers.set('/cancel', 500);
  const saved = await endpoint('/cancel');
  await system.identify('cancel@example.com');
  const open = await deliveryOf(saved.id, 'retrying');
  expect((await system.call('POST', `/api/v1/webhook-deliveries/${open.id}/cancel`)).status).toBe(202);
  await deliveryOf(saved.id, 'cancelled');
  await eventually(
    'the workflow to close',
    async () => (await temporal.workflow.getHandle(open.workflowId).describe()).status.name === 'CANCELLED',
  );
  const made = at('/cancel').length;
  expect((await system.call('POST', `/api/v1/webhook-deliveries/${open.id}/cancel`)).status).toBe(409);
  expect(await attemptsOf(open.id)).toHaveLength(made);
  await remove(saved.id);
});

test('what failed since a moment is counted by a dry run and delivered again by a recovery', async () => {
  answers.set('/recover', 500);
  const saved = await endpoint('/recover');
  const since = new Date().toISOString();
  for (const name of ['r1', 'r2', 'r3']) await system.identify(`${name}@example.com`);
  await deliveryOf(saved.id, 'failed', 2);
  answers.set('/recover', 200);
  const path = `/api/v1/webhooks/${saved.id}/recover`;
  expect(await system.call('POST', path, { since, dryRun: true })).toMatchObject({
    status: 200,
    json: { failed: 3, dryRun: true },
  });
  expect(at('/recover')).toHaveLength(9);
  expect(await system.call('POST', path, { since })).toMatchObject({ status: 202, json: { failed: 3, dryRun: false } });
  await deliveryOf(saved.id, 'delivered', 2);
  const progress = await eventually('the recovery to end', async () => {
    const { json } = await system.call('GET', `${path}?since=${since}`);
    return json.isDone && json;
  });
  expect(progress).toEqual({ signalled: 3, isDone: true });
  expect((await system.call('POST', path, { since: 'yesterday' })).status).toBe(422);
  await remove(saved.id);
});

test('an operator finds a delivery in the Temporal Web UI by what it is about', async () => {
  answers.set('/seen', 500);
  const saved = await endpoint('/seen');
  await system.identify('seen@example.com');
  const failed = await deliveryOf(saved.id, 'failed');
  expect(failed.temporalUrl).toBe(
    `http://ui.example.com/namespaces/${system.db.databaseName}/workflows/${encodeURIComponent(failed.workflowId)}`,
  );
  const query = `EsxEndpointId = "${saved.id}" AND EsxDeliveryStatus = "failed" AND EsxEventType = "contact.created" AND EsxContactId = "${failed.contactId}"`;
  const found = await eventually('the search attributes', async () => {
    const ids: string[] = [];
    for await (const workflow of temporal.workflow.list({ query })) ids.push(workflow.workflowId);
    return ids.length > 0 && ids;
  });
  expect(found).toEqual([failed.workflowId]);
  const { raw } = await temporal.workflow.getHandle(failed.workflowId).describe();
  const summary = JSON.parse(Buffer.from(raw.executionConfig?.userMetadata?.summary?.data ?? '').toString() || '""');
  expect(summary).toBe(`contact.created → ${new URL(base).host}`);
  const history = JSON.stringify(await temporal.workflow.getHandle(failed.workflowId).fetchHistory());
  for (const hidden of [saved.secret, 'seen@example.com']) expect(history).not.toContain(hidden);
  await remove(saved.id);
});

describe('what is refused', () => {
  test.each([
    [{ url: 'http://example.com/hook' }, 422, 'url_not_allowed'],
    [{ url: 'https://10.0.0.1/' }, 422, 'url_not_allowed'],
    [{ url: 'https://printer.local/' }, 422, 'url_not_allowed'],
    [{ url: 'https://[::ffff:169.254.169.254]/' }, 422, 'url_not_allowed'],
    [{}, 422, 'invalid_body'],
    [{ url: 'https://example.com', events: ['email.sent'] }, 422, 'invalid_body'],
    [{ url: 'https://example.com', events: [] }, 422, 'invalid_body'],
    [{ url: 'https://example.com', headers: { 'webhook-id': 'mine' } }, 422, 'invalid_body'],
    [{ url: 'https://example.com', headers: { 'X-A': 'line\r\nbreak' } }, 422, 'invalid_body'],
    [{ url: 'https://example.com', secret: 'mine' }, 422, 'invalid_body'],
  ])('%j', async (body, status, code) => {
    const answer = await system.call('POST', '/api/v1/webhooks', body);
    expect(answer).toMatchObject({ status, json: { code, status } });
    expect(answer.json.detail.length).toBeGreaterThan(10);
  });

  test('the eleventh endpoint, also when two are added at once', async () => {
    const before = (await system.call('GET', '/api/v1/webhooks?limit=250')).json.data.length;
    const asked = await Promise.all(
      Array.from({ length: 12 - before }, () => system.call('POST', '/api/v1/webhooks', { url: `${base}/many` })),
    );
    expect(asked.filter(({ status }) => status === 201)).toHaveLength(10 - before);
    for (const refused of asked.filter(({ status }) => status !== 201))
      expect(refused).toMatchObject({ status: 409, json: { code: 'too_many_endpoints' } });
    for (const { status, json } of asked) if (status === 201) await remove(json.id);
  });

  test('any endpoint on the hobby plan, and no deliveries for those that were there before', async () => {
    const saved = await endpoint('/hobby');
    expect((await system.call('PATCH', '/api/v1/workspace', { plan: 'hobby' })).status).toBe(200);
    expect(await system.call('POST', '/api/v1/webhooks', { url: `${base}/x` })).toMatchObject({
      status: 403,
      json: { code: 'plan_without_webhooks' },
    });
    await system.identify('hobby@example.com');
    const events = system.db.collection('webhookEvents');
    await eventually('the event to be dispatched', async () => {
      const contact = await system.db.collection('contacts').findOne({ email: 'hobby@example.com' });
      return contact && (await events.countDocuments({ contactId: String(contact._id), isDispatched: true })) === 1;
    });
    expect(at('/hobby')).toHaveLength(0);
    await system.call('PATCH', '/api/v1/workspace', { plan: 'pro' });
    await remove(saved.id);
  });
});

function flat(delivery: Taken | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(delivery?.headers ?? {}).map(([name, value]) => [name, String(value)]));
}
