import {
  createGiveUp,
  createSendBatch,
  type Sendable,
  type SendBatch,
  type SendLog,
} from '../../activities/send-batch';
import { ContentError, type EmailRenderer } from '../../activities/send-emails';
import { noProgress } from '../../domain/campaign';
import { newContact, type Contact } from '../../domain/contact';
import type { Email } from '../../domain/email';
import { foldEmailEvents, type EmailNews } from '../../domain/email-event';
import { erasedText } from '../../domain/erasure';
import { newId } from '../../src/mongo/new-id';
import { createSendLog } from '../../src/mongo/send-log';
import { openTestDatabase, type TestDatabase } from '../mongo/support/database';
import { createScriptedMailer, plainRenderer, type ScriptedMailer } from '../workflows/support/scripted-mailer';

const workspaceId = newId('workspace');
const nowMs = Date.parse('2026-04-15T10:00:00Z');
let opened: TestDatabase;
let log: SendLog;
let mailer: ScriptedMailer;
beforeAll(async () => {
  opened = await openTestDatabase();
  log = createSendLog(opened.database, opened.stores);
});
afterAll(() => opened.close());
beforeEach(() => {
  mailer = createScriptedMailer(opened.stores.emails, () => nowMs);
});

function batchOf(replaced: { sendLog?: SendLog; renderer?: EmailRenderer; awaitsNotice?: boolean } = {}): SendBatch {
  const { awaitsNotice = false, ...rest } = replaced;
  return createSendBatch({
    ...{ sendLog: log, renderer: plainRenderer, mailer, defaultFrom: 'News <news@example.com>', now: () => nowMs },
    notices: { awaitsNotice: () => Promise.resolve(awaitsNotice), echoHeaders: () => Promise.resolve(() => ({})) },
    ...rest,
  });
}

async function addContact(change: Partial<Contact> = {}): Promise<Contact> {
  const id = newId('contact');
  const contact = { ...newContact({ id, workspaceId, email: `${id}@example.com`, source: 'api' }, nowMs), ...change };
  await opened.database.transaction((session) =>
    opened.stores.contacts.save({ created: [contact], changed: [], robbedIds: [] }, session),
  );
  return contact;
}

/** A stored email to a new contact, ready to be sent. */
async function queue(change: Partial<Email> = {}, person?: Contact): Promise<Sendable> {
  const contact = person ?? (await addContact());
  const email: Email = {
    ...{ id: newId('email'), workspaceId, kind: 'automation', campaignId: 'aut_1', campaignName: 'Welcome' },
    ...{ contactId: contact.id, to: contact.email, status: 'queued', createdAtMs: nowMs, opens: 0, clicks: 0 },
    ...change,
  };
  await opened.stores.emails.insert([email]);
  return { email, content: { subject: 'Hello', html: '<p>Hi</p>' } };
}

const rowOf = (sendable: Sendable) => opened.stores.emails.get(workspaceId, sendable.email.id);
const eventsOf = async ({ email }: Sendable) =>
  opened.stores.events.collection.find({ contactId: email.contactId ?? '' }).toArray();
const commit = (keys: string[]) =>
  opened.stores.emailIngest.commit(keys, { nowMs }, (events, known) =>
    foldEmailEvents(events, known, { nowMs, newId }),
  );
const nothing = {
  ...{ sent: 0, skipped: 0, failed: 0, deferredIds: [], elsewhereIds: [], eventIds: [], bounceKeys: [] },
};

