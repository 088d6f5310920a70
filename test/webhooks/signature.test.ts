import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { newWebhookSecret, signWebhook } from '../../src/webhooks/signature';

const body = '{"event":"contact.created","data":{"name":"Zoë 🎉"}}';

test('agrees with the published test vector', () => {
  expect(
    signWebhook({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: new Date(1_614_265_330_000),
      body: '{"test": 2432232314}',
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    }),
  ).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('the timestamp is in whole seconds, rounded down', () => {
  const headers = signWebhook({ id: 'evt_1', timestamp: new Date(1_999), body, secrets: [newWebhookSecret()] });
  expect(headers['webhook-timestamp']).toBe('1');
});

describe.each([
  ['standardwebhooks', (secret: string) => new Webhook(secret)],
  ['svix', (secret: string) => new SvixWebhook(secret)],
])('verified with %s', (_name, verifier) => {
  const oldSecret = newWebhookSecret();
  const newSecret = newWebhookSecret();
  const headers = { ...signWebhook({ id: 'evt_1', timestamp: new Date(), body, secrets: [newSecret, oldSecret] }) };

  test('both secrets of a rotation verify', () => {
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    expect(verifier(oldSecret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(verifier(newSecret).verify(body, headers)).toEqual(JSON.parse(body));
  });

  test('another secret, another body or another id does not', () => {
    expect(() => verifier(newWebhookSecret()).verify(body, headers)).toThrow('No matching signature');
    expect(() => verifier(newSecret).verify(`${body} `, headers)).toThrow('No matching signature');
    expect(() => verifier(newSecret).verify(body, { ...headers, 'webhook-id': 'evt_2' })).toThrow(
      'No matching signature',
    );
  });

  test('an old timestamp does not', () => {
    const timestamp = new Date(Date.now() - 6 * 60_000);
    const stale = { ...signWebhook({ id: 'evt_1', timestamp, body, secrets: [newSecret] }) };
    expect(() => verifier(newSecret).verify(body, stale)).toThrow('too old');
  });
});

test('a new secret is whsec_ and 32 random bytes', () => {
  const secrets = Array.from({ length: 50 }, newWebhookSecret);
  for (const secret of secrets) {
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
  }
  expect(new Set(secrets).size).toBe(50);
});

test('refuses what cannot be signed safely', () => {
  const timestamp = new Date();
  expect(() => signWebhook({ id: 'evt_1', timestamp, body, secrets: [] })).toThrow('at least one secret');
  for (const id of ['evt.1', 'evt 1', '', 'evt\n1']) {
    expect(() => signWebhook({ id, timestamp, body, secrets: [newWebhookSecret()] })).toThrow('webhook id');
  }
});
