import type { Json } from '../../domain/json';
import { eventsOf } from './support/history';
import { messageOf, untilDone, untilExecution } from './support/look';
import type { Scene } from './support/scene';
import { addContact, addEndpoint, receive } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();

async function runUpsert(scene: Scene, key: string): Promise<string> {
  await scene.starter.startContactUpsert(key);
  const workflowId = `identify/${key}`;
  await untilExecution(scene, workflowId, 'COMPLETED');
  return workflowId;
}

function webhookEvents({ place, workspaceId }: Scene) {
  return place.stores.events.collection.find({ workspaceId }).sort({ _id: 1 }).toArray();
}

describe('contactUpsert', () => {
  it('makes the contact and delivers contact.created', async () => {
    const scene = await stage.open();
    await addEndpoint(scene);
    const key = await receive(scene, {
      type: 'identify',
      userId: 'u1',
      traits: { email: 'ada@example.com', plan: 'a' },
    });
    await runUpsert(scene, key);
    await until('the webhook was sent', () => scene.sender.sent.length === 1);
    const { outcome } = await messageOf(scene, key);
    expect(outcome).toMatchObject({ status: 'created', eventIds: [scene.sender.sent[0]?.webhookId] });
    expect(JSON.parse(scene.sender.sent[0]?.body ?? '')).toMatchObject({
      event: 'contact.created',
      workspaceId: scene.workspaceId,
      data: { contactEmail: 'ada@example.com', source: 'api' },
    });
  });

  it('delivers contact.updated with the change, and nothing when nothing changed', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { events: ['contact.updated'] });
    const identify = (plan: Json) =>
      receive(scene, { type: 'identify', userId: 'u1', traits: { email: 'ada@example.com', plan } });
    await runUpsert(scene, await identify('a'));
    await runUpsert(scene, await identify('b'));
    const again = await identify('b');
    const workflowId = await runUpsert(scene, again);
    await until('the webhook was sent', () => scene.sender.sent.length > 0);
    expect(await messageOf(scene, again)).toMatchObject({ outcome: { status: 'unchanged', eventIds: [] } });
    expect(scene.sender.sent.map(({ body }) => JSON.parse(body).data.changes)).toEqual([
      [{ field: 'metadata.plan', oldValue: 'a', newValue: 'b' }],
    ]);
    expect((await webhookEvents(scene)).map(({ type }) => type)).toEqual(['contact.created', 'contact.updated']);
    expect((await eventsOf(scene.handle(workflowId))).length).toBeLessThanOrEqual(7);
  });

  it('stays within 7 events of history when it changes a contact that no endpoint listens for', async () => {
    const scene = await stage.open();
    const key = await receive(scene, { type: 'identify', userId: 'u1', traits: { email: 'ada@example.com' } });
    const workflowId = await runUpsert(scene, key);
    expect((await eventsOf(scene.handle(workflowId))).length).toBeLessThanOrEqual(7);
  });

  it('has one effect when it is started twice, and when a batch takes the same message as well', async () => {
    const scene = await stage.open();
    const key = await receive(scene, { type: 'identify', userId: 'u1', traits: { email: 'ada@example.com' } });
    await Promise.all([
      scene.starter.startContactUpsert(key),
      scene.starter.startContactUpsert(key),
      scene.starter.startBatch([key, key]),
    ]);
    await runUpsert(scene, key);
    for (const workflowId of scene.startedIds()) await untilExecution(scene, workflowId, 'COMPLETED');
    expect(scene.startedIds()).toHaveLength(2);
    expect(await webhookEvents(scene)).toHaveLength(1);
    expect(await scene.place.stores.contacts.collection.countDocuments({ workspaceId: scene.workspaceId })).toBe(1);
  });

  it('returns what was committed when its activity dies after the commit', async () => {
    let deaths = 0;
    const scene = await stage.open({
      replace: ({ ingest }) => ({
        ingest: {
          waitingFor: (messages) => ingest.waitingFor(messages),
          async commit(keys, by, fold) {
            const committed = await ingest.commit(keys, by, fold);
            if (deaths++ === 0) throw new Error('killed between the commit and the answer');
            return committed;
          },
        },
      }),
    });
    await addEndpoint(scene);
    const key = await receive(scene, { type: 'identify', userId: 'u1', traits: { email: 'ada@example.com' } });
    await runUpsert(scene, key);
    await until('the webhook was sent', () => scene.sender.sent.length > 0);
    expect(deaths).toBe(2);
    expect(await webhookEvents(scene)).toHaveLength(1);
    expect(scene.sender.sent).toHaveLength(1);
  });

  it('ends as unresolved without an email and without a known user id', async () => {
    const scene = await stage.open();
    const key = await receive(scene, { type: 'identify', userId: 'nobody', traits: { plan: 'a' } });
    await runUpsert(scene, key);
    const { outcome } = await untilDone(scene, key);
    expect(outcome).toMatchObject({ status: 'unresolved', reason: expect.stringContaining('email') });
  });

  it('updates the contact that its user id is known for', async () => {
    const scene = await stage.open();
    const contact = await addContact(scene, { userId: 'u1' });
    const key = await receive(scene, { type: 'identify', userId: 'u1', traits: { firstName: 'Ada' } });
    await runUpsert(scene, key);
    expect((await untilDone(scene, key)).outcome).toMatchObject({ status: 'updated', contactId: contact.id });
    expect(await scene.place.stores.contacts.get(scene.workspaceId, contact.id)).toMatchObject({ firstName: 'Ada' });
  });
});
