import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import express from 'express';
import { createLinkSigner } from '../../src/email/links';
import { createRenderer } from '../../src/email/render';
import { formRoutes } from '../../src/http/form-routes';
import { listRoutes } from '../../src/http/list-routes';
import { createRateLimit } from '../../src/http/rate-limit';
import { signUpRoutes } from '../../src/http/sign-up-routes';
import { createLogger } from '../../src/logger';
import { createSignUpWrites } from '../../src/mongo/sign-up-writes';
import { signupId } from '../../src/mongo/signups';
import { startHarness, type Harness } from './harness';

const links = createLinkSigner('a key of the tests');
let harness: Harness;
let server: Server;
let url: string;
const mails: string[] = [];
const commits: { eventIds: string[]; refs: string[] }[] = [];

/** The public side on a port of its own, since it reads its bodies itself. */
async function startPublic(signUpsPerMinute: number): Promise<{ server: Server; url: string }> {
  const app = express();
  app.set('trust proxy', 1);
  app.use(
    signUpRoutes({
      forms: harness.stores.forms,
      writes: createSignUpWrites(
        harness.database,
        harness.stores,
        (formId, signupId) => `https://mail.example.com/f/${formId}/confirm/${links.confirm(signupId)}`,
      ),
      links,
      starter: { startEmailSend: (id) => Promise.resolve(void mails.push(id)) },
      afterCommit: (commit) => Promise.resolve(void commits.push(commit)),
      limit: createRateLimit('sign-up', signUpsPerMinute, 60),
      now: harness.now,
      logger: createLogger('silent'),
    }),
  );
  const started = createServer(app).listen(0, '127.0.0.1');
  await once(started, 'listening');
  const address = started.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server: started, url: `http://127.0.0.1:${address.port}` };
}

beforeAll(async () => {
  harness = await startHarness(({ stores, auth, now }) => [
    ...listRoutes({ ...stores, auth, now }),
    ...formRoutes({ ...stores, publicUrl: () => 'https://mail.example.com', now }),
  ]);
  ({ server, url } = await startPublic(1_000));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await harness.close();
});
beforeEach(() => {
  mails.length = 0;
  commits.length = 0;
});

const addForm = async (body: object) => (await harness.call('POST', '/forms', { name: 'News', ...body })).body;
const addList = async (): Promise<string> => (await harness.call('POST', '/lists', { name: 'Readers' })).body.id;
const send = async (path: string, body: string | FormData | URLSearchParams, headers: Record<string, string> = {}) => {
  const response = await fetch(`${url}${path}`, { method: 'POST', body, headers, redirect: 'manual' });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
};
const sendJson = (id: string, body: unknown) =>
  send(`/f/${id}`, JSON.stringify(body), { 'content-type': 'application/json' });
const contactOf = async (email: string) =>
  (await harness.stores.contacts.find(harness.workspaceId, { emails: [email], userIds: [] }))[0];
const eventsOf = async (contactId: string | undefined) =>
  (
    await harness.stores.events.collection
      .find({ contactId: contactId ?? '' })
      .sort({ _id: 1 })
      .toArray()
  ).map(({ body }) => JSON.parse(body));
/** The path of the link in a confirmation email. */
const linkOf = async (emailId: string | undefined): Promise<string> => {
  const [email] = await harness.stores.emails.byIds([emailId ?? '']);
  return new URL(JSON.parse(email?.data ?? '{}').url).pathname;
};