describe('an email that the server takes', () => {
  test('is delivered, with its webhook event in the same transaction', async () => {
    const one = await queue();
    const result = await batchOf()([one]);
    expect(result).toEqual({ ...nothing, sent: 1, eventIds: [expect.stringMatching(/^evt_/)] });
    expect(await rowOf(one)).toMatchObject({
      ...{ status: 'delivered', subject: 'Hello', sentAtMs: nowMs, deliveredAtMs: nowMs },
      ...{ deliveredEventId: result.eventIds[0], smtpResponse: '250 2.0.0 taken' },
    });
    const [event] = await eventsOf(one);
    expect(event).toMatchObject({ _id: result.eventIds[0], type: 'email.delivered', isDispatched: false });
    expect(JSON.parse(event?.body ?? '')).toEqual({
      ...{ event: 'email.delivered', workspaceId, timestamp: '2026-04-15T10:00:00.000Z' },
      data: {
        ...{ emailId: one.email.id, campaignId: 'aut_1', campaignName: 'Welcome' },
        ...{ contactId: one.email.contactId, contactEmail: one.email.to },
        ...{ sentAt: '2026-04-15T10:00:00.000Z', deliveredAt: '2026-04-15T10:00:00.000Z' },
      },
    });
    expect(mailer.mails[0]).toMatchObject({ to: one.email.to, from: 'News <news@example.com>', subject: 'Hello' });
  });

  test('is not sent again by a second batch, which returns the same events', async () => {
    const one = await queue();
    const first = await batchOf()([one]);
    expect(await batchOf()([one])).toEqual(first);
    expect(mailer.mails).toHaveLength(1);
  });

  test('has its event though the activity was killed between the mailer and the commit', async () => {
    const one = await queue();
    const killed = batchOf({ sendLog: { ...log, deliver: () => Promise.reject(new Error('killed')) } });
    await expect(killed([one])).rejects.toThrow('killed');
    expect(await rowOf(one)).toMatchObject({ status: 'sent' });
    expect(await batchOf()([one])).toMatchObject({ sent: 1, eventIds: [expect.any(String)] });
    expect(await rowOf(one)).toMatchObject({ status: 'delivered' });
    expect(mailer.mails).toHaveLength(1);
    expect(await eventsOf(one)).toHaveLength(1);
  });

  test('is sent once and told of once by batches at the same time', async () => {
    const one = await queue();
    const results = await Promise.all([1, 2, 3, 4].map(() => batchOf()([one])));
    expect(mailer.mails).toHaveLength(1);
    expect(await eventsOf(one)).toHaveLength(1);
    for (const { sent, elsewhereIds } of results) expect(sent + elsewhereIds.length).toBe(1);
    expect((await batchOf()([one])).sent).toBe(1);
  });

  test('stays sent where a provider tells of deliveries', async () => {
    const one = await queue();
    expect(await batchOf({ awaitsNotice: true })([one])).toEqual({ ...nothing, sent: 1 });
    expect(await rowOf(one)).toMatchObject({ status: 'sent' });
    expect(await eventsOf(one)).toEqual([]);
    await opened.stores.emailEvents.insert([
      {
        ...{ _id: `ses/${one.email.id}`, emailId: one.email.id, news: { kind: 'delivered' }, state: 'received' },
        ...{ at: new Date(nowMs), receivedAt: new Date(nowMs) },
      },
    ]);
    await commit([`ses/${one.email.id}`]);
    expect(await rowOf(one)).toMatchObject({ status: 'delivered' });
    expect(await eventsOf(one)).toMatchObject([{ type: 'email.delivered' }]);
  });

  test('keeps what is graver, when that was heard before the delivery was written', async () => {
    const one = await queue();
    await batchOf({ awaitsNotice: true })([one]);
    await opened.stores.emails.collection.updateOne(
      { _id: one.email.id },
      { $set: { status: 'bounced', bouncedAtMs: nowMs } },
    );
    expect((await batchOf()([one])).eventIds).toHaveLength(1);
    expect(await rowOf(one)).toMatchObject({ status: 'bounced', deliveredAtMs: nowMs });
  });

  test('counts for its campaign once', async () => {
    const id = newId('campaign');
    const counts = { delivered: 0, opened: 0, opens: 0, clicked: 0, clicks: 0, bounced: 0, complained: 0 };
    await opened.stores.campaigns.insert({
      ...{ id, workspaceId, name: 'April', subject: 'Hello', listIds: [], ratePerSecond: 10, status: 'sending' },
      ...{ createdAtMs: nowMs, updatedAtMs: nowMs, progress: noProgress, counts: { ...counts, unsubscribed: 0 } },
    });
    const emails = [];
    for (let row = 0; row < 3; row++) emails.push(await queue({ kind: 'campaign', campaignId: id }));
    await batchOf()(emails);
    await batchOf()(emails);
    expect((await opened.stores.campaigns.find(id))?.counts.delivered).toBe(3);
  });

  test('to nobody who is a contact has no event', async () => {
    const one = await queue({ kind: 'confirmation' });
    await opened.stores.emails.collection.updateOne({ _id: one.email.id }, { $unset: { contactId: true } });
    expect(await batchOf()([one])).toEqual({ ...nothing, sent: 1 });
    expect(await rowOf(one)).toMatchObject({ status: 'delivered' });
  });
});

