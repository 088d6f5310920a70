import { webhookEnvelope, type WebhookEventType } from '../../domain/webhook-events';
import { newId } from '../../src/mongo/new-id';
import { addSentEmail, hear, openedNews, outcomeOf, runEmailEvents, unsubscribedNews } from './support/email-seed';
import { eventsOf, ofType } from './support/history';
import { deliveriesOf, untilAll, untilExecution } from './support/look';
import type { Scene } from './support/scene';
import { addContact, addEndpoint } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();

const webhookEvents = ({ place, workspaceId }: Scene) =>
  place.stores.events.collection.find({ workspaceId }).sort({ _id: 1 }).toArray();
const typesSent = ({ sender }: Scene): WebhookEventType[] => sender.sent.map(({ body }) => JSON.parse(body).event);

describe('emailEvent', () => {
  it('an open alone has its own workflow, named by its key, and its webhook', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.opened'] });
    const email = await addSentEmail(scene);
    const key = await hear(scene, email.id);
    expect(await runEmailEvents(scene, [key])).toBe(`email-event/${key}`);
    const [delivery] = await untilAll(scene, 'delivered');
    expect(delivery?.workflowId).toMatch(/^delivery\//);
    await until('the webhook was sent', () => scene.sender.sent.length === 1);
    const body: unknown = JSON.parse(scene.sender.sent[0]?.body ?? '');
    expect(webhookEnvelope('email.opened').safeParse(body).error).toBeUndefined();
    expect(body).toMatchObject({ workspaceId: scene.workspaceId, data: { emailId: email.id, ip: '203.0.113.42' } });
    expect(await outcomeOf(scene, key)).toEqual({ status: 'counted', eventIds: [scene.sender.sent[0]?.webhookId] });
  });

  it('stays within 7 events of history where nobody listens', async () => {
    const scene = await stage.open();
    const key = await hear(scene, (await addSentEmail(scene)).id);
    const workflowId = await runEmailEvents(scene, [key]);
    expect((await eventsOf(scene.handle(workflowId))).length).toBeLessThanOrEqual(7);
  });

  it('carries neither addresses nor browsers in its history', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.unsubscribed', 'contact.updated'] });
    const email = await addSentEmail(scene);
    const workflowId = await runEmailEvents(scene, [await hear(scene, email.id, unsubscribedNews)]);
    const events = await eventsOf(scene.handle(workflowId));
    const payloads = [...JSON.stringify(events).matchAll(/"data":"([^"]+)"/g)].map(([, data]) =>
      Buffer.from(data ?? '', 'base64').toString(),
    );
    expect(payloads.length).toBeGreaterThan(0);
    expect(payloads.join()).not.toMatch(/@|203\.0\.113|Mail/);
  });

  it('a group has an outcome and a webhook for each, and one that is unknown holds up nobody', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.opened', 'email.unsubscribed', 'contact.updated'] });
    const email = await addSentEmail(scene);
    const keys: [string, ...string[]] = [
      await hear(scene, email.id),
      await hear(scene, newId('email')),
      await hear(scene, email.id, unsubscribedNews),
      await hear(scene, email.id, unsubscribedNews),
      await hear(scene, email.id),
    ];
    const workflowId = await runEmailEvents(scene, keys);
    expect(workflowId).not.toContain(keys[0]);
    const outcomes = await Promise.all(keys.map((key) => outcomeOf(scene, key)));
    expect(outcomes.map((outcome) => outcome?.status)).toEqual([
      ...['counted', 'ignored', 'counted', 'repeated', 'counted'],
    ]);
    const deliveries = await untilAll(scene, 'delivered');
    expect(deliveries).toHaveLength(4);
    expect(typesSent(scene).sort()).toEqual(['contact.updated', 'email.opened', 'email.opened', 'email.unsubscribed']);
    expect((await scene.place.stores.contacts.get(scene.workspaceId, email.contactId))?.status).toBe('unsubscribed');
  });

  it('a group of many commits in chunks, each once', async () => {
    const scene = await stage.open();
    const email = await addSentEmail(scene);
    const keys = [await hear(scene, email.id)] as [string, ...string[]];
    while (keys.length < 201) keys.push(await hear(scene, email.id));
    await runEmailEvents(scene, keys);
    expect(await webhookEvents(scene)).toHaveLength(201);
    expect((await scene.place.stores.emails.get(scene.workspaceId, email.id))?.opens).toBe(201);
  });

  it('has one effect when it is started twice, alone and in a group', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.opened'] });
    const email = await addSentEmail(scene);
    const key = await hear(scene, email.id);
    await Promise.all([
      scene.starter.startEmailEvents([key]),
      scene.starter.startEmailEvents([key]),
      scene.starter.startEmailEvents([key, await hear(scene, email.id)]),
    ]);
    for (const id of scene.startedIds().filter((each) => each.startsWith('email-event/'))) {
      await untilExecution(scene, id, 'COMPLETED');
    }
    expect(await webhookEvents(scene)).toHaveLength(2);
    await untilAll(scene, 'delivered');
    expect(await deliveriesOf(scene)).toHaveLength(2);
  });

  it('what was committed before a crash is started by the redo, once', async () => {
    let crashes = 1;
    const scene = await stage.open({
      replace: ({ emailIngest }) => ({
        emailIngest: {
          async commit(keys, by, fold) {
            const result = await emailIngest.commit(keys, by, fold);
            if (crashes-- > 0) throw new Error('the worker was killed before it answered');
            return result;
          },
        },
      }),
    });
    await addEndpoint(scene, { events: ['email.opened'] });
    const email = await addSentEmail(scene);
    await runEmailEvents(scene, [await hear(scene, email.id)]);
    await untilAll(scene, 'delivered');
    expect([scene.sender.sent.length, (await webhookEvents(scene)).length]).toEqual([1, 1]);
  });

  it('tells the run that has sent the email, and those of a contact that has left', async () => {
    const told: unknown[] = [];
    const scene = await stage.open({
      replace: ({ starter }) => ({
        starter: {
          ...starter,
          signalEmailNews: (notice) => Promise.resolve(void told.push(notice)),
          signalContactLeft: (runKey) => Promise.resolve(void told.push(runKey)),
        },
      }),
    });
    const contact = await addContact(scene);
    const runKey = `${newId('automation')}/${contact.id}/m1`;
    const at = new Date(scene.place.now());
    await scene.place.stores.runs.collection.insertOne({
      ...{ _id: runKey, workspaceId: scene.workspaceId, automationId: newId('automation'), automationName: 'a' },
      ...{ version: 1, contactId: contact.id, messageKey: 'm1', log: [], status: 'running', startedAt: at },
    });
    const email = await addSentEmail(scene, { contact, kind: 'automation', runKey });
    await runEmailEvents(scene, [await hear(scene, email.id), await hear(scene, email.id, unsubscribedNews)]);
    expect(told).toEqual([{ runKey, kind: 'opened' }, { runKey, kind: 'unsubscribed' }, runKey]);
  });

  it('does not fail on a run that is over', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['email.opened'] });
    const email = await addSentEmail(scene, { kind: 'automation', runKey: `${newId('automation')}/con_1/over` });
    const workflowId = await runEmailEvents(scene, [await hear(scene, email.id, openedNews)]);
    const failed = ofType(await eventsOf(scene.handle(workflowId)), 'WorkflowTaskFailed');
    expect([failed.length, (await untilAll(scene, 'delivered')).length]).toEqual([0, 1]);
  });
});
