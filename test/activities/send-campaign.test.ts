import { createSendBatch, createGiveUp, type SendBatch } from '../../activities/send-batch';
import { createSendCampaign, type ChunkResult } from '../../activities/send-campaign';
import { noProgress, type Campaign, type CampaignProgress } from '../../domain/campaign';
import type { CampaignPlace } from '../../domain/campaign-pace';
import { createCampaignLog } from '../../src/mongo/campaign-log';
import { newId } from '../../src/mongo/new-id';
import { createSendLog } from '../../src/mongo/send-log';
import { openTestDatabase, type TestDatabase } from '../mongo/support/database';
import { plainRenderer, type ScriptedMailer } from '../workflows/support/scripted-mailer';
import { addSendingCampaign } from './support/sending-campaign';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const prepare = (count: number, wanted: Partial<Campaign> = {}) => addSendingCampaign(opened, count, wanted);

/** One worker's activities; `around` stands between the campaign and the sending. */
function worker(mailer: ScriptedMailer, around: (send: SendBatch) => SendBatch = (send) => send, before?: unknown) {
  const { stores, database } = opened;
  const sending = {
    ...{ sendLog: createSendLog(database, stores), renderer: plainRenderer, mailer, defaultFrom: 'a@example.com' },
    ...{
      notices: { awaitsNotice: () => Promise.resolve(false), echoHeaders: () => Promise.resolve(() => ({})) },
      now: Date.now,
    },
  };
  const reported: unknown[] = [];
  const aborting = new AbortController();
  const activities = createSendCampaign({
    campaigns: createCampaignLog(database, stores),
    sendBatch: around(createSendBatch(sending)),
    giveUp: createGiveUp(sending),
    position: { report: (position) => void reported.push(JSON.parse(JSON.stringify(position))), last: () => before },
    now: Date.now,
    abortSignal: () => aborting.signal,
  });
  return { activities, reported, abort: () => aborting.abort() };
}

const killed = new Error('the worker was killed');

/** The worker is killed in its slice number `at`, before it is sent or after it. */
function killedAt(at: number, way: 'before' | 'after') {
  let calls = 0;
  return (send: SendBatch): SendBatch =>
    async (batch) => {
      const call = ++calls;
      if (call > at || (call === at && way === 'before')) throw killed;
      const result = await send(batch);
      if (call === at) throw killed;
      return result;
    };
}

/** Chunk after chunk, as the workflow does; a chunk whose worker dies is begun again by the next one. */
async function sendAll(campaign: Campaign, workers: ReturnType<typeof worker>[]) {
  const events: string[] = [];
  let place: CampaignPlace | undefined = { pass: 0 };
  let progress: CampaignProgress = noProgress;
  let current = workers.shift();
  while (place && current) {
    let chunk: ChunkResult;
    try {
      chunk = await current.activities.sendChunk({ campaignId: campaign.id, place, progress });
    } catch (error) {
      if (error !== killed) throw error;
      current = workers.shift();
      continue;
    }
    if (chunk.kind !== 'sent') throw new Error(`the campaign is ${chunk.kind}`);
    ({ place, progress } = chunk);
    events.push(...chunk.eventIds);
  }
  if (place) throw new Error('no worker is left');
  return { progress, events };
}

