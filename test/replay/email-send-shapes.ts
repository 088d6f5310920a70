import type { Step } from '../../domain/automation';
import type { EmailNews } from '../../domain/email-event';
import { addTemplate, queueEmail, untilEmail } from '../workflows/support/emails';
import { hear, runEmailEvents } from '../workflows/support/email-seed';
import { eventsOf, isIdle, ofType } from '../workflows/support/history';
import type { Scene } from '../workflows/support/scene';
import { addEndpoint, prepareRun } from '../workflows/support/seed';
import { gate, until } from '../workflows/support/until';
import { completed, waiting, type Shape } from './shape';

const soon = { replace: () => ({ deferralDelaysMs: [200] }) };
const late = { replace: () => ({ deferralDelaysMs: [3_600_000] }) };

async function send(scene: Scene): Promise<string> {
  const { id, workflowId } = await queueEmail(scene);
  await scene.starter.startEmailSend(id);
  return workflowId;
}

/** The ways through emailSend. */
export const emailSendShapes: Record<string, Shape> = {
  delivered: {
    async play(scene) {
      await addEndpoint(scene, { events: ['email.delivered'] });
      return completed(scene, await send(scene));
    },
  },
  'delivered-unasked': { play: async (scene) => completed(scene, await send(scene)) },
  skipped: {
    async play(scene) {
      const { id, workflowId, contact } = await queueEmail(scene);
      await scene.place.stores.contacts.delete(scene.workspaceId, contact.id);
      await scene.starter.startEmailSend(id);
      return completed(scene, workflowId);
    },
  },
  deferred: {
    options: soon,
    async play(scene) {
      scene.mailer.follow((_mail, index) => (index === 0 ? '421 later' : '250 taken'));
      return completed(scene, await send(scene));
    },
  },
  'given-up': {
    options: soon,
    async play(scene) {
      scene.mailer.follow(() => '421 later');
      return completed(scene, await send(scene));
    },
  },
  refused: {
    async play(scene) {
      scene.mailer.follow(() => '550 5.1.1 no such user');
      return completed(scene, await send(scene));
    },
  },
  cancelled: {
    options: late,
    async play(scene) {
      scene.mailer.follow(() => '421 later');
      const workflowId = await send(scene);
      await waiting(scene, workflowId);
      await scene.handle(workflowId).cancel();
      return completed(scene, workflowId, 'CANCELLED');
    },
  },
  'cancelled-in-send': {
    async play(scene) {
      const { opened, open } = gate();
      scene.mailer.follow(async () => {
        await opened;
        return '250 taken';
      });
      const workflowId = await send(scene);
      await until('the mailer is at work', () => scene.mailer.mails.length > 0);
      await scene.handle(workflowId).cancel();
      await until('the cancellation was heard', async () => {
        const events = await eventsOf(scene.handle(workflowId));
        return ofType(events, 'ActivityTaskCancelRequested').length > 0;
      });
      open();
      return completed(scene, workflowId);
    },
  },
};

const opened: EmailNews = { kind: 'opened', userAgent: 'Mail', ip: '203.0.113.42', flags: [] };
const unsubscribed: EmailNews = { kind: 'unsubscribed', method: 'link' };
const end: Step = { type: 'end' };

interface StartedRun {
  key: string;
  workflowId: string;
  emailId: string;
}
/** A run that sends an email and then takes a step, up to where that waits. */
async function runUpTo(scene: Scene, step: Step): Promise<StartedRun> {
  const steps: Step[] = [{ type: 'sendEmail', templateId: await addTemplate(scene) }, step, end];
  const { key } = await prepareRun(scene, steps);
  await scene.starter.startAutomationRun({ key });
  const emailId = await until('the email is queued', async () => {
    return (await scene.place.stores.runs.get(key))?.log[0]?.emailId;
  });
  await untilEmail(scene, emailId, 'delivered');
  const workflowId = `automation/${key}`;
  await waiting(scene, workflowId);
  await until('it waits', () => isIdle(scene.handle(workflowId)));
  return { key, workflowId, emailId };
}

async function tell(scene: Scene, emailId: string, news: EmailNews): Promise<void> {
  await runEmailEvents(scene, [await hear(scene, emailId, news)]);
}

const waitFor = (event: 'opened' | 'clicked', limit: string): Step => ({
  ...{ type: 'waitForEmail', event, limit, then: [], else: [] },
});

/** The ways of an automationRun that sends emails and hears of them. */
export const runEmailShapes: Record<string, Shape> = {
  'email-opened': {
    async play(scene) {
      const { workflowId, emailId } = await runUpTo(scene, waitFor('opened', '1h'));
      await tell(scene, emailId, opened);
      return completed(scene, workflowId);
    },
  },
  'email-not-clicked': {
    async play(scene) {
      const { workflowId, emailId } = await runUpTo(scene, waitFor('clicked', '4s'));
      // Not what it waits for: it looks, and waits for the rest of its time.
      await tell(scene, emailId, opened);
      return completed(scene, workflowId);
    },
  },
  'contact-left-in-wait': {
    async play(scene) {
      const { workflowId, emailId } = await runUpTo(scene, { type: 'wait', duration: '1h' });
      await tell(scene, emailId, unsubscribed);
      return completed(scene, workflowId);
    },
  },
  'contact-left-in-wait-for-email': {
    async play(scene) {
      const { workflowId, emailId } = await runUpTo(scene, waitFor('opened', '1h'));
      await tell(scene, emailId, unsubscribed);
      return completed(scene, workflowId);
    },
  },
  'contact-left-in-webhook-retries': {
    options: { retryDelaysMs: [3_600_000] },
    async play(scene) {
      scene.sender.follow(() => 500);
      const call: Step = { type: 'webhook', url: 'https://hooks.example.com/step' };
      const { workflowId, emailId } = await runUpTo(scene, call);
      await tell(scene, emailId, unsubscribed);
      return completed(scene, workflowId);
    },
  },
  'contact-left-and-run-goes-on': {
    async play(scene) {
      const { key, workflowId } = await runUpTo(scene, { type: 'wait', duration: '4s' });
      // Told of a contact that has come back by now.
      await scene.starter.signalContactLeft(key);
      return completed(scene, workflowId);
    },
  },
};
