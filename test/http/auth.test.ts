import { hashApiKey, newApiKey } from '../../src/api-key';
import { newId } from '../../src/mongo/new-id';
import { startTestGateway, until, type TestGateway } from '../ingest/gateway';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const event = { type: 'page' };
const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`;
const withHeader = (authorization: string | undefined) => ({ headers: { authorization } });

describe('a key', () => {
  test.each([
    ['Bearer', (key: string) => `Bearer ${key}`],
    ['bearer, in any case and with more spaces', (key: string) => `  bEaReR   ${key} `],
    ['Basic user name', (key: string) => basic(`${key}:`)],
    ['Basic user name without a colon', (key: string) => basic(key)],
    ['Basic user name with a password', (key: string) => basic(`${key}:x:y`)],
  ])('is taken as %s', async (_how, header) => {
    for (const path of ['/api/segment/track', '/v1/page'])
      expect((await gateway.send(path, event, withHeader(header(gateway.key)))).status).toBeLessThan(300);
  });

  it('is taken as writeKey from the body, and is not stored with the event', async () => {
    const { key } = gateway;
    const identify = { type: 'identify', userId: 'u1', messageId: 'wk1' };
    const single = await gateway.send('/v1/identify', { ...identify, writeKey: key }, withHeader(undefined));
    expect([single.status, single.body.status]).toEqual([200, 'accepted']);
    const batch = [
      { ...identify, messageId: 'wk2', writeKey: key },
      { type: 'track', writeKey: key },
    ];
    const many = await gateway.send('/v1/batch', { writeKey: key, batch }, withHeader(undefined));
    expect([many.status, many.body.accepted]).toEqual([200, 1]);
    const refused = await gateway.send('/v1/track', { writeKey: key, userId: 'u1' }, withHeader(undefined));
    expect(refused.status).toBe(400);
    const deep: unknown = JSON.parse(
      `{"writeKey":"${key}","type":"track","properties":${'{"a":'.repeat(50)}1${'}'.repeat(50)}}`,
    );
    expect((await gateway.send('/v1/track', deep, withHeader(undefined))).status).toBe(400);
    await gateway.segment(`{"writeKey":"${key}",`);

    const stored = [...(await gateway.messages()), ...(await gateway.rejections())].map(({ body }) => body);
    expect(stored.length).toBe(6);
    for (const body of stored) expect(body).not.toContain(key);
  });

  it('in the header counts before one in the body', async () => {
    expect(
      (await gateway.segment({ ...event, writeKey: gateway.key }, withHeader(`Bearer ${newApiKey()}`))).status,
    ).toBe(401);
    expect((await gateway.segment({ ...event, writeKey: newApiKey() })).status).toBe(202);
  });

  test.each([
    ['no header', undefined],
    ['an empty Bearer', 'Bearer '],
    ['a key without a scheme', newApiKey()],
    ['another scheme', `Digest ${newApiKey()}`],
    ['an empty Basic', basic(':')],
    ['a Basic that is not base64', 'Basic %%%'],
  ])('is missing with %s: 401', async (_what, header) => {
    const { status, body } = await gateway.segment(event, withHeader(header));
    expect(status).toBe(401);
    expect(body.code).toMatch(/^key_(missing|unknown)$/);
  });

  it('is missing when the writeKey is no text: 401', async () => {
    for (const writeKey of [null, 5, {}, [gateway.key], ''])
      expect((await gateway.segment({ ...event, writeKey }, withHeader(undefined))).status).toBe(401);
  });

  test.each([
    ['unknown', (): string => newApiKey()],
    ['a part of a good one', (): string => gateway.key.slice(0, -1)],
    ['a good one in another case', (): string => gateway.key.toUpperCase()],
    ['the hash of a good one', (): string => hashApiKey(gateway.key)],
    ['very long', (): string => 'x'.repeat(8_000)],
  ])('that is %s: 401', async (_what, key) => {
    const { status, body } = await gateway.segment(event, { key: key() });
    expect([status, body.code]).toEqual([401, 'key_unknown']);
  });

  it('whose workspace is gone: 401', async () => {
    const { key } = await gateway.addKey(newId('workspace'));
    expect((await gateway.segment(event, { key })).status).toBe(401);
  });

  it('keeps a request that it does not open from leaving anything behind', async () => {
    const before = [(await gateway.messages()).length, (await gateway.rejections()).length];
    const key = newApiKey();
    for (const body of [{ type: 'identify', userId: 'u1' }, 'not JSON', { type: 'none' }, [null]])
      expect((await gateway.segment(body, { key })).status).toBe(401);
    expect([(await gateway.messages()).length, (await gateway.rejections()).length]).toEqual(before);
  });

  it('shows when it was last used', async () => {
    const { key, id } = await gateway.addKey();
    const startedAt = new Date();
    await gateway.segment(event, { key });
    await until(async () => {
      const stored = (await gateway.stores.apiKeys.list(gateway.workspaceId)).find(({ _id }) => _id === id);
      return stored?.lastUsedAt !== undefined && stored.lastUsedAt >= startedAt;
    });
  });
});

describe('a revoked key', () => {
  const revoke = (id: string) =>
    gateway.database.transaction((session) =>
      gateway.stores.apiKeys.revokeUnlessLast(gateway.workspaceId, id, new Date(), session),
    );

  it('is refused at once, though it was good and remembered a moment ago', async () => {
    const { key, id } = await gateway.addKey();
    expect((await gateway.segment(event, { key })).status).toBe(202);
    expect(await revoke(id)).toBe('revoked');
    gateway.auth.forget();
    const { status, body } = await gateway.segment(event, { key });
    expect([status, body.code]).toEqual([401, 'key_revoked']);
  });

  it('is not remembered by a request that was reading it while it was revoked', async () => {
    const { key, id } = await gateway.addKey();
    const { workspaces } = gateway.stores;
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let isReading = false;
    const slow = jest.spyOn(workspaces, 'get').mockImplementationOnce(async (workspaceId) => {
      isReading = true;
      await held;
      return { _id: workspaceId, name: 'Test', plan: 'pro', createdAt: new Date(), updatedAt: new Date() };
    });
    const early = gateway.segment(event, { key });
    await until(() => isReading);
    await revoke(id);
    gateway.auth.forget();
    letGo();
    expect((await early).status).toBe(202);
    slow.mockRestore();
    expect((await gateway.segment(event, { key })).status).toBe(401);
  });

  it('of another process is refused within the time that it is remembered', async () => {
    const { key, id } = await gateway.addKey();
    expect((await gateway.segment(event, { key })).status).toBe(202);
    await revoke(id);
    const startedMs = performance.now();
    await until(async () => (await gateway.segment(event, { key })).status === 401);
    expect(performance.now() - startedMs).toBeLessThan(7_000);
  });
});

describe('X-Workspace-Id', () => {
  it('of the workspace of the key is fine', async () => {
    const headers = { 'X-Workspace-Id': gateway.workspaceId };
    expect((await gateway.segment(event, { headers })).status).toBe(202);
  });

  test.each([
    ['another', newId('workspace')],
    ['an empty', ''],
    ['no', 'my workspace'],
  ])('that names %s workspace: 403, and nothing is kept', async (_what, workspaceId) => {
    const headers = { 'X-Workspace-Id': workspaceId };
    const before = (await gateway.rejections()).length;
    for (const body of [{ type: 'identify', userId: 'u1', messageId: 'other' }, 'not JSON']) {
      const answer = await gateway.segment(body, { headers });
      expect([answer.status, answer.body.code]).toEqual([403, 'wrong_workspace']);
    }
    expect((await gateway.rejections()).length).toBe(before);
    expect((await gateway.messages()).some(({ messageId }) => messageId === 'other')).toBe(false);
  });

  it('does not tell somebody without a key whether a workspace exists', async () => {
    const headers = { 'X-Workspace-Id': gateway.workspaceId };
    expect((await gateway.segment(event, { headers, key: newApiKey() })).status).toBe(401);
  });
});
