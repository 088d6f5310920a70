import { Webhook } from 'standardwebhooks';
import type { WebhookEvent, WebhookEventType } from '../../domain/webhook-events';
import { readSse, type SseEvent } from '../../src/cli/read-sse';
import { listenRoutes } from '../../src/http/listen-routes';
import { SseStreams } from '../../src/http/sse';
import { createLogger } from '../../src/logger';
import { newId } from '../../src/mongo/new-id';
import { eventually } from '../e2e/support/processes';
import { startHarness, type Harness } from './harness';

let harness: Harness;
const sse = new SseStreams();
beforeAll(async () => {
  harness = await startHarness((parts) =>
    listenRoutes({ ...parts.stores, ...parts, sse, logger: createLogger('silent') }),
  );
});
afterAll(() => harness.close());

type Workspace = Awaited<ReturnType<Harness['addWorkspace']>>;
const open = new Set<AbortController>();
afterEach(() => open.forEach((abort) => abort.abort()));

/** Connects as `esx listen` does, and keeps what comes. */
async function listen({ key }: Workspace, query = '', lastEventId?: string) {
  const abort = new AbortController();
  open.add(abort);
  const response = await fetch(`${harness.url}/api/v1/listen?${query}`, {
    headers: { authorization: `Bearer ${key}`, ...(lastEventId ? { 'last-event-id': lastEventId } : {}) },
    signal: abort.signal,
  });
  const events: (SseEvent & { json: any })[] = [];
  let isOver = false;
  const read = async () => {
    for await (const event of readSse(response.body ?? [])) events.push({ ...event, json: JSON.parse(event.data) });
  };
  void read()
    .catch(() => undefined)
    .finally(() => (isOver = true));
  const named = (name: string) => events.filter(({ event }) => event === name);
  const first = async (name: string) => {
    await eventually(`a ${name}`, () => named(name).length > 0);
    return named(name)[0]!;
  };
  return { status: response.status, events, named, first, isOver: () => isOver, end: () => abort.abort() };
}

async function happen(workspaceId: string, type: WebhookEventType = 'contact.created', body = '{"n":1}') {
  const event: WebhookEvent = { id: newId('event'), workspaceId, type, body, createdAtMs: harness.now() };
  await harness.database.transaction((session) => harness.stores.events.insert([event], session));
  return event;
}

/** A delivery of an event with one attempt that failed. */
async function deliver(event: WebhookEvent) {
  const id = newId('delivery');
  await harness.stores.deliveries.ensure([
    {
      ...{
        id,
        workspaceId: event.workspaceId,
        endpointId: newId('endpoint'),
        eventId: event.id,
        eventType: event.type,
      },
      ...{ status: 'retrying', attemptCount: 1, round: 1, attemptsInRound: 1, workflowId: 'delivery/x' },
      ...{ createdAtMs: harness.now(), updatedAtMs: harness.now(), nextAttemptAtMs: harness.now() + 30_000 },
    },
  ]);
  await harness.stores.attempts.insert({
    ...{ deliveryId: id, key: 'k', number: 1, round: 1, trigger: 'schedule', atMs: harness.now(), durationMs: 12 },
    ...{ statusCode: 500, responseBody: 'no' },
  });
  return id;
}

const rowOf = async (id: string) =>
  JSON.stringify([await harness.stores.deliveries.find(id), await harness.stores.attempts.list(id)]);

test('a listener gets every new event of its workspace, signed with a secret that stays the same', async () => {
  const workspace = await harness.addWorkspace();
  const other = await harness.addWorkspace();
  const listener = await listen(workspace, 'name=laptop&forwardTo=http://localhost:4000/hook');
  const hello = (await listener.first('hello')).json;
  expect(hello).toEqual({
    listenerId: expect.stringMatching(/^lsn_[0-9a-f]{24}$/),
    workspaceId: workspace.workspaceId,
    secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/=]{44}$/),
  });

  await happen(other.workspaceId);
  const event = await happen(workspace.workspaceId, 'contact.updated', '{"text":"a\\nb é"}');
  const request = (await listener.first('request')).json;
  expect(request).toEqual({
    ...{ requestId: null, event: 'contact.updated', eventId: event.id, deliveryId: null, body: event.body },
    headers: expect.objectContaining({ 'content-type': 'application/json', 'webhook-id': event.id }),
  });
  expect(request.headers).not.toHaveProperty('esx-replay');
  const at = new Date(Number(request.headers['webhook-timestamp']) * 1_000);
  expect(request.headers['webhook-signature']).toBe(new Webhook(hello.secret).sign(event.id, at, event.body));
  expect(listener.named('request')).toHaveLength(1);

  const again = await listen(workspace);
  expect((await again.first('hello')).json.secret).toBe(hello.secret);
  const foreign = await listen(other);
  expect((await foreign.first('hello')).json.secret).not.toBe(hello.secret);
});

