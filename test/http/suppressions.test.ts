import { suppressionRoutes } from '../../src/http/suppression-routes';
import { readAll, startHarness, type Harness } from './harness';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(({ stores, now }) => suppressionRoutes({ ...stores, now }));
});
afterAll(() => harness.close());

test('an address is suppressed by hand, listed, and taken off again', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const made = await call('POST', '/suppressions', { email: ' Ada+News@Example.com ' });
  expect(made.status).toBe(201);
  const email = 'ada+news@example.com';
  expect(made.body).toEqual({ email, reason: 'manual', createdAt: '2026-04-15T10:00:00.000Z' });
  expect((await call('GET', '/suppressions')).body).toEqual({ data: [made.body], nextCursor: null });
  expect((await harness.stores.suppressions.among(workspaceId, [email])).size).toBe(1);
  expect((await call('DELETE', `/suppressions/${encodeURIComponent(email)}`)).status).toBe(204);
  expect((await call('GET', '/suppressions')).body.data).toEqual([]);
  const again = await call('DELETE', `/suppressions/${encodeURIComponent(email)}`);
  expect(again.body).toMatchObject({ status: 404, code: 'not_found' });
});

test('one that is suppressed already keeps its reason, and a complaint replaces it', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const { suppressions } = harness.stores;
  const email = 'ada@example.com';
  await suppressions.add(workspaceId, [{ email, reason: 'bounced' }], new Date('2026-04-01T00:00:00Z'));
  expect((await call('POST', '/suppressions', { email })).body).toEqual({
    ...{ email, reason: 'bounced', createdAt: '2026-04-01T00:00:00.000Z' },
  });
  await suppressions.add(workspaceId, [{ email, reason: 'complained' }], new Date());
  expect((await call('GET', '/suppressions')).body.data).toMatchObject([{ email, reason: 'complained' }]);
});

test('pages hold each once, and only those of the workspace', async () => {
  const { call } = await harness.addWorkspace();
  const emails = Array.from({ length: 5 }, (_each, row) => `ada${row}@example.com`);
  for (const email of emails) await call('POST', '/suppressions', { email });
  for (const limit of [1, 2, 50]) {
    const rows = await readAll(call, '/suppressions', limit);
    expect(rows.map(({ email }: { email: string }) => email).sort()).toEqual(emails);
  }
  const other = await harness.addWorkspace();
  expect((await other.call('GET', '/suppressions')).body.data).toEqual([]);
  expect((await other.call('DELETE', '/suppressions/ada1@example.com')).status).toBe(404);
});

test('what was erased is shown without its address, and stays in force', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await call('POST', '/suppressions', { email: 'gone@example.com' });
  await harness.stores.suppressions.forget(workspaceId, 'gone@example.com');
  const { body, text } = await call('GET', '/suppressions');
  expect(body.data).toMatchObject([{ email: null, reason: 'manual' }]);
  expect(text).not.toContain('gone@');
  expect((await harness.stores.suppressions.among(workspaceId, ['gone@example.com'])).size).toBe(1);
});

test.each([
  [{}],
  [{ email: 'ada' }],
  [{ email: 'a@b.example\r\nx' }],
  [{ email: 'ada@example.com', reason: 'bounced' }],
])('%j is refused', async (body) => {
  expect((await harness.call('POST', '/suppressions', body)).status).toBe(422);
});
