import { createCommitEmailEvents, type EmailIngestStore } from '../../activities/commit-email-events';
import { GroupPressure } from '../../activities/group-pressure';
import { RecentEvents } from '../../activities/recent-events';
import { noCounts, noProgress } from '../../domain/campaign';
import { newContact, type Contact } from '../../domain/contact';
import type { Email } from '../../domain/email';
import type { EmailNews, RunNotice } from '../../domain/email-event';
import { newId } from '../../src/mongo/new-id';
import { openTestDatabase, type TestDatabase } from '../mongo/support/database';

const nowMs = Date.parse('2026-04-15T12:00:00Z');
const at = new Date(nowMs - 60_000);
const opened: EmailNews = { kind: 'opened', userAgent: 'Mail', ip: '203.0.113.42', flags: [] };
const unsubscribed: EmailNews = { kind: 'unsubscribed', method: 'link' };
const complained: EmailNews = { kind: 'complained' };
const hard: EmailNews = { kind: 'bounced', bounceType: 'hard', bounceMessage: '550 5.1.1 no such user' };

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

/** A workspace with a campaign, and an activity that stands for a workflow. */
function scene() {
  const { stores } = database;
  const workspaceId = newId('workspace');
  const campaignId = newId('campaign');
  const told: (RunNotice | string)[] = [];
  /** A worker's activity: `workflowId` says for whom. */
  const worker = (workflowId: string, emailIngest: EmailIngestStore = stores.emailIngest) =>
    createCommitEmailEvents({
      emailIngest,
      runsOfContacts: stores.runs,
      starter: {
        signalEmailNews: (notice) => Promise.resolve(void told.push(notice)),
        signalContactLeft: (runKey) => Promise.resolve(void told.push(runKey)),
      },
      now: () => nowMs,
      newId,
      ownWorkflowId: () => workflowId,
      recentEvents: new RecentEvents(),
      pressure: new GroupPressure(),
    });
  const addCampaign = (): Promise<void> =>
    stores.campaigns.insert({
      ...{
        id: campaignId,
        workspaceId,
        name: 'April',
        subject: 'Hello',
        listIds: [],
        ratePerSecond: 1,
        status: 'sent',
      },
      ...{ createdAtMs: nowMs, updatedAtMs: nowMs, progress: noProgress },
      counts: noCounts,
    });
  const addEmail = async (more: Partial<Email> = {}): Promise<Email & { contactId: string }> => {
    const id = newId('contact');
    const contact: Contact = newContact({ id, workspaceId, email: `${id}@example.com`, source: 'api' }, 1);
    const save = { created: [contact], changed: [], robbedIds: [] };
    await database.database.transaction((session) => stores.contacts.save(save, session));
    const email: Email & { contactId: string } = {
      ...{ id: newId('email'), workspaceId, kind: 'campaign', campaignId, campaignName: 'April' },
      ...{ contactId: id, to: contact.email, status: 'sent', createdAtMs: 1, sentAtMs: 1, opens: 0, clicks: 0 },
      ...more,
    };
    await stores.emails.insert([email]);
    return email;
  };
  const hear = async (emailId: string, news: EmailNews, more: { workspaceId?: string } = {}): Promise<string> => {
    const key = newId('emailEvent');
    await stores.emailEvents.insert([{ _id: key, emailId, news, at, receivedAt: at, state: 'received', ...more }]);
    return key;
  };
  const outcomeOf = async (key: string) => (await stores.emailEvents.byKeys([key]))[0]?.outcome;
  const webhookEvents = () => stores.events.collection.find({ workspaceId }).sort({ _id: 1 }).toArray();
  const campaign = async () => (await stores.campaigns.find(campaignId))?.counts;
  return { stores, workspaceId, worker, told, addCampaign, addEmail, hear, outcomeOf, webhookEvents, campaign };
}

const noEffects = { eventIds: [], runs: [], waiting: [], known: [], notices: [], leftContactIds: [] };