describe('a chunk whose worker is killed', () => {
  const size = 560;
  test.each([
    ['before its first slice is sent', 1, 'before'],
    ['before its second slice is sent', 2, 'before'],
    ['after its first slice was sent and before it was noted', 1, 'after'],
    ['after its third slice was sent and before it was noted', 3, 'after'],
  ] as const)('%s is sent again: nobody twice, nobody never, and each is counted once', async (_what, at, way) => {
    const { campaign, contacts, mailer } = await prepare(size);
    const workers = [worker(mailer, killedAt(at, way)), worker(mailer, killedAt(at, way)), worker(mailer)];
    const { progress, events } = await sendAll(campaign, workers);
    expect(mailer.mails.map(({ to }) => to).sort()).toEqual(contacts.map(({ email }) => email).sort());
    expect(progress).toEqual({ audience: size, sent: size, skipped: 0, failed: 0, retrying: 0 });
    expect(new Set(events).size).toBe(size);
    const stored = await opened.stores.campaigns.find(campaign.id);
    expect(stored?.progress).toEqual(progress);
    expect(stored?.counts.delivered).toBe(size);
    expect(await opened.stores.emails.collection.countDocuments({ campaignId: campaign.id })).toBe(size);
  });

  test('goes on behind the slice that it has reported, and counts that one once', async () => {
    const { campaign, contacts, mailer } = await prepare(size);
    const first = worker(mailer, killedAt(3, 'before'));
    await expect(
      first.activities.sendChunk({ campaignId: campaign.id, place: { pass: 0 }, progress: noProgress }),
    ).rejects.toBe(killed);
    const last = first.reported.at(-1);
    expect(last).toMatchObject({ place: { pass: 0, afterId: expect.stringMatching(/^con_/) } });
    const batches: number[] = [];
    const second = worker(mailer, (send) => (batch) => (batches.push(batch.length), send(batch)), last);
    const chunk = await second.activities.sendChunk({
      campaignId: campaign.id,
      place: { pass: 0 },
      progress: noProgress,
    });
    expect(chunk).toMatchObject({ kind: 'sent', progress: { sent: size, retrying: 0 } });
    expect(chunk).not.toHaveProperty('place');
    expect(batches.reduce((sum, each) => sum + each, 0)).toBeLessThan(size);
    expect(mailer.mails.map(({ to }) => to).sort()).toEqual(contacts.map(({ email }) => email).sort());
  });

  test('leaves to its mailer what that has under way, and counts it when it is done', async () => {
    const { campaign, contacts, mailer } = await prepare(60);
    const { emails } = opened.stores;
    const claimed: string[] = [];
    const first = worker(mailer, () => async (batch) => {
      const ids = batch.map(({ email }) => email.id);
      claimed.push(...(await emails.claim(ids, 'the survivor', new Date())));
      throw killed;
    });
    const survive = (): Promise<void> =>
      emails.settle(
        claimed.map((emailId) => ({ emailId, status: 'sent', response: '250 ok', subject: 'Hi', atMs: Date.now() })),
      );
    const input = { campaignId: campaign.id, place: { pass: 0 }, progress: noProgress };
    await expect(first.activities.sendChunk(input)).rejects.toBe(killed);
    expect(claimed.length).toBeGreaterThan(0);
    const redo = worker(mailer).activities.sendChunk(input);
    setTimeout(() => void survive(), 700);
    expect(await redo).toMatchObject({ kind: 'sent', progress: { audience: 60, sent: 60, retrying: 0 } });
    expect(await emails.collection.countDocuments({ campaignId: campaign.id, status: 'delivered' })).toBe(60);
    // The survivor's own are handed to no other mailer.
    expect(mailer.mails).toHaveLength(contacts.length - claimed.length);
  });

  test('reads from the emails what nobody has counted, at the end', async () => {
    const { campaign, mailer } = await prepare(40);
    const { activities } = worker(mailer);
    const input = { campaignId: campaign.id, place: { pass: 0 }, progress: noProgress };
    expect(await activities.sendChunk(input)).toMatchObject({ kind: 'sent' });
    const miscounted = { audience: 40, sent: 30, skipped: 0, failed: 0, retrying: 10 };
    const first = await activities.finishCampaign({ campaignId: campaign.id, progress: miscounted });
    expect(first.eventIds).toHaveLength(1);
    // The same again, as by a redo.
    expect(await activities.finishCampaign({ campaignId: campaign.id, progress: miscounted })).toEqual(first);
    const stored = await opened.stores.campaigns.find(campaign.id);
    expect(stored).toMatchObject({ status: 'sent', progress: { audience: 40, sent: 40, retrying: 0 } });
    const event = await opened.stores.events.get(first.eventIds[0] ?? '');
    expect(JSON.parse(event?.body ?? '').data).toMatchObject({ totalRecipients: 40, estimatedDeliveryRate: 100 });
  });
});

test('a worker that stops hands back what it has done; the next one goes on from there', async () => {
  const { campaign, contacts, mailer } = await prepare(560);
  const stopping = worker(mailer, (send) => async (batch) => {
    stopping.abort();
    return send(batch);
  });
  const input = { campaignId: campaign.id, place: { pass: 0 }, progress: noProgress };
  const partial = await stopping.activities.sendChunk(input);
  if (partial.kind !== 'sent' || !partial.place) throw new Error('the chunk has come to its end');
  expect(partial.progress.sent).toBeLessThan(560);
  expect(partial.progress.sent).toBe(mailer.mails.length);
  const rest = await worker(mailer).activities.sendChunk({
    ...input,
    place: partial.place,
    progress: partial.progress,
  });
  expect(rest).toMatchObject({ kind: 'sent', progress: { sent: 560 } });
  expect(mailer.mails.map(({ to }) => to).sort()).toEqual(contacts.map(({ email }) => email).sort());
});

