import { generateKeyPairSync } from 'node:crypto';
import { providerRoutes } from '../../src/http/provider-routes';
import { startHarness, type Harness } from './harness';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(({ stores, now }) =>
    providerRoutes({ ...stores, now, publicUrl: () => 'https://mail.example.org/' }),
  );
});
afterAll(() => harness.close());

const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ type: 'spki', format: 'der' })
  .toString('base64');
const topicArn = 'arn:aws:sns:eu-west-1:123456789012:bounces';
const signingKey = 'key-0123456789abcdef';
const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

test.each([
  [{ provider: 'ses', topicArn }, 'pending'],
  [{ provider: 'sendgrid', publicKey }, 'active'],
  [{ provider: 'postmark' }, 'active'],
  [{ provider: 'mailgun', signingKey }, 'active'],
  [{ provider: 'resend', signingSecret }, 'active'],
])('%j is added, and says where it is to report', async (body, status) => {
  const { call, stores } = await withWorkspace();
  const made = await call('POST', '/providers', body);
  expect(made.status).toBe(201);
  const { id } = made.body;
  expect(made.body).toMatchObject({
    ...{ provider: body.provider, status, reportsDeliveries: true },
    url: `https://mail.example.org/inbound/${body.provider}/${id}`,
  });
  const shown = await call('GET', `/providers/${id}`);
  expect(shown.body).toEqual((await call('GET', '/providers')).body.data[0]);
  // Not in the answers, and in the database only sealed.
  const stored = JSON.stringify(await stores.providers.collection.find({ _id: id }).toArray());
  for (const secret of [publicKey, signingKey, signingSecret, made.body.credentials?.password ?? signingKey]) {
    expect(shown.text).not.toContain(secret);
    expect(stored).not.toContain(secret);
  }
});

test('Postmark gets a password, which is shown once and is not repeated', async () => {
  const { call } = await withWorkspace();
  const headers = { 'idempotency-key': 'once' };
  const made = await call('POST', '/providers', { provider: 'postmark' }, headers);
  expect(made.body.credentials).toEqual({
    ...{ username: 'emailsendx', password: expect.stringMatching(/^[\w-]{32}$/), header: 'X-Esx-Token' },
  });
  const repeated = await call('POST', '/providers', { provider: 'postmark' }, headers);
  expect(repeated.body.id).toBe(made.body.id);
  expect(repeated.body).not.toHaveProperty('credentials');
});

test.each([
  ['no provider', {}, 'ses, sendgrid'],
  ['an unknown one', { provider: 'carrier-pigeon' }, 'ses, sendgrid'],
  ['no topic', { provider: 'ses' }, 'topicArn'],
  ['a queue for a topic', { provider: 'ses', topicArn: 'arn:aws:sqs:eu-west-1:123456789012:x' }, 'SNS topic'],
  ['a key that is none', { provider: 'sendgrid', publicKey: 'bm90IGEga2V5' }, 'P-256'],
  ['a secret that is none', { provider: 'resend', signingSecret: 'secret' }, 'whsec_'],
  ['a field of another', { provider: 'postmark', signingKey }, 'signingKey'],
])('%s is refused with a reason', async (_name, body, says) => {
  const refused = await harness.call('POST', '/providers', body);
  expect(refused.status).toBe(422);
  expect(refused.text).toContain(says);
});

test('a workspace has at most ten, and sees its own alone', async () => {
  const { call } = await withWorkspace();
  const ids = [];
  for (let count = 0; count < 10; count++)
    ids.push((await call('POST', '/providers', { provider: 'postmark' })).body.id);
  const refused = await call('POST', '/providers', { provider: 'postmark' });
  expect([refused.status, refused.body.code]).toEqual([409, 'too_many_providers']);

  const other = await harness.addWorkspace();
  expect((await other.call('GET', '/providers')).body.data).toEqual([]);
  expect((await other.call('GET', `/providers/${ids[0]}`)).status).toBe(404);
  expect((await other.call('DELETE', `/providers/${ids[0]}`)).status).toBe(404);
  expect((await call('DELETE', `/providers/${ids[0]}`)).status).toBe(204);
  expect((await call('GET', `/providers/${ids[0]}`)).status).toBe(404);
});

test('deliveries are waited for where an active provider reports them', async () => {
  const { call, workspaceId, stores } = await withWorkspace();
  const awaits = () => stores.providers.awaitsNotice(workspaceId);
  expect(await awaits()).toBe(false);
  await call('POST', '/providers', { provider: 'postmark', reportsDeliveries: false });
  expect(await awaits()).toBe(false);
  const { body: ses } = await call('POST', '/providers', { provider: 'ses', topicArn });
  expect(await awaits()).toBe(false);
  await stores.providers.setStatus(ses.id, 'active', new Date());
  expect(await awaits()).toBe(true);
  expect((await stores.providers.active(workspaceId)).sort()).toEqual(['postmark', 'ses']);
  await call('DELETE', `/providers/${ses.id}`);
  expect(await awaits()).toBe(false);
});

async function withWorkspace() {
  return { ...(await harness.addWorkspace()), stores: harness.stores };
}