test('only the events that were asked for are forwarded', async () => {
  const workspace = await harness.addWorkspace();
  const listener = await listen(workspace, 'events=email.opened,contact.updated');
  await listener.first('hello');
  await happen(workspace.workspaceId, 'contact.created');
  await happen(workspace.workspaceId, 'email.opened');
  await listener.first('request');
  expect(listener.named('request').map(({ json }) => json.event)).toEqual(['email.opened']);
  const wrong = await harness.callWith(workspace.key)('GET', '/listen?events=contact.created,contact.made');
  expect(wrong.status).toBe(400);
  expect(wrong.body.detail).toMatch(/^events: contact\.made is not an event; there are .*campaign\.sent/);
});

test('who comes back with its last place gets what happened meanwhile, and keeps its id', async () => {
  const workspace = await harness.addWorkspace();
  const first = await listen(workspace);
  const hello = await first.first('hello');
  first.end();
  await eventually('it to be gone', () => first.isOver());
  const missed = await happen(workspace.workspaceId);
  const second = await listen(workspace, `listenerId=${hello.json.listenerId}`, hello.id);
  expect((await second.first('request')).json.eventId).toBe(missed.id);
  expect(second.named('hello')[0]?.json.listenerId).toBe(hello.json.listenerId);

  const other = await harness.addWorkspace();
  const foreign = await listen(other, `listenerId=${hello.json.listenerId}`);
  expect((await foreign.first('hello')).json.listenerId).not.toBe(hello.json.listenerId);
});

test('a place that nobody knows is said to be lost, and events go on from now', async () => {
  const workspace = await harness.addWorkspace();
  await happen(workspace.workspaceId);
  const listener = await listen(workspace, '', '8200FF');
  expect((await listener.first('skipped')).json).toEqual({ count: null, reason: expect.stringMatching(/left out/) });
  await listener.first('hello');
  const event = await happen(workspace.workspaceId);
  await listener.first('request');
  expect(listener.named('request').map(({ json }) => json.eventId)).toEqual([event.id]);
});

test('more than a laptop can follow is counted and not sent', async () => {
  const workspace = await harness.addWorkspace();
  const listener = await listen(workspace);
  await listener.first('hello');
  const { workspaceId } = workspace;
  const events = Array.from({ length: 260 }, (): WebhookEvent => ({
    ...{ id: newId('event'), workspaceId, type: 'contact.created', body: '{}', createdAtMs: harness.now() },
  }));
  await harness.database.transaction((session) => harness.stores.events.insert(events, session));
  await eventually('all to be told of', () => {
    const skipped = listener.named('skipped').reduce((sum, { json }) => sum + Number(json.count), 0);
    return listener.named('request').length + skipped === 260;
  });
  expect(listener.named('request')).toHaveLength(200);
});

test('a delivery is sent to a laptop, its answer stands beside the original, and the delivery is as it was', async () => {
  const workspace = await harness.addWorkspace();
  const { call, workspaceId } = workspace;
  const event = await happen(workspaceId);
  const id = await deliver(event);
  const before = await rowOf(id);

  const nobody = await call('POST', `/webhook-deliveries/${id}/send-to-listener`);
  expect([nobody.status, nobody.body.code]).toEqual([409, 'nobody_listens']);
  expect(nobody.body.detail).toContain('npx esx listen --forward-to');

  const listener = await listen(workspace, 'name=laptop&onlySent=true');
  const { listenerId, secret } = (await listener.first('hello')).json;
  await happen(workspaceId);
  expect((await call('GET', '/listeners')).body.data).toEqual([
    expect.objectContaining({ id: listenerId, name: 'laptop', onlySent: true }),
  ]);
  const gone = await call('POST', `/webhook-deliveries/${id}/send-to-listener`, { listenerId: 'lsn_0' });
  expect([gone.status, gone.body.code]).toEqual([409, 'listener_gone']);

  const sent = await call('POST', `/webhook-deliveries/${id}/send-to-listener`, { listenerId });
  expect(sent.status).toBe(202);
  const { requestId } = sent.body;
  const waiting = await call('GET', `/listener-requests/${requestId}`);
  expect(waiting.body).toMatchObject({ status: 'waiting', response: null, original: { statusCode: 500, body: 'no' } });

  const request = (await listener.first('request')).json;
  expect(request).toMatchObject({ requestId, deliveryId: id, eventId: event.id, body: event.body });
  expect(request.headers).toMatchObject({ 'webhook-id': event.id, 'esx-replay': 'true' });
  const at = new Date(Number(request.headers['webhook-timestamp']) * 1_000);
  expect(request.headers['webhook-signature']).toBe(new Webhook(secret).sign(event.id, at, event.body));

  const answer = {
    requestId,
    statusCode: 204,
    headers: [{ name: 'x.y', value: '$1' }],
    body: 'ok',
    durationMs: 3.5,
    error: null,
  };
  expect((await call('POST', `/listen/${listenerId}/responses`, answer)).status).toBe(204);
  // The first answer stays.
  expect((await call('POST', `/listen/${listenerId}/responses`, { ...answer, statusCode: 500 })).status).toBe(204);
  const { requestId: _id, ...response } = answer;
  expect((await call('GET', `/listener-requests/${requestId}`)).body).toMatchObject({ status: 'answered', response });
  expect(await rowOf(id)).toBe(before);
  expect(listener.named('request')).toHaveLength(1);
});

