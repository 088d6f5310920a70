import { contactRoutes } from '../../src/http/contact-routes';
import { listRoutes } from '../../src/http/list-routes';
import { createContactWrites } from '../../src/mongo/contact-writes';
import { newId } from '../../src/mongo/new-id';
import { readAll, startHarness, type Harness } from './harness';

let harness: Harness;
const commits: { eventIds: string[]; refs: string[]; leftContactId?: string }[] = [];
beforeAll(async () => {
  harness = await startHarness(({ database, stores, auth, now }) => [
    ...listRoutes({ ...stores, auth, now }),
    ...contactRoutes({
      ...stores,
      writes: createContactWrites(database, stores),
      afterCommit: (commit) => Promise.resolve(void commits.push(commit)),
      startErasure: () => undefined,
      now,
    }),
  ]);
});
afterAll(() => harness.close());
beforeEach(() => {
  commits.length = 0;
  harness.clock.nowMs = Date.parse('2026-04-15T10:00:00Z');
});

/** The webhook events of a contact as they would be posted, oldest first. */
const eventsOf = async (contactId: string) => {
  const documents = await harness.stores.events.collection.find({ contactId }).sort({ _id: 1 }).toArray();
  return documents.map(({ _id, body, isDispatched }) => ({ id: _id, isDispatched, ...JSON.parse(body) }));
};
const emailOf = ({ email }: { email: string }): string => email;
const addList = async (call: Harness['call'], name: string): Promise<string> =>
  (await call('POST', '/lists', { name })).body.id;

test('POST makes a contact and its contact.created, and wakes who waits for it', async () => {
  const listId = await addList(harness.call, 'Buyers');
  const made = await harness.call('POST', '/contacts', {
    email: ' Ada@Example.com ',
    firstName: 'Ada',
    lastName: '',
    metadata: { plan: 'pro', nested: { a: [1, null] } },
    listIds: [listId, listId],
    userId: 'u-1',
  });
  expect(made.status).toBe(201);
  expect(made.body).toEqual({
    id: expect.stringMatching(/^con_[0-9a-f]{24}$/),
    email: 'ada@example.com',
    firstName: 'Ada',
    lastName: null,
    status: 'active',
    source: 'api',
    metadata: { plan: 'pro', nested: { a: [1, null] } },
    userIds: ['u-1'],
    listIds: [listId],
    createdAt: '2026-04-15T10:00:00.000Z',
    updatedAt: '2026-04-15T10:00:00.000Z',
  });
  expect((await harness.call('GET', `/contacts/${made.body.id}`)).body).toEqual(made.body);

  const [event, ...more] = await eventsOf(made.body.id);
  expect(more).toEqual([]);
  expect(event).toMatchObject({
    event: 'contact.created',
    workspaceId: harness.workspaceId,
    isDispatched: false,
    data: { contactId: made.body.id, contactEmail: 'ada@example.com', firstName: 'Ada', source: 'api' },
  });
  expect(commits).toEqual([
    {
      eventIds: [event.id],
      refs: [`${harness.workspaceId}/u/u-1`, `${harness.workspaceId}/e/ada@example.com`],
    },
  ]);
});

