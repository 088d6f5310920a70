import { standardDeferralDelaysMs as deferralDelaysMs } from '../../activities/send-email';
import { addTemplate, emailOf, queueEmail, untilEmail } from './support/emails';
import { hear, runEmailEvents } from './support/email-seed';
import { eventsOf, isIdle, ofType, summaryOf } from './support/history';
import { executionStatus, untilExecution } from './support/look';
import type { Scene } from './support/scene';
import { addEndpoint } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();

/** The data of the webhooks that were sent, by their events. */
const webhooksOf = (scene: Scene): Record<string, unknown>[] =>
  scene.sender.sent.map(({ body }) => JSON.parse(body)).map(({ event, data }) => ({ event, ...data }));

async function untilWaiting(scene: Scene, workflowId: string, timers = 1): Promise<void> {
  const handle = scene.handle(workflowId);
  await until('the email waits', async () => {
    return ofType(await eventsOf(handle), 'TimerStarted').length >= timers && isIdle(handle);
  });
}

describe('an email', () => {
  it('is handed over, and email.delivered goes out', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.delivered'] });
    const { id, workflowId, contact } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await emailOf(scene, id)).toMatchObject({ status: 'delivered', subject: 'Hello' });
    await until('the webhook was sent', () => scene.sender.sent.length > 0);
    expect(webhooksOf(scene)).toEqual([
      {
        ...{ event: 'email.delivered', emailId: id, campaignId: 'transactional', campaignName: 'Hello' },
        ...{
          contactId: contact.id,
          contactEmail: contact.email,
          sentAt: expect.any(String),
          deliveredAt: expect.any(String),
        },
      },
    ]);
  });

  it('takes its content from its template at the moment of sending', async () => {
    const scene = await stage.open();
    const templateId = await addTemplate(scene, '<p>Old</p>');
    const { id } = await queueEmail(scene);
    const { collection } = scene.place.stores.emails;
    await collection.updateOne({ _id: id }, { $unset: { content: true }, $set: { templateId } });
    const at = new Date();
    await scene.place.stores.templates.change(scene.workspaceId, templateId, { html: '<p>New</p>' }, at);
    await scene.starter.startEmailSend(id);
    await untilEmail(scene, id, 'delivered');
    expect(scene.mailer.mails[0]?.html).toBe('<p>New</p>');
  });

  it('fails with the reason when its template is gone', async () => {
    const scene = await stage.open();
    const { id, workflowId } = await queueEmail(scene);
    const { collection } = scene.place.stores.emails;
    await collection.updateOne({ _id: id }, { $unset: { content: true }, $set: { templateId: 'tpl_gone' } });
    await scene.starter.startEmailSend(id);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await emailOf(scene, id)).toMatchObject({ status: 'failed', reason: 'its template was deleted' });
    expect(scene.mailer.mails).toEqual([]);
  });

  it('is skipped when its recipient complained between queueing and sending', async () => {
    const scene = await stage.open({ isWorkerAway: true });
    const { id, workflowId, contact } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    const address = [{ email: contact.email, reason: 'complained' as const }];
    await scene.place.stores.suppressions.add(scene.workspaceId, address, new Date());
    await scene.startWorker();
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await emailOf(scene, id)).toMatchObject({
      ...{ status: 'skipped', reason: 'the address is suppressed: complained' },
    });
    expect(scene.mailer.mails).toEqual([]);
  });

  it('is sent once, however often its workflow is asked for', async () => {
    const scene = await stage.open();
    const { id, workflowId } = await queueEmail(scene);
    await Promise.all([1, 2, 3].map(() => scene.starter.startEmailSend(id)));
    await untilExecution(scene, workflowId, 'COMPLETED');
    await scene.starter.startEmailSend(id);
    expect(ofType(await eventsOf(scene.handle(workflowId)), 'WorkflowExecutionStarted')).toHaveLength(1);
    expect(await executionStatus(scene, workflowId)).toBe('COMPLETED');
    expect(scene.mailer.mails).toHaveLength(1);
  });

  it('is sent once by two workflows, and each of them ends', async () => {
    const scene = await stage.open();
    const { id } = await queueEmail(scene);
    await Promise.all(['email/a', 'email/b'].map((each) => scene.start('emailSend', each, { emailId: id })));
    await untilEmail(scene, id, 'delivered');
    // The one that found the email under way looks again.
    await scene.place.skip(20_000);
    for (const each of ['email/a', 'email/b']) await untilExecution(scene, each, 'COMPLETED');
    expect(scene.mailer.mails).toHaveLength(1);
    const { stores } = scene.place;
    expect(await stores.events.collection.countDocuments({ workspaceId: scene.workspaceId })).toBe(1);
  });

  it('is told of once, though the activity was killed between the mailer and the commit', async () => {
    let deaths = 0;
    const scene = await stage.open({
      replace: ({ sendLog }) => ({
        sendLog: {
          ...sendLog,
          async deliver(ids) {
            if (deaths++ === 0) throw new Error('killed before the commit');
            const eventIds = await sendLog.deliver(ids);
            if (deaths++ === 1) throw new Error('killed after the commit');
            return eventIds;
          },
        },
      }),
    });
    await addEndpoint(scene, { events: ['email.delivered'] });
    const { id, workflowId } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    await untilExecution(scene, workflowId, 'COMPLETED');
    await until('the webhook was sent', () => scene.sender.sent.length > 0);
    expect(deaths).toBeGreaterThanOrEqual(3);
    expect(scene.mailer.mails).toHaveLength(1);
    expect(scene.sender.sent).toHaveLength(1);
  });

  it('waits for a server that cannot be reached', async () => {
    const scene = await stage.open();
    scene.mailer.follow((_mail, index) => {
      if (index < 2) throw new Error('connection refused');
      return '250 taken';
    });
    const { id } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    await untilEmail(scene, id, 'delivered');
    expect(scene.mailer.mails).toHaveLength(3);
  });
});

