import { createReceiver, type Receiver } from '../src/receiver/server';
import { newWebhookSecret, signWebhook } from '../src/webhooks/signature';

const secret = newWebhookSecret();
const body = JSON.stringify({
  event: 'contact.created',
  workspaceId: 'ws_1',
  timestamp: '2026-01-01T00:00:00Z',
  data: { a: 1 },
});
let printed = '';
let receiver: Receiver;

beforeEach(async () => {
  printed = '';
  receiver = await createReceiver({ port: 0, secrets: [], help: 'HELP', print: (text) => (printed += text) });
});
afterEach(() => receiver.close());

function deliver(path: string, webhookId = 'evt_1', signedWith = secret): Promise<Response> {
  const headers = { ...signWebhook({ id: webhookId, timestamp: new Date(), body, secrets: [signedWith] }) };
  return fetch(`${receiver.url}${path}`, { method: 'POST', headers, body, redirect: 'manual' });
}

const statusOf = async (path: string, webhookId?: string) => (await deliver(path, webhookId)).status;

describe('answers as the path says', () => {
  test('200 anywhere else', async () => {
    expect(await statusOf('/ok')).toBe(200);
    expect(await statusOf('/hooks/anything?x=1')).toBe(200);
    expect(await statusOf('/')).toBe(200);
  });

  test('/fail/2 fails twice for each webhook id', async () => {
    expect([await statusOf('/fail/2'), await statusOf('/fail/2', 'evt_2'), await statusOf('/fail/2')]).toEqual([
      500, 500, 500,
    ]);
    expect([await statusOf('/fail/2'), await statusOf('/fail/2', 'evt_2'), await statusOf('/fail/2', 'evt_2')]).toEqual(
      [200, 500, 200],
    );
  });

  test('/status/410 always', async () => {
    expect([await statusOf('/status/410'), await statusOf('/status/410')]).toEqual([410, 410]);
  });

  test.each(['/429?after=7', '/retry-after/7'])('%s first asks to wait', async (path) => {
    const first = await deliver(path);
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await statusOf(path)).toBe(200);
  });

  test('/redirect, /huge, /reset', async () => {
    const redirect = await deliver('/redirect');
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, '/ok']);
    expect((await (await deliver('/huge')).text()).length).toBe(5_000_000);
    await expect(deliver('/reset')).rejects.toThrow('fetch failed');
    expect(receiver.received().at(-1)).toMatchObject({ path: '/reset', statusCode: null });
  });

  test('/slow/1 after a second', async () => {
    const startedAtMs = performance.now();
    expect(await statusOf('/slow/1')).toBe(200);
    expect(performance.now() - startedAtMs).toBeGreaterThan(950);
  });
});

test('close() ends a slow answer at once', async () => {
  const slow = deliver('/slow').then(
    () => 'answered',
    () => 'cut',
  );
  while (receiver.received().length === 0) await new Promise((resolve) => setImmediate(resolve));
  await receiver.close();
  expect(await slow).toBe('cut');
});

describe('signatures', () => {
  const verdict = () => receiver.received().at(-1)?.verified;
  const learn = (method: string, path: string, value: unknown) =>
    fetch(`${receiver.url}${path}`, { method, body: JSON.stringify(value) });

  test('are not checked until a secret is known, then right or wrong', async () => {
    await deliver('/ok');
    expect(verdict()).toBeNull();
    expect((await learn('POST', '/secret', { secret })).status).toBe(200);
    await deliver('/ok');
    expect(verdict()).toBe(true);
    await deliver('/ok', 'evt_1', newWebhookSecret());
    expect(verdict()).toBe(false);
    await fetch(`${receiver.url}/ok`, { method: 'POST', body });
    expect(verdict()).toBe(false);
    expect(printed).toContain('signature not checked');
    expect(printed).toContain('signature ✓ verified');
    expect(printed).toContain('signature ✗ NOT valid');
  });

  test('POST adds a secret, PUT replaces them all', async () => {
    const other = newWebhookSecret();
    await learn('POST', '/secret', { secret });
    await learn('POST', '/secret', { secret: other });
    await deliver('/ok');
    expect(verdict()).toBe(true);
    await learn('PUT', '/secrets', { secrets: [other] });
    await deliver('/ok');
    expect(verdict()).toBe(false);
    await deliver('/ok', 'evt_1', other);
    expect(verdict()).toBe(true);
  });

  test.each([{}, { secret: 1 }, { secret: 'whsec_' }, { secret: 'no prefix' }, 'text'])(
    '%j is refused',
    async (value) => {
      expect((await learn('PUT', '/secrets', value)).status).toBe(400);
      await deliver('/ok');
      expect(verdict()).toBeNull();
    },
  );
});

describe('shows what came in', () => {
  test('on the console', async () => {
    await deliver('/fail/1', 'evt_7');
    await deliver('/fail/1', 'evt_7');
    expect(printed).toMatch(
      /contact\.created {2}\/fail\/1 {2}→ {2}500\n +evt_7 {2}attempt 1 of this webhook-id .*\n +\{"a":1\}\n/,
    );
    expect(printed).toMatch(/→ {2}200\n +evt_7 {2}attempt 2 of this webhook-id/);
  });

  test('as JSON and as a page', async () => {
    await deliver('/ok?q=1', 'evt_8');
    expect(await (await fetch(`${receiver.url}/received`)).json()).toEqual([
      {
        webhookId: 'evt_8',
        event: 'contact.created',
        path: '/ok?q=1',
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        attempt: 1,
        verified: null,
        statusCode: 200,
        body,
      },
    ]);
    const page = await fetch(`${receiver.url}/`);
    expect(page.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await page.text()).toMatch(/^HELP\n1 deliveries[^]*evt_8/);
    expect((await fetch(`${receiver.url}/ok`)).status).toBe(404);
  });

  test('without letting a sender steer the terminal or break on a body that is not an envelope', async () => {
    for (const odd of ['\u001b[2Jgone', '{"event":"\\u001b[31mred\\nforged line"}', '[]', 'null', '']) {
      await fetch(`${receiver.url}/ok`, { method: 'POST', body: odd });
    }
    expect(printed).not.toContain('\u001b');
    expect(printed.split('\n')).toHaveLength(5 * 3 + 1);
    expect(receiver.received().map(({ body: kept }) => kept)).toContain('\u001b[2Jgone');
  });

  test('keeping the last 1000', async () => {
    for (let i = 0; i < 1_001; i += 1) await fetch(`${receiver.url}/ok`, { method: 'POST', body: String(i) });
    expect(receiver.received()).toHaveLength(1_000);
    expect(receiver.received()[0]?.body).toBe('1');
  });
});

test('a taken port and a malformed secret are told', async () => {
  const port = Number(new URL(receiver.url).port);
  const again = { port, secrets: [], help: '', print: () => undefined };
  await expect(createReceiver(again)).rejects.toThrow('EADDRINUSE');
  await expect(createReceiver({ ...again, port: 0, secrets: ['secret'] })).rejects.toThrow('whsec_');
});