describe('forms', () => {
  test('are made, read, changed and deleted', async () => {
    const listId = await addList();
    const made = await harness.call('POST', '/forms', {
      ...{ name: 'News', listIds: [listId], redirectUrl: 'https://acme.example/thanks' },
      fields: [{ key: 'firstName', label: 'First name', required: true }],
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      ...{ id: expect.stringMatching(/^frm_[0-9a-f]{24}$/), name: 'News', listIds: [listId], doubleOptIn: true },
      fields: [{ key: 'firstName', label: 'First name', required: true }],
      ...{ redirectUrl: 'https://acme.example/thanks', confirmSubject: null },
      url: `https://mail.example.com/f/${made.body.id}`,
      embed: expect.stringContaining(`<form action="https://mail.example.com/f/${made.body.id}" method="post">`),
      counts: { asked: 0, joined: 0 },
      ...{ createdAt: '2026-04-15T10:00:00.000Z', updatedAt: '2026-04-15T10:00:00.000Z' },
    });
    const changed = await harness.call('PATCH', `/forms/${made.body.id}`, { redirectUrl: null, doubleOptIn: false });
    expect(changed.body).toMatchObject({ redirectUrl: null, doubleOptIn: false, fields: made.body.fields });
    expect((await harness.call('GET', `/forms/${made.body.id}`)).body).toEqual(changed.body);
    const other = await harness.addWorkspace();
    expect((await other.call('GET', `/forms/${made.body.id}`)).status).toBe(404);
    expect((await other.call('DELETE', `/forms/${made.body.id}`)).status).toBe(404);
    expect((await harness.call('DELETE', `/forms/${made.body.id}`)).status).toBe(204);
    expect((await fetch(`${url}/f/${made.body.id}`)).status).toBe(404);
  });

  test.each([
    [{ redirectUrl: 'javascript:alert(1)' }, '/redirectUrl'],
    [{ confirmSubject: 'Hello\r\nBcc: all@example.com' }, '/confirmSubject'],
    [{ name: 'a\nb' }, '/name'],
    [{ fields: [{ key: 'status', label: 'Status' }] }, '/fields/0/key'],
    [
      {
        fields: [
          { key: 'firstName', label: 'A' },
          { key: 'firstName', label: 'B' },
        ],
      },
      '/fields',
    ],
    [{ listIds: ['lst_nowhere'] }, '/listIds/0'],
  ])('%j is refused', async (body, pointer) => {
    const refused = await harness.call('POST', '/forms', { name: 'News', ...body });
    expect(refused.status).toBe(422);
    expect(refused.body.errors[0].pointer).toBe(pointer);
  });
});

test('the page is plain, labelled and escaped, and nothing runs on it', async () => {
  const evil = '"><script>alert(1)</script>';
  const form = await addForm({
    ...{ name: evil, redirectUrl: 'https://acme.example/thanks' },
    fields: [{ key: `metadata.${evil}`, label: evil, required: true }],
  });
  const page = await fetch(`${url}/f/${form.id}`);
  const html = await page.text();
  expect(page.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; .*form-action 'self' https:\/\/acme\.example; base-uri 'none'; frame-ancestors 'none'$/,
  );
  expect(html).not.toContain('<script');
  expect(html).toContain(
    '<label>Email <input name="email" type="email" maxlength="254" required autocomplete="email"></label>',
  );
  expect(html).toContain('tabindex="-1"');
});

test('no host begins a directive of its own', async () => {
  const form = await addForm({ redirectUrl: 'https://a;sandbox/thanks' });
  const policy = (await fetch(`${url}/f/${form.id}`)).headers.get('content-security-policy');
  expect(policy).toMatch(/; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/);
});