describe('an email that is put off', () => {
  it('is tried along its timeline, with a summary on each wait, and then bounces soft', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.bounced'] });
    scene.mailer.follow(() => '451 4.7.1 greylisted');
    const { id, workflowId, contact } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    for (const [index, delayMs] of deferralDelaysMs.entries()) {
      await untilWaiting(scene, workflowId, index + 1);
      await scene.place.skip(delayMs + 1_000);
    }
    await untilExecution(scene, workflowId, 'COMPLETED');
    const timers = ofType(await eventsOf(scene.handle(workflowId)), 'TimerStarted');
    expect(timers.map(summaryOf)).toEqual([2, 3, 4, 5, 6, 7].map((number) => `try ${number} of 7`));
    const [first = 0, ...others] = scene.mailer.mails.map(({ atMs }) => atMs);
    let dueMs = 0;
    for (const [index, atMs] of others.entries()) {
      dueMs += deferralDelaysMs[index] ?? 0;
      expect(Math.abs(atMs - first - dueMs)).toBeLessThan(60_000);
    }
    expect(others).toHaveLength(6);
    expect(await emailOf(scene, id)).toMatchObject({ status: 'bounced', bounceType: 'soft' });
    expect((await scene.place.stores.contacts.get(scene.workspaceId, contact.id))?.status).toBe('active');
    await until('the webhook was sent', () => scene.sender.sent.length > 0);
    expect(webhooksOf(scene)).toMatchObject([{ event: 'email.bounced', bounceType: 'soft', emailId: id }]);
  });

  it('is delivered when the server takes it later', async () => {
    const scene = await stage.open();
    scene.mailer.follow((_mail, index) => (index === 0 ? '421 later' : '250 taken'));
    const { id, workflowId } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    await untilWaiting(scene, workflowId);
    expect(await emailOf(scene, id)).toMatchObject({ status: 'queued', tries: 1, reason: '421 later' });
    await scene.place.skip(61_000);
    const row = await untilEmail(scene, id, 'delivered');
    expect(row.reason).toBeUndefined();
  });

  it('does not go out any more once its workflow was cancelled by hand', async () => {
    const scene = await stage.open();
    scene.mailer.follow(() => '421 later');
    const { id, workflowId } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    await untilWaiting(scene, workflowId);
    await scene.handle(workflowId).cancel();
    await untilExecution(scene, workflowId, 'CANCELLED');
    expect(await emailOf(scene, id)).toMatchObject({ status: 'skipped', reason: 'its sending was cancelled' });
  });

  it('is carried on by a new workflow after one that was terminated', async () => {
    const scene = await stage.open();
    scene.mailer.follow((_mail, index) => (index === 0 ? '421 later' : '250 taken'));
    const { id, workflowId } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    await untilWaiting(scene, workflowId);
    await scene.handle(workflowId).terminate();
    await scene.starter.startEmailSend(id);
    await untilEmail(scene, id, 'delivered');
  });
});

describe('an email that is refused', () => {
  it('bounces hard: webhooks, the contact, and the suppression', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.bounced', 'contact.updated'] });
    scene.mailer.follow(() => '550 5.1.1 no such user here');
    const { id, workflowId, contact } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await emailOf(scene, id)).toMatchObject({ status: 'bounced', bounceType: 'hard' });
    const { stores } = scene.place;
    expect((await stores.contacts.get(scene.workspaceId, contact.id))?.status).toBe('bounced');
    expect((await stores.suppressions.among(scene.workspaceId, [contact.email])).size).toBe(1);
    await until('the webhooks were sent', () => scene.sender.sent.length === 2);
    expect(webhooksOf(scene)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ event: 'email.bounced', bounceType: 'hard', bounceMessage: '550 5.1.1 no such user here' },
        }),
        expect.objectContaining({ changes: [{ field: 'status', oldValue: 'active', newValue: 'bounced' }] }),
      ]),
    );
  });

  it('is one bounce, though a provider reports it as well', async () => {
    const scene = await stage.open();
    scene.mailer.follow(() => '550 5.1.1 no such user here');
    const { id, workflowId } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    await untilExecution(scene, workflowId, 'COMPLETED');
    const key = await hear(scene, id, { kind: 'bounced', bounceType: 'hard', bounceMessage: '550 no such user' });
    await runEmailEvents(scene, [key]);
    const { stores } = scene.place;
    const type = 'email.bounced';
    expect(await stores.events.collection.countDocuments({ workspaceId: scene.workspaceId, type })).toBe(1);
  });
});

it('an email that another mailer has under way is looked at until that one has ended', async () => {
  const scene = await stage.open();
  const { id, workflowId } = await queueEmail(scene);
  const { emails } = scene.place.stores;
  await emails.claim([id], 'mailer of a killed worker', new Date());
  await scene.starter.startEmailSend(id);
  await untilWaiting(scene, workflowId);
  const [timer] = ofType(await eventsOf(scene.handle(workflowId)), 'TimerStarted');
  expect(summaryOf(timer)).toBe('under way at another mailer');
  await scene.place.readClock();
  const sent = { emailId: id, status: 'sent' as const, response: '250 taken', subject: 'Hello' };
  await emails.settle([{ ...sent, atMs: scene.place.now() }]);
  await scene.place.skip(16_000);
  await untilExecution(scene, workflowId, 'COMPLETED');
  expect(await emailOf(scene, id)).toMatchObject({ status: 'delivered' });
  expect(scene.mailer.mails).toEqual([]);
});
