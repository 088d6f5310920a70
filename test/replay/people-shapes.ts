import { createContactWrites } from '../../src/mongo/contact-writes';
import { untilExecution, untilStatus } from '../workflows/support/look';
import { people, storeImport, untilImported } from '../workflows/support/people';
import type { Scene } from '../workflows/support/scene';
import { addContact, addEndpoint, receive, runBatch } from '../workflows/support/seed';
import { deliveriesOf } from '../workflows/support/look';
import { until } from '../workflows/support/until';
import { completed, type Shape } from './shape';

/** Imports a file of so many people, one page to a run of the workflow. */
async function importFile(scene: Scene, count: number): Promise<{ workflowId: string; runId: string }> {
  const importId = await storeImport(scene, people(count));
  const workflowId = `import/${importId}`;
  const { firstExecutionRunId } = await scene.start('contactImport', workflowId, { importId, pagesPerRun: 1 });
  await untilImported(scene, importId);
  await untilExecution(scene, workflowId, 'COMPLETED');
  return { workflowId, runId: firstExecutionRunId };
}

/** The ways through contactImport. */
export const importShapes: Record<string, Shape> = {
  'one-page': { play: (scene) => importFile(scene, 3) },
  'before-continue-as-new': { play: (scene) => importFile(scene, 2_001) },
  'after-continue-as-new': { play: async (scene) => (await importFile(scene, 2_001)).workflowId },
  'two-pages': {
    async play(scene) {
      const importId = await storeImport(scene, people(2_001));
      await scene.starter.startContactImport(importId);
      return completed(scene, `import/${importId}`);
    },
  },
};

async function erase(
  scene: Scene,
  contactId: string,
  input: { settleMs: number; pagesPerRun: number } = { settleMs: 200, pagesPerRun: 100 },
): Promise<{ workflowId: string; runId: string }> {
  const { place, workspaceId } = scene;
  await createContactWrites(place.database, place.stores).remove(workspaceId, contactId, place.now());
  const workflowId = `erase/${contactId}`;
  const { firstExecutionRunId } = await scene.start('contactErase', workflowId, { contactId, ...input });
  await until(
    'it is erased',
    async () => (await place.stores.erasures.get(workspaceId, contactId))?.status === 'completed',
  );
  await untilExecution(scene, workflowId, 'COMPLETED');
  return { workflowId, runId: firstExecutionRunId };
}

/** A contact with more messages than one call looks at. */
async function busyContact(scene: Scene): Promise<string> {
  const { id: contactId } = await addContact(scene, { userId: 'busy-user' });
  const { place, workspaceId } = scene;
  const at = new Date(place.now());
  await place.stores.messages.collection.insertMany(
    Array.from({ length: 15_500 }, (_each, row) => ({
      ...{ _id: `${workspaceId}/busy${row}`, workspaceId, messageId: `busy${row}`, type: 'track' as const },
      ...{ source: 'sdk' as const, body: '{}', receivedAt: at, occurredAt: at, state: 'done' as const, doneAt: at },
      outcome: { status: 'recorded' as const, contactId, eventKey: 'opened', automations: [] },
    })),
  );
  return contactId;
}

/** A contact with a delivery that waits for its next attempt. */
async function contactUnderWay(scene: Scene): Promise<string> {
  await addEndpoint(scene);
  scene.sender.follow(() => 500);
  await runBatch(scene, [
    await receive(scene, { type: 'identify', userId: 'u1', traits: { email: 'u1@example.com' } }),
  ]);
  const [delivery] = await deliveriesOf(scene);
  await untilStatus(scene, delivery?.id ?? '', 'retrying');
  return delivery?.contactId ?? '';
}

/** The ways through contactErase. */
export const eraseShapes: Record<string, Shape> = {
  'one-pass': { play: async (scene) => erase(scene, (await addContact(scene)).id) },
  'second-pass': { play: async (scene) => erase(scene, await contactUnderWay(scene)) },
  'two-calls': { play: async (scene) => erase(scene, await busyContact(scene)) },
  'before-continue-as-new': {
    play: async (scene) => erase(scene, await busyContact(scene), { settleMs: 200, pagesPerRun: 1 }),
  },
  'after-continue-as-new': {
    play: async (scene) => (await erase(scene, await busyContact(scene), { settleMs: 200, pagesPerRun: 1 })).workflowId,
  },
};
