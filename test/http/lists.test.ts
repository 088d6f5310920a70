import { contactRoutes } from '../../src/http/contact-routes';
import { listRoutes } from '../../src/http/list-routes';
import { workspaceRoutes } from '../../src/http/workspace-routes';
import { createContactWrites } from '../../src/mongo/contact-writes';
import { newId } from '../../src/mongo/new-id';
import { readAll, startHarness, type Harness } from './harness';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(({ database, stores, auth, now }) => [
    ...listRoutes({ ...stores, auth, now }),
    ...workspaceRoutes({ ...stores, auth, now }),
    ...contactRoutes({
      ...stores,
      writes: createContactWrites(database, stores),
      afterCommit: () => Promise.resolve(),
      startErasure: () => undefined,
      now,
    }),
  ]);
});
afterAll(() => harness.close());

const nameOf = ({ name }: { name: string }): string => name;

test('a list is made, read, renamed and deleted', async () => {
  const made = await harness.call('POST', '/lists', { name: 'Buyers' });
  expect(made.status).toBe(201);
  expect(made.body).toEqual({
    id: expect.stringMatching(/^lst_[0-9a-f]{24}$/),
    name: 'Buyers',
    ...{ contactCount: 0, isCountExact: true },
    createdAt: '2026-04-15T10:00:00.000Z',
    updatedAt: '2026-04-15T10:00:00.000Z',
  });
  const path = `/lists/${made.body.id}`;
  expect((await harness.call('GET', path)).body).toEqual(made.body);
  expect((await harness.call('PATCH', path, { name: 'Old buyers' })).body.name).toBe('Old buyers');
  expect((await harness.call('GET', path)).body.name).toBe('Old buyers');
  expect((await harness.call('DELETE', path)).status).toBe(204);
  expect((await harness.call('GET', path)).status).toBe(404);
  expect((await harness.call('DELETE', path)).status).toBe(404);
});

test('pages hold each list once, newest first, also where all were made in one millisecond', async () => {
  const { call } = await harness.addWorkspace();
  const names = Array.from({ length: 7 }, (_, index) => `list ${index}`);
  for (const name of names) await call('POST', '/lists', { name });
  for (const limit of [1, 2, 3, 7, 50]) {
    expect((await readAll(call, '/lists', limit)).map(nameOf)).toEqual([...names].reverse());
  }
});

test('a cursor or a limit that is not one of ours is refused', async () => {
  expect((await harness.call('GET', '/lists?cursor=nonsense')).body).toMatchObject({
    status: 400,
    code: 'invalid_cursor',
  });
  for (const limit of ['0', '251', 'many']) {
    expect((await harness.call('GET', `/lists?limit=${limit}`)).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/limit' }],
    });
  }
});

test('a deleted list is taken off its contacts and is no default any more; other lists stay', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const gone = (await call('POST', '/lists', { name: 'Gone' })).body.id;
  const kept = (await call('POST', '/lists', { name: 'Kept' })).body.id;
  await call('PATCH', '/workspace', { defaultListId: gone });
  const { id } = (await call('POST', '/contacts', { email: 'a@example.com', listIds: [gone, kept] })).body;
  expect((await call('DELETE', `/lists/${gone}`)).status).toBe(204);
  expect((await call('GET', `/contacts/${id}`)).body.listIds).toEqual([kept]);
  expect((await harness.stores.workspaces.get(workspaceId))?.defaultListId).toBeUndefined();
  expect((await call('GET', `/lists/${kept}/contacts`)).body.data).toHaveLength(1);

  await call('PATCH', '/workspace', { defaultListId: kept });
  const third = (await call('POST', '/lists', { name: 'Third' })).body.id;
  await call('DELETE', `/lists/${third}`);
  expect((await call('GET', '/workspace')).body.defaultListId).toBe(kept);
});

test('the contacts on a list, page by page', async () => {
  const { call } = await harness.addWorkspace();
  const listId = (await call('POST', '/lists', { name: 'Buyers' })).body.id;
  await call('POST', '/contacts', { email: 'other@example.com' });
  for (let index = 0; index < 5; index++)
    await call('POST', '/contacts', { email: `c${index}@example.com`, listIds: [listId] });
  const emails = (await readAll(call, `/lists/${listId}/contacts`, 2)).map(({ email }: { email: string }) => email);
  expect(emails).toEqual([4, 3, 2, 1, 0].map((index) => `c${index}@example.com`));
});

test('a list says how many contacts are on it; of very many it says that there are more', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const many = (await call('POST', '/lists', { name: 'Many' })).body.id;
  const few = (await call('POST', '/lists', { name: 'Few' })).body.id;
  const { id } = (await call('POST', '/contacts', { email: 'first@example.com', listIds: [many, few] })).body;
  const first = await harness.stores.contacts.collection.findOne({ _id: id });
  if (!first) throw new Error('the contact is not there');
  await harness.stores.contacts.collection.insertMany(
    Array.from({ length: 10_000 }, (_each, index) => ({
      ...{ ...first, _id: newId('contact'), workspaceId, listIds: [many], email: `c${index}@example.com` },
    })),
  );
  const shown = (await call('GET', '/lists')).body.data;
  expect(shown).toMatchObject([
    { id: few, contactCount: 1, isCountExact: true },
    { id: many, contactCount: 10_000, isCountExact: false },
  ]);
  expect((await call('GET', `/lists/${many}`)).body).toMatchObject({ contactCount: 10_001, isCountExact: true });
});

test('a list of another workspace is not there', async () => {
  const other = await harness.addWorkspace();
  const { id } = (await other.call('POST', '/lists', { name: 'Theirs' })).body;
  expect((await harness.call('GET', `/lists/${id}`)).status).toBe(404);
  expect((await harness.call('PATCH', `/lists/${id}`, { name: 'Mine' })).status).toBe(404);
  expect((await harness.call('DELETE', `/lists/${id}`)).status).toBe(404);
  expect((await harness.call('GET', `/lists/${id}/contacts`)).status).toBe(404);
  expect((await harness.call('GET', '/lists')).text).not.toContain(id);
  expect((await other.call('GET', `/lists/${id}`)).body.name).toBe('Theirs');
});

test('a list needs a name, and takes nothing else', async () => {
  expect((await harness.call('POST', '/lists', {})).body).toMatchObject({
    status: 422,
    errors: [{ pointer: '/name' }],
  });
  expect((await harness.call('POST', '/lists', { name: 'x'.repeat(201) })).body).toMatchObject({
    errors: [{ pointer: '/name', detail: 'must have at most 200 characters' }],
  });
  expect((await harness.call('POST', '/lists', { name: 'x', color: 1 })).body.detail).toContain('color');
  expect((await harness.call('POST', '/lists', '{not json')).body).toMatchObject({ status: 400, code: 'not_json' });
  expect((await harness.call('POST', '/lists')).body).toMatchObject({ status: 422 });
});

test('the same Idempotency-Key makes one list', async () => {
  const { call } = await harness.addWorkspace();
  const send = () => call('POST', '/lists', { name: 'Once' }, { 'idempotency-key': 'l1' });
  const first = await send();
  expect((await send()).body).toEqual(first.body);
  expect((await call('GET', '/lists')).body.data).toHaveLength(1);
  // The key belongs to the workspace, not to everybody.
  const other = await harness.addWorkspace();
  const theirs = await other.call('POST', '/lists', { name: 'Once' }, { 'idempotency-key': 'l1' });
  expect(theirs.body.id).not.toBe(first.body.id);
});
