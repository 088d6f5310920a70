import { createGiveUp, createSendBatch, type SendBatch, type SendLog } from '../../activities/send-batch';
import { createSendCampaign } from '../../activities/send-campaign';
import { noProgress, type Campaign, type CampaignProgress } from '../../domain/campaign';
import { passDelaysMs, type CampaignPlace } from '../../domain/campaign-pace';
import { createCampaignLog } from '../../src/mongo/campaign-log';
import { createSendLog } from '../../src/mongo/send-log';
import { openTestDatabase, type TestDatabase } from '../mongo/support/database';
import { plainRenderer, type ScriptedMailer } from '../workflows/support/scripted-mailer';
import { addSendingCampaign } from './support/sending-campaign';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const prepare = (count: number) => addSendingCampaign(opened, count);

const killed = new Error('the worker was killed');

/** One worker at a time, whose clock can be put forward. */
function worker(mailer: ScriptedMailer, clock: { offsetMs: number }, kill?: { deliver?: true; report?: true }) {
  const { stores, database } = opened;
  const now = () => Date.now() + clock.offsetMs;
  const log = createSendLog(database, stores);
  const sendLog: SendLog = {
    ...log,
    deliver: (ids) => (kill?.deliver ? Promise.reject(killed) : log.deliver(ids)),
    report: (entries) => (kill?.report ? Promise.reject(killed) : log.report(entries)),
  };
  const sending = {
    ...{ sendLog, renderer: plainRenderer, mailer, defaultFrom: 'a@example.com', now },
    notices: { awaitsNotice: () => Promise.resolve(false), echoHeaders: () => Promise.resolve(() => ({})) },
  };
  const sendBatch: SendBatch = createSendBatch(sending);
  return createSendCampaign({
    ...{ campaigns: createCampaignLog(database, stores), sendBatch, giveUp: createGiveUp(sending), now },
    position: { report: () => undefined, last: () => undefined },
    abortSignal: () => undefined,
  });
}

/** Pass after pass, each begun when it is due; `killIn`: the pass whose first try dies between the server and our note. */
async function sendAll(
  campaign: Campaign,
  mailer: ScriptedMailer,
  killIn: { pass: number; kill: { deliver?: true; report?: true } },
) {
  const clock = { offsetMs: 0 };
  let place: CampaignPlace | undefined = { pass: 0 };
  let progress: CampaignProgress = noProgress;
  let isKilled = false;
  while (place) {
    if (place.nextAtMs !== undefined) clock.offsetMs = Math.max(clock.offsetMs, place.nextAtMs - Date.now());
    const input = { campaignId: campaign.id, place, progress };
    if (place.pass === killIn.pass && !isKilled) {
      isKilled = true;
      await expect(worker(mailer, clock, killIn.kill).sendChunk(input)).rejects.toBe(killed);
    }
    const chunk = await worker(mailer, clock).sendChunk(input);
    if (chunk.kind !== 'sent') throw new Error(`the campaign is ${chunk.kind}`);
    ({ place, progress } = chunk);
  }
  await worker(mailer, clock).finishCampaign({ campaignId: campaign.id, progress });
}

test('an email that was put off, and taken by the server in the moment in which the worker died, is delivered', async () => {
  const { campaign, mailer } = await prepare(4);
  mailer.follow((_mail, index) => (index < 2 ? '451 4.7.1 greylisted' : '250 ok'));
  await sendAll(campaign, mailer, { pass: 1, kill: { deliver: true } });
  const { emails, campaigns, events } = opened.stores;
  expect(await emails.collection.countDocuments({ campaignId: campaign.id, status: 'delivered' })).toBe(4);
  const told = await events.collection.countDocuments({ workspaceId: campaign.workspaceId, type: 'email.delivered' });
  expect(told).toBe(4);
  const stored = await campaigns.find(campaign.id);
  expect(stored).toMatchObject({ status: 'sent', progress: { sent: 4, failed: 0 }, counts: { delivered: 4 } });
});

