import type { Exit, Step } from '../../domain/automation';
import type { EmailNews } from '../../domain/email-event';
import { createAfterCommit } from '../../src/http/after-commit';
import { createLogger } from '../../src/logger';
import { createContactWrites } from '../../src/mongo/contact-writes';
import { addTemplate, emailOf, untilEmail } from './support/emails';
import { hear, runEmailEvents } from './support/email-seed';
import { eventsOf, isIdle, ofType, summaryOf } from './support/history';
import { untilEnded, untilExecution } from './support/look';
import type { Scene } from './support/scene';
import { prepareRun, saveAutomation } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();
const dayMs = 86_400_000;
const opened: EmailNews = { kind: 'opened', userAgent: 'Mail', ip: '203.0.113.42', flags: [] };
const clicked: EmailNews = { ...opened, kind: 'clicked', url: 'https://acme.com/' };

/** A run that was started: send a template, then what follows. */
async function startRun(
  scene: Scene,
  following: Step[],
  options: { exitOn?: Exit[]; properties?: { [name: string]: string } } = {},
) {
  const templateId = await addTemplate(scene);
  const steps: Step[] = [{ type: 'sendEmail', templateId }, ...following];
  const run = await prepareRun(scene, steps, { properties: options.properties ?? {} });
  if (options.exitOn) {
    const { collection } = scene.place.stores.automations;
    const versions = collection.db.collection<{ _id: string }>('automationVersions');
    await versions.updateOne({ _id: `${run.automation.id}/1` }, { $set: { exitOn: options.exitOn } });
  }
  await scene.starter.startAutomationRun(run);
  const emailId = await until('the email is queued', async () => {
    return (await scene.place.stores.runs.get(run.key))?.log.find((entry) => entry.emailId)?.emailId;
  });
  return { ...run, emailId, templateId, workflowId: `automation/${run.key}` };
}

async function untilWaiting(scene: Scene, workflowId: string): Promise<void> {
  const handle = scene.handle(workflowId);
  await until('the run waits', async () => {
    return ofType(await eventsOf(handle), 'TimerStarted').length > 0 && isIdle(handle);
  });
}

/** Something is heard about an email, and worked off. */
async function tell(scene: Scene, emailId: string, news: EmailNews): Promise<void> {
  await runEmailEvents(scene, [await hear(scene, emailId, news)]);
}

async function logOf(scene: Scene, runKey: string): Promise<string[]> {
  const { log } = await untilEnded(scene, runKey);
  return log.map(({ position, step, result }) => `${position.join('.')} ${step}: ${result}`);
}

describe('a sendEmail step', () => {
  it('sends the template to the contact, on behalf of the automation', async () => {
    const scene = await stage.open();
    const { key, emailId, contact, automation, templateId } = await startRun(scene, []);
    const row = await untilEmail(scene, emailId, 'delivered');
    expect(row).toMatchObject({
      ...{ kind: 'automation', campaignId: automation.id, campaignName: automation.name, runKey: key },
      ...{ contactId: contact.id, to: contact.email, templateId },
    });
    expect(await logOf(scene, key)).toEqual([`0 sendEmail ${templateId}: queued`]);
    expect(scene.mailer.mails.map(({ to }) => to)).toEqual([contact.email]);
  });

  it('brings the event along for its template', async () => {
    const seen: unknown[] = [];
    const scene = await stage.open({
      replace: ({ renderer }) => ({
        renderer: {
          render(content, context) {
            seen.push(context.event);
            return renderer.render(content, context);
          },
        },
      }),
    });
    const { emailId } = await startRun(scene, [], { properties: { plan: 'pro' } });
    await untilEmail(scene, emailId, 'delivered');
    expect(seen).toEqual([{ name: 'Purchase Completed', properties: { plan: 'pro' } }]);
  });

  it('sends one email, though the activity is killed after each of its parts', async () => {
    const deaths = { queued: 0, started: 0 };
    const scene = await stage.open({
      replace: ({ runs, starter }) => ({
        runs: {
          ...runs,
          async queueEmail(...args) {
            const id = await runs.queueEmail(...args);
            if (deaths.queued++ === 0) throw new Error('killed');
            return id;
          },
        },
        starter: {
          ...starter,
          async startEmailSend(id) {
            await starter.startEmailSend(id);
            if (deaths.started++ === 0) throw new Error('killed');
          },
        },
      }),
    });
    const { key, emailId } = await startRun(scene, []);
    await untilEmail(scene, emailId, 'delivered');
    await untilEnded(scene, key);
    expect(deaths).toEqual({ queued: 3, started: 2 });
    expect(scene.mailer.mails).toHaveLength(1);
    expect(await scene.place.stores.emails.collection.countDocuments({ runKey: key })).toBe(1);
  });

  it('sends each step of a run its own email', async () => {
    const scene = await stage.open();
    const templateId = await addTemplate(scene);
    const { key } = await startRun(scene, [{ type: 'sendEmail', templateId, from: 'Ada <ada@acme.com>' }]);
    await untilEnded(scene, key);
    await until('both are sent', () => scene.mailer.mails.length === 2);
    expect(scene.mailer.mails.map(({ from }) => from).sort()).toEqual([
      'Ada <ada@acme.com>',
      'News <news@example.com>',
    ]);
  });
});

