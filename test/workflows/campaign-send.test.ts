import type { OutgoingMail } from '../../activities/send-emails';
import { campaignProgressQuery } from '../../workflows/messages';
import {
  addAudience,
  addCampaign,
  campaignOf,
  emailsOf,
  put,
  sentEvents,
  untilCampaign,
  workflowIdOf,
} from './support/campaigns';
import { eventsOf, ofType, summaryOf } from './support/history';
import { untilExecution } from './support/look';
import type { Scene } from './support/scene';
import { addEndpoint, addList } from './support/seed';
import { setStage } from './support/stage';
import { gate, until } from './support/until';

const stage = setStage();

const listOf = (contacts: { listIds: string[] }[]): string[] => contacts[0]?.listIds ?? [];
const addressesOf = (mails: readonly Pick<OutgoingMail, 'to'>[]): string[] => mails.map(({ to }) => to).sort();
const minuteMs = 60_000;

async function statusCounts(scene: Scene, campaign: { id: string }): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of await emailsOf(scene, campaign)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('campaignSend', () => {
  it('sends one email to each contact of its lists, whichever lists it is on, and tells of each and of all', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.delivered', 'campaign.sent'] });
    const [one, two] = [await addList(scene), await addList(scene)];
    const contacts = [
      ...(await addAudience(scene, 30, [one])),
      ...(await addAudience(scene, 30, [two])),
      ...(await addAudience(scene, 30, [one, two])),
    ];
    await addAudience(scene, 5, [await addList(scene)]);
    const campaign = await addCampaign(scene, { listIds: [one, two] });
    await scene.starter.tellCampaign(campaign);

    const sent = await untilCampaign(scene, campaign, 'sent');
    await untilExecution(scene, workflowIdOf(campaign), 'COMPLETED');
    expect(addressesOf(scene.mailer.mails)).toEqual(contacts.map(({ email }) => email).sort());
    expect(sent.progress).toEqual({ audience: 90, sent: 90, skipped: 0, failed: 0, retrying: 0 });
    expect(await statusCounts(scene, campaign)).toEqual({ delivered: 90 });
    expect(sent.counts.delivered).toBe(90);
    const { campaignId, campaignName, subject, totalRecipients, estimatedDeliveryRate, sentAt, ...rest } = (
      await sentEvents(scene)
    )[0];
    expect({ campaignId, campaignName, subject, totalRecipients, estimatedDeliveryRate }).toEqual({
      ...{ campaignId: campaign.id, campaignName: 'April Newsletter', subject: "What's new" },
      ...{ totalRecipients: 90, estimatedDeliveryRate: 100 },
    });
    expect(sentAt).toBe(new Date(sent.sentAtMs ?? 0).toISOString());
    expect(rest).toEqual({});
    const requests = await until('91 webhooks', () => scene.sender.sent.length === 91 && scene.sender.sent);
    const types = requests.map(({ body }) => JSON.parse(body).event);
    expect(types.filter((type) => type === 'campaign.sent')).toHaveLength(1);
    expect(types.at(-1)).toBe('campaign.sent');
    expect(await scene.handle(workflowIdOf(campaign)).result()).toEqual(sent.progress);
    expect(await scene.handle(workflowIdOf(campaign)).query(campaignProgressQuery)).toEqual(sent.progress);
  });

  it('leaves out who has left the lists of the living, with a row that says why, and counts them', async () => {
    const scene = await stage.open();
    const contacts = await addAudience(scene, 5);
    const [gone, bounced, complained, suppressed, reached] = contacts;
    const { stores } = scene.place;
    for (const [contact, status] of [
      [gone, 'unsubscribed'],
      [bounced, 'bounced'],
      [complained, 'complained'],
    ] as const) {
      await stores.contacts.collection.updateOne({ _id: contact?.id ?? '' }, { $set: { status } });
    }
    await stores.suppressions.add(
      scene.workspaceId,
      [{ email: suppressed?.email ?? '', reason: 'manual' }],
      new Date(),
    );
    const campaign = await addCampaign(scene, { listIds: listOf(contacts) });
    await scene.starter.tellCampaign(campaign);
    const sent = await untilCampaign(scene, campaign, 'sent');
    expect(addressesOf(scene.mailer.mails)).toEqual([reached?.email]);
    expect(sent.progress).toEqual({ audience: 5, sent: 1, skipped: 4, failed: 0, retrying: 0 });
    const reasons = new Map((await emailsOf(scene, campaign)).map(({ to, status, reason }) => [to, [status, reason]]));
    expect(reasons.get(gone?.email ?? '')).toEqual(['skipped', 'the contact has unsubscribed']);
    expect(reasons.get(bounced?.email ?? '')).toEqual(['skipped', 'the contact has bounced']);
    expect(reasons.get(complained?.email ?? '')).toEqual(['skipped', 'the contact has complained']);
    expect(reasons.get(suppressed?.email ?? '')).toEqual(['skipped', 'the address is suppressed: manual']);
    expect((await sentEvents(scene))[0]).toMatchObject({ totalRecipients: 1 });
  });

  it('sends to nobody when its lists are empty, and is sent all the same', async () => {
    const scene = await stage.open();
    const campaign = await addCampaign(scene, { listIds: [await addList(scene)] });
    await scene.starter.tellCampaign(campaign);
    await untilCampaign(scene, campaign, 'sent');
    expect(await sentEvents(scene)).toMatchObject([{ totalRecipients: 0, estimatedDeliveryRate: 100 }]);
  });

  it('counts what servers refuse as bounced, and estimates the rate from it', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.bounced'] });
    const contacts = await addAudience(scene, 10);
    scene.mailer.follow(({ to }) => (to === contacts[3]?.email ? '550 5.1.1 no such user' : '250 ok'));
    const campaign = await addCampaign(scene, { listIds: listOf(contacts) });
    await scene.starter.tellCampaign(campaign);
    const sent = await untilCampaign(scene, campaign, 'sent');
    expect(sent.progress).toMatchObject({ sent: 9, failed: 1 });
    expect(sent.counts).toMatchObject({ delivered: 9, bounced: 1 });
    expect(await sentEvents(scene)).toMatchObject([{ totalRecipients: 9, estimatedDeliveryRate: 90 }]);
    const contact = await scene.place.stores.contacts.get(scene.workspaceId, contacts[3]?.id ?? '');
    expect(contact?.status).toBe('bounced');
    await until('the bounce is told', () => scene.sender.sent.length === 1);
  });

  it('goes on as new after its chunks, at the place where it was', async () => {
    const scene = await stage.open();
    const contacts = await addAudience(scene, 7);
    // Two emails to a chunk.
    const campaign = await addCampaign(scene, { listIds: listOf(contacts), ratePerSecond: 1 });
    const input = { campaignId: campaign.id, chunksPerRun: 2 };
    const { firstExecutionRunId } = await scene.start('campaignSend', workflowIdOf(campaign), input);
    for (let rounds = 0; rounds < 4; rounds++) await scene.place.skip(2_000);
    const sent = await untilCampaign(scene, campaign, 'sent');
    expect(sent.progress).toMatchObject({ audience: 7, sent: 7, retrying: 0 });
    expect(addressesOf(scene.mailer.mails)).toEqual(contacts.map(({ email }) => email).sort());
    const first = await eventsOf(scene.handle(workflowIdOf(campaign), firstExecutionRunId));
    expect(ofType(first, 'WorkflowExecutionContinuedAsNew')).toHaveLength(1);
    expect(ofType(first, 'ActivityTaskScheduled').length).toBeGreaterThanOrEqual(2);
  });
});

