import { foldEmailEvents } from '../../domain/email-event';
import { emailRoutes } from '../../src/http/email-routes';
import { createEmailWrites } from '../../src/mongo/email-writes';
import { newId } from '../../src/mongo/new-id';
import { readAll, startHarness, type Harness } from './harness';

let harness: Harness;
const started: string[] = [];
const committed: { eventIds: string[]; refs: string[] }[] = [];
beforeAll(async () => {
  harness = await startHarness(({ database, stores, now }) =>
    emailRoutes({
      ...stores,
      emailWrites: createEmailWrites(database, stores),
      checkSender: (_workspaceId, from) =>
        Promise.resolve(from.includes('@acme.com') ? { ok: true } : { ok: false, reason: 'is not ours' }),
      startEmail: (emailId) => {
        started.push(emailId);
        return Promise.resolve();
      },
      afterCommit: (commit) => {
        committed.push(commit);
        return Promise.resolve();
      },
      temporalUrl: (workflowId) => `https://temporal.example/${workflowId}`,
      now,
    }),
  );
});
afterAll(() => harness.close());
beforeEach(() => {
  started.length = 0;
  committed.length = 0;
});

const content = { subject: 'Hello {{ contact.firstName }}', html: '<p>Hi {{ data.name }}</p>' };
let addresses = 0;
const address = (): string => `ada${++addresses}@example.com`;
const send = async (call: Harness['call'], body: object) => {
  const answer = await call('POST', '/emails', body);
  if (answer.status !== 202) throw new Error(answer.text);
  return answer.body;
};
const addTemplate = async (workspaceId: string): Promise<string> => {
  const id = newId('template');
  const times = { createdAtMs: harness.now(), updatedAtMs: harness.now() };
  await harness.stores.templates.insert({ id, workspaceId, name: 'Receipt', ...content, ...times });
  return id;
};
const contactOf = async (workspaceId: string, email: string) =>
  (await harness.stores.contacts.find(workspaceId, { emails: [email], userIds: [] }))[0];

test('an email is stored with its recipient as a contact, and its workflow is started', async () => {
  const to = address();
  const body = { to: ` ${to.toUpperCase()} `, ...content, data: { name: 'Ada' }, from: 'News <news@acme.com>' };
  const answer = await send(harness.call, body);
  expect(answer).toEqual({
    ...{ id: expect.stringMatching(/^eml_[0-9a-f]{24}$/), status: 'queued', workflowId: `email/${answer.id}` },
    temporalUrl: `https://temporal.example/email/${answer.id}`,
  });
  expect(started).toEqual([answer.id]);
  const contact = await contactOf(harness.workspaceId, to);
  expect(contact).toMatchObject({ email: to, source: 'api', status: 'active' });
  expect(committed).toEqual([{ emailId: answer.id, eventIds: [expect.any(String)], refs: [expect.any(String)] }]);
  const event = await harness.stores.events.get(committed[0]?.eventIds[0] ?? '');
  expect(event).toMatchObject({ type: 'contact.created', contactId: contact?.id });

  const shown = await harness.call('GET', `/emails/${answer.id}`);
  expect(shown.body).toEqual({
    ...{ id: answer.id, kind: 'transactional', campaignId: 'transactional', campaignName: null, to },
    ...{ contactId: contact?.id, subject: null, status: 'queued', reason: null, bounceType: null, opens: 0, clicks: 0 },
    ...{ createdAt: '2026-04-15T10:00:00.000Z', sentAt: null, deliveredAt: null, openedAt: null, clickedAt: null },
    ...{ bouncedAt: null, complainedAt: null, unsubscribedAt: null, content, templateId: null, data: { name: 'Ada' } },
    ...{ from: 'News <news@acme.com>', smtpResponse: null, tries: 0, events: [] },
    ...{ workflowId: `email/${answer.id}`, temporalUrl: `https://temporal.example/email/${answer.id}` },
  });
});