describe('without double opt-in', () => {
  const encodings: [
    string,
    (fields: Record<string, string>) => { body: string | FormData | URLSearchParams; type?: string },
  ][] = [
    ['urlencoded', (fields) => ({ body: new URLSearchParams(fields) })],
    [
      'multipart',
      (fields) => {
        const body = new FormData();
        for (const [name, value] of Object.entries(fields)) body.append(name, value);
        return { body };
      },
    ],
    ['JSON', (fields) => ({ body: JSON.stringify(fields), type: 'application/json' })],
  ];
  test.each(encodings)('%s makes a contact with source form, its lists and its event', async (name, encode) => {
    const listId = await addList();
    const form = await addForm({
      ...{ doubleOptIn: false, listIds: [listId] },
      fields: [
        { key: 'firstName', label: 'First name' },
        { key: 'metadata.city', label: 'City' },
      ],
    });
    const email = `${name.toLowerCase()}@example.com`;
    const { body, type } = encode({
      email: ` ${email.toUpperCase()} `,
      firstName: 'Ada',
      'metadata.city': 'Bern',
      status: 'active',
    });
    const answer = await send(`/f/${form.id}`, body, type ? { 'content-type': type } : {});
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const contact = await contactOf(email);
    expect(contact).toMatchObject({
      ...{ source: 'form', status: 'active', firstName: 'Ada' },
      metadata: { city: 'Bern' },
      listIds: [listId],
    });
    expect(await eventsOf(contact?.id)).toMatchObject([
      { event: 'contact.created', data: { source: 'form', contactEmail: email } },
    ]);
    expect(commits).toEqual([{ eventIds: [expect.stringMatching(/^evt_/)], refs: [expect.stringContaining(email)] }]);
  });

  test('the answer is the same for an address that is known, whose contact gets the list and nothing else', async () => {
    const listId = await addList();
    const form = await addForm({
      doubleOptIn: false,
      listIds: [listId],
      fields: [{ key: 'firstName', label: 'First name' }],
    });
    const first = await sendJson(form.id, { email: 'known@example.com', firstName: 'Ada' });
    const contact = await contactOf('known@example.com');
    await harness.stores.contacts.collection.updateOne(
      { _id: contact?.id ?? '' },
      { $set: { status: 'unsubscribed', listIds: [] } },
    );
    const second = await sendJson(form.id, { email: 'known@example.com', firstName: 'Eve' });
    expect([second.status, second.text]).toEqual([first.status, first.text]);
    expect(await contactOf('known@example.com')).toMatchObject({
      status: 'unsubscribed',
      firstName: 'Ada',
      listIds: [listId],
    });
    expect(await eventsOf(contact?.id)).toHaveLength(1);
  });

  test('a browser is sent on to the customer', async () => {
    const form = await addForm({ doubleOptIn: false, redirectUrl: 'https://acme.example/thanks' });
    const answer = await send(`/f/${form.id}`, new URLSearchParams({ email: 'sent-on@example.com' }));
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://acme.example/thanks']);
  });

  test('a bot that fills in everything is told the same, and nothing happens', async () => {
    const form = await addForm({ doubleOptIn: false });
    const answer = await sendJson(form.id, { email: 'bot@example.com', website: 'https://spam.example' });
    expect(answer.status).toBe(200);
    expect(await contactOf('bot@example.com')).toBeUndefined();
  });

  test('a line break in a name is no line break any more', async () => {
    const form = await addForm({ doubleOptIn: false, fields: [{ key: 'firstName', label: 'First name' }] });
    await sendJson(form.id, { email: 'inject@example.com', firstName: 'Ada\r\nBcc: all@example.com' });
    expect(await contactOf('inject@example.com')).toMatchObject({ firstName: 'Ada Bcc: all@example.com' });
  });

  test('what is wrong is said on the page, with what was given', async () => {
    const form = await addForm({
      doubleOptIn: false,
      fields: [{ key: 'firstName', label: 'First name', required: true }],
    });
    const answer = await send(`/f/${form.id}`, new URLSearchParams({ email: '"><b>x', firstName: 'Ada' }));
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('role="alert"');
    expect(answer.text).toContain('value="Ada"');
    expect(answer.text).not.toContain('<b>x');
  });
});

test('a form counts who was asked to confirm and who has joined, each person once', async () => {
  const listIds = [await addList()];
  const countsOf = async (id: string) => (await harness.call('GET', `/forms/${id}`)).body.counts;
  const closed = await addForm({ listIds });
  for (let times = 0; times < 2; times++) await sendJson(closed.id, { email: 'counted@example.com' });
  expect(await countsOf(closed.id)).toEqual({ asked: 1, joined: 0 });
  const confirm = `/f/${closed.id}/confirm/${links.confirm(signupId(closed.id, 'counted@example.com'))}`;
  for (let times = 0; times < 2; times++) expect((await send(confirm, '')).status).toBe(200);
  expect(await countsOf(closed.id)).toEqual({ asked: 1, joined: 1 });

  const open = await addForm({ doubleOptIn: false, listIds });
  for (const name of ['one', 'one', 'two', 'counted']) await sendJson(open.id, { email: `${name}@example.com` });
  // Who was counted above is on the list already.
  expect(await countsOf(open.id)).toEqual({ asked: 0, joined: 2 });
  await harness.call('PATCH', `/forms/${open.id}`, { name: 'Renamed' });
  expect(await countsOf(open.id)).toEqual({ asked: 0, joined: 2 });
});

