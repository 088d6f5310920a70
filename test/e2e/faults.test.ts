import type { Db } from 'mongodb';
import { startOwnMongod, startOwnTemporal } from '../support/engines';
import { eventually } from './support/processes';
import { startSystem, type System } from './support/system';

/** Real processes and engines, killed for real. One system for the file: each test brings its own contacts. */
let mongod: Awaited<ReturnType<typeof startOwnMongod>>;
let temporal: Awaited<ReturnType<typeof startOwnTemporal>>;
let system: System;

beforeAll(async () => {
  [mongod, temporal] = await Promise.all([
    startOwnMongod(['--setParameter', 'enableTestCommands=1']),
    startOwnTemporal(),
  ]);
  system = await startSystem(
    { mongoUri: mongod.uri, temporalAddress: temporal.address },
    { WEBHOOK_RETRY_SCHEDULE: '4s,4s,4s,4s,4s' },
  );
  await system.untilReady();
}, 120_000);

afterAll(async () => {
  await system?.stop();
  await Promise.all([mongod?.stop(), temporal?.stop()]);
}, 150_000);

/** Makes the next commands of this kind on a collection hang in mongod, so that a process can be killed right there. */
async function hang(db: Db, command: string, collection?: string): Promise<() => Promise<void>> {
  const admin = db.client.db('admin');
  await admin.command({
    configureFailPoint: 'failCommand',
    mode: 'alwaysOn',
    data: {
      failCommands: [command],
      blockConnection: true,
      blockTimeMS: 3_000,
      ...(collection === undefined ? {} : { namespace: `${db.databaseName}.${collection}` }),
    },
  });
  return async () => {
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
  };
}

async function deliveriesOf(email: string, event: string, endpointId: string): Promise<any[]> {
  const contact = await system.db.collection('contacts').findOne({ email });
  const { json } = await system.call(
    'GET',
    `/api/v1/webhook-deliveries?endpointId=${endpointId}&event=${event}&limit=250`,
  );
  return json.data.filter((delivery: any) => contact && delivery.contactId === String(contact._id));
}

async function deliveredOnce(email: string, endpointId: string, withinMs = 60_000): Promise<any> {
  const [delivery] = await eventually(
    `contact.created of ${email} delivered`,
    async () => {
      const found = await deliveriesOf(email, 'contact.created', endpointId);
      return found.some(({ status }) => status === 'delivered') && found;
    },
    withinMs,
  );
  expect(await deliveriesOf(email, 'contact.created', endpointId)).toHaveLength(1);
  const contact = await system.db.collection('contacts').findOne({ email });
  const events = await system.db
    .collection('webhookEvents')
    .countDocuments({ contactId: String(contact?._id), type: 'contact.created' });
  expect(events).toBe(1);
  return (await system.call('GET', `/api/v1/webhook-deliveries/${delivery.id}`)).json;
}

describe('a worker killed with SIGKILL', () => {
  test('after the contact is committed and before its event is dispatched: one contact.created, delivered', async () => {
    const endpointId = await system.addEndpoint('/ok');
    const letGo = await hang(system.db, 'find', 'webhookEvents');
    await system.identify('committed@example.com');
    await eventually('the commit', () =>
      system.db.collection('contacts').findOne({ email: 'committed@example.com' }).then(Boolean),
    );
    await system.worker().kill();
    await letGo();
    system.restartWorker();

    const delivery = await deliveredOnce('committed@example.com', endpointId);
    expect(delivery.attempts).toHaveLength(1);
    await system.call('DELETE', `/api/v1/webhooks/${endpointId}`);
  }, 90_000);

  test('while its transaction commits: the orphan holds nobody up, one contact.created', async () => {
    const endpointId = await system.addEndpoint('/ok');
    const letGo = await hang(system.db, 'commitTransaction');
    await system.identify('orphan@example.com');
    await eventually('the transaction to be open', async () => {
      const { inprog } = await system.db.client.db('admin').command({ currentOp: 1, active: true });
      return inprog.some((operation: any) => operation.command?.commitTransaction !== undefined);
    });
    await system.worker().kill();
    await letGo();
    system.restartWorker();

    await deliveredOnce('orphan@example.com', endpointId);
    await system.call('DELETE', `/api/v1/webhooks/${endpointId}`);
  }, 90_000);

  test('during an HTTP attempt: the customer is charged one attempt', async () => {
    const endpointId = await system.addEndpoint('/slow/3');
    await system.identify('midflight@example.com');
    await eventually('the request to arrive', () =>
      system.received('contact.created').some(({ body }) => body.includes('midflight@')),
    );
    await system.worker().kill();
    system.restartWorker();

    const delivery = await deliveredOnce('midflight@example.com', endpointId);
    expect(delivery).toMatchObject({ status: 'delivered', attemptCount: 1 });
    expect(delivery.attempts.map(({ number }: any) => number)).toEqual([1]);
    const ids = system.received('contact.created').filter(({ body }) => body.includes('midflight@'));
    expect(new Set(ids.map(({ webhookId }) => webhookId)).size).toBe(1);
    await system.call('DELETE', `/api/v1/webhooks/${endpointId}`);
  }, 90_000);

  test('during a wait: the timeline goes on where it was', async () => {
    const endpointId = await system.addEndpoint('/fail/2');
    await system.identify('waiting@example.com');
    await eventually(
      'the first failure',
      async () => (await deliveriesOf('waiting@example.com', 'contact.created', endpointId))[0]?.status === 'retrying',
    );
    await system.worker().kill();
    system.restartWorker();

    const delivery = await deliveredOnce('waiting@example.com', endpointId);
    expect(delivery.attempts.map(({ number, statusCode }: any) => [number, statusCode])).toEqual([
      [1, 500],
      [2, 500],
      [3, 200],
    ]);
    const gapsMs = delivery.attempts
      .slice(1)
      .map(({ at }: any, index: number) => Date.parse(at) - Date.parse(delivery.attempts[index].at));
    for (const gapMs of gapsMs) expect(gapMs).toBeGreaterThanOrEqual(3_900);
    await system.call('DELETE', `/api/v1/webhooks/${endpointId}`);
  }, 90_000);
});

