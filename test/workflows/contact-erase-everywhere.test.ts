import type { Db } from 'mongodb';
import { createContactWrites } from '../../src/mongo/contact-writes';
import { newId } from '../../src/mongo/new-id';
import { createSignUpWrites } from '../../src/mongo/sign-up-writes';
import { deliveriesOf, untilEnded, untilStatus } from './support/look';
import { people, storeImport, untilImported } from './support/people';
import type { Scene } from './support/scene';
import { addContact, addEndpoint, receive, runBatch, saveAutomation } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();

const who = {
  email: 'augusta.king@lovelace.example.com',
  firstName: 'Augustaquerida',
  userId: 'usr-1815-12-10-augusta',
};

/** The collections in which the person stands as text, plainly or in base64. */
async function mentionedIn(db: Db): Promise<string[]> {
  const found: string[] = [];
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (name.startsWith('system.')) continue;
    const text = JSON.stringify(await db.collection(name).find({}).toArray());
    const decoded = (text.match(/[\w+/-]{16,}={0,2}/g) ?? []).map((token) =>
      Buffer.from(token, 'base64').toString('utf8'),
    );
    const all = [text, ...decoded].join('\n').toLowerCase();
    if (Object.values(who).some((needle) => all.includes(needle.toLowerCase()))) found.push(name);
  }
  return found.sort();
}

/** Puts the person into everything that there is. */
async function live(scene: Scene): Promise<string> {
  const { place, workspaceId } = scene;
  const { stores, database } = place;
  const at = new Date(place.now());
  const traits = { email: who.email, firstName: who.firstName, plan: 'pro' };

  // A track that comes long before, and is given up; an identify, and what it causes.
  const loose = await receive(scene, { type: 'track', userId: who.userId, event: 'Seen' });
  await scene.activities.commitMessages({ keys: [loose], mayWait: false });
  await addEndpoint(scene, { events: ['contact.created', 'contact.updated'] });
  await runBatch(scene, [await receive(scene, { type: 'identify', userId: who.userId, traits })]);
  const [contact] = await stores.contacts.find(workspaceId, { emails: [who.email], userIds: [] });
  if (!contact) throw new Error('no contact was made');
  const [created] = await deliveriesOf(scene);
  await untilStatus(scene, created?.id ?? '', 'delivered');

  // One whose deliveries fail for good.
  scene.sender.follow(() => 410);
  await runBatch(scene, [
    await receive(scene, { type: 'identify', userId: who.userId, traits: { ...traits, plan: `${who.firstName}’s` } }),
  ]);

  // An automation whose log tells what the contact is like.
  const automation = await saveAutomation(scene, {
    eventName: 'Bought',
    steps: [
      {
        type: 'condition',
        if: { field: 'contact.email', op: 'equals', value: 'somebody@else.example' },
        then: [],
        else: [{ type: 'end' }],
      },
    ],
  });
  const track = await receive(scene, {
    type: 'track',
    userId: who.userId,
    event: 'Bought',
    properties: { by: who.firstName },
  });
  const { runs } = await scene.activities.commitMessages({ keys: [track], mayWait: false });
  await scene.starter.startAutomationRun({ key: runs[0]?.key ?? '' });
  await untilEnded(scene, runs[0]?.key ?? '');
  await stores.runs.collection.updateOne(
    { _id: runs[0]?.key ?? '' },
    { $set: { 'log.0.result': `else: contact.email is ${who.email}` } },
  );
  expect(automation.workspaceId).toBe(workspaceId);

  // Emails in every state, and what was heard of them.
  const email = {
    ...{ workspaceId, kind: 'transactional' as const, campaignId: 'transactional', to: who.email, opens: 0, clicks: 0 },
    ...{ createdAtMs: place.now(), data: JSON.stringify({ name: who.firstName }) },
    content: { subject: `For ${who.firstName}`, html: `<p>${who.email}</p>` },
  };
  const emails = (['queued', 'sent', 'failed', 'bounced'] as const).map((status) => ({
    ...{ ...email, id: newId('email'), contactId: contact.id, status },
    ...{ reason: `550 ${who.email} is not here`, subject: `For ${who.firstName}` },
  }));
  await stores.emails.insert([...emails, { ...email, id: newId('email'), kind: 'confirmation', status: 'sent' }]);
  await stores.emails.collection.updateMany({ workspaceId }, { $set: { smtpResponse: `250 <${who.email}> ok` } });
  const news = [
    { kind: 'opened' as const, userAgent: `Mail of ${who.firstName}`, ip: '192.0.2.1', flags: [] },
    { kind: 'clicked' as const, url: `https://x.example/?to=${who.email}`, userAgent: 'x', ip: '192.0.2.1', flags: [] },
    { kind: 'bounced' as const, bounceType: 'hard' as const, bounceMessage: `${who.email} unknown` },
  ];
  await stores.emailEvents.insert(
    news.map((each) => ({
      ...{
        _id: newId('emailEvent'),
        emailId: emails[1]?.id ?? '',
        at,
        receivedAt: at,
        state: 'done' as const,
        doneAt: at,
      },
      news: each,
    })),
  );
  await stores.suppressions.add(workspaceId, [{ email: who.email, reason: 'bounced' }], at);
  await stores.mailbox.insert({
    ...{ id: newId('email'), workspaceId, from: 'news@example.com', to: [who.email], subject: `For ${who.firstName}` },
    ...{ raw: Buffer.from(Buffer.from(`Dear ${who.firstName}`).toString('base64')), receivedAt: at },
  });

  // Two files: one whose lines are applied, with a refused one, and one that waits.
  const applied = await storeImport(scene, [
    ...people(3),
    `${who.email},${who.firstName}`,
    `${who.email.toUpperCase()},x,y`,
  ]);
  await scene.starter.startContactImport(applied);
  await untilImported(scene, applied);
  await storeImport(scene, [...people(3, 'q'), `${who.email},${who.firstName}`]);

  // A form that asks for a confirmation.
  const form = {
    ...{ id: newId('form'), workspaceId, name: 'News', listIds: [], doubleOptIn: true },
    ...{ fields: [{ key: 'firstName', label: 'First name', isRequired: false }] },
    ...{ counts: { asked: 0, joined: 0 }, createdAtMs: place.now(), updatedAtMs: place.now() },
  };
  await stores.forms.save(form);
  const writes = createSignUpWrites(
    database,
    stores,
    (formId, id) => `https://mail.example.com/f/${formId}/confirm/${id}`,
  );
  await writes.ask(form, who.email, new Map([['firstName', who.firstName]]), place.now());

  // What was refused, what waits, and answers that are kept for a repeat.
  await stores.rejections.insert([
    {
      ...{
        _id: newId('rejection'),
        workspaceId,
        source: 'sdk',
        reason: 'no type',
        pointer: '/type',
        isTruncated: false,
      },
      ...{ body: JSON.stringify({ userId: who.userId, traits: { name: who.firstName } }), receivedAt: at },
    },
    {
      ...{ _id: newId('rejection'), workspaceId, source: 'sdk', reason: 'not JSON', pointer: '', isTruncated: true },
      ...{ body: `{"traits":{"email":"${who.email.toUpperCase()}","na`, receivedAt: at },
    },
  ]);
  await stores.waiters.add(
    `${workspaceId}/waits`,
    [`${workspaceId}/u/${who.userId}`, `${workspaceId}/e/${who.email}`],
    at,
  );
  const key = `${workspaceId}/made-by-hand`;
  await stores.idempotencyKeys.begin(key, 'fingerprint', at);
  await stores.idempotencyKeys.finish(key, { id: contact.id, email: who.email, firstName: who.firstName });
  return contact.id;
}