test('many who cannot be sent to take no time of the rate', async () => {
  const { campaign, contacts, mailer } = await prepare(60, { ratePerSecond: 4 });
  const leavers = contacts.slice(0, 58).map(({ id }) => id);
  await opened.stores.contacts.collection.updateMany({ _id: { $in: leavers } }, { $set: { status: 'unsubscribed' } });
  const startedMs = Date.now();
  const { activities } = worker(mailer);
  const chunk = await activities.sendChunk({ campaignId: campaign.id, place: { pass: 0 }, progress: noProgress });
  expect(chunk).toMatchObject({ progress: { sent: 2, skipped: 58 } });
  // At 4 a second, 58 would have taken 14 s.
  expect(Date.now() - startedMs).toBeLessThan(8_000);
});

describe('beginning', () => {
  const begin = (campaign: Campaign, mailer: ScriptedMailer) =>
    worker(mailer).activities.sendChunk({ campaignId: campaign.id, place: { pass: 0 }, progress: noProgress });
  const template = async (workspaceId: string, html: string): Promise<string> => {
    const id = newId('template');
    const nowMs = Date.now();
    await opened.stores.templates.insert({
      ...{ id, workspaceId, name: 'T', subject: 'T', html, text: 'T', preheader: 'P' },
      ...{ createdAtMs: nowMs, updatedAtMs: nowMs },
    });
    return id;
  };

  test('keeps the template as it is at that moment', async () => {
    const { campaign, mailer } = await prepare(1);
    const templateId = await template(campaign.workspaceId, '<p>As it was</p>');
    await opened.stores.campaigns.change(campaign.id, ['sending'], { html: undefined, templateId });
    await begin(campaign, mailer);
    expect(mailer.mails[0]).toMatchObject({ subject: 'Hi', html: '<p>As it was</p>', text: 'T' });
    expect(await opened.stores.campaigns.find(campaign.id)).toMatchObject({
      ...{ html: '<p>As it was</p>', text: 'T', preheader: 'P', startedAtMs: expect.any(Number) },
    });
  });

  test('without its template the campaign is cancelled, and says why', async () => {
    const { campaign, mailer } = await prepare(1);
    const templateId = newId('template');
    await opened.stores.campaigns.change(campaign.id, ['sending'], { html: undefined, templateId });
    expect(await begin(campaign, mailer)).toEqual({ kind: 'over' });
    expect(await opened.stores.campaigns.find(campaign.id)).toMatchObject({
      ...{ status: 'cancelled', problem: `The template ${templateId} was deleted before the campaign began.` },
    });
    expect(mailer.mails).toEqual([]);
  });

  test('does not overwrite a change that was made in the same moment', async () => {
    const { campaign } = await prepare(1, { status: 'scheduled', scheduledAtMs: 0 });
    const { stores, database } = opened;
    const log = createCampaignLog(database, stores);
    await stores.campaigns.change(campaign.id, ['scheduled'], {
      ...{ scheduledAtMs: Date.now() + 3_600_000, updatedAtMs: campaign.updatedAtMs + 1 },
    });
    await log.begin(campaign, Date.now());
    expect((await stores.campaigns.find(campaign.id))?.status).toBe('scheduled');
  });
});

test.each(['draft', 'sent', 'cancelled'] as const)('a campaign that is %s sends nothing', async (status) => {
  const { campaign, mailer } = await prepare(3, { status });
  const input = { campaignId: campaign.id, place: { pass: 0 }, progress: noProgress };
  expect(await worker(mailer).activities.sendChunk(input)).toEqual({ kind: 'over' });
  expect(await worker(mailer).activities.sendChunk({ ...input, campaignId: newId('campaign') })).toEqual({
    kind: 'over',
  });
  expect(mailer.mails).toEqual([]);
});

test('the estimate is of the workspace’s own record of 90 days, of no other workspace’s', async () => {
  const { stores, database } = opened;
  const { campaign } = await prepare(0, { startedAtMs: Date.now() });
  const { workspaceId } = campaign;
  const past = async (days: number, sent: number, bounced: number, owner = workspaceId) => {
    const counts = { ...campaign.counts, bounced };
    const startedAtMs = Date.now() - days * 86_400_000;
    const progress = { ...noProgress, sent };
    await stores.campaigns.insert({
      ...campaign,
      id: newId('campaign'),
      workspaceId: owner,
      startedAtMs,
      counts,
      progress,
    });
  };
  await past(10, 900, 50);
  await past(89, 90, 49);
  await past(91, 1_000, 1_000);
  await past(1, 1_000, 1_000, newId('workspace'));
  const log = createCampaignLog(database, stores);
  const eventId = await log.finish(campaign.id, { ...noProgress, sent: 10 }, Date.now());
  const event = await stores.events.get(eventId ?? '');
  expect(JSON.parse(event?.body ?? '').data).toMatchObject({ totalRecipients: 10, estimatedDeliveryRate: 90.1 });
});
