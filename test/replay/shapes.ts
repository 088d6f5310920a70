import type { Step } from '../../domain/automation';
import type { Delivery } from '../../domain/delivery';
import { untilEnded, untilExecution, untilStatus } from '../workflows/support/look';
import { eventsOf, ofType } from '../workflows/support/history';
import type { Scene, SceneOptions } from '../workflows/support/scene';
import { inOrder } from '../workflows/support/scripted-sender';
import {
  addContact,
  addEndpoint,
  addList,
  dispatchEvent,
  prepareRun,
  receive,
  saveAutomation,
  startDelivery,
} from '../workflows/support/seed';
import { gate, until } from '../workflows/support/until';

/** One way through a workflow; `play` returns the workflow whose history is kept, and its run if not the newest. */
export interface Shape {
  options?: SceneOptions;
  play: (scene: Scene) => Promise<string | { workflowId: string; runId: string }>;
}

const hourMs = 3_600_000;
const waits = { retryDelaysMs: [hourMs, hourMs] };
const failsAtOnce = { retryDelaysMs: [] };

function setEndpoint({ place }: Scene, { endpointId }: Delivery, status: 'active' | 'paused' | 'deleted') {
  return place.stores.endpoints.update(endpointId, { status }, new Date());
}

async function completed(scene: Scene, workflowId: string, status = 'COMPLETED'): Promise<string> {
  await untilExecution(scene, workflowId, status);
  return workflowId;
}

function waiting(scene: Scene, workflowId: string): Promise<boolean> {
  return until(`${workflowId} waits`, async () => {
    return ofType(await eventsOf(scene.handle(workflowId)), 'TimerStarted').length > 0;
  });
}

const delivery: Record<string, Shape> = {
  'first-try': {
    play: async (scene) => completed(scene, (await startDelivery(scene)).workflowId),
  },
  'delivered-on-retry': {
    options: { retryDelaysMs: [20, 20, 20] },
    async play(scene) {
      scene.sender.follow(inOrder(500, 500, 200));
      return completed(scene, (await startDelivery(scene)).workflowId);
    },
  },
  'exhausted-and-closed': {
    options: { retryDelaysMs: [20, 20], failedOpenMs: 20 },
    async play(scene) {
      scene.sender.follow(() => 500);
      return completed(scene, (await startDelivery(scene)).workflowId, 'FAILED');
    },
  },
  'retriggered-in-wait': {
    options: waits,
    async play(scene) {
      scene.sender.follow(inOrder(500, 500, 200));
      const made = await startDelivery(scene);
      await waiting(scene, made.workflowId);
      await scene.starter.retrigger(made);
      await until('it waits again', async () => {
        return ofType(await eventsOf(scene.handle(made.workflowId)), 'TimerStarted').length === 2;
      });
      await scene.starter.retrigger(made);
      return completed(scene, made.workflowId);
    },
  },
  'retriggered-in-attempts': {
    options: waits,
    async play(scene) {
      const gates = [gate(), gate()];
      scene.sender.follow(async (_request, index) => {
        await gates[index]?.opened;
        return index === 1 ? 500 : 200;
      });
      const made = await startDelivery(scene);
      for (const [index, { open }] of gates.entries()) {
        await until('an attempt is under way', () => scene.sender.sent.length === index + 1);
        await scene.starter.retrigger(made);
        await scene.starter.retrigger(made);
        open();
      }
      return completed(scene, made.workflowId);
    },
  },
  'retriggered-after-failed': {
    options: failsAtOnce,
    async play(scene) {
      scene.sender.follow(inOrder(500, 200));
      const made = await startDelivery(scene);
      await waiting(scene, made.workflowId);
      await scene.starter.retrigger(made);
      return completed(scene, made.workflowId);
    },
  },
  'retriggered-after-delivered': {
    async play(scene) {
      const made = await startDelivery(scene);
      await completed(scene, made.workflowId);
      await scene.starter.retrigger(await untilStatus(scene, made.id, 'delivered'));
      await until('it is attempted again', () => scene.sender.sent.length === 2);
      return completed(scene, made.workflowId);
    },
  },
  'held-and-resumed': {
    options: waits,
    async play(scene) {
      scene.sender.follow(inOrder(500, 200));
      const made = await startDelivery(scene);
      await waiting(scene, made.workflowId);
      await setEndpoint(scene, made, 'paused');
      await scene.starter.retrigger(made);
      const held = await untilStatus(scene, made.id, 'held');
      await setEndpoint(scene, made, 'active');
      await scene.starter.resume(held);
      return completed(scene, made.workflowId);
    },
  },
  'resumed-without-workflow': {
    async play(scene) {
      await addEndpoint(scene, { status: 'paused' });
      const [made] = await dispatchEvent(scene);
      if (!made) throw new Error('no delivery was made');
      await setEndpoint(scene, made, 'active');
      await scene.starter.resume(made);
      return completed(scene, made.workflowId);
    },
  },
  cancelled: {
    options: waits,
    async play(scene) {
      scene.sender.follow(() => 500);
      const made = await startDelivery(scene);
      await waiting(scene, made.workflowId);
      await scene.starter.cancelDelivery(made);
      return completed(scene, made.workflowId, 'CANCELLED');
    },
  },
  'cancelled-before-attempt': {
    options: { isWorkerAway: true },
    async play(scene) {
      const made = await startDelivery(scene);
      await scene.starter.cancelDelivery(made);
      await scene.startWorker();
      return completed(scene, made.workflowId, 'CANCELLED');
    },
  },
  'cancelled-in-attempt': {
    options: waits,
    async play(scene) {
      const { opened, open } = gate();
      scene.sender.follow(async (_request, index) => {
        if (index === 1) await opened;
        return 500;
      });
      const made = await startDelivery(scene);
      await waiting(scene, made.workflowId);
      await scene.starter.retrigger(made);
      await until('the second attempt is under way', () => scene.sender.sent.length === 2);
      await scene.starter.cancelDelivery(made);
      open();
      return completed(scene, made.workflowId, 'CANCELLED');
    },
  },
  'endpoint-deleted': {
    options: { retryDelaysMs: [500] },
    async play(scene) {
      scene.sender.follow(() => 500);
      const made = await startDelivery(scene);
      await waiting(scene, made.workflowId);
      await setEndpoint(scene, made, 'deleted');
      return completed(scene, made.workflowId, 'CANCELLED');
    },
  },
};