test('after a person was erased, nothing in the database names them, and others are as they were', async () => {
  const scene = await stage.open({
    // A receiver that answers with what it was sent.
    replace: ({ sender }) => ({
      sender: {
        async send(request) {
          const outcome = await sender.send(request);
          return outcome.kind === 'response' ? { ...outcome, body: `taken: ${request.body}` } : outcome;
        },
      },
    }),
  });
  const { stores, database } = scene.place;
  const other = await addContact(scene, { email: 'somebody@else.example.com', userId: 'somebody' });
  const contactId = await live(scene);
  const everywhere = [
    ...[
      'automationRuns',
      'contacts',
      'emailEvents',
      'emails',
      'idempotencyKeys',
      'importChunks',
      'mailbox',
      'messages',
    ],
    ...['rejections', 'signups', 'suppressions', 'waiters', 'webhookAttempts', 'webhookEvents'],
  ];
  expect(await mentionedIn(database.db)).toEqual(everywhere);

  const writes = createContactWrites(database, stores);
  expect(await writes.remove(scene.workspaceId, contactId, scene.place.now())).toBe(true);
  await scene.starter.startContactErase(contactId);
  await until('the person is erased', async () => {
    await scene.place.skip(20_000);
    return (await stores.erasures.get(scene.workspaceId, contactId))?.status === 'completed';
  });
  expect(await mentionedIn(database.db)).toEqual([]);

  // What hangs on the rows still holds.
  const erasure = await stores.erasures.get(scene.workspaceId, contactId);
  expect(erasure?.removed).toMatchObject({
    ...{ messages: 4, automationRuns: 1, rejections: 2, waiters: 1, answers: 1, signups: 1, mails: 1, importLines: 2 },
  });
  expect([...(await stores.suppressions.among(scene.workspaceId, [who.email])).keys()]).toEqual([who.email]);
  const deliveries = (await deliveriesOf(scene)).filter((delivery) => delivery.contactId === contactId);
  expect(deliveries.map(({ status }) => status).sort()).toEqual(['cancelled', 'delivered']);
  for (const { eventId } of deliveries) expect(await stores.events.get(eventId)).toBeUndefined();
  const queued = await stores.emails.collection.find({ workspaceId: scene.workspaceId, status: 'queued' }).toArray();
  expect(queued).toEqual([]);
  expect(await stores.contacts.get(scene.workspaceId, other.id)).toEqual(other);

  // The file that waited is applied without them.
  const [waits] = await stores.imports.leftBehind(new Date(scene.place.now() + 1_000), 10);
  await scene.starter.startContactImport(waits ?? '');
  expect(await untilImported(scene, waits ?? '')).toMatchObject({ total: 4, created: 3, refused: 1 });
  expect(await mentionedIn(database.db)).toEqual([]);
});
