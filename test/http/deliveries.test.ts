import { createHash } from 'node:crypto';
import type { Attempt, Delivery } from '../../domain/delivery';
import { standardRetryDelaysMs as retryDelaysMs } from '../../domain/retry-timeline';
import { deliveryLogRoutes } from '../../src/http/delivery-log-routes';
import { deliveryRoutes } from '../../src/http/delivery-routes';
import { deliveryShareRoutes, sharedRoutes } from '../../src/http/delivery-share-routes';
import { createRateLimit } from '../../src/http/rate-limit';
import { newId } from '../../src/mongo/new-id';
import type { WebhookEndpoint } from '../../src/mongo/webhook-endpoints';
import { toDocument } from '../../src/mongo/webhook-deliveries';
import { newWebhookSecret } from '../../src/webhooks/signature';
import { readAll, startHarness, type Harness } from './harness';

const publicUrl = 'https://esx.example.com';
const retriggered: string[] = [];
let harness: Harness;
let endpoint: WebhookEndpoint;
beforeAll(async () => {
  harness = await startHarness(
    ({ stores, now }) => {
      const starter = {
        retrigger: ({ id }: Delivery) => Promise.resolve(void retriggered.push(id)),
        cancelDelivery: () => Promise.resolve(false),
        retryDelaysMs: [...retryDelaysMs],
      };
      const parts = { ...stores, starter, now, temporalUrl: (id: string) => `http://ui/${id}` };
      return [
        ...deliveryLogRoutes(parts),
        ...deliveryRoutes(parts),
        ...deliveryShareRoutes({ ...parts, publicUrl: () => publicUrl }),
      ];
    },
    ({ stores, now }) =>
      sharedRoutes({
        ...{ ...stores, now, limit: createRateLimit('shared', 40, 60) },
        starter: { retryDelaysMs: [...retryDelaysMs] },
      }),
  );
  endpoint = await addEndpoint({
    url: 'https://user:pass%zz@hooks.example.com/in/esx?key=k3y&tenant=7#frag',
    headers: { 'X-Team': 'the-team-secret' },
  });
});
afterAll(() => harness.close());

async function addEndpoint(known: Partial<WebhookEndpoint> = {}): Promise<WebhookEndpoint> {
  const at = new Date(harness.clock.nowMs - 3_600_000);
  const added: WebhookEndpoint = {
    ...{ id: newId('endpoint'), workspaceId: harness.workspaceId, url: 'https://hooks.example.com/', description: '' },
    ...{ events: ['contact.created'], headers: {}, secrets: [{ secret: newWebhookSecret() }], status: 'active' },
    ...{ createdAt: at, updatedAt: at },
    ...known,
  };
  await harness.stores.endpoints.insert(added);
  return added;
}

const body = JSON.stringify({
  event: 'contact.created',
  workspaceId: 'ws_1',
  timestamp: '2026-04-15T09:59:00.000Z',
  data: { contactId: 'con_1', contactEmail: 'ada@example.com', firstName: 'Ada', source: 'api' },
});

async function addDelivery(known: Partial<Delivery> = {}, attempts: Partial<Attempt>[] = []): Promise<Delivery> {
  const createdAtMs = harness.clock.nowMs - 60_000;
  const delivery: Delivery = {
    ...{ id: newId('delivery'), workspaceId: harness.workspaceId, endpointId: endpoint.id, eventId: newId('event') },
    ...{ eventType: 'contact.created', contactId: newId('contact'), status: 'pending' },
    ...{ attemptCount: attempts.length, round: 1, attemptsInRound: attempts.length },
    ...{ createdAtMs, updatedAtMs: createdAtMs, workflowId: 'delivery/1' },
    ...known,
  };
  const { db } = harness.database;
  await harness.stores.deliveries.collection.insertOne(toDocument(delivery));
  await db.collection<{ _id: string }>('webhookEvents').insertOne({
    ...{ _id: delivery.eventId, workspaceId: delivery.workspaceId, type: delivery.eventType, body },
    ...{ contactId: delivery.contactId, createdAt: new Date(createdAtMs), isDispatched: true },
  });
  for (const [index, attempt] of attempts.entries()) {
    await harness.stores.attempts.insert({
      ...{ deliveryId: delivery.id, key: newId('event'), number: index + 1, round: 1, trigger: 'schedule' },
      ...{ atMs: createdAtMs + 84, durationMs: 16, responseBody: '', ...attempt },
    });
  }
  return delivery;
}