test('an email that exists is 409 with the contact to change instead, also for two calls at once', async () => {
  const { call } = await harness.addWorkspace();
  const both = await Promise.all([
    call('POST', '/contacts', { email: 'twin@example.com' }),
    call('POST', '/contacts', { email: 'TWIN@example.com' }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  const made = both.find(({ status }) => status === 201)?.body;
  const refused = both.find(({ status }) => status === 409)?.body;
  expect(refused).toMatchObject({ code: 'email_taken', errors: [{ pointer: '/email' }] });
  expect(refused.detail).toContain(`PATCH /contacts/${made.id}`);
  expect(await eventsOf(made.id)).toHaveLength(1);
  expect((await call('GET', '/contacts')).body.data).toHaveLength(1);
});

test('a user id moves to the contact that was made with it last', async () => {
  const { call } = await harness.addWorkspace();
  const first = (await call('POST', '/contacts', { email: 'first@example.com', userId: 'u-9' })).body;
  const second = (await call('POST', '/contacts', { email: 'second@example.com', userId: 'u-9' })).body;
  expect((await call('GET', `/contacts/${first.id}`)).body.userIds).toEqual([]);
  expect((await call('GET', '/contacts?userId=u-9')).body.data.map(emailOf)).toEqual([second.email]);
});

test('PATCH merges metadata key by key and tells webhooks what changed', async () => {
  const { call } = await harness.addWorkspace();
  const { id } = (
    await call('POST', '/contacts', { email: 'm@example.com', metadata: { plan: 'free', seats: 3, old: 1 } })
  ).body;
  harness.clock.nowMs += 60_000;
  const changed = await call('PATCH', `/contacts/${id}`, {
    firstName: 'Mel',
    status: 'unsubscribed',
    metadata: { plan: 'pro', seats: 3, old: null },
  });
  expect(changed.status).toBe(200);
  expect(changed.body).toMatchObject({
    firstName: 'Mel',
    status: 'unsubscribed',
    metadata: { plan: 'pro', seats: 3 },
    updatedAt: '2026-04-15T10:01:00.000Z',
    createdAt: '2026-04-15T10:00:00.000Z',
  });
  expect(changed.body.metadata).not.toHaveProperty('old');
  const [, event] = await eventsOf(id);
  expect(event).toMatchObject({ event: 'contact.updated', timestamp: '2026-04-15T10:01:00.000Z' });
  expect(event.data.changes).toEqual([
    { field: 'firstName', oldValue: null, newValue: 'Mel' },
    { field: 'status', oldValue: 'active', newValue: 'unsubscribed' },
    { field: 'metadata.plan', oldValue: 'free', newValue: 'pro' },
    { field: 'metadata.old', oldValue: 1, newValue: null },
  ]);
  // Its automations hear of it.
  expect(commits.at(-1)).toEqual({ eventIds: [event.id], refs: [], leftContactId: id });
});

test('what changes nothing causes no event', async () => {
  const { call } = await harness.addWorkspace();
  const { id, updatedAt } = (
    await call('POST', '/contacts', { email: 's@example.com', firstName: 'Sam', metadata: { a: { b: 1 } } })
  ).body;
  harness.clock.nowMs += 1_000;
  for (const body of [
    {},
    { firstName: 'Sam' },
    { metadata: { a: { b: 1 } } },
    { metadata: { gone: null } },
    { status: 'active' },
  ]) {
    expect((await call('PATCH', `/contacts/${id}`, body)).body.updatedAt).toBe(updatedAt);
  }
  expect(await eventsOf(id)).toHaveLength(1);
  expect(commits).toHaveLength(1);
});

test('changes made at once are all kept, each with its event', async () => {
  const { call } = await harness.addWorkspace();
  const { id } = (await call('POST', '/contacts', { email: 'p@example.com' })).body;
  const keys = ['a', 'b', 'c', 'd', 'e'];
  const answers = await Promise.all(keys.map((key) => call('PATCH', `/contacts/${id}`, { metadata: { [key]: key } })));
  expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 200));
  expect(Object.keys((await call('GET', `/contacts/${id}`)).body.metadata).sort()).toEqual(keys);
  expect(await eventsOf(id)).toHaveLength(1 + keys.length);
});

test('keys that MongoDB or JavaScript would misread come back as they were sent', async () => {
  const { call } = await harness.addWorkspace();
  const metadata =
    '{"a.b":1,"$set":{"$x":2},"__proto__":{"isAdmin":true},"constructor":"c","%2E":3,"nul\\u0000":4,"":5,"10":6,"in":{"__proto__":7,"d.e":8}}';
  const made = await call('POST', '/contacts', `{"email":"x@example.com","metadata":${metadata}}`);
  expect(made.status).toBe(201);
  const sorted = (value: object): [string, unknown][] => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const wanted = sorted(JSON.parse(metadata));
  expect(sorted(made.body.metadata)).toEqual(wanted);
  const read = (await call('GET', `/contacts/${made.body.id}`)).body.metadata;
  expect(sorted(read)).toEqual(wanted);
  expect(Object.keys(read)).toContain('__proto__');
  expect(Object.keys(read.in)).toEqual(['__proto__', 'd.e']);

  const patched = await call('PATCH', `/contacts/${made.body.id}`, '{"metadata":{"__proto__":null,"a.b":{"$y":9}}}');
  expect(Object.keys(patched.body.metadata)).not.toContain('__proto__');
  expect(patched.body.metadata['a.b']).toEqual({ $y: 9 });
  const [, event] = await eventsOf(made.body.id);
  expect(event.data.changes.map(({ field }: { field: string }) => field).sort()).toEqual([
    'metadata.__proto__',
    'metadata.a.b',
  ]);
});

test('metadata over 256 KB, or nested too deep, is refused and nothing is written', async () => {
  const { call } = await harness.addWorkspace();
  const big = { blob: 'x'.repeat(200 * 1024) };
  const { id } = (await call('POST', '/contacts', { email: 'big@example.com', metadata: big })).body;
  const refused = await call('PATCH', `/contacts/${id}`, {
    firstName: 'No',
    metadata: { more: 'y'.repeat(60 * 1024) },
  });
  expect(refused.body).toMatchObject({ status: 422, code: 'metadata_too_large', errors: [{ pointer: '/metadata' }] });
  expect((await call('GET', `/contacts/${id}`)).body.firstName).toBeNull();
  expect(await eventsOf(id)).toHaveLength(1);
  const tooBig = await call('POST', '/contacts', {
    email: 'b2@example.com',
    metadata: { blob: 'x'.repeat(257 * 1024) },
  });
  expect(tooBig.status).toBe(422);

  const deep = `{"email":"deep@example.com","metadata":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`;
  expect((await call('POST', '/contacts', deep)).body).toMatchObject({
    status: 422,
    errors: [{ pointer: '/metadata', detail: expect.stringContaining('nests deeper than 32') }],
  });
  expect((await call('GET', '/contacts')).body.data).toHaveLength(1);
});

test('lists are replaced as a whole, must exist, and cause no event', async () => {
  const { call } = await harness.addWorkspace();
  const [one, two] = [await addList(call, 'One'), await addList(call, 'Two')];
  const { id } = (await call('POST', '/contacts', { email: 'l@example.com', listIds: [one] })).body;
  expect((await call('PATCH', `/contacts/${id}`, { listIds: [two] })).body.listIds).toEqual([two]);
  expect((await call('PATCH', `/contacts/${id}`, { firstName: 'Lea' })).body.listIds).toEqual([two]);
  expect((await call('PATCH', `/contacts/${id}`, { listIds: [] })).body.listIds).toEqual([]);
  expect(await eventsOf(id)).toHaveLength(2);

  const foreign = await addList(harness.call, 'Theirs');
  for (const [method, path, body] of [
    ['PATCH', `/contacts/${id}`, { listIds: [one, foreign] }],
    ['POST', '/contacts', { email: 'l2@example.com', listIds: [one, foreign] }],
  ] as const) {
    expect((await call(method, path, body)).body).toMatchObject({
      status: 422,
      code: 'unknown_list',
      errors: [{ pointer: '/listIds/1', detail: expect.stringContaining(foreign) }],
    });
  }
});

test('contacts are found by email, user id, start of the email and list', async () => {
  const { call } = await harness.addWorkspace();
  const listId = await addList(call, 'Found');
  await call('POST', '/contacts', { email: 'anna+news@example.com', userId: '42', listIds: [listId] });
  await call('POST', '/contacts', { email: 'anton@example.com' });
  await call('POST', '/contacts', { email: 'berta@example.com', listIds: [listId] });
  const found = async (query: string) => (await call('GET', `/contacts?${query}`)).body.data.map(emailOf);
  expect(await found('email=Anna%2BNews@example.com')).toEqual(['anna+news@example.com']);
  expect(await found('email=ann@example.com')).toEqual([]);
  expect(await found('userId=42')).toEqual(['anna+news@example.com']);
  expect(await found('userId=4')).toEqual([]);
  expect(await found('search=AN')).toEqual(['anna+news@example.com', 'anton@example.com']);
  expect(await found('search=nn')).toEqual([]);
  expect(await found('status=unsubscribed')).toEqual([]);
  expect(await found(`status=active&listId=${listId}`)).toEqual(['berta@example.com', 'anna+news@example.com']);
  expect(await found(`listId=${listId}`)).toEqual(['berta@example.com', 'anna+news@example.com']);
  expect(await found(`listId=${listId}&search=be`)).toEqual(['berta@example.com']);
  expect(await found('email=anton@example.com&userId=42')).toEqual([]);
  expect((await call('GET', '/contacts?email=anna+news@example.com')).body).toMatchObject({
    status: 400,
    errors: [{ pointer: '/email', detail: expect.stringContaining('%2B') }],
  });
});

describe('a search', () => {
  const namesOf = async (harnessCall: Harness['call'], query: string, limit = 50) =>
    (await readAll(harnessCall, `/contacts?${query}`, limit)).map(emailOf);

  test('finds by the start of a name, of a last name or of both, whatever their case and accents, and by whole ids', async () => {
    const { call } = await harness.addWorkspace();
    const add = (email: string, firstName: string | null, lastName: string | null, userId?: string) =>
      call('POST', '/contacts', { email, firstName, lastName, ...(userId === undefined ? {} : { userId }) });
    await add('x1@example.com', 'Zoë', 'Müller');
    await add('x2@example.com', 'Zoe', 'Meier', 'user-42');
    await add('x3@example.com', null, 'Zöllner');
    await add('zoe@example.com', 'Someone', 'Else');
    const four = (await add('x4@example.com', 'Mia', 'Zoe')).body;

    expect(await namesOf(call, 'search=zoe')).toEqual([
      'zoe@example.com',
      'x2@example.com',
      'x1@example.com',
      'x4@example.com',
    ]);
    expect(await namesOf(call, 'search=ZO%C3%8B%20%20mu')).toEqual(['x1@example.com']);
    expect(await namesOf(call, 'search=mei')).toEqual(['x2@example.com']);
    expect(await namesOf(call, 'search=zol')).toEqual(['x3@example.com']);
    expect(await namesOf(call, 'search=user-42')).toEqual(['x2@example.com']);
    expect(await namesOf(call, 'search=user-4')).toEqual([]);
    expect(await namesOf(call, `search=${four.id}`)).toEqual(['x4@example.com']);
    await call('PATCH', `/contacts/${four.id}`, { lastName: null, firstName: 'Nia' });
    expect(await namesOf(call, 'search=mia')).toEqual([]);
    expect(await namesOf(call, 'search=nia')).toEqual(['x4@example.com']);
  });

  test('finds each person once over pages of any length, by whatever and under whatever filter', async () => {
    const { call } = await harness.addWorkspace();
    const listId = await addList(call, 'Half');
    const wanted: string[] = [];
    for (let index = 0; index < 12; index++) {
      const email = `${index % 2 ? 'ann' : 'x'}${index}@example.com`;
      const names = { firstName: index % 3 ? 'Anna' : null, lastName: index % 4 ? 'Ann' : 'Other' };
      const { id } = (await call('POST', '/contacts', { email, ...names, listIds: index < 6 ? [listId] : [] })).body;
      if (index === 5) await call('PATCH', `/contacts/${id}`, { status: 'unsubscribed' });
      if (index % 2 || index % 3 || index % 4) wanted.push(email);
    }
    for (const limit of [1, 2, 5, 50]) {
      const found = await namesOf(call, 'search=ann', limit);
      expect([...found].sort()).toEqual([...wanted].sort());
      expect(found).toEqual(await namesOf(call, 'search=ann'));
      expect((await namesOf(call, `search=ann&listId=${listId}`, limit)).sort()).toEqual(
        wanted.filter((email) => Number(/\d+/.exec(email)?.[0]) < 6).sort(),
      );
      expect(await namesOf(call, 'search=ann&status=unsubscribed', limit)).toEqual(['ann5@example.com']);
    }
  });

  test('goes on behind the many that a filter leaves out', async () => {
    const { call, workspaceId } = await harness.addWorkspace();
    const { id } = (await call('POST', '/contacts', { email: 'many9999@example.com' })).body;
    await call('PATCH', `/contacts/${id}`, { status: 'unsubscribed' });
    const one = await harness.stores.contacts.collection.findOne({ _id: id });
    if (!one) throw new Error('the contact is not there');
    await harness.stores.contacts.collection.insertMany(
      Array.from({ length: 1_500 }, (_each, index) => ({
        ...{ ...one, _id: newId('contact'), workspaceId, status: 'active' as const },
        email: `many${String(index).padStart(4, '0')}@example.com`,
      })),
    );
    const first = (await call('GET', '/contacts?search=many&status=unsubscribed')).body;
    expect(first.data).toEqual([]);
    expect(first.nextCursor).not.toBeNull();
    expect(await namesOf(call, 'search=many&status=unsubscribed')).toEqual(['many9999@example.com']);
  });

  test('says what it does not understand', async () => {
    const cursor = (await harness.call('GET', '/contacts?limit=1')).body.nextCursor ?? 'x';
    expect((await harness.call('GET', `/contacts?search=a&cursor=${cursor}`)).body).toMatchObject({
      status: 400,
      code: 'invalid_cursor',
    });
    expect((await harness.call('GET', '/contacts?status=gone')).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/status' }],
    });
  });
});