describe('the pace', () => {
  it('is kept: one email each 100 seconds, and waits are timers that say how far it is', async () => {
    const scene = await stage.open();
    const contacts = await addAudience(scene, 4);
    const campaign = await addCampaign(scene, { listIds: listOf(contacts), ratePerSecond: 0.01 });
    await scene.starter.tellCampaign(campaign);
    for (let count = 1; count <= 4; count++) {
      await until(`${count} mails`, () => scene.mailer.mails.length === count);
      await until('it waits', async () => (await timers(scene, campaign)).length === Math.min(count, 4));
      await scene.place.skip(100_500);
    }
    await untilCampaign(scene, campaign, 'sent');
    const [first = 0, ...rest] = scene.mailer.mails.map(({ atMs }) => atMs);
    rest.forEach((atMs, index) => expect(Math.abs(atMs - first - (index + 1) * 100_000)).toBeLessThan(1_500));
    expect(summaryOf((await timers(scene, campaign))[1])).toBe('2 sent so far');
  });

  it('is even within a chunk, and no faster than the rate', async () => {
    const scene = await stage.open();
    const contacts = await addAudience(scene, 30);
    const campaign = await addCampaign(scene, { listIds: listOf(contacts), ratePerSecond: 20 });
    await scene.starter.tellCampaign(campaign);
    await untilCampaign(scene, campaign, 'sent');
    const times = scene.mailer.mails.map(({ atMs }) => atMs);
    const lastMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
    // 30 emails in slices of 5: the last slice begins after 25 of them.
    expect(lastMs).toBeGreaterThanOrEqual(1_100);
    for (const [index, atMs] of times.entries()) {
      const within = times.slice(index).filter((later) => later < atMs + 500).length;
      expect(within).toBeLessThanOrEqual(18);
    }
  });
});

