import type { Step } from '../../domain/automation';
import { untilEnded, untilExecution, untilStatus } from '../workflows/support/look';
import type { Scene } from '../workflows/support/scene';
import {
  addContact,
  addEndpoint,
  addList,
  dispatchEvent,
  prepareRun,
  receive,
  runBatch,
  saveAutomation,
} from '../workflows/support/seed';
import { campaignShapes } from './campaign-shapes';
import { deliveryShapes } from './delivery-shapes';
import { emailEventShapes } from './email-event-shapes';
import { emailSendShapes, runEmailShapes } from './email-send-shapes';
import { carriedShapes, dispatchShapes, groupRecoveryShapes, groupShapes, retryGroupShapes } from './group-shapes';
import { eraseShapes, importShapes } from './people-shapes';
import { completed, hourMs, waiting, type Shape } from './shape';

const failsAtOnce = { retryDelaysMs: [] };

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
            commit: (keys, by, fold) =>
              ingest.commit(keys, by, (messages, known) =>
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

const batches: Record<string, Shape> = {
  'one-chunk': {
    async play(scene) {
      await addEndpoint(scene);
      return runBatch(scene, [await identify(scene), await track(scene), await track(scene, 'unknown')]);
    },
  },
  'two-chunks': {
    async play(scene) {
      const keys: string[] = [];
      for (let index = 0; index < 201; index++) keys.push(await identify(scene));
      return runBatch(scene, keys);
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
  'one-part-failed': {
    options: {
      replace: ({ leftBehind }) => ({
        leftBehind: { ...leftBehind, events: () => Promise.reject(new Error('MongoDB is away')) },
      }),
    },
    async play(scene) {
      await scene.start('sweep', 'sweep', { olderThanMs: -hourMs });
      return completed(scene, 'sweep', 'FAILED');
    },
  },
};

/** Every way through every workflow, by the name of its file: `<workflow>.<shape>`. */
export const shapes: Record<string, Shape> = Object.fromEntries(
  Object.entries({
    'webhook-delivery': { ...deliveryShapes, ...carriedShapes },
    'webhook-dispatch': dispatchShapes,
    'webhook-retry-group': retryGroupShapes,
    'campaign-send': campaignShapes,
    'contact-upsert': upserts,
    'custom-event': events,
    'ingest-batch': { ...batches, ...groupShapes },
    'automation-run': { ...runs, ...runEmailShapes },
    'email-send': emailSendShapes,
    'email-event': emailEventShapes,
    'webhook-recovery': { ...recoveries, ...groupRecoveryShapes },
    'contact-import': importShapes,
    'contact-erase': eraseShapes,
    sweep: sweeps,
  }).flatMap(([workflow, ways]) => Object.entries(ways).map(([way, shape]) => [`${workflow}.${way}`, shape])),
);