test('pages hold each contact once at equal times, also when one is deleted in between', async () => {
  const { call } = await harness.addWorkspace();
  const emails = Array.from({ length: 9 }, (_, index) => `c${index}@example.com`);
  for (const email of emails) await call('POST', '/contacts', { email });
  for (const limit of [1, 2, 4, 9]) {
    expect((await readAll(call, '/contacts', limit)).map(emailOf)).toEqual([...emails].reverse());
  }
  const first = (await call('GET', '/contacts?limit=3')).body;
  await call('DELETE', `/contacts/${first.data[2].id}`);
  const second = (await call('GET', `/contacts?limit=3&cursor=${first.nextCursor}`)).body;
  expect(second.data.map(emailOf)).toEqual(['c5@example.com', 'c4@example.com', 'c3@example.com']);
});

test('a deleted contact is gone', async () => {
  const { id } = (await harness.call('POST', '/contacts', { email: 'gone@example.com' })).body;
  expect((await harness.call('DELETE', `/contacts/${id}`)).status).toBe(204);
  for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', {}]] as const) {
    expect((await harness.call(method, `/contacts/${id}`, body)).status).toBe(404);
  }
  expect((await harness.call('POST', '/contacts', { email: 'gone@example.com' })).status).toBe(201);
});

test('a contact of another workspace is not there', async () => {
  const other = await harness.addWorkspace();
  const { id } = (await other.call('POST', '/contacts', { email: 'theirs@example.com', userId: 'shared' })).body;
  for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', { firstName: 'Mine' }]] as const) {
    expect((await harness.call(method, `/contacts/${id}`, body)).status).toBe(404);
  }
  expect((await harness.call('GET', '/contacts?userId=shared')).body.data).toEqual([]);
  // The same person may be a contact of both, under the same email and user id.
  const mine = await harness.call('POST', '/contacts', { email: 'theirs@example.com', userId: 'shared' });
  expect(mine.status).toBe(201);
  expect((await other.call('GET', `/contacts/${id}`)).body).toMatchObject({ firstName: null, userIds: ['shared'] });
});