async function timers(scene: Scene, campaign: { id: string }) {
  return ofType(await eventsOf(scene.handle(workflowIdOf(campaign))), 'TimerStarted');
}

describe('a schedule', () => {
  it('is a timer: nothing goes out before, everything after', async () => {
    const scene = await stage.open();
    const contacts = await addAudience(scene, 3);
    const scheduledAtMs = scene.place.now() + 3_600_000;
    const campaign = await addCampaign(scene, { listIds: listOf(contacts), status: 'scheduled', scheduledAtMs });
    await scene.starter.tellCampaign(campaign);
    await until('it waits', async () => (await timers(scene, campaign)).length === 1);
    await scene.place.skip(3_500_000);
    expect(scene.mailer.mails).toHaveLength(0);
    expect((await campaignOf(scene, campaign)).status).toBe('scheduled');
    await scene.place.skip(200_000);
    const sent = await untilCampaign(scene, campaign, 'sent');
    expect(scene.mailer.mails).toHaveLength(3);
    expect(sent.startedAtMs).toBeGreaterThanOrEqual(scheduledAtMs);
  });

  it('can be moved, held and cancelled before its time', async () => {
    const scene = await stage.open();
    const contacts = await addAudience(scene, 2);
    const scheduledAtMs = scene.place.now() + 3_600_000;
    const wanted = { listIds: listOf(contacts), status: 'scheduled' as const, scheduledAtMs };
    const [moved, held, dropped] = [
      await addCampaign(scene, wanted),
      await addCampaign(scene, wanted),
      await addCampaign(scene, wanted),
    ];
    for (const campaign of [moved, held, dropped]) {
      await scene.starter.tellCampaign(campaign);
      await until('it waits', async () => (await timers(scene, campaign)).length === 1);
    }
    await put(scene, moved, 'scheduled', { scheduledAtMs: scene.place.now() + 60_000 });
    await put(scene, held, 'paused');
    await put(scene, dropped, 'cancelled');
    await untilExecution(scene, workflowIdOf(dropped), 'COMPLETED');
    await until('it waits for the new time', async () => (await timers(scene, moved)).length === 2);
    await scene.place.skip(61_000);
    await untilCampaign(scene, moved, 'sent');
    await scene.place.skip(4_000_000);
    expect(scene.mailer.mails).toHaveLength(2);
    await put(scene, held, 'sending');
    await untilCampaign(scene, held, 'sent');
    expect(scene.mailer.mails).toHaveLength(4);
    expect(await sentEvents(scene)).toHaveLength(2);
  });
});

