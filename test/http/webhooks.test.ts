import type { ExchangeOutcome } from '../../domain/delivery';
import { webhookEventTypes, type WebhookEventType } from '../../domain/webhook-events';
import { webhookRoutes } from '../../src/http/webhook-routes';
import { startHarness, type Harness } from './harness';

let harness: Harness;
let outcome: ExchangeOutcome = { kind: 'response', statusCode: 200, body: 'ok', durationMs: 4.6 };
const pinged: (WebhookEventType | undefined)[] = [];
beforeAll(async () => {
  harness = await startHarness(({ stores, now }) =>
    webhookRoutes({
      ...{ ...stores, now, starter: { startNotice: () => Promise.resolve() } },
      checkUrl: (url) => Promise.resolve({ ok: true, url }),
      ping(_endpoint, event) {
        pinged.push(event);
        return Promise.resolve(outcome);
      },
    }),
  );
});
afterAll(() => harness.close());

const add = async (more: object = {}) => {
  const { call, workspaceId } = await harness.addWorkspace();
  const { status, body } = await call('POST', '/webhooks', { url: 'https://example.com/hook', ...more });
  expect(status).toBe(201);
  return { call, workspaceId, id: String(body.id), body };
};

describe('headers', () => {
  const headers = { Authorization: 'Bearer hunter2', 'X-Team': 'crm' };

  test('are answered masked, everywhere', async () => {
    const { call, id, body } = await add({ headers });
    expect(body.headers).toEqual({ Authorization: '***', 'X-Team': '***' });
    for (const path of ['/webhooks', `/webhooks/${id}`]) {
      const { text } = await call('GET', path);
      expect(text).toContain('"Authorization":"***"');
      expect(text).not.toContain('hunter2');
    }
  });

  test('that come back masked stay as they were; the others are replaced, and what is left out is removed', async () => {
    const { call, workspaceId, id } = await add({ headers });
    const change = { headers: { Authorization: '***', 'X-New': 'yes' } };
    expect((await call('PATCH', `/webhooks/${id}`, change)).body.headers).toEqual({
      ...{ Authorization: '***', 'X-New': '***' },
    });
    expect((await harness.stores.endpoints.get(workspaceId, id))?.headers).toEqual({
      ...{ Authorization: 'Bearer hunter2', 'X-New': 'yes' },
    });
  });

  test('go to no other host by themselves: whoever entered one could read them there', async () => {
    const { call, workspaceId, id } = await add({ headers });
    const masked = { Authorization: '***', 'X-Team': '***' };
    for (const change of [{}, { headers: masked }]) {
      const { status, body } = await call('PATCH', `/webhooks/${id}`, { url: 'https://evil.example/', ...change });
      expect([status, body.code, body.errors[0].pointer]).toEqual([422, 'unknown_header', '/headers/Authorization']);
    }
    expect(await harness.stores.endpoints.get(workspaceId, id)).toMatchObject({
      url: 'https://example.com/hook',
      headers,
    });
    const near = await call('PATCH', `/webhooks/${id}`, { url: 'https://example.com/other', headers: masked });
    expect([near.status, near.body.headers]).toEqual([200, masked]);
    const far = { url: 'https://hooks.acme.com/', headers: { Authorization: 'Bearer anew' } };
    expect((await call('PATCH', `/webhooks/${id}`, far)).status).toBe(200);
    expect((await harness.stores.endpoints.get(workspaceId, id))?.headers).toEqual(far.headers);
  });

  test.each(['X-Unknown', 'constructor'])('the mask for one that is not kept is refused by name: %s', async (name) => {
    const { call, id } = await add({ headers });
    const { status, body } = await call('PATCH', `/webhooks/${id}`, { headers: { [name]: '***' } });
    expect([status, body.code, body.errors[0].pointer]).toEqual([422, 'unknown_header', `/headers/${name}`]);
    const { status: ofNew } = await call('POST', '/webhooks', {
      url: 'https://example.com',
      headers: { [name]: '***' },
    });
    expect(ofNew).toBe(422);
  });
});

test.each([
  ['webhook-id', /is set by us/],
  ['bad name', /is not a header name/],
])('a header that cannot be sent is refused at its name, with the reason: %s', async (name, reason) => {
  const { call, id } = await add();
  const { status, body } = await call('PATCH', `/webhooks/${id}`, { headers: { [name]: 'x' } });
  expect([status, body.errors]).toEqual([
    422,
    [{ pointer: `/headers/${name}`, detail: expect.stringMatching(reason) }],
  ]);
});

test('after a rotation it is told until when the secret before signs too', async () => {
  const { call, id, body } = await add();
  expect(body.previousSecretExpiresAt).toBeNull();
  const rotated = await call('POST', `/webhooks/${id}/rotate-secret`, { overlapHours: 2 });
  expect(rotated.body.secret).not.toBe(body.secret);
  expect(rotated.body.previousSecretExpiresAt).toBe('2026-04-15T12:00:00.000Z');
  expect((await call('GET', `/webhooks/${id}`)).body.previousSecretExpiresAt).toBe('2026-04-15T12:00:00.000Z');
});

describe('a test', () => {
  test('is a ping, or a sample of any event', async () => {
    const { call, id } = await add();
    pinged.length = 0;
    for (const body of [undefined, {}, ...webhookEventTypes.map((event) => ({ event }))]) {
      expect((await call('POST', `/webhooks/${id}/test`, body)).body).toEqual({
        ...{ delivered: true, statusCode: 200, error: null, durationMs: 5, responseBody: 'ok' },
        detail: 'The endpoint took the test ping.',
      });
    }
    expect(pinged).toEqual([undefined, undefined, ...webhookEventTypes]);
    const { status, body } = await call('POST', `/webhooks/${id}/test`, { event: 'contact.deleted' });
    expect([status, body.errors[0].pointer]).toEqual([422, '/event']);
  });

  test('tells what went wrong, with the beginning of the answer', async () => {
    const { call, id } = await add();
    outcome = { kind: 'response', statusCode: 500, body: `<b>${'no'.repeat(5_000)}`, durationMs: 4 };
    const refused = await call('POST', `/webhooks/${id}/test`);
    expect(refused.body).toMatchObject({ delivered: false, statusCode: 500 });
    expect(refused.body.responseBody).toBe(`<b>${'no'.repeat(5_000)}`.slice(0, 2_000));
    outcome = { kind: 'failed', error: 'timeout', message: 'no answer within 30 seconds', durationMs: 30_000 };
    expect((await call('POST', `/webhooks/${id}/test`)).body).toMatchObject({
      ...{ delivered: false, statusCode: null, error: 'timeout', responseBody: null },
    });
  });
});