test('a contact that is known stays as it is, and no event tells of it', async () => {
  const to = address();
  const first = await send(harness.call, { to, ...content });
  committed.length = 0;
  const second = await send(harness.call, { to, ...content });
  expect(committed).toEqual([]);
  const rows = await readAll(harness.call, `/emails?to=${to}`, 1);
  expect(rows.map(({ id }: { id: string }) => id)).toEqual([second.id, first.id]);
  expect(new Set(rows.map(({ contactId }: { contactId: string }) => contactId)).size).toBe(1);
});

test('emails at once to one new address make one contact', async () => {
  const to = address();
  await Promise.all(Array.from({ length: 5 }, () => send(harness.call, { to, ...content })));
  expect(await harness.stores.contacts.collection.countDocuments({ email: to })).toBe(1);
  expect(committed.flatMap(({ eventIds }) => eventIds)).toHaveLength(1);
  expect(await readAll(harness.call, `/emails?to=${to}`, 50)).toHaveLength(5);
});

test('a template gives the email its name', async () => {
  const templateId = await addTemplate(harness.workspaceId);
  const { id } = await send(harness.call, { to: address(), templateId, data: { total: 5 } });
  const { body } = await harness.call('GET', `/emails/${id}`);
  expect(body).toMatchObject({ campaignId: templateId, campaignName: 'Receipt', templateId, content: null });
  expect((await harness.call('GET', `/emails?campaignId=${templateId}`)).body.data).toMatchObject([{ id }]);
});

test('a suppressed recipient is taken, and the rest is decided at the moment of sending', async () => {
  const to = address();
  const suppressed = [{ email: to, reason: 'bounced' as const }];
  await harness.stores.suppressions.add(harness.workspaceId, suppressed, new Date());
  await send(harness.call, { to, ...content });
  expect(started).toHaveLength(1);
});

test('the same Idempotency-Key sends one email; without one each call sends its own', async () => {
  const to = address();
  const body = { to, ...content };
  const sendOnce = () => harness.call('POST', '/emails', body, { 'idempotency-key': 'receipt-1' });
  const first = await sendOnce();
  const second = await sendOnce();
  expect(second.body).toEqual(first.body);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(started).toHaveLength(1);
  await send(harness.call, body);
  expect(await readAll(harness.call, `/emails?to=${to}`, 50)).toHaveLength(2);
});

test.each([
  ['no recipient', { ...content }, '/to'],
  ['an address that is none', { to: 'ada', ...content }, '/to'],
  ['two addresses', { to: 'a@example.com, b@example.com', ...content }, '/to'],
  ['an address with a header in it', { to: 'a@example.com\r\nBcc: b@example.com', ...content }, '/to'],
  ['no content', { to: 'a@example.com' }, '/subject'],
  ['no html', { to: 'a@example.com', subject: 'Hi' }, '/html'],
  ['html and a template', { to: 'a@example.com', templateId: 'tpl_1', html: 'x' }, '/html'],
  ['an unknown template', { to: 'a@example.com', templateId: 'tpl_1' }, '/templateId'],
  ['broken Liquid', { to: 'a@example.com', subject: 'Hi', html: '{% if %}' }, '/html'],
  ['a sender that is not ours', { to: 'a@example.com', ...content, from: 'x@evil.example' }, '/from'],
  ['data that is none', { to: 'a@example.com', ...content, data: [] }, '/data'],
  ['data that is too much', { to: 'a@example.com', ...content, data: { x: 'x'.repeat(257 * 1024) } }, '/data'],
  ['a field that is none', { to: 'a@example.com', ...content, cc: 'b@example.com' }, '/cc'],
])('%s is refused at its place', async (_what, body, pointer) => {
  const refused = await harness.call('POST', '/emails', body);
  expect(refused.status).toBe(422);
  expect(refused.body.errors[0].pointer).toBe(pointer);
  expect(refused.body.detail).not.toBe('');
  expect(started).toEqual([]);
});