describe('one delivery', () => {
  it('shows its timeline, and each attempt as it was sent and answered', async () => {
    const nextAttemptAtMs = harness.clock.nowMs + 12_345;
    const delivery = await addDelivery({ status: 'retrying', nextAttemptAtMs }, [
      { statusCode: 503, responseBody: 'busy', responseHeaders: [['server', 'nginx']] },
    ]);
    const { status, body: shown } = await harness.call('GET', `/webhook-deliveries/${delivery.id}`);
    expect(status).toBe(200);
    expect(shown.endpoint).toMatchObject({ id: endpoint.id, url: endpoint.url, status: 'active' });
    expect(shown.timeline.slots.map(({ state }: { state: string }) => state)).toEqual([
      ...['failed', 'next', 'future', 'future', 'future', 'future'],
    ]);
    expect(shown.timeline.slots[0]).toMatchObject({ driftMs: 84, attemptNumber: 1 });
    expect(shown.timeline.slots[1].plannedAt).toBe(new Date(nextAttemptAtMs).toISOString());
    const [attempt] = shown.attempts;
    expect(attempt).toMatchObject({
      summary: '503: the receiver has a fault of its own',
      responseHeaders: [{ name: 'server', value: 'nginx' }],
      request: { method: 'POST', url: endpoint.url, isReconstructed: false },
    });
    const headers = Object.fromEntries(
      attempt.request.headers.map(({ name, value }: { name: string; value: string }) => [name, value]),
    );
    expect(headers).toEqual({
      'X-Team': '***',
      'content-type': 'application/json',
      'user-agent': 'EmailSendX-Webhooks/1.0',
      'accept-encoding': 'identity',
      'webhook-id': delivery.eventId,
      'webhook-timestamp': String(Math.floor((delivery.createdAtMs + 84) / 1_000)),
      'webhook-signature': 'v1,***',
    });
    expect([shown.body, shown.payload]).toEqual([body, JSON.parse(body)]);
  });

  it('says where the endpoint has changed since, and goes on when it is deleted', async () => {
    const other = await addEndpoint();
    const delivery = await addDelivery({ endpointId: other.id, status: 'failed' }, [{ error: 'timeout' }]);
    await harness.stores.endpoints.update(other.id, { status: 'deleted', secrets: [], headers: {} }, new Date());
    const { body: shown } = await harness.call('GET', `/webhook-deliveries/${delivery.id}`);
    expect(shown.endpoint.status).toBe('deleted');
    expect(shown.attempts[0]).toMatchObject({ request: { isReconstructed: true }, responseHeaders: [] });
    expect(shown.attempts[0].summary).toMatch(/^timeout: no complete answer within 30s/);
  });

  it('of another workspace is not there', async () => {
    const delivery = await addDelivery();
    const { call } = await harness.addWorkspace();
    for (const path of ['', '/shares']) {
      expect((await call('GET', `/webhook-deliveries/${delivery.id}${path}`)).status).toBe(404);
    }
    expect((await call('POST', `/webhook-deliveries/${delivery.id}/shares`, {})).status).toBe(404);
  });
});