describe('pause, resume and cancel', () => {
  /** A campaign of so many emails, a slice of which waits at the server. */
  async function halfway(scene: Scene, count: number, ratePerSecond = 10_000) {
    const contacts = await addAudience(scene, count);
    const { opened, open } = gate();
    scene.mailer.follow(async (_mail, index) => {
      if (index === 60) await opened;
      return '250 ok';
    });
    const campaign = await addCampaign(scene, { listIds: listOf(contacts), ratePerSecond });
    await scene.starter.tellCampaign(campaign);
    await until('it is halfway', () => scene.mailer.mails.length > 60);
    return { campaign, contacts, open };
  }

  it('a pause takes effect between slices; resumed, it goes on with the next contact', async () => {
    const scene = await stage.open();
    const { campaign, contacts, open } = await halfway(scene, 1_800);
    await put(scene, campaign, 'paused');
    await scene.place.skip(600);
    open();
    const handle = scene.handle(workflowIdOf(campaign));
    const paused = await until('the chunk ends', async () => {
      const { sent } = await handle.query(campaignProgressQuery);
      return sent > 0 && sent;
    });
    // What was under way, and no more: four slices, or five where one ended in the same moment.
    expect(paused).toBeLessThanOrEqual(1_000);
    expect(scene.mailer.mails).toHaveLength(paused);
    await put(scene, campaign, 'sending');
    const sent = await untilCampaign(scene, campaign, 'sent');
    expect(sent.progress).toMatchObject({ audience: 1_800, sent: 1_800, retrying: 0 });
    expect(addressesOf(scene.mailer.mails)).toEqual(contacts.map(({ email }) => email).sort());
  });

  it('a cancelled one ends without a campaign.sent, and what was not begun is skipped', async () => {
    const scene = await stage.open();
    const { campaign, open } = await halfway(scene, 1_800);
    await put(scene, campaign, 'cancelled');
    await scene.place.skip(600);
    open();
    await untilExecution(scene, workflowIdOf(campaign), 'COMPLETED');
    expect(scene.mailer.mails.length).toBeLessThanOrEqual(1_000);
    expect(await sentEvents(scene)).toEqual([]);
    const { queued = 0, sending = 0, delivered } = await statusCounts(scene, campaign);
    expect({ queued, sending, delivered }).toEqual({ queued: 0, sending: 0, delivered: scene.mailer.mails.length });
    expect((await campaignOf(scene, campaign)).progress.sent).toBe(scene.mailer.mails.length);
  });

  it('is cancelled with its workflow, where somebody cancels that by hand', async () => {
    const scene = await stage.open();
    const contacts = await addAudience(scene, 3);
    const campaign = await addCampaign(scene, { listIds: listOf(contacts), ratePerSecond: 0.01 });
    await scene.starter.tellCampaign(campaign);
    await until('it waits', async () => (await timers(scene, campaign)).length === 1);
    await scene.handle(workflowIdOf(campaign)).cancel();
    await untilExecution(scene, workflowIdOf(campaign), 'CANCELLED');
    expect((await campaignOf(scene, campaign)).status).toBe('cancelled');
    expect(scene.mailer.mails).toHaveLength(1);
  });
});