test('outcome, email, contact, suppression, counts and webhook events are written together', async () => {
  const { stores, workspaceId, worker, addCampaign, addEmail, hear, outcomeOf, webhookEvents, campaign } = scene();
  await addCampaign();
  const [one, two] = [await addEmail(), await addEmail()];
  const keys = [await hear(one.id, opened), await hear(two.id, hard), await hear(one.id, opened)];
  const effects = await worker('email-event/1').commitEmailEvents({ keys });

  const events = await webhookEvents();
  expect(events.map(({ type }) => type)).toEqual(['email.opened', 'email.bounced', 'contact.updated', 'email.opened']);
  expect(effects).toEqual({ ...noEffects, eventIds: events.map(({ _id }) => _id), leftContactIds: [two.contactId] });
  expect(await stores.emails.get(workspaceId, one.id)).toMatchObject({ opens: 2, status: 'sent' });
  expect(await stores.emails.get(workspaceId, two.id)).toMatchObject({ bounceType: 'hard', status: 'bounced' });
  expect((await stores.contacts.get(workspaceId, two.contactId))?.status).toBe('bounced');
  expect([...(await stores.suppressions.among(workspaceId, [one.to, two.to])).keys()]).toEqual([two.to]);
  expect(await campaign()).toMatchObject({ opens: 2, opened: 1, bounced: 1, clicks: 0 });
  expect(await outcomeOf(keys[0] ?? '')).toEqual({ status: 'counted', eventIds: [events[0]?._id] });
});

test('a redo whose first try was committed gives the same effects, and has no further one', async () => {
  const { worker, addCampaign, addEmail, hear, webhookEvents, campaign } = scene();
  await addCampaign();
  const email = await addEmail({ kind: 'campaign', runKey: 'aut_1/con_1/m1' });
  const keys = [await hear(email.id, opened), await hear(email.id, complained)];
  const first = await worker('email-event/redo').commitEmailEvents({ keys });
  const second = await worker('email-event/redo').commitEmailEvents({ keys });
  expect(second).toEqual(first);
  expect(first.notices.map(({ kind }) => kind)).toEqual(['opened', 'complained']);
  expect(await webhookEvents()).toHaveLength(first.eventIds.length);
  expect(await campaign()).toMatchObject({ opens: 1, opened: 1, complained: 1 });
});

test('what another workflow has committed is that one’s to start', async () => {
  const { worker, addEmail, hear, webhookEvents } = scene();
  const email = await addEmail();
  const [mine, its] = [await hear(email.id, opened), await hear(email.id, opened)];
  await worker('email-event/its').commitEmailEvents({ keys: [its] });
  const effects = await worker('email-event/mine').commitEmailEvents({ keys: [mine, its] });
  expect(effects.eventIds).toHaveLength(1);
  expect(await webhookEvents()).toHaveLength(2);
});

test('several workflows that take the same at once have one effect', async () => {
  const { stores, workspaceId, worker, addCampaign, addEmail, hear, webhookEvents, campaign } = scene();
  await addCampaign();
  const email = await addEmail();
  const keys = await Promise.all(Array.from({ length: 10 }, () => hear(email.id, opened)));
  const all = await Promise.all(
    [1, 2, 3, 4].map((each) => worker(`email-event/${each}`).commitEmailEvents({ keys: [...keys].reverse() })),
  );
  const started = all.flatMap(({ eventIds }) => eventIds);
  expect([started.length, new Set(started).size, (await webhookEvents()).length]).toEqual([10, 10, 10]);
  expect(await campaign()).toMatchObject({ opens: 10, opened: 1 });
  expect((await stores.emails.get(workspaceId, email.id))?.opens).toBe(10);
});

test('a transaction that fails leaves nothing, and its redo does all', async () => {
  const { stores, worker, addEmail, hear, outcomeOf, webhookEvents, workspaceId } = scene();
  const email = await addEmail();
  const key = await hear(email.id, unsubscribed);
  const failing: EmailIngestStore = {
    commit: (keys, by, fold) =>
      stores.emailIngest.commit(keys, by, (events, known) => {
        const folded = fold(events, known);
        // A key that exists ends the transaction at its last write but one.
        return { ...folded, events: [...folded.events, ...folded.events.slice(0, 1)] };
      }),
  };
  await expect(worker('email-event/2', failing).commitEmailEvents({ keys: [key] })).rejects.toThrow(/duplicate key/);
  expect([await outcomeOf(key), await webhookEvents()]).toEqual([undefined, []]);
  expect((await stores.contacts.get(workspaceId, email.contactId))?.status).toBe('active');
  expect((await worker('email-event/2').commitEmailEvents({ keys: [key] })).eventIds).toHaveLength(2);
});

