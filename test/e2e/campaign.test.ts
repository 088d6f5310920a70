import { readFileSync } from 'node:fs';
import { SMTPServer } from 'smtp-server';
import type { ContactDocument } from '../../src/mongo/contacts';
import { newId } from '../../src/mongo/new-id';
import { testMongoUri, testTemporalAddress } from '../support/engines';
import { eventually } from './support/processes';
import { startSystem, type System } from './support/system';

/** A campaign to 10,000, its worker killed five times on the way: everyone gets one email, and it is told once. */
const recipients = 10_000;
const kills = 5;

/** What the SMTP server in this process has accepted, by recipient. */
const accepted = new Map<string, number>();
let acceptedMails = 0;
let sink: SMTPServer;
let system: System;

beforeAll(async () => {
  sink = new SMTPServer({
    ...{ disabledCommands: ['AUTH', 'STARTTLS'], disableReverseLookup: true, logger: false },
    onData(stream, session, callback) {
      stream.resume();
      stream.on('end', () => {
        for (const { address } of session.envelope.rcptTo) accepted.set(address, (accepted.get(address) ?? 0) + 1);
        acceptedMails++;
        callback();
      });
    },
  });
  // A client that is killed closes its connection without a word.
  sink.on('error', () => undefined);
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const address = sink.server.address();
  if (address === null || typeof address === 'string') throw new Error('the sink has no port');
  system = await startSystem(
    { mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() },
    { SMTP_URL: `smtp://127.0.0.1:${address.port}`, MAIL_FROM: 'News <news@example.com>' },
  );
  await system.untilReady();
}, 120_000);

afterAll(async () => {
  await system?.stop();
  await new Promise<void>((resolve) => sink.close(() => resolve()));
}, 150_000);

/** Straight into the database: how contacts come in has its own tests. */
async function addContacts(workspaceId: string, listId: string): Promise<string[]> {
  const at = new Date();
  const documents = Array.from({ length: recipients }, (_each, index): ContactDocument => ({
    ...{ _id: newId('contact'), workspaceId, email: `person${index}@example.com`, firstName: null, lastName: null },
    ...{ status: 'active', source: 'import', metadata: {}, changedAtMs: {}, externalIds: [], listIds: [listId] },
    ...{ createdAt: at, updatedAt: at },
  }));
  await system.db.collection<ContactDocument>('contacts').insertMany(documents);
  return documents.map(({ email }) => email);
}

/** Megabytes that the worker holds; the mailer is a process of its own. */
function residentMb(): number {
  const status = readFileSync(`/proc/${system.worker().child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

test('10,000 recipients and five SIGKILLs: each exactly one accepted message, campaign.sent once, memory flat', async () => {
  const endpointId = await system.addEndpoint('/ok', ['campaign.sent']);
  const { json: workspace } = await system.call('GET', '/api/v1/workspace');
  const { json: list } = await system.call('POST', '/api/v1/lists', { name: 'Everyone' });
  const emails = await addContacts(workspace.id, list.id);
  const { json: campaign } = await system.call('POST', '/api/v1/campaigns', {
    ...{ name: 'April', subject: "What's new", html: '<p>Hello <a href="https://example.com/">you</a></p>' },
    ...{ listIds: [list.id], ratePerSecond: 10_000 },
  });
  const path = `/api/v1/campaigns/${campaign.id}`;
  expect((await system.call('GET', `${path}/audience`)).json.count).toBe(recipients);
  expect((await system.call('POST', `${path}/send`)).status).toBe(202);

  const share = recipients / (kills + 2);
  for (let kill = 1; kill <= kills; kill++) {
    await eventually(`${kill} shares`, () => acceptedMails >= kill * share, 120_000);
    await system.worker().kill();
    system.restartWorker();
  }
  await eventually('the last worker to send', () => acceptedMails >= (kills + 1) * share, 120_000);
  const earlyMb = residentMb();
  const sent = await eventually(
    'the campaign to be sent',
    async () => {
      const { json } = await system.call('GET', path);
      return json.status === 'sent' && json;
    },
    120_000,
  );
  const lateMb = residentMb();

  expect([...accepted.keys()].sort()).toEqual([...emails].sort());
  expect([...accepted].filter(([, count]) => count !== 1)).toEqual([]);
  expect(acceptedMails).toBe(recipients);
  expect(sent.progress).toEqual({ audience: recipients, sent: recipients, skipped: 0, failed: 0, retrying: 0 });
  expect(sent.counts.delivered).toBe(recipients);
  expect(await system.db.collection('emails').countDocuments({ campaignId: campaign.id })).toBe(recipients);
  expect(await system.db.collection('webhookEvents').countDocuments({ type: 'email.delivered' })).toBe(recipients);

  await eventually('the webhook', () => system.received('campaign.sent').length > 0);
  await eventually(
    'its delivery to be noted',
    async () =>
      (await system.call('GET', `/api/v1/webhook-deliveries?endpointId=${endpointId}`)).json.data[0]?.status ===
      'delivered',
  );
  const told = system.received('campaign.sent').map(({ body }) => JSON.parse(body).data);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ campaignId: campaign.id, totalRecipients: recipients, estimatedDeliveryRate: 100 });
  expect(await system.db.collection('webhookEvents').countDocuments({ type: 'campaign.sent' })).toBe(1);
  // A seventh of the campaign, some 1,400 emails, leaves nothing behind in the worker but what the heap keeps in hand.
  expect(lateMb - earlyMb).toBeLessThan(100);
}, 300_000);