describe('at the moment of sending', () => {
  const reasons: [string, (one: Sendable) => Promise<unknown>, string][] = [
    [
      'a suppressed address',
      ({ email }) =>
        opened.stores.suppressions.add(workspaceId, [{ email: email.to, reason: 'manual' }], new Date(nowMs)),
      'the address is suppressed: manual',
    ],
    ['one who has unsubscribed', (one) => setStatus(one, 'unsubscribed'), 'the contact has unsubscribed'],
    ['one whose mail bounced', (one) => setStatus(one, 'bounced'), 'the contact has bounced'],
    ['one who complained', (one) => setStatus(one, 'complained'), 'the contact has complained'],
    [
      'one who was deleted',
      ({ email }) => opened.stores.contacts.delete(workspaceId, email.contactId ?? ''),
      'the contact was deleted',
    ],
  ];
  const setStatus = ({ email }: Sendable, status: Contact['status']) =>
    opened.stores.contacts.collection.updateOne({ _id: email.contactId ?? '' }, { $set: { status } });

  test.each(reasons)('%s is skipped, though the email was queued before', async (_what, happen, reason) => {
    const [one, other] = [await queue(), await queue()];
    await happen(one);
    expect(await batchOf()([one, other])).toMatchObject({ sent: 1, skipped: 1, failed: 0 });
    expect(await rowOf(one)).toMatchObject({ status: 'skipped', reason });
    expect(mailer.mails.map(({ to }) => to)).toEqual([other.email.to]);
    expect(await batchOf()([one])).toEqual({ ...nothing, skipped: 1 });
  });

  test('one who has unsubscribed gets a transactional email all the same, unless the address is suppressed', async () => {
    const one = await queue({ kind: 'transactional' });
    await setStatus(one, 'unsubscribed');
    expect(await batchOf()([one])).toMatchObject({ sent: 1 });
    const other = await queue({ kind: 'transactional' });
    const address = [{ email: other.email.to, reason: 'bounced' as const }];
    await opened.stores.suppressions.add(workspaceId, address, new Date(nowMs));
    expect(await batchOf()([other])).toMatchObject({ sent: 0, skipped: 1 });
  });

  test('content that cannot be rendered fails its own email alone; a fault of ours fails none', async () => {
    const [bad, good] = [await queue(), await queue()];
    const renderer: EmailRenderer = {
      render: (content, context) =>
        context.emailId === bad.email.id
          ? Promise.reject(new ContentError('html, line 1, column 1: no'))
          : plainRenderer.render(content, context),
    };
    expect(await batchOf({ renderer })([bad, good])).toMatchObject({ sent: 1, failed: 1, bounceKeys: [] });
    expect(await rowOf(bad)).toMatchObject({ status: 'failed', reason: 'html, line 1, column 1: no' });
    const again = await batchOf()([bad]);
    expect(again).toEqual({ ...nothing, failed: 1 });

    const fault = await queue();
    const broken: EmailRenderer = { render: () => Promise.reject(new TypeError('a fault of ours')) };
    await expect(batchOf({ renderer: broken })([fault])).rejects.toThrow('a fault of ours');
    expect(await rowOf(fault)).toMatchObject({ status: 'queued' });
  });

  test('the copy is made for the contact as it is now', async () => {
    const one = await queue();
    await opened.stores.contacts.collection.updateOne(
      { _id: one.email.contactId ?? '' },
      { $set: { firstName: 'Ada' } },
    );
    const seen: unknown[] = [];
    const renderer: EmailRenderer = {
      render(content, context) {
        seen.push(context);
        return plainRenderer.render(content, context);
      },
    };
    await batchOf({ renderer })([{ ...one, event: { name: 'Bought', properties: { amount: 5 } } }]);
    expect(seen).toEqual([
      {
        ...{ emailId: one.email.id, workspaceId, campaignId: 'aut_1', isMarketing: true, isTracked: true },
        contact: { id: one.email.contactId, email: one.email.to, firstName: 'Ada', lastName: null, metadata: {} },
        event: { name: 'Bought', properties: { amount: 5 } },
      },
    ]);
  });
});