test.each([1, passDelaysMs.length + 1])(
  'one that was refused in pass %i when the worker died has bounced',
  async (pass) => {
    const { campaign, mailer } = await prepare(3);
    mailer.follow((_mail, index) => (pass === 1 && index > 2 ? '550 5.1.1 nobody' : '451 4.7.1 greylisted'));
    await sendAll(campaign, mailer, { pass, kill: { report: true } });
    const { emails, emailEvents } = opened.stores;
    const rows = await emails.collection.find({ campaignId: campaign.id }).toArray();
    const heard = await emailEvents.collection.find({ emailId: { $in: rows.map(({ _id }) => _id) } }).toArray();
    expect(heard.map(({ news }) => news.kind)).toEqual(['bounced', 'bounced', 'bounced']);
  },
);

test('what a mailer has under way in the last pass is waited for, and told of', async () => {
  const { campaign, mailer } = await prepare(2);
  const { emails } = opened.stores;
  let calls = 0;
  mailer.follow(() => '451 4.7.1 greylisted');
  const clock = { offsetMs: 0 };
  let place: CampaignPlace | undefined = { pass: 0 };
  let progress: CampaignProgress = noProgress;
  while (place) {
    if (place.nextAtMs !== undefined) clock.offsetMs = Math.max(clock.offsetMs, place.nextAtMs - Date.now());
    if (place.pass === passDelaysMs.length + 1 && ++calls === 1) {
      const rows = await emails.unsentOf(campaign.id, undefined, 1);
      await emails.claim(
        rows.map(({ id }) => id),
        'another',
        new Date(),
      );
    }
    if (calls === 2) {
      const [one] = await emails.unsentOf(campaign.id, undefined, 1);
      const end = { status: 'sent' as const, response: '250 ok', subject: 'Hi', atMs: Date.now() };
      if (one) await emails.settle([{ emailId: one.id, ...end }]);
    }
    const chunk = await worker(mailer, clock).sendChunk({ campaignId: campaign.id, place, progress });
    if (chunk.kind !== 'sent') throw new Error(`the campaign is ${chunk.kind}`);
    ({ place, progress } = chunk);
  }
  const rows = await emails.collection.find({ campaignId: campaign.id }).toArray();
  expect(rows.map(({ status }) => status).sort()).toEqual(['delivered', 'failed']);
});

test('what was taken when the worker died, and is cancelled before the next one begins, is delivered', async () => {
  const { campaign, mailer } = await prepare(3);
  const input = { campaignId: campaign.id, place: { pass: 0 }, progress: noProgress };
  await expect(worker(mailer, { offsetMs: 0 }, { deliver: true }).sendChunk(input)).rejects.toBe(killed);
  await opened.stores.campaigns.change(campaign.id, ['sending'], { status: 'cancelled' });
  expect(await worker(mailer, { offsetMs: 0 }).sendChunk(input)).toEqual({ kind: 'over' });
  expect(await opened.stores.emails.collection.countDocuments({ campaignId: campaign.id, status: 'delivered' })).toBe(
    3,
  );
});

test('of one that was cancelled and deleted nothing stays queued', async () => {
  const { campaign, mailer } = await prepare(2);
  const { emails, campaigns } = opened.stores;
  mailer.follow(() => '451 4.7.1 greylisted');
  const input = { campaignId: campaign.id, place: { pass: 0 }, progress: noProgress };
  await worker(mailer, { offsetMs: 0 }).sendChunk(input);
  await campaigns.change(campaign.id, ['sending'], { status: 'cancelled' });
  await campaigns.delete(campaign.id);
  expect(await worker(mailer, { offsetMs: 0 }).sendChunk(input)).toEqual({ kind: 'over' });
  expect(await emails.collection.countDocuments({ campaignId: campaign.id, status: 'queued' })).toBe(0);
});