test('what cannot be parsed is refused with line and column', async () => {
  const body = { to: 'a@example.com', subject: 'Hi', html: '<p>\n  {% if a %}\n</p>' };
  const refused = await harness.call('POST', '/emails', body);
  const at = { pointer: '/html', line: 2, column: 3, detail: 'line 2, column 3: tag {% if a %} not closed' };
  expect(refused.body).toMatchObject({ code: 'invalid_content', errors: [at] });
});

test('a template of another workspace is not there, nor are its emails', async () => {
  const other = await harness.addWorkspace();
  const templateId = await addTemplate(other.workspaceId);
  expect((await harness.call('POST', '/emails', { to: address(), templateId })).status).toBe(422);
  const { id } = await send(other.call, { to: address(), templateId });
  expect((await harness.call('GET', `/emails/${id}`)).status).toBe(404);
  expect((await harness.call('GET', '/emails')).text).not.toContain(id);
});

test('pages hold each email once at equal times, also those of one contact', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const to = address();
  const made: string[] = [];
  for (let row = 0; row < 5; row++) made.push((await send(call, { to, ...content })).id);
  await send(call, { to: address(), ...content });
  const contactId = (await contactOf(workspaceId, to))?.id ?? '';
  for (const limit of [1, 2, 50]) {
    const rows = await readAll(call, `/emails?contactId=${contactId}&campaignId=transactional`, limit);
    expect(rows.map(({ id }: { id: string }) => id)).toEqual([...made].reverse());
    expect(await readAll(call, '/emails', limit)).toHaveLength(6);
  }
});

test('an email shows what was heard about it, with flags and without keys of ours', async () => {
  const { id } = await send(harness.call, { to: address(), ...content });
  const { stores, now } = harness;
  const base = { emailId: id, at: new Date(now()), state: 'received' as const };
  const agent = { userAgent: 'Mail', ip: '203.0.113.42' };
  const whom = { workspaceId: newId('workspace'), contactId: newId('contact'), campaignId: 'transactional' };
  await stores.emailEvents.insert([
    {
      ...{ ...base, _id: 'opened', receivedAt: new Date(now()) },
      news: { kind: 'opened', ...agent, flags: ['apple-mail-privacy'] },
    },
    {
      ...{ ...base, _id: 'gone', receivedAt: new Date(now() + 1) },
      news: { kind: 'unsubscribed', method: 'link', whom },
    },
    { ...{ ...base, _id: 'again', receivedAt: new Date(now() + 2) }, news: { kind: 'unsubscribed', method: 'link' } },
  ]);
  await stores.emailIngest.commit(['opened', 'gone', 'again'], { nowMs: now() }, (events, known) =>
    foldEmailEvents(events, known, { nowMs: now(), newId }),
  );
  await stores.emailEvents.insert([
    { ...{ ...base, _id: 'late', receivedAt: new Date(now() + 3) }, source: 'ses', news: { kind: 'delivered' } },
  ]);
  const { body } = await harness.call('GET', `/emails/${id}`);
  const at = '2026-04-15T10:00:00.000Z';
  expect(body).toMatchObject({ opens: 1, openedAt: at, unsubscribedAt: at });
  expect(body.events).toEqual([
    { kind: 'delivered', at, source: 'ses', status: 'received', reason: null },
    {
      ...{ kind: 'unsubscribed', method: 'link', at, source: null, status: 'repeated' },
      reason: 'the contact had unsubscribed before',
    },
    { kind: 'unsubscribed', method: 'link', at, source: null, status: 'counted', reason: null },
    {
      ...{ kind: 'opened', ...agent, flags: ['apple-mail-privacy', 'soon-after-sending'] },
      ...{ at, source: null, status: 'counted', reason: null },
    },
  ]);
});