test('what is heard of an erased person is kept without what it says of them', async () => {
  const { stores, workspaceId, worker, addEmail, hear, outcomeOf } = scene();
  const email = await addEmail();
  await database.database.transaction((session) => stores.contacts.delete(workspaceId, email.contactId, session));
  const clicked: EmailNews = { ...opened, kind: 'clicked', url: 'https://acme.example/?mail=ann@example.com' };
  const keys = [await hear(email.id, opened), await hear(email.id, clicked), await hear(email.id, hard)];
  await worker('email-event/erased').commitEmailEvents({ keys });
  expect((await outcomeOf(keys[0] ?? ''))?.status).toBe('ignored');
  const kept = new Map((await stores.emailEvents.byKeys(keys)).map((each) => [each._id, each.news]));
  expect(keys.map((key) => kept.get(key))).toEqual([
    { kind: 'opened', userAgent: '', ip: '', flags: [] },
    { kind: 'clicked', userAgent: '', ip: '', url: '', flags: [] },
    { kind: 'bounced', bounceType: 'hard', bounceMessage: '' },
  ]);
});

test('workspaces are kept apart: each has its own effects, and a provider cannot report on another’s emails', async () => {
  const [ours, theirs] = [scene(), scene()];
  const [our, their] = [await ours.addEmail(), await theirs.addEmail()];
  const keys = [
    await ours.hear(our.id, opened),
    await ours.hear(their.id, complained, { workspaceId: ours.workspaceId }),
    await theirs.hear(their.id, opened, { workspaceId: theirs.workspaceId }),
    await ours.hear(newId('email'), opened),
  ];
  const effects = await ours.worker('email-event/3').commitEmailEvents({ keys: [...keys, 'emv_gone'] });
  expect(effects.eventIds).toHaveLength(2);
  expect((await ours.webhookEvents()).map(({ type }) => type)).toEqual(['email.opened']);
  expect((await theirs.webhookEvents()).map(({ type }) => type)).toEqual(['email.opened']);
  expect(await Promise.all(keys.map(async (key) => (await ours.outcomeOf(key))?.status))).toEqual([
    ...['counted', 'ignored', 'counted', 'ignored'],
  ]);
});

test('an email that was erased meanwhile ends as ignored', async () => {
  const { stores, worker, addEmail, hear, outcomeOf } = scene();
  const email = await addEmail();
  const key = await hear(email.id, opened);
  await stores.emails.collection.deleteOne({ _id: email.id });
  expect(await worker('email-event/4').commitEmailEvents({ keys: [key] })).toEqual(noEffects);
  expect(await outcomeOf(key)).toMatchObject({ status: 'ignored' });
});

test('who unsubscribes by an email that is kept no longer has unsubscribed; another workspace’s contact is not touched', async () => {
  const { stores, workspaceId, worker, addEmail, hear, outcomeOf, webhookEvents } = scene();
  const email = await addEmail();
  const { campaignId } = email;
  const whom = { workspaceId, contactId: email.contactId, campaignId };
  const key = await hear(email.id, { ...unsubscribed, whom });
  const elsewhere = await hear(email.id, { ...unsubscribed, whom: { ...whom, workspaceId: newId('workspace') } });
  await stores.emails.collection.deleteOne({ _id: email.id });
  const effects = await worker('email-event/6').commitEmailEvents({ keys: [key, elsewhere] });
  expect(effects.leftContactIds).toEqual([email.contactId]);
  expect((await webhookEvents()).map(({ type }) => type).sort()).toEqual(['contact.updated', 'email.unsubscribed']);
  const [event] = (await webhookEvents()).filter(({ type }) => type === 'email.unsubscribed');
  expect(JSON.parse(event?.body ?? '{}').data).toMatchObject({ emailId: email.id, campaignId, contactEmail: email.to });
  expect(await stores.contacts.get(workspaceId, email.contactId)).toMatchObject({ status: 'unsubscribed' });
  expect(await outcomeOf(elsewhere)).toMatchObject({ status: 'ignored' });
  expect(await stores.emails.byIds([email.id])).toEqual([]);
});

test('runs are told: those that sent the email what was heard, those of a contact that leaves that it has', async () => {
  const { stores, workspaceId, worker, told, addEmail } = scene();
  const email = await addEmail();
  const run = { workspaceId, automationId: newId('automation'), automationName: 'a', version: 1 };
  await stores.runs.collection.insertMany(
    (['running', 'completed'] as const).map((status) => ({
      ...{ ...run, _id: `${run.automationId}/${status}`, contactId: email.contactId, messageKey: status, log: [] },
      ...{ status, startedAt: at },
    })),
  );
  const notices: RunNotice[] = [{ runKey: 'aut_1/con_1/m1', kind: 'opened' }];
  await worker('email-event/5').tellRuns({ notices, leftContactIds: [email.contactId] });
  expect(told).toEqual([...notices, `${run.automationId}/running`]);
});
