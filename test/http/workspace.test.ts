import { newId } from '../../src/mongo/new-id';
import { workspaceRoutes } from '../../src/http/workspace-routes';
import { startHarness, type Harness } from './harness';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(({ stores, auth, now }) => workspaceRoutes({ ...stores, auth, now }));
});
afterAll(() => harness.close());

const addList = async (workspaceId: string): Promise<string> => {
  const at = new Date(harness.now());
  const id = newId('list');
  await harness.stores.lists.insert({ _id: id, workspaceId, name: 'Buyers', createdAt: at, updatedAt: at });
  return id;
};

test('GET answers the workspace of the key', async () => {
  const { status, body } = await harness.call('GET', '/workspace');
  expect(status).toBe(200);
  expect(body).toEqual({
    id: harness.workspaceId,
    name: 'Acme',
    plan: 'pro',
    defaultListId: null,
    createdAt: '2026-04-15T10:00:00.000Z',
  });
});

test('PATCH changes what is given and leaves the rest; null removes the default list', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const listId = await addList(workspaceId);
  expect((await call('PATCH', '/workspace', { name: '  Ada & Co ', plan: 'hobby' })).body).toMatchObject({
    name: 'Ada & Co',
    plan: 'hobby',
    defaultListId: null,
  });
  expect((await call('PATCH', '/workspace', { defaultListId: listId })).body).toMatchObject({
    name: 'Ada & Co',
    plan: 'hobby',
    defaultListId: listId,
  });
  expect((await call('GET', '/workspace')).body.defaultListId).toBe(listId);
  expect((await call('PATCH', '/workspace', { defaultListId: null })).body.defaultListId).toBeNull();
  expect((await harness.stores.workspaces.get(workspaceId))?.defaultListId).toBeUndefined();
  expect((await harness.stores.workspaces.get(harness.workspaceId))?.name).toBe('Acme');
});

test('a change is what the next request of the same key is judged by', async () => {
  const { call, key } = await harness.addWorkspace();
  await call('GET', '/workspace');
  await call('PATCH', '/workspace', { plan: 'hobby' });
  const request: Parameters<typeof harness.auth.authenticate>[0] = Object.create(null, {
    get: { value: (name: string) => (name === 'authorization' ? `Bearer ${key}` : undefined) },
  });
  expect((await harness.auth.authenticate(request)).workspace.plan).toBe('hobby');
});

test('a default list that the workspace does not have is refused by name, another workspace’s too', async () => {
  const other = await harness.addWorkspace();
  for (const listId of [newId('list'), await addList(other.workspaceId)]) {
    const { status, body } = await harness.call('PATCH', '/workspace', { defaultListId: listId });
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ pointer: '/defaultListId', detail: expect.stringContaining(listId) }]);
  }
  expect((await harness.call('GET', '/workspace')).body.defaultListId).toBeNull();
});

test.each([
  [{ plan: 'gold' }, '/plan', 'must be one of hobby, starter, pro'],
  [{ name: '' }, '/name', 'must not be empty'],
  [{ name: 7 }, '/name', 'must be a text of 1 to 200 characters'],
  [{ defaultListId: 7 }, '/defaultListId', 'must be the id of a list, or null for none'],
])('%j is refused at %s', async (change, pointer, detail) => {
  const { status, body } = await harness.call('PATCH', '/workspace', change);
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: 'invalid_body', errors: [{ pointer, detail }] });
});

test('an unknown field is refused by name, with the fields that there are', async () => {
  const { status, body } = await harness.call('PATCH', '/workspace', { colour: 'red' });
  expect(status).toBe(422);
  expect(body.detail).toContain('colour');
  expect(body.detail).toContain('defaultListId');
});

test('without a key there is nothing to see', async () => {
  expect((await harness.callWith('')('GET', '/workspace')).status).toBe(401);
  expect((await harness.callWith('esx_live_wrong')('GET', '/workspace')).status).toBe(401);
});