function identify(scene: Scene, userId = 'u1'): Promise<string> {
  return receive(scene, { type: 'identify', userId, traits: { email: `${userId}@example.com` } });
}

function track(scene: Scene, userId = 'u1'): Promise<string> {
  return receive(scene, { type: 'track', userId, event: 'Purchase Completed' });
}

async function upsert(scene: Scene, key: string): Promise<string> {
  await scene.starter.startContactUpsert(key);
  return completed(scene, `identify/${key}`);
}

async function record(scene: Scene, key: string): Promise<string> {
  await scene.starter.startCustomEvent(key);
  return completed(scene, `track/${key}`);
}

const upserts: Record<string, Shape> = {
  changed: { play: async (scene) => upsert(scene, await identify(scene)) },
  unchanged: {
    async play(scene) {
      await upsert(scene, await identify(scene));
      return upsert(scene, await identify(scene));
    },
  },
};

const events: Record<string, Shape> = {
  known: {
    async play(scene) {
      await addContact(scene, { userId: 'u1' });
      await saveAutomation(scene, { steps: [{ type: 'end' }] });
      return record(scene, await track(scene));
    },
  },
  waited: {
    async play(scene) {
      await saveAutomation(scene, { steps: [{ type: 'end' }] });
      const key = await track(scene);
      await scene.starter.startCustomEvent(key);
      await waiting(scene, `track/${key}`);
      await upsert(scene, await identify(scene));
      return completed(scene, `track/${key}`);
    },
  },
  unresolved: {
    options: { lateIdentifyWaitMs: 50 },
    play: async (scene) => record(scene, await track(scene)),
  },
  'found-at-second-look': {
    options: {
      replace: ({ waitingRoom, ingest }) => {
        let looks = 0;
        return {
          waitingRoom,
          ingest: {
            waitingFor: (messages) => ingest.waitingFor(messages),
            // The first look sees nobody, as if the identify were committed right after it.
            commit: (keys, nowMs, fold) =>
              ingest.commit(keys, nowMs, (messages, known) =>
                fold(messages, looks++ === 0 ? { ...known, contacts: [] } : known),
              ),
          },
        };
      },
    },
    async play(scene) {
      await addContact(scene, { userId: 'u1' });
      return record(scene, await track(scene));
    },
  },
};

async function batch(scene: Scene, keys: string[]): Promise<string> {
  await scene.starter.startBatch(keys);
  return completed(scene, scene.startedIds().find((id) => id.startsWith('batch/')) ?? '');
}

const batches: Record<string, Shape> = {
  'one-chunk': {
    async play(scene) {
      await addEndpoint(scene);
      return batch(scene, [await identify(scene), await track(scene), await track(scene, 'unknown')]);
    },
  },
  'two-chunks': {
    async play(scene) {
      const keys: string[] = [];
      for (let index = 0; index < 101; index++) keys.push(await identify(scene));
      return batch(scene, keys);
    },
  },
};