describe('the log', () => {
  const contactId = newId('contact');
  let elsewhere: WebhookEndpoint;
  beforeAll(async () => {
    elsewhere = await addEndpoint();
    const common = { endpointId: elsewhere.id, contactId };
    await addDelivery({ ...common, status: 'failed', lastStatusCode: 404, eventType: 'contact.updated' });
    await addDelivery({ ...common, status: 'failed', lastError: 'timeout' });
    await addDelivery({ ...common, status: 'held', lastStatusCode: 502 });
    await addDelivery({ ...common, status: 'delivered', lastStatusCode: 200 });
    await addDelivery({ ...common, status: 'pending', createdAtMs: harness.clock.nowMs - 3_600_000 });
  });

  test.each([
    ['status=failed&status=held', 3],
    ['status=failed,held', 3],
    ['status=failed&event=contact.created', 1],
    ['event=contact.created,contact.updated', 5],
    ['answer=4xx', 1],
    ['answer=5xx', 1],
    ['answer=none', 1],
    ['answer=2xx', 1],
    ['answer=2xx&status=failed', 0],
    ['since=2026-04-15T09:30:00Z', 4],
    ['until=2026-04-15T09:30:00Z', 1],
  ])('of %s has %d, however it is asked', async (query, expected) => {
    for (const scope of [`endpointId=${elsewhere.id}`, `contactId=${contactId}`]) {
      const rows = await readAll(harness.call, `/webhook-deliveries?${scope}&${query}`, 2);
      expect(rows).toHaveLength(expected);
      const count = await harness.call('GET', `/webhook-deliveries/count?${scope}&${query}`);
      expect(count.body).toEqual({ count: expected, isMore: false });
    }
  });

  it('finds what an event became', async () => {
    const { eventId, id } = await addDelivery({ contactId });
    const { body: page } = await harness.call('GET', `/webhook-deliveries?eventId=${eventId}`);
    expect(page).toMatchObject({ data: [{ id }], nextCursor: null });
    const others = await harness.call('GET', `/webhook-deliveries?eventId=${eventId}&contactId=${newId('contact')}`);
    expect(others.body.data).toEqual([]);
  });

  test.each(['status=lost', 'event=contact.lost', 'answer=6xx', 'since=yesterday', 'cursor=x'])(
    'refuses %s and says what may stand there',
    async (query) => {
      const { status, body: problem } = await harness.call('GET', `/webhook-deliveries?${query}`);
      expect(status).toBe(400);
      expect(problem.detail).toMatch(/must be|is not one of ours/);
    },
  );

  it('is a file that no spreadsheet runs', async () => {
    const risky = '=HYPERLINK("http://x")';
    await addDelivery({ endpointId: elsewhere.id, status: 'failed', lastError: risky, eventType: 'campaign.sent' });
    const file = await fetch(`${harness.url}/api/v1/webhook-deliveries/export.csv?event=campaign.sent`, {
      headers: { authorization: `Bearer ${harness.key}` },
    });
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [title, line, ...rest] = (await file.text()).split('\r\n');
    expect(title).toMatch(/^id,event,status,attempts,/);
    expect(line).toContain(`"'=HYPERLINK(""http://x"")"`);
    expect(rest).toEqual(['']);
  });
});

describe('many at once', () => {
  it('are retriggered, and what is refused says why and stops nobody', async () => {
    const paused = await addEndpoint({ status: 'paused', statusReason: 'by hand' });
    const failed = await addDelivery({ status: 'failed' });
    const held = await addDelivery({ endpointId: paused.id, status: 'held' });
    const ids = [failed.id, held.id, 'dlv_of_nobody', failed.id];
    const { status, body: answer } = await harness.call('POST', '/webhook-deliveries/retrigger', { ids });
    expect(status).toBe(202);
    expect(answer).toMatchObject({ queued: 1, refused: 2 });
    expect(answer.results).toMatchObject([
      { id: failed.id, status: 'queued', code: null },
      { id: held.id, status: 'refused', code: 'endpoint_not_active' },
      { id: 'dlv_of_nobody', status: 'refused', code: 'not_found' },
    ]);
    expect(retriggered.filter((id) => ids.includes(id))).toEqual([failed.id]);
  });

  it('are cancelled', async () => {
    const [open, over] = [await addDelivery({ status: 'retrying' }), await addDelivery({ status: 'delivered' })];
    const { body: answer } = await harness.call('POST', '/webhook-deliveries/cancel', { ids: [open.id, over.id] });
    expect(answer).toMatchObject({ queued: 1, refused: 1, results: [{}, { code: 'delivery_closed' }] });
    expect((await harness.call('GET', `/webhook-deliveries/${open.id}`)).body.status).toBe('cancelled');
  });

  test.each([{ ids: [] }, { ids: Array.from({ length: 101 }, (_each, row) => `dlv_${row}`) }, {}])(
    'are 1 to 100',
    async (given) => {
      const { status, body: problem } = await harness.call('POST', '/webhook-deliveries/retrigger', given);
      expect([status, problem.errors[0].pointer]).toEqual([422, '/ids']);
    },
  );
});