describe('an email that the server refuses', () => {
  test.each([
    ['550 5.1.1 no such user', 'hard'],
    ['552 5.2.2 the mailbox is full', 'soft'],
  ] as const)('with %s bounces %s', async (reply, bounceType) => {
    mailer.follow(() => reply);
    const one = await queue();
    const result = await batchOf()([one]);
    expect(result).toEqual({ ...nothing, failed: 1, bounceKeys: [`smtp/${one.email.id}`] });
    await commit(result.bounceKeys);
    expect(await rowOf(one)).toMatchObject({ status: 'bounced', bounceType, reason: reply });
    const contact = await opened.stores.contacts.get(workspaceId, one.email.contactId ?? '');
    expect(contact?.status).toBe(bounceType === 'hard' ? 'bounced' : 'active');
    const suppressed = await opened.stores.suppressions.among(workspaceId, [one.email.to]);
    expect(suppressed.size).toBe(bounceType === 'hard' ? 1 : 0);
    expect((await eventsOf(one)).map(({ type }) => type)).toContain('email.bounced');
  });

  test('is reported though the activity was killed before it could, and once however often it is repeated', async () => {
    mailer.follow(() => '550 5.1.1 no such user');
    const one = await queue();
    const killed = batchOf({ sendLog: { ...log, report: () => Promise.reject(new Error('killed')) } });
    await expect(killed([one])).rejects.toThrow('killed');
    const keys = (await batchOf()([one])).bounceKeys;
    expect(keys).toEqual([`smtp/${one.email.id}`]);
    await commit(keys);
    const { bounceKeys, failed } = await batchOf()([one]);
    expect(failed).toBe(1);
    await commit(bounceKeys);
    expect((await eventsOf(one)).filter(({ type }) => type === 'email.bounced')).toHaveLength(1);
    expect(mailer.mails).toHaveLength(1);
  });

  test('for now is queued again; given up it is a soft bounce, also when that was interrupted', async () => {
    mailer.follow(() => '451 4.7.1 greylisted');
    const one = await queue();
    const { id } = one.email;
    expect(await batchOf()([one])).toEqual({ ...nothing, deferredIds: [id] });
    expect(await rowOf(one)).toMatchObject({ status: 'queued', tries: 1 });
    const killed = createGiveUp({
      sendLog: { ...log, report: () => Promise.reject(new Error('killed')) },
      now: () => nowMs,
    });
    await expect(killed([id])).rejects.toThrow('killed');
    const keys = await createGiveUp({ sendLog: log, now: () => nowMs })([id]);
    expect(keys).toEqual([`smtp/${id}`]);
    await commit(keys);
    expect(await rowOf(one)).toMatchObject({ status: 'bounced', bounceType: 'soft', reason: '451 4.7.1 greylisted' });
    expect(await batchOf()([one])).toMatchObject({ sent: 0, failed: 1 });
    expect(mailer.mails).toHaveLength(1);
  });
});