describe('a wait for an email', () => {
  const branches = {
    then: [{ type: 'end' as const }],
    else: [{ type: 'updateContact' as const, traits: { cold: true } }],
  };
  const wait = (event: 'opened' | 'clicked'): Step => ({ type: 'waitForEmail', event, limit: '2d', ...branches });

  it('goes on at once when it is opened, with a summary on its timer meanwhile', async () => {
    const scene = await stage.open();
    const { key, emailId, workflowId } = await startRun(scene, [wait('opened')]);
    await untilEmail(scene, emailId, 'delivered');
    await untilWaiting(scene, workflowId);
    const [timer] = ofType(await eventsOf(scene.handle(workflowId)), 'TimerStarted');
    expect(summaryOf(timer)).toBe('wait 2d until opened');
    await tell(scene, emailId, opened);
    expect((await logOf(scene, key)).slice(1)).toEqual(['1 wait 2d until opened: then', '1.then.0 end: end']);
  });

  it('takes its else branch when the time is up', async () => {
    const scene = await stage.open();
    const { key, emailId, workflowId } = await startRun(scene, [wait('clicked')]);
    await untilEmail(scene, emailId, 'delivered');
    await untilWaiting(scene, workflowId);
    // An open is not a click.
    await tell(scene, emailId, opened);
    await scene.place.skip(1.9 * dayMs);
    expect((await scene.place.stores.runs.get(key))?.status).toBe('running');
    await scene.place.skip(0.2 * dayMs);
    expect((await logOf(scene, key)).slice(1)).toEqual([
      '1 wait 2d until clicked: else: the time is up',
      '1.else.0 updateContact cold: done',
    ]);
  });

  it('takes a click as an open, and sees what came before it waited', async () => {
    const scene = await stage.open();
    const { key, emailId, workflowId } = await startRun(scene, [{ type: 'wait', duration: '1h' }, wait('opened')]);
    await untilEmail(scene, emailId, 'delivered');
    await untilWaiting(scene, workflowId);
    await tell(scene, emailId, clicked);
    await scene.place.skip(3_700_000);
    expect((await logOf(scene, key)).slice(2)).toEqual(['2 wait 2d until opened: then', '2.then.0 end: end']);
  });

  it('is only late when its signal was lost', async () => {
    const scene = await stage.open();
    const { key, emailId, workflowId } = await startRun(scene, [wait('opened')]);
    await untilEmail(scene, emailId, 'delivered');
    await untilWaiting(scene, workflowId);
    await scene.activities.commitEmailEvents({ keys: [await hear(scene, emailId, opened)] });
    await scene.place.skip(2.1 * dayMs);
    expect((await logOf(scene, key))[1]).toBe('1 wait 2d until opened: then');
  });

  it('does not wait for an email that was held back, nor where none was sent', async () => {
    const scene = await stage.open();
    const { key, contact } = await prepareRun(scene, [wait('opened')]);
    await scene.starter.startAutomationRun({ key });
    expect((await logOf(scene, key))[0]).toBe('0 wait 2d until opened: else: no email was sent before');

    const address = [{ email: contact.email, reason: 'manual' as const }];
    await scene.place.stores.suppressions.add(scene.workspaceId, address, new Date());
    const steps: Step[] = [
      { type: 'sendEmail', templateId: await addTemplate(scene) },
      { type: 'wait', duration: '1m' },
      wait('opened'),
    ];
    const automation = await saveAutomation(scene, { eventName: 'Signed Up', steps });
    const message = `${scene.workspaceId}/message-held`;
    const at = new Date(scene.place.now());
    await scene.place.stores.messages.insert([
      {
        ...{
          _id: message,
          workspaceId: scene.workspaceId,
          messageId: 'message-held',
          type: 'track',
          source: 'segment',
        },
        ...{ receivedAt: at, occurredAt: at, state: 'received' },
        body: JSON.stringify({ type: 'track', event: 'Signed Up', userId: contact.externalIds[0]?.id }),
      },
    ]);
    const { runs } = await scene.activities.commitMessages({ keys: [message], mayWait: false });
    const held = runs.find((run) => run.key.startsWith(automation.id));
    if (!held) throw new Error('no run');
    await scene.starter.startAutomationRun(held);
    await untilWaiting(scene, `automation/${held.key}`);
    const emailId = (await scene.place.stores.runs.get(held.key))?.log[0]?.emailId ?? '';
    await untilEmail(scene, emailId, 'skipped');
    await scene.place.skip(61_000);
    expect((await logOf(scene, held.key))[2]).toBe(
      '2 wait 2d until opened: else: the email was skipped: the address is suppressed: manual',
    );
  });
});