test('MongoDB gone: 503 with Retry-After and not ready; both processes recover by themselves', async () => {
  const endpointId = await system.addEndpoint('/ok');
  await mongod.kill();
  const refused = await eventually('a 503', async () => {
    const answer = await system.identify('refused@example.com');
    return answer.status === 503 && answer;
  });
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(refused.json).toMatchObject({ status: 503, code: 'database_unavailable' });
  expect((await system.call('GET', '/readyz')).status).toBe(503);
  expect((await system.call('GET', '/healthz')).status).toBe(200);

  await mongod.restart();
  await eventually('a 202', async () => (await system.identify('recovered@example.com')).status === 202);
  await deliveredOnce('recovered@example.com', endpointId);
  expect(system.gateway().child.exitCode).toBeNull();
  expect(system.worker().child.exitCode).toBeNull();
  await system.call('DELETE', `/api/v1/webhooks/${endpointId}`);
}, 120_000);

test('MongoDB hanging: a 503 before a CDP gives up, and then all goes on', async () => {
  expect((await system.identify('before@example.com')).status).toBe(202);
  const letGo = mongod.hang();
  try {
    const askedMs = Date.now();
    const refused = await system.identify('hanging@example.com');
    expect(refused).toMatchObject({ status: 503, json: { code: 'database_unavailable' } });
    expect(Date.now() - askedMs).toBeLessThan(5_000);
  } finally {
    letGo();
  }
  await eventually('a 202', async () => (await system.identify('hanging@example.com')).status === 202);
  // To the end of it: an endpoint that the next test adds would get what is dispatched then.
  await eventually('both contacts and the dispatch of their events', async () => {
    const contacts = await system.db.collection('contacts').countDocuments({ email: /^(before|hanging)@/ });
    return (
      contacts === 2 && (await system.db.collection('webhookEvents').countDocuments({ isDispatched: false })) === 0
    );
  });
}, 90_000);

test('Temporal gone for 30 s while 500 messages arrive, and the gateway killed meanwhile: each takes effect once', async () => {
  const endpointId = await system.addEndpoint('/ok', ['contact.created']);
  await temporal.kill();
  const goneSinceMs = Date.now();
  const emails = Array.from({ length: 500 }, (_, index) => `away${index}@example.com`);
  const half = emails.slice(0, 250);
  expect(await statuses(half)).toEqual(new Set([202]));
  expect((await system.call('GET', '/readyz')).json).toMatchObject({ status: 'degraded', temporal: false });
  await system.gateway().kill();
  system.restartGateway();
  await eventually('the gateway without Temporal', async () => (await system.call('GET', '/healthz')).status === 200);
  await eventually('MongoDB from the new gateway', async () => (await system.call('GET', '/readyz')).json.database);
  expect(await statuses(emails.slice(250))).toEqual(new Set([202]));
  // The same messages again, as a CDP would send them: nothing of this may double.
  expect(await statuses(half.slice(0, 20))).toEqual(new Set([202]));
  await eventually('30 seconds without Temporal', () => Date.now() - goneSinceMs >= 30_000, 40_000);
  expect(await system.db.collection('contacts').countDocuments({ email: /^away/ })).toBe(0);

  await temporal.restart();
  await eventually(
    '500 deliveries',
    async () =>
      (await system.db.collection('webhookDeliveries').countDocuments({ endpointId, status: 'delivered' })) === 500,
    120_000,
  );
  expect(await system.db.collection('contacts').countDocuments({ email: /^away/ })).toBe(500);
  expect(await system.db.collection('webhookDeliveries').countDocuments({ endpointId })).toBe(500);
  expect(await system.db.collection('messages').countDocuments({ state: { $ne: 'done' }, messageId: /^id-away/ })).toBe(
    0,
  );
}, 240_000);

async function statuses(emails: string[]): Promise<Set<number>> {
  const seen = new Set<number>();
  for (let start = 0; start < emails.length; start += 25) {
    const answers = await Promise.all(emails.slice(start, start + 25).map((email) => system.identify(email)));
    answers.forEach(({ status }) => seen.add(status));
  }
  return seen;
}