test.each([
  [{}, '/email', 'must be an email address'],
  [{ email: 'not an address' }, '/email', 'must be an email address'],
  [{ email: 'v@example.com', firstName: 7 }, '/firstName', 'must be a text, or null'],
  [{ email: 'v@example.com', metadata: [1] }, '/metadata', 'must be an object'],
  [{ email: 'v@example.com', metadata: null }, '/metadata', 'must be an object'],
  [{ email: 'v@example.com', listIds: 'lst_1' }, '/listIds', 'must be an array'],
  [{ email: 'v@example.com', listIds: [1] }, '/listIds/0', 'must be the id of a list'],
  [{ email: 'v@example.com', userId: '' }, '/userId', 'must not be empty'],
])('POST %j is refused at %s', async (body, pointer, detail) => {
  expect((await harness.call('POST', '/contacts', body)).body).toMatchObject({
    status: 422,
    errors: [{ pointer, detail: expect.stringContaining(detail) }],
  });
});

test('PATCH cannot set a status that only events may set, nor the email', async () => {
  const { id } = (await harness.call('POST', '/contacts', { email: 'st@example.com' })).body;
  expect((await harness.call('PATCH', `/contacts/${id}`, { status: 'bounced' })).body).toMatchObject({
    status: 422,
    errors: [{ pointer: '/status', detail: 'must be active or unsubscribed' }],
  });
  const refused = await harness.call('PATCH', `/contacts/${id}`, { email: 'new@example.com' });
  expect(refused.body).toMatchObject({ status: 422 });
  expect(refused.body.detail).toContain('email cannot be set here');
  expect((await harness.call('PATCH', `/contacts/${newId('contact')}`, { firstName: 'x' })).status).toBe(404);
});

test('the same Idempotency-Key makes one contact', async () => {
  const { call } = await harness.addWorkspace();
  const send = () => call('POST', '/contacts', { email: 'once@example.com' }, { 'idempotency-key': '"c-1"' });
  const first = await send();
  const again = await send();
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body).toEqual(first.body);
  expect(await eventsOf(first.body.id)).toHaveLength(1);
});