describe('a link to a delivery', () => {
  const tokenOf = (url: string): string => url.slice(`${publicUrl}/shared/`.length);
  const look = async (token: string) => {
    const response = await fetch(`${harness.url}/api/shared/${token}`);
    const text = await response.text();
    return { status: response.status, text, headers: response.headers, body: JSON.parse(text) };
  };

  it('shows the delivery without a key, and nothing that is secret or personal', async () => {
    const delivery = await addDelivery({ status: 'retrying', nextAttemptAtMs: harness.clock.nowMs + 5_000 }, [
      {
        statusCode: 500,
        responseBody: 'no contact Ada <ada@example.com>',
        responseHeaders: [['x-user', 'ada@example.com']],
      },
    ]);
    const made = await harness.call('POST', `/webhook-deliveries/${delivery.id}/shares`, { hours: 2 });
    expect(made.status).toBe(201);
    expect(made.body.expiresAt).toBe(new Date(harness.clock.nowMs + 7_200_000).toISOString());
    const token = tokenOf(made.body.url);
    expect(token).toMatch(/^[\w-]{43}$/);

    const { status, text, body: view, headers } = await look(token);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(view).toMatchObject({ webhookId: delivery.eventId, status: 'retrying', event: 'contact.created' });
    expect(view.timeline.slots).toHaveLength(6);
    expect(view.payload.data).toEqual({
      ...{ contactId: 'con_1', contactEmail: 'xxx@xxxxxxx.xxx', firstName: 'Xxx', source: 'api' },
    });
    expect(view.attempts[0].request.url).toBe('https://hooks.example.com/in/esx?key=***&tenant=***');
    expect(view.attempts[0].responseBody).toBe('no contact Xxx <xxx@xxxxxxx.xxx>');
    expect(view.body).toEqual({ bytes: Buffer.byteLength(body) });
    const secret = endpoint.secrets[0]?.secret ?? '';
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    const printed = `emailsendx share\n${delivery.eventId}\n${secret}`;
    expect(view.secretPrints).toEqual([
      { sha256: sha256(printed), bodySha256: sha256(`${printed}\n${body}`), isCurrent: true },
    ]);
    // It would confirm a guess of what is masked.
    expect(text).not.toContain(sha256(body));
    for (const hidden of ['Ada', 'ada@', 'k3y', 'user:pass', 'the-team-secret', secret, harness.workspaceId])
      expect(text).not.toContain(hidden);
  });

  it('hides what lets somebody in at the endpoint where its answer repeats it', async () => {
    const [secret = ''] = endpoint.secrets.map((each) => each.secret);
    const responseBody = `GET /in/esx?key=k3y: x-team: the-team-secret, by user:pass%zz, signed with ${secret}`;
    const delivery = await addDelivery({}, [
      { statusCode: 401, responseBody, responseHeaders: [['x-echo', 'the-team-secret']] },
    ]);
    const made = await harness.call('POST', `/webhook-deliveries/${delivery.id}/shares`);
    const { body: view } = await look(tokenOf(made.body.url));
    expect(view.attempts[0].responseBody).toBe('GET /in/esx?key=***: x-team: ***, by ***:***, signed with ***');
    expect(view.attempts[0].responseHeaders).toEqual([{ name: 'x-echo', value: '***' }]);
  });

  it('is gone once revoked, and keeps its token to itself', async () => {
    const delivery = await addDelivery();
    const made = await harness.call('POST', `/webhook-deliveries/${delivery.id}/shares`);
    const { body: list } = await harness.call('GET', `/webhook-deliveries/${delivery.id}/shares`);
    expect(list.data).toEqual([
      {
        id: made.body.id,
        createdAt: expect.any(String),
        expiresAt: new Date(harness.clock.nowMs + 86_400_000).toISOString(),
      },
    ]);
    const stored = await harness.database.db.collection('deliveryShares').find().toArray();
    expect(JSON.stringify(stored)).not.toContain(tokenOf(made.body.url));
    const { call } = await harness.addWorkspace();
    const path = `/webhook-deliveries/${delivery.id}/shares/${made.body.id}`;
    expect((await call('DELETE', path)).status).toBe(404);
    expect((await look(tokenOf(made.body.url))).status).toBe(200);
    expect((await harness.call('DELETE', path)).status).toBe(204);
    expect((await look(tokenOf(made.body.url))).body).toMatchObject({ status: 404, code: 'share_gone' });
    expect((await harness.call('DELETE', path)).status).toBe(404);
  });

  it('is gone once expired', async () => {
    const delivery = await addDelivery();
    const made = await harness.call('POST', `/webhook-deliveries/${delivery.id}/shares`, { hours: 1 });
    const { nowMs } = harness.clock;
    harness.clock.nowMs += 3_600_000;
    expect((await look(tokenOf(made.body.url))).status).toBe(404);
    expect((await harness.call('GET', `/webhook-deliveries/${delivery.id}/shares`)).body.data).toEqual([]);
    harness.clock.nowMs = nowMs;
  });

  test.each([{ hours: 0 }, { hours: 169 }, { hours: 1.5 }, { days: 1 }])('refuses %j', async (given) => {
    const delivery = await addDelivery();
    const { status } = await harness.call('POST', `/webhook-deliveries/${delivery.id}/shares`, given);
    expect(status).toBe(422);
  });

  it('lets nobody guess on and on', async () => {
    const answers = [];
    for (let turn = 0; turn < 41; turn++) answers.push((await look(`guess${turn}`)).status);
    expect(answers).toContain(429);
    expect(new Set(answers)).toEqual(new Set([404, 429]));
  });
});
