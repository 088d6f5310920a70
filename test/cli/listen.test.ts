import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { apiKey, startSystem, type System } from '../e2e/support/system';
import { eventually } from '../e2e/support/processes';
import { testMongoUri, testTemporalAddress } from '../support/engines';
import { startEsx } from './support/esx';

let system: System;
let settings: { ESX_URL: string; ESX_API_KEY: string };
let local: Awaited<ReturnType<typeof startLocal>>;
const running = new Set<ReturnType<typeof startEsx>>();

beforeAll(async () => {
  system = await startSystem({ mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() });
  settings = { ESX_URL: system.url, ESX_API_KEY: apiKey };
  await system.untilReady();
  local = await startLocal();
}, 120_000);
afterAll(async () => {
  await system.stop();
  await local.close();
});
beforeEach(() => local.clear());
afterEach(async () => {
  await Promise.all([...running].map((run) => run.interrupt()));
  running.clear();
});

interface Taken {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A developer's own server: it keeps what comes, and answers as it is told. */
async function startLocal() {
  const taken: Taken[] = [];
  const answer = { status: 200, body: 'thanks' };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      taken.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(answer.status, { 'x-local': 'yes' }).end(answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    taken,
    answer,
    url: `http://127.0.0.1:${port}/hook`,
    clear() {
      taken.length = 0;
      Object.assign(answer, { status: 200, body: 'thanks' });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const verify = ({ headers, body }: Taken, secret: string) =>
  new Webhook(secret).verify(body, {
    'webhook-id': String(headers['webhook-id']),
    'webhook-timestamp': String(headers['webhook-timestamp']),
    'webhook-signature': String(headers['webhook-signature']),
  });

/** `esx listen --json`, connected. */
async function listen(...options: string[]) {
  const run = startEsx(['listen', '--forward-to', local.url, '--json', ...options], settings);
  running.add(run);
  await run.until('"ready"');
  const rows = (type: string) => run.rows().filter((row) => row.type === type);
  return { ...run, rows, secret: String(rows('ready')[0].secret) };
}

const stateOf = async (id: string) => (await system.call('GET', `/api/v1/webhook-deliveries/${id}`)).json;

test('every new event comes to the local server, signed with a secret that survives restarts of both sides', async () => {
  const first = await listen();
  await system.identify('ada@example.com');
  await eventually('the event', () => local.taken.length === 1);
  const [taken] = local.taken;
  expect(verify(taken!, first.secret)).toMatchObject({
    event: 'contact.created',
    data: { contactEmail: 'ada@example.com' },
  });
  expect(taken!.headers['esx-replay']).toBeUndefined();
  await first.until('"exchange"');
  expect(first.rows('exchange')[0]).toMatchObject({ event: 'contact.created', statusCode: 200, isReplay: false });
  expect(await first.interrupt()).toBe(0);
  expect(first.err()).toBe('');

  await system.gateway().kill();
  system.restartGateway();
  await eventually('the gateway', async () => (await fetch(`${system.url}/healthz`)).ok);
  expect((await listen()).secret).toBe(first.secret);
}, 90_000);

test('a gateway that is killed while events come loses none of them', async () => {
  const run = await listen('--name', 'laptop');
  await system.identify('b1@example.com');
  await eventually('the first', () => local.taken.length === 1);
  await system.gateway().kill();
  await run.until('"lost"');
  system.restartGateway();
  // Before or after the listener is back: both must come, and once.
  await eventually('the gateway to take events', async () => (await system.identify('b2@example.com')).status === 202);
  await eventually('both', () => local.taken.length >= 2);
  await system.identify('b3@example.com');
  await eventually('all three', () => local.taken.length >= 3);
  const emails = local.taken.map((taken) => Object(verify(taken, run.secret)).data.contactEmail);
  expect(emails).toEqual(['b1@example.com', 'b2@example.com', 'b3@example.com']);
  const ready = run.rows('ready');
  expect(ready.length).toBeGreaterThan(1);
  expect(new Set(ready.map(({ listenerId, secret }) => `${listenerId} ${secret}`)).size).toBe(1);
  expect((await system.call('GET', '/api/v1/listeners')).json.data.map((row: any) => row.name)).toContain('laptop');
}, 90_000);

test('a delivery sent to a laptop comes as it was, its answer goes back, and the delivery is as before', async () => {
  await system.addEndpoint('/status/500', ['contact.created']);
  await system.identify('carl@example.com');
  const delivery = await eventually('a failed attempt', async () => {
    const rows: any[] = (await system.call('GET', '/api/v1/webhook-deliveries')).json.data;
    return rows.find(({ attemptCount }) => attemptCount === 1);
  });
  const before = await stateOf(delivery.id);
  const stored = await system.db.collection<{ _id: string }>('webhookDeliveries').findOne({ _id: delivery.id });

  const run = await listen('--only-sent');
  local.answer.status = 422;
  local.answer.body = 'the field is wrong';
  const sent = await system.call('POST', `/api/v1/webhook-deliveries/${delivery.id}/send-to-listener`);
  expect(sent.status).toBe(202);
  const request = await eventually('an answer', async () => {
    const { json } = await system.call('GET', `/api/v1/listener-requests/${sent.json.requestId}`);
    return json.status === 'answered' && json;
  });
  expect(request).toMatchObject({
    response: { statusCode: 422, body: 'the field is wrong', error: null },
    original: { number: 1, statusCode: 500 },
  });
  expect(request.response.headers).toContainEqual({ name: 'x-local', value: 'yes' });
  const [taken] = local.taken;
  expect(taken?.headers).toMatchObject({ 'webhook-id': delivery.eventId, 'esx-replay': 'true' });
  expect(verify(taken!, run.secret)).toEqual(before.payload);
  const [original] = system.received('contact.created').filter(({ webhookId }) => webhookId === delivery.eventId);
  expect(taken?.body).toBe(original?.body);
  expect(run.rows('exchange')).toEqual([
    expect.objectContaining({ deliveryId: delivery.id, isReplay: true, statusCode: 422 }),
  ]);

  expect(await stateOf(delivery.id)).toEqual(before);
  expect(await system.db.collection<{ _id: string }>('webhookDeliveries').findOne({ _id: delivery.id })).toEqual(
    stored,
  );
}, 60_000);

test('text output names each exchange, what failed and why; compact is one line', async () => {
  const text = startEsx(['listen', '--forward-to', 'http://127.0.0.1:1/hook', '--events', 'contact.created'], settings);
  const compact = startEsx(['listen', '--forward-to', local.url, '--compact'], settings);
  running.add(text).add(compact);
  await text.until(/^Signing secret {2}whsec_\S+ /m);
  await compact.until('Listening at');
  await system.identify('dora@example.com');
  await text.until(/contact\.created +no answer .*evt_.*\n.*127\.0\.0\.1:1 refused the connection/);
  await compact.until(/^\d\d:\d\d:\d\d contact\.created 200 \d+ ms$/m);
  expect(await text.interrupt()).toBe(0);
  expect(text.out()).toContain('0 taken, 1 not taken.');
});

test('a key that is refused ends it', async () => {
  const run = startEsx(['listen', '--forward-to', local.url], { ...settings, ESX_API_KEY: `${apiKey}x` });
  expect(await run.ended).toBe(1);
  expect(run.err()).toContain('not known here');
});

test('a gateway stops at once while somebody listens', async () => {
  const run = await listen();
  const startedMs = Date.now();
  expect(await system.gateway().stop()).toBe(0);
  expect(Date.now() - startedMs).toBeLessThan(8_000);
  await run.until('"lost"');
  system.restartGateway();
  await eventually('it to be connected again', () => run.rows('ready').length === 2);
}, 60_000);