describe('a run whose contact leaves', () => {
  const unsubscribed: EmailNews = { kind: 'unsubscribed', method: 'one-click' };
  const hardBounce: EmailNews = { kind: 'bounced', bounceType: 'hard', bounceMessage: '550 no such user' };
  const waits: Record<string, Step> = {
    wait: { type: 'wait', duration: '3d' },
    waitForEmail: { type: 'waitForEmail', event: 'clicked', limit: '3d', then: [], else: [] },
    webhook: { type: 'webhook', url: 'https://hooks.example.com/step' },
  };

  it.each([
    ['wait', unsubscribed, 'the contact has unsubscribed'],
    ['wait', { kind: 'complained' } as const, 'the contact has complained'],
    ['waitForEmail', hardBounce, 'an email to the contact has bounced'],
    ['webhook', unsubscribed, 'the contact has unsubscribed'],
  ] as const)('ends at once in the middle of a %s step by %j', async (step, news, reason) => {
    const scene = await stage.open();
    scene.sender.follow(() => 500);
    const following = waits[step];
    const { key, emailId, workflowId } = await startRun(scene, following ? [following] : []);
    await untilEmail(scene, emailId, 'delivered');
    await untilWaiting(scene, workflowId);
    await tell(scene, emailId, news);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await scene.place.stores.runs.get(key)).toMatchObject({ status: 'stopped', reason });
  });

  it('ends at once when the contact is unsubscribed by hand', async () => {
    const scene = await stage.open();
    const { key, workflowId, contact } = await startRun(scene, [{ type: 'wait', duration: '3d' }]);
    await untilWaiting(scene, workflowId);
    const { database, stores, now } = scene.place;
    const wanted = { workspaceId: scene.workspaceId, id: contact.id, patch: { status: 'unsubscribed' as const } };
    const write = await createContactWrites(database, stores).change(wanted, now());
    if (write.kind !== 'saved') throw new Error(write.kind);
    const afterCommit = createAfterCommit({ stores, starter: scene.starter, now, logger: createLogger('silent') });
    await afterCommit({ eventIds: write.eventIds, refs: [], leftContactId: contact.id });
    await untilExecution(scene, workflowId, 'COMPLETED');
    const reason = 'the contact has unsubscribed';
    expect(await stores.runs.get(key)).toMatchObject({ status: 'stopped', reason });
  });

  it('goes on where the automation does not end by it, and waits to the end of its time', async () => {
    const scene = await stage.open();
    const steps: Step[] = [
      { type: 'wait', duration: '3d' },
      { type: 'updateContact', traits: { seen: true } },
    ];
    const { key, emailId, workflowId } = await startRun(scene, steps, { exitOn: ['bounced'] });
    await untilEmail(scene, emailId, 'delivered');
    await untilWaiting(scene, workflowId);
    await tell(scene, emailId, unsubscribed);
    await until('it waits again', async () => isIdle(scene.handle(workflowId)));
    await scene.place.skip(2.9 * dayMs);
    expect((await scene.place.stores.runs.get(key))?.status).toBe('running');
    await scene.place.skip(0.2 * dayMs);
    expect((await logOf(scene, key)).at(-1)).toBe('2 updateContact seen: done');
  });

  it('ends at its next step when the signal was lost', async () => {
    const scene = await stage.open();
    const steps: Step[] = [
      { type: 'wait', duration: '1h' },
      { type: 'updateContact', traits: { seen: true } },
    ];
    const { key, emailId, workflowId } = await startRun(scene, steps);
    await untilEmail(scene, emailId, 'delivered');
    await untilWaiting(scene, workflowId);
    await scene.activities.commitEmailEvents({ keys: [await hear(scene, emailId, unsubscribed)] });
    await scene.place.skip(3_700_000);
    expect(await untilEnded(scene, key)).toMatchObject({ status: 'stopped', reason: 'the contact has unsubscribed' });
  });

  it('had left before it began: its steps are taken, and its emails are held back', async () => {
    const scene = await stage.open();
    const templateId = await addTemplate(scene);
    const run = await prepareRun(scene, [
      { type: 'sendEmail', templateId },
      { type: 'updateContact', traits: { seen: true } },
    ]);
    await scene.place.stores.contacts.collection.updateOne(
      { _id: run.contact.id },
      { $set: { status: 'unsubscribed', 'changedAtMs.status': scene.place.now() - dayMs } },
    );
    await scene.starter.startAutomationRun(run);
    const ended = await untilEnded(scene, run.key);
    expect(ended).toMatchObject({ status: 'completed' });
    const row = await untilEmail(scene, ended.log[0]?.emailId ?? '', 'skipped');
    expect(row.reason).toBe('the contact has unsubscribed');
    expect((await emailOf(scene, row._id)).sentAtMs).toBeUndefined();
  });
});