test('the HTML to embed is the form with its values escaped', async () => {
  const evil = '"><script>alert(1)</script>';
  const form = await addForm({ name: evil, fields: [{ key: `metadata.${evil}`, label: evil, required: true }] });
  expect(form.embed).not.toContain('<script');
  expect(form.embed.match(/<input/g)).toHaveLength(3);
});

describe('what is too much, or cannot be read', () => {
  test.each([
    ['[]', { 'content-type': 'application/json' }, 400],
    ['{', { 'content-type': 'application/json' }, 400],
    ['--x\r\nbroken', { 'content-type': 'multipart/form-data; boundary=x' }, 400],
    [`email=${'x'.repeat(70_000)}`, { 'content-type': 'application/x-www-form-urlencoded' }, 413],
    [JSON.stringify({ email: { $gt: '' } }), { 'content-type': 'application/json' }, 422],
  ])('%#', async (body, headers, status) => {
    const form = await addForm({ doubleOptIn: false });
    expect((await send(`/f/${form.id}`, body, headers)).status).toBe(status);
  });

  test('a visitor who sends too often is asked to wait, others are not', async () => {
    const form = await addForm({ doubleOptIn: false });
    const limited = await startPublic(2);
    const from = async (address: string) =>
      (
        await fetch(`${limited.url}/f/${form.id}`, {
          ...{ method: 'POST', body: '{"email":"often@example.com"}' },
          headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        })
      ).status;
    const network = '2001:db8:1:2';
    const statuses = [await from(`${network}::1`), await from(`${network}::2`), await from(`${network}:3::4`)];
    expect([...statuses, await from('192.0.2.1')]).toEqual([200, 200, 429, 200]);
    limited.server.closeAllConnections();
    limited.server.close();
  });

  test('a page elsewhere may ask whether it may post', async () => {
    const form = await addForm({});
    const asked = await fetch(`${url}/f/${form.id}`, { method: 'OPTIONS' });
    expect([asked.status, asked.headers.get('access-control-allow-headers')]).toEqual([204, 'Content-Type']);
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

describe('with double opt-in', () => {
  test('nobody is a contact before the link was followed, and then the button pressed', async () => {
    const listId = await addList();
    const form = await addForm({
      ...{ listIds: [listId], confirmSubject: 'Really {{ x }}?' },
      fields: [{ key: 'firstName', label: 'First name' }],
    });
    const answer = await sendJson(form.id, { email: 'opt@example.com', firstName: '<b>Ada</b>' });
    expect(JSON.parse(answer.text)).toEqual({ status: 'confirmation_sent' });
    expect(await contactOf('opt@example.com')).toBeUndefined();
    // Had left before, and was deleted: only the confirmation takes that back.
    const { suppressions } = harness.stores;
    const left = { email: 'opt@example.com', reason: 'unsubscribed' as const };
    await suppressions.add(harness.workspaceId, [left], new Date(harness.now()));
    const isSuppressed = async () => (await suppressions.among(harness.workspaceId, [left.email])).size === 1;

    const [email] = await harness.stores.emails.byIds([mails[0] ?? '']);
    expect(email).toMatchObject({ kind: 'confirmation', to: 'opt@example.com', status: 'queued', campaignId: form.id });
    expect(email).not.toHaveProperty('contactId');
    // The subject is a value, not a template; what was typed in is in neither.
    expect(JSON.parse(email?.data ?? '')).toMatchObject({ subject: 'Really {{ x }}?', formName: 'News' });
    expect(JSON.stringify(email)).not.toContain('Ada');

    const path = await linkOf(mails[0]);
    const rendered = await createRenderer({ publicUrl: () => 'https://mail.example.com', links }).render(
      email?.content ?? { subject: '', html: '' },
      {
        ...{ emailId: mails[0] ?? '', workspaceId: harness.workspaceId, campaignId: form.id },
        ...{ isMarketing: false, isTracked: false, data: JSON.parse(email?.data ?? '') },
      },
    );
    expect(rendered.subject).toBe('Really {{ x }}?');
    for (const part of [rendered.html, rendered.text]) expect(part).toContain(`https://mail.example.com${path}`);
    const page = await (await fetch(url + path)).text();
    expect(page).toContain('opt@example.com');
    expect(page).toContain('First name: &#60;b&#62;Ada');
    expect(await contactOf('opt@example.com')).toBeUndefined();

    expect(await isSuppressed()).toBe(true);
    expect((await send(path, '')).status).toBe(200);
    expect(await isSuppressed()).toBe(false);
    const contact = await contactOf('opt@example.com');
    expect(contact).toMatchObject({ source: 'form', status: 'active', firstName: '<b>Ada</b>', listIds: [listId] });
    expect(commits).toHaveLength(1);
  });

  test('who has unsubscribed is active again, once: the same link does not undo a later unsubscribe', async () => {
    const form = await addForm({ doubleOptIn: false });
    await sendJson(form.id, { email: 'back@example.com' });
    const contact = await contactOf('back@example.com');
    const unsubscribe = () =>
      harness.stores.contacts.collection.updateOne({ _id: contact?.id ?? '' }, { $set: { status: 'unsubscribed' } });
    await unsubscribe();
    await harness.call('PATCH', `/forms/${form.id}`, { doubleOptIn: true });
    await sendJson(form.id, { email: 'back@example.com' });
    expect((await contactOf('back@example.com'))?.status).toBe('unsubscribed');
    const path = await linkOf(mails[0]);
    await Promise.all([send(path, ''), send(path, '')]);
    expect((await contactOf('back@example.com'))?.status).toBe('active');
    expect((await eventsOf(contact?.id)).map(({ event }) => event)).toEqual(['contact.created', 'contact.updated']);
    await unsubscribe();
    expect((await send(path, '')).status).toBe(200);
    expect((await contactOf('back@example.com'))?.status).toBe('unsubscribed');
  });

  test('a stranger’s mailbox is not filled', async () => {
    const form = await addForm({});
    const startMs = harness.clock.nowMs;
    for (let index = 0; index < 5; index++) await sendJson(form.id, { email: 'victim@example.com' });
    expect(mails).toHaveLength(1);
    for (let index = 1; index < 10; index++) {
      harness.clock.nowMs += 6 * 60_000;
      await sendJson(form.id, { email: 'victim@example.com' });
    }
    harness.clock.nowMs = startMs;
    expect(mails).toHaveLength(5);
  });

  test('a link that was made up, changed, or belongs to another form is worth nothing', async () => {
    const form = await addForm({});
    const other = await addForm({});
    await sendJson(form.id, { email: 'forged@example.com' });
    const path = await linkOf(mails[0]);
    const token = path.split('/').at(-1) ?? '';
    const forged = [
      `/f/${form.id}/confirm/${token.slice(0, -2)}xx`,
      `/f/${other.id}/confirm/${token}`,
      `/f/${form.id}/confirm/${createLinkSigner('another key').confirm('sgn_0123456789abcdef01234567')}`,
      `/f/${form.id}/confirm/${links.unsubscribe('eml_0123456789abcdef01234567')}`,
    ];
    for (const each of forged) {
      expect((await fetch(url + each)).status).toBe(404);
      expect((await send(each, '')).status).toBe(404);
    }
    expect(await contactOf('forged@example.com')).toBeUndefined();
  });
});