test('one whose person was erased while it was under way is told of to nobody', async () => {
  const one = await queue();
  mailer.follow(async () => {
    await opened.stores.emails.collection.updateOne({ _id: one.email.id }, { $set: { to: erasedText } });
    return '250 2.0.0 taken';
  });
  expect(await batchOf()([one])).toMatchObject({ sent: 1, eventIds: [] });
  expect(await rowOf(one)).toMatchObject({ status: 'delivered' });
  expect(await eventsOf(one)).toEqual([]);
});

describe('news that comes before the server’s answer is written', () => {
  const hear = async (one: Sendable, news: EmailNews, key = `early/${one.email.id}/${news.kind}`): Promise<void> => {
    await log.report([{ key, emailId: one.email.id, atMs: nowMs, news }]);
    await commit([key]);
  };
  const early: EmailNews[] = [
    { kind: 'bounced', bounceType: 'hard', bounceMessage: '550 5.1.1 nobody' },
    { kind: 'complained' },
    { kind: 'delivered' },
  ];

  test.each(early)('$kind stays, and that the server has taken it is noted all the same', async (news) => {
    const one = await queue();
    mailer.follow(async () => {
      await hear(one, news);
      return '250 2.0.0 taken';
    });
    expect(await batchOf()([one])).toMatchObject({ sent: 1, failed: 0 });
    expect(await rowOf(one)).toMatchObject({
      ...{ status: news.kind, sentAtMs: nowMs, subject: 'Hello', smtpResponse: '250 2.0.0 taken' },
    });
    expect(await rowOf(one)).not.toHaveProperty('claim');
    const told = (await eventsOf(one)).map(({ type }) => type).filter((type) => type.startsWith('email.'));
    expect(told.sort()).toEqual([...new Set(['email.delivered', `email.${news.kind}`])].sort());
    // As by an activity that is repeated.
    expect(await batchOf()([one])).toMatchObject({ sent: 1, failed: 0 });
  });

  test('about one whose conversation was cut off says that it was taken: it is not sent again, and counts as sent', async () => {
    const one = await queue();
    mailer.follow(async () => {
      await hear(one, { kind: 'delivered' });
      return '451 the conversation was cut off';
    });
    expect(await batchOf()([one])).toMatchObject({ deferredIds: [one.email.id] });
    expect(await batchOf()([one])).toMatchObject({ sent: 1, failed: 0, deferredIds: [], bounceKeys: [] });
    expect(mailer.mails).toHaveLength(1);
    expect((await eventsOf(one)).filter(({ type }) => type === 'email.delivered')).toHaveLength(1);
  });
});

test('what another mailer has under way is left to it', async () => {
  const [theirs, ours] = [await queue(), await queue()];
  await opened.stores.emails.claim([theirs.email.id], 'another', new Date());
  expect(await batchOf()([theirs, ours])).toMatchObject({ sent: 1, elsewhereIds: [theirs.email.id] });
  expect(mailer.mails).toHaveLength(1);
});

test('a server that cannot be reached is a fault, and the emails stay queued', async () => {
  const one = await queue();
  mailer.follow(() => Promise.reject(new Error('connection refused')));
  await expect(batchOf()([one])).rejects.toThrow('connection refused');
  expect(await rowOf(one)).toMatchObject({ status: 'queued' });
});

test('an email.delivered that no endpoint has asked for is kept, and not dispatched', async () => {
  const unasked = createSendLog(opened.database, opened.stores, () => Promise.resolve(new Set()));
  const sendable = await queue();
  for (const send of [batchOf({ sendLog: unasked }), batchOf({ sendLog: unasked })]) {
    expect(await send([sendable])).toMatchObject({ sent: 1 });
  }
  const [row] = await opened.stores.emails.byIds([sendable.email.id]);
  expect(row).toMatchObject({ status: 'delivered', deliveredAtMs: nowMs });
  const events = await opened.stores.events.collection.find({ contactId: sendable.email.contactId ?? '' }).toArray();
  expect(events).toMatchObject([{ _id: row?.deliveredEventId, type: 'email.delivered', isDispatched: true }]);
  expect(await opened.stores.events.undispatched([row?.deliveredEventId ?? ''])).toEqual([]);
});