describe('what servers put off', () => {
  it('is tried again after 1, 5, 15 and 60 minutes, and then has bounced', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.bounced'] });
    const contacts = await addAudience(scene, 3);
    const [late, never] = contacts;
    let tries = 0;
    scene.mailer.follow(({ to }) => {
      if (to === late?.email && ++tries < 3) return '451 4.7.1 try again later';
      return to === never?.email ? '452 4.2.2 mailbox full' : '250 ok';
    });
    const campaign = await addCampaign(scene, { listIds: listOf(contacts) });
    await scene.starter.tellCampaign(campaign);
    await until('it waits', async () => (await timers(scene, campaign)).length === 1);
    expect((await campaignOf(scene, campaign)).progress).toMatchObject({ sent: 1, retrying: 2 });
    for (const [pass, minutes] of [1, 5, 15, 60].entries()) {
      await until('the next wait', async () => (await timers(scene, campaign)).length === pass + 1);
      await scene.place.skip(minutes * minuteMs + 1_000);
    }
    const sent = await untilCampaign(scene, campaign, 'sent');
    expect(sent.progress).toEqual({ audience: 3, sent: 2, skipped: 0, failed: 1, retrying: 0 });
    expect(scene.mailer.mails.filter(({ to }) => to === never?.email)).toHaveLength(5);
    expect(scene.mailer.mails.filter(({ to }) => to === late?.email)).toHaveLength(3);
    const [told] = await until('the bounce is told', () => scene.sender.sent.length > 0 && scene.sender.sent);
    expect(JSON.parse(told?.body ?? '').data).toMatchObject({ bounceType: 'soft', contactId: never?.id });
    expect(await sentEvents(scene)).toMatchObject([{ totalRecipients: 2, estimatedDeliveryRate: 66.7 }]);
  });

  it('waits its time, whatever is said meanwhile', async () => {
    const scene = await stage.open();
    const contacts = await addAudience(scene, 2);
    let tries = 0;
    scene.mailer.follow(({ to }) => (to === contacts[0]?.email && ++tries < 2 ? '451 later' : '250 ok'));
    const campaign = await addCampaign(scene, { listIds: listOf(contacts) });
    await scene.starter.tellCampaign(campaign);
    await until('it waits', async () => (await timers(scene, campaign)).length === 1);
    await put(scene, campaign, 'paused');
    await put(scene, campaign, 'sending');
    await until('it waits again', async () => (await timers(scene, campaign)).length === 2);
    await scene.place.skip(40_000);
    expect(scene.mailer.mails).toHaveLength(2);
    await scene.place.skip(25_000);
    await untilCampaign(scene, campaign, 'sent');
    expect(scene.mailer.mails).toHaveLength(3);
    const [, second, third] = scene.mailer.mails;
    expect((third?.atMs ?? 0) - (second?.atMs ?? 0)).toBeGreaterThanOrEqual(59_000);
  });

  it('costs nothing while a server is away: the campaign says so, and goes on when it is back', async () => {
    const scene = await stage.open();
    let isAway = true;
    scene.mailer.follow(() => {
      if (isAway) throw new Error('connect ECONNREFUSED');
      return '250 ok';
    });
    const contacts = await addAudience(scene, 3);
    const campaign = await addCampaign(scene, { listIds: listOf(contacts) });
    await scene.starter.tellCampaign(campaign);
    const { problem } = await until('the campaign says so', async () => {
      const now = await campaignOf(scene, campaign);
      return now.problem !== undefined && now;
    });
    expect(problem).toBe('Sending has failed and is tried again: connect ECONNREFUSED');
    isAway = false;
    const sent = await untilCampaign(scene, campaign, 'sent');
    expect(sent).not.toHaveProperty('problem');
    expect(await statusCounts(scene, campaign)).toEqual({ delivered: 3 });
  });
});

describe('the sweep', () => {
  it('starts what was sent while Temporal was away, and what was terminated by hand; each email goes out once', async () => {
    const scene = await stage.open();
    const contacts = await addAudience(scene, 4);
    const nowMs = scene.place.now();
    const campaign = await addCampaign(scene, { listIds: listOf(contacts), ratePerSecond: 0.01, status: 'draft' });
    await scene.place.stores.campaigns.change(campaign.id, ['draft'], {
      status: 'sending',
      lookAt: new Date(nowMs - 20_000),
    });
    expect(await scene.activities.sweepNotices({ olderThanMs: 10_000 })).toMatchObject({ campaigns: 1 });
    expect(await scene.activities.sweepNotices({ olderThanMs: 10_000 })).toMatchObject({ campaigns: 0 });
    await until('the first mail, and a wait', async () => (await timers(scene, campaign)).length === 1);
    await scene.handle(workflowIdOf(campaign)).terminate();
    await scene.place.skip(20 * minuteMs);
    expect(await scene.activities.sweepNotices({ olderThanMs: 10_000 })).toMatchObject({ campaigns: 1 });
    for (let rounds = 0; rounds < 4; rounds++) {
      await until('it waits', async () => (await timers(scene, campaign)).length === rounds + 1);
      await scene.place.skip(101_000);
    }
    const sent = await untilCampaign(scene, campaign, 'sent');
    expect(sent.progress).toMatchObject({ sent: 4 });
    expect(addressesOf(scene.mailer.mails)).toEqual(contacts.map(({ email }) => email).sort());
    expect(await scene.activities.sweepNotices({ olderThanMs: -minuteMs })).toMatchObject({ campaigns: 0 });
  });
});