async function run(scene: Scene, steps: Step[]): Promise<{ key: string; workflowId: string; contactId: string }> {
  const { key, contact } = await prepareRun(scene, steps);
  await scene.starter.startAutomationRun({ key });
  return { key, workflowId: `automation/${key}`, contactId: contact.id };
}

const call: Step = { type: 'webhook', url: 'https://hooks.example.com/step' };

const runs: Record<string, Shape> = {
  steps: {
    async play(scene) {
      const { workflowId } = await run(scene, [
        { type: 'addToList', listId: await addList(scene) },
        { type: 'updateContact', traits: { vip: true } },
        {
          type: 'condition',
          if: { field: 'contact.metadata.vip', op: 'exists' },
          then: [{ type: 'end' }],
          else: [call],
        },
      ]);
      return completed(scene, workflowId);
    },
  },
  wait: {
    play: async (scene) =>
      completed(scene, (await run(scene, [{ type: 'wait', duration: '1s' }, { type: 'end' }])).workflowId),
  },
  'webhook-retries': {
    options: { retryDelaysMs: [20, 20] },
    async play(scene) {
      scene.sender.follow(() => 500);
      return completed(scene, (await run(scene, [call, { type: 'end' }])).workflowId);
    },
  },
  stopped: {
    async play(scene) {
      const { key, workflowId, contactId } = await run(scene, [{ type: 'wait', duration: '1s' }, call]);
      await waiting(scene, workflowId);
      await scene.place.stores.contacts.delete(scene.workspaceId, contactId);
      await untilEnded(scene, key);
      return completed(scene, workflowId);
    },
  },
  cancelled: {
    async play(scene) {
      const { workflowId } = await run(scene, [{ type: 'wait', duration: '3d' }]);
      await waiting(scene, workflowId);
      await scene.handle(workflowId).cancel();
      return completed(scene, workflowId, 'CANCELLED');
    },
  },
};

/** Starts a recovery of so many failed deliveries, one page to a run. */
async function recover(scene: Scene, count: number): Promise<{ workflowId: string; runId: string }> {
  const endpointId = await addEndpoint(scene);
  scene.sender.follow(() => 500);
  const made = (await Promise.all(Array.from({ length: count }, () => dispatchEvent(scene)))).flat();
  await Promise.all(made.map(({ id }) => untilStatus(scene, id, 'failed')));
  scene.sender.follow(() => 200);
  const workflowId = `recovery/${endpointId}/test`;
  const input = { endpointId, action: 'retrigger', since: new Date(0).toISOString(), pagesPerRun: 1 };
  const { firstExecutionRunId } = await scene.start('webhookRecovery', workflowId, input);
  await untilExecution(scene, workflowId, 'COMPLETED');
  for (const { id } of made) await untilStatus(scene, id, 'delivered');
  return { workflowId, runId: firstExecutionRunId };
}

const recoveries: Record<string, Shape> = {
  single: { options: failsAtOnce, play: (scene) => recover(scene, 1) },
  'before-continue-as-new': { options: failsAtOnce, play: (scene) => recover(scene, 26) },
  'after-continue-as-new': { options: failsAtOnce, play: async (scene) => (await recover(scene, 26)).workflowId },
  notice: {
    async play(scene) {
      const endpointId = await addEndpoint(scene);
      const notice = { kind: 'resume', since: new Date() } as const;
      await scene.place.stores.endpoints.update(endpointId, { notice }, notice.since);
      await scene.starter.startNotice({ endpointId, ...notice });
      return completed(scene, `resume/${endpointId}/${notice.since.getTime()}`);
    },
  },
};

const sweeps: Record<string, Shape> = {
  all: {
    async play(scene) {
      await identify(scene);
      await scene.start('sweep', 'sweep', { olderThanMs: -hourMs });
      return completed(scene, 'sweep');
    },
  },
};

/** Every way through every workflow, by the name of its file: `<workflow>.<shape>`. */
export const shapes: Record<string, Shape> = Object.fromEntries(
  Object.entries({
    'webhook-delivery': delivery,
    'contact-upsert': upserts,
    'custom-event': events,
    'ingest-batch': batches,
    'automation-run': runs,
    'webhook-recovery': recoveries,
    sweep: sweeps,
  }).flatMap(([workflow, ways]) => Object.entries(ways).map(([way, shape]) => [`${workflow}.${way}`, shape])),
);
