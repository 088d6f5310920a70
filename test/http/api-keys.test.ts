import { apiKeyRoutes } from '../../src/http/api-key-routes';
import { startHarness, type Harness } from './harness';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(({ database, stores, auth, now }) => apiKeyRoutes({ database, ...stores, auth, now }));
});
afterAll(() => harness.close());

test('a key is shown once, works, and is listed by its ends only', async () => {
  const { call } = await harness.addWorkspace();
  const made = await call('POST', '/api-keys', { name: 'Checkout' });
  expect(made.status).toBe(201);
  const { key, ...shown } = made.body;
  expect(key).toMatch(/^esx_live_[0-9A-Za-z]{36}$/);
  expect(shown).toMatchObject({
    name: 'Checkout',
    lastUsedAt: null,
    revokedAt: null,
    createdAt: '2026-04-15T10:00:00.000Z',
  });

  const listed = await harness.callWith(key)('GET', '/api-keys');
  expect(listed.status).toBe(200);
  expect(listed.body.nextCursor).toBeNull();
  expect(listed.body.data.map(({ name }: { name: string }) => name).sort()).toEqual(['Checkout', 'First key']);
  expect(listed.text).not.toContain(key);
  expect(shown.display).toBe(`${key.slice(0, 13)}…${key.slice(-4)}`);
});

test('a revoked key opens nothing any more, at once, and stays in the list', async () => {
  const { call } = await harness.addWorkspace();
  const { id, key } = (await call('POST', '/api-keys', { name: 'Old' })).body;
  expect((await harness.callWith(key)('GET', '/api-keys')).status).toBe(200);
  expect((await call('DELETE', `/api-keys/${id}`)).status).toBe(204);
  expect((await harness.callWith(key)('GET', '/api-keys')).body).toMatchObject({ status: 401, code: 'key_revoked' });
  const row = (await call('GET', '/api-keys')).body.data.find((listed: { id: string }) => listed.id === id);
  expect(row.revokedAt).toBe('2026-04-15T10:00:00.000Z');
  expect((await call('DELETE', `/api-keys/${id}`)).status).toBe(404);
});

test('the last live key cannot be revoked, also not by two calls at once', async () => {
  const { call, keyId } = await harness.addWorkspace();
  const refused = await call('DELETE', `/api-keys/${keyId}`);
  expect(refused.body).toMatchObject({ status: 409, code: 'last_api_key' });
  expect(refused.body.detail).toContain('POST /api-keys');

  for (let round = 0; round < 5; round++) {
    const { call: own, keyId: firstId, workspaceId } = await harness.addWorkspace();
    const { id: secondId } = (await own('POST', '/api-keys', { name: 'Second' })).body;
    const both = await Promise.all([own('DELETE', `/api-keys/${firstId}`), own('DELETE', `/api-keys/${secondId}`)]);
    const live = (await harness.stores.apiKeys.list(workspaceId)).filter(({ revokedAt }) => revokedAt === undefined);
    expect(live).toHaveLength(1);
    expect(both.map(({ status }) => status)).toContain(204);
  }
});

test('a key of another workspace is not there', async () => {
  const other = await harness.addWorkspace();
  await other.call('POST', '/api-keys', { name: 'Second' });
  expect((await harness.call('DELETE', `/api-keys/${other.keyId}`)).status).toBe(404);
  expect((await other.call('GET', '/api-keys')).body.data).toHaveLength(2);
  const ids = (await harness.call('GET', '/api-keys')).body.data.map(({ id }: { id: string }) => id);
  expect(ids).not.toContain(other.keyId);
});

test('a name is needed', async () => {
  for (const body of [{}, { name: '' }, { name: null }]) {
    expect((await harness.call('POST', '/api-keys', body)).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/name' }],
    });
  }
});

test('the same Idempotency-Key makes one key, and the stored answer does not hold it', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const send = (body: object) => call('POST', '/api-keys', body, { 'idempotency-key': 'make-1' });
  const first = await send({ name: 'Once' });
  const again = await send({ name: 'Once' });
  expect(again.status).toBe(201);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  const { key, ...rest } = first.body;
  expect(again.body).toEqual(rest);
  expect(await harness.stores.apiKeys.list(workspaceId)).toHaveLength(2);

  const stored = await harness.database.db
    .collection<{ _id: string }>('idempotencyKeys')
    .findOne({ _id: `${workspaceId}/make-1` });
  expect(stored).toMatchObject({ isDone: true });
  expect(JSON.stringify(stored)).not.toContain(key);
  expect(JSON.stringify(await harness.stores.apiKeys.list(workspaceId))).not.toContain(key);

  expect((await send({ name: 'Other' })).body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  expect((await call('POST', '/api-keys', { name: 'x' }, { 'idempotency-key': 'with space' })).status).toBe(400);
});

test('an Idempotency-Key whose first request is still under way is answered 409', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  // As a first request leaves it that has begun and not ended: same fingerprint, no answer yet.
  await call('POST', '/api-keys', { name: 'Slow' }, { 'idempotency-key': 'slow' });
  await harness.database.db
    .collection<{ _id: string }>('idempotencyKeys')
    .updateOne({ _id: `${workspaceId}/slow` }, { $set: { isDone: false }, $unset: { answer: true } });
  const second = await call('POST', '/api-keys', { name: 'Slow' }, { 'idempotency-key': 'slow' });
  expect(second.body).toMatchObject({ status: 409, code: 'idempotency_in_progress' });
});

test('what was refused may be sent again under the same Idempotency-Key', async () => {
  const { call } = await harness.addWorkspace();
  const headers = { 'idempotency-key': 'mend' };
  expect((await call('POST', '/api-keys', { name: '' }, headers)).status).toBe(422);
  expect((await call('POST', '/api-keys', { name: 'Mended' }, headers)).status).toBe(201);
});