test('what went into a connection that broke is sent again to the next one', async () => {
  const workspace = await harness.addWorkspace();
  const id = await deliver(await happen(workspace.workspaceId));
  const first = await listen(workspace, 'onlySent=true');
  const { listenerId } = (await first.first('hello')).json;
  const sent = await workspace.call('POST', `/webhook-deliveries/${id}/send-to-listener`);
  await first.first('request');
  first.end();
  const second = await listen(workspace, `onlySent=true&listenerId=${listenerId}`);
  expect((await second.first('request')).json.requestId).toBe(sent.body.requestId);
});

test('an event is sent again to a listener by its id, and one of another workspace is not', async () => {
  const workspace = await harness.addWorkspace();
  const other = await harness.addWorkspace();
  const event = await happen(workspace.workspaceId);
  const listener = await listen(workspace, 'onlySent=true');
  const { listenerId } = (await listener.first('hello')).json;
  expect((await workspace.call('POST', `/listeners/${listenerId}/requests`, { eventId: event.id })).status).toBe(202);
  expect((await listener.first('request')).json).toMatchObject({ eventId: event.id, deliveryId: null });
  const foreign = await happen(other.workspaceId);
  const refused = await workspace.call('POST', `/listeners/${listenerId}/requests`, { eventId: foreign.id });
  expect(refused.status).toBe(404);
});

test('requests and answers of another workspace are not there', async () => {
  const workspace = await harness.addWorkspace();
  const other = await harness.addWorkspace();
  const id = await deliver(await happen(workspace.workspaceId));
  const listener = await listen(workspace, 'onlySent=true');
  const { listenerId } = (await listener.first('hello')).json;
  const { requestId } = (await workspace.call('POST', `/webhook-deliveries/${id}/send-to-listener`)).body;
  const answer = { requestId, statusCode: 200, headers: [], body: '', durationMs: 1, error: null };
  expect((await other.call('POST', `/webhook-deliveries/${id}/send-to-listener`)).status).toBe(404);
  expect((await other.call('GET', `/listener-requests/${requestId}`)).status).toBe(404);
  expect((await other.call('POST', `/listen/${listenerId}/responses`, answer)).status).toBe(404);
  expect((await other.call('GET', '/listeners')).body.data).toEqual([]);
  const tooLong = await workspace.call('POST', `/listen/${listenerId}/responses`, {
    ...answer,
    body: 'x'.repeat(16_385),
  });
  expect([tooLong.status, tooLong.body.errors[0].pointer]).toEqual([422, '/body']);
});

test('a person who was erased leaves no answer behind, and nothing is sent any more', async () => {
  const workspace = await harness.addWorkspace();
  const { call, workspaceId } = workspace;
  const event = await happen(workspaceId);
  const id = await deliver(event);
  const listener = await listen(workspace, 'onlySent=true');
  const { listenerId } = (await listener.first('hello')).json;
  const { requestId } = (await call('POST', `/webhook-deliveries/${id}/send-to-listener`)).body;
  const answer = { requestId, statusCode: 200, headers: [], body: 'for Morgan', durationMs: 1, error: null };
  await call('POST', `/listen/${listenerId}/responses`, answer);
  await harness.stores.personalData.eraseEvents([event.id], [id], new Date(harness.now()));
  expect((await call('GET', `/listener-requests/${requestId}`)).text).not.toContain('Morgan');
  const refused = await call('POST', `/webhook-deliveries/${id}/send-to-listener`);
  expect([refused.status, refused.body.code]).toEqual([409, 'delivery_erased']);
});

test('a listener whose key was revoked is disconnected', async () => {
  const workspace = await harness.addWorkspace();
  const listener = await listen(workspace, 'onlySent=true');
  await listener.first('hello');
  const revoked = { $set: { revokedAt: new Date(harness.now()) } };
  await harness.database.db.collection<{ _id: string }>('apiKeys').updateOne({ _id: workspace.keyId }, revoked);
  harness.auth.forget();
  await eventually('it to be disconnected', () => listener.isOver(), 20_000);
  const refused = await fetch(`${harness.url}/api/v1/listen`, {
    headers: { authorization: `Bearer ${workspace.key}` },
  });
  expect(refused.status).toBe(401);
});

test('a gateway that stops ends its streams and takes no more', async () => {
  const workspace = await harness.addWorkspace();
  const listener = await listen(workspace);
  await listener.first('hello');
  await sse.stop();
  await eventually('the stream to end', () => listener.isOver());
  expect(await harness.stores.listeners.connected(workspace.workspaceId, new Date(harness.now()))).toEqual([]);
  expect((await workspace.call('GET', '/listen')).status).toBe(503);
});
