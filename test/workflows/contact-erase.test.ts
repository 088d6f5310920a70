import { createContactWrites } from '../../src/mongo/contact-writes';
import { newId } from '../../src/mongo/new-id';
import { eventsOf, ofType } from './support/history';
import { deliveriesOf, untilExecution, untilStatus } from './support/look';
import type { Scene } from './support/scene';
import { addContact, addEndpoint, prepareRun, receive, runBatch } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();

/** As DELETE /contacts/:id does it; the workflow is started by the caller. */
async function remove({ place, workspaceId }: Scene, contactId: string): Promise<void> {
  await place.readClock();
  const isRemoved = await createContactWrites(place.database, place.stores).remove(workspaceId, contactId, place.now());
  expect(isRemoved).toBe(true);
}
const erasureOf = (scene: Scene, contactId: string) => scene.place.stores.erasures.get(scene.workspaceId, contactId);
async function untilErased(scene: Scene, contactId: string): Promise<void> {
  await until('the erasure is completed', async () => (await erasureOf(scene, contactId))?.status === 'completed');
}
const identified = async (scene: Scene, userId: string): Promise<string> => {
  await runBatch(scene, [
    await receive(scene, {
      type: 'identify',
      userId,
      traits: { email: `${userId}@example.com`, firstName: 'Augusta' },
    }),
  ]);
  const [contact] = await scene.place.stores.contacts.find(scene.workspaceId, {
    emails: [`${userId}@example.com`],
    userIds: [],
  });
  if (!contact) throw new Error('no contact was made');
  return contact.id;
};

test('nothing is under way: one pass, no wait, and the row forgets whom it was about', async () => {
  const scene = await stage.open();
  await addEndpoint(scene);
  const contactId = await identified(scene, `quiet-${newId('contact')}`);
  const [delivery] = await deliveriesOf(scene);
  await untilStatus(scene, delivery?.id ?? '', 'delivered');
  await remove(scene, contactId);
  await scene.starter.startContactErase(contactId);
  await untilErased(scene, contactId);
  const erasure = await erasureOf(scene, contactId);
  expect(erasure?.removed).toEqual({ messages: 1, webhookEvents: 1, deliveries: 1 });
  expect(erasure).not.toHaveProperty('emails');
  expect(erasure).not.toHaveProperty('userIds');
  await untilExecution(scene, `erase/${contactId}`, 'COMPLETED');
  expect(ofType(await eventsOf(scene.handle(`erase/${contactId}`)), 'TimerStarted')).toEqual([]);
});

test('a delivery that waits for its next attempt is cancelled, makes none, and is looked at a second time', async () => {
  const scene = await stage.open();
  await addEndpoint(scene);
  scene.sender.follow(() => 500);
  const contactId = await identified(scene, `waits-${newId('contact')}`);
  const [delivery] = await deliveriesOf(scene);
  await untilStatus(scene, delivery?.id ?? '', 'retrying');
  await remove(scene, contactId);
  await scene.starter.startContactErase(contactId);
  await untilStatus(scene, delivery?.id ?? '', 'cancelled');
  await until('it waits for what is under way', async () => {
    const events = await eventsOf(scene.handle(`erase/${contactId}`));
    return ofType(events, 'TimerStarted').length > 0;
  });
  const attempts = scene.sender.of(delivery?.eventId ?? '').length;
  await scene.place.skip(70_000);
  await untilErased(scene, contactId);
  await scene.place.skip(7_000_000);
  expect(scene.sender.of(delivery?.eventId ?? '')).toHaveLength(attempts);
  expect(await scene.place.stores.events.get(delivery?.eventId ?? '')).toBeUndefined();
  expect(
    (await scene.place.stores.attempts.list(delivery?.id ?? '')).every(({ responseBody }) => responseBody === ''),
  ).toBe(true);
});

test('an automation run that waits for days ends', async () => {
  const scene = await stage.open();
  const { key, contact } = await prepareRun(scene, [
    { type: 'condition', if: { field: 'contact.email', op: 'exists' }, then: [], else: [{ type: 'end' }] },
    { type: 'wait', duration: '3d' },
    { type: 'end' },
  ]);
  await scene.starter.startAutomationRun({ key });
  await until('the run waits', async () => ((await scene.place.stores.runs.get(key))?.log.length ?? 0) >= 2);
  await remove(scene, contact.id);
  await scene.starter.startContactErase(contact.id);
  await until('the log is blank', async () =>
    (await scene.place.stores.runs.get(key))?.log.every(({ result }) => result === 'erased'),
  );
  await scene.place.skip(130_000);
  await untilErased(scene, contact.id);
});

test('so much that it takes several runs of the workflow', async () => {
  const scene = await stage.open();
  const { id: contactId } = await addContact(scene, { userId: 'busy-user' });
  const { messages } = scene.place.stores;
  const at = new Date(scene.place.now());
  await messages.collection.insertMany(
    Array.from({ length: 20_000 }, (_each, row) => ({
      ...{ _id: `${scene.workspaceId}/busy${row}`, workspaceId: scene.workspaceId, messageId: `busy${row}` },
      ...{
        type: 'track' as const,
        source: 'sdk' as const,
        body: '{"userId":"busy-user"}',
        receivedAt: at,
        occurredAt: at,
      },
      ...{ state: 'done' as const, doneAt: at },
      outcome: { status: 'recorded' as const, contactId, eventKey: 'opened', automations: [] },
    })),
  );
  await remove(scene, contactId);
  const input = { contactId, settleMs: 1_000, pagesPerRun: 1 };
  const { firstExecutionRunId } = await scene.start('contactErase', `erase/${contactId}`, input);
  await untilErased(scene, contactId);
  expect((await erasureOf(scene, contactId))?.removed.messages).toBe(20_000);
  expect((await scene.handle(`erase/${contactId}`).describe()).runId).not.toBe(firstExecutionRunId);
  expect(await messages.collection.countDocuments({ workspaceId: scene.workspaceId, body: /busy-user/ })).toBe(0);
});

test('a worker that is lost goes on where it was; the sweep starts what was not started', async () => {
  let calls = 0;
  const scene = await stage.open({
    replace: ({ personalData }) => ({
      personalData: {
        ...personalData,
        async erase(...input) {
          const page = await personalData.erase(...input);
          if (++calls === 3) throw new Error('killed');
          return page;
        },
      },
    }),
  });
  const userId = `lost-${newId('contact')}`;
  const contactId = await identified(scene, userId);
  await remove(scene, contactId);
  await scene.activities.sweepNotices({ olderThanMs: -1_000 });
  await untilErased(scene, contactId);
  expect(calls).toBeGreaterThan(3);
  const texts = await scene.place.stores.messages.collection.find({ workspaceId: scene.workspaceId }).toArray();
  expect(JSON.stringify(texts)).not.toContain(userId);
});

test('a removal that ran has no second effect, and a contact of another workspace is not there', async () => {
  const scene = await stage.open();
  const writes = createContactWrites(scene.place.database, scene.place.stores);
  const { id } = await addContact(scene);
  expect(await writes.remove(newId('workspace'), id, scene.place.now())).toBe(false);
  expect(await writes.remove(scene.workspaceId, id, scene.place.now())).toBe(true);
  expect(await writes.remove(scene.workspaceId, id, scene.place.now())).toBe(false);
});
