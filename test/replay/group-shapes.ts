import type { Delivery } from '../../domain/delivery';
import { eventsOf, ofType } from '../workflows/support/history';
import { deliveriesOf, untilAll, untilHandedOver } from '../workflows/support/look';
import type { Scene } from '../workflows/support/scene';
import { failingFirst, inOrder, type Script } from '../workflows/support/scripted-sender';
import { addEndpoint, runGroup } from '../workflows/support/seed';
import { gate, until } from '../workflows/support/until';
import { completed, hourMs, waiting, type Shape } from './shape';

/** Long enough for the hand-over, so that the carrier's wait is still to come. */
const handOverMs = 2_000;

/** The ways of a group of messages whose webhooks it attempts itself. */
export const groupShapes: Record<string, Shape> = {
  'group-first-attempts': {
    async play(scene) {
      await addEndpoint(scene);
      return (await runGroup(scene, 5)).workflowId;
    },
  },
  'group-handed-over': {
    async play(scene) {
      await addEndpoint(scene);
      scene.sender.follow(failingFirst(4));
      const { workflowId } = await runGroup(scene, 6);
      await untilHandedOver(scene);
      return workflowId;
    },
  },
};

/** So many deliveries of one group that have failed and were handed over, by the script of their receiver. */
async function failTogether(scene: Scene, count: number, script: Script): Promise<[Delivery, ...Delivery[]]> {
  await addEndpoint(scene);
  scene.sender.follow(script);
  await runGroup(scene, count);
  const [first, ...rest] = await untilHandedOver(scene);
  if (!first) throw new Error('no delivery was made');
  return [first, ...rest];
}

/** The ways through webhookRetryGroup. */
export const retryGroupShapes: Record<string, Shape> = {
  delivered: {
    options: { retryDelaysMs: [handOverMs, 20] },
    async play(scene) {
      const [{ workflowId }] = await failTogether(scene, 5, failingFirst(5, 1));
      return completed(scene, workflowId);
    },
  },
  exhausted: {
    options: { retryDelaysMs: [handOverMs, 20] },
    async play(scene) {
      const [{ workflowId }] = await failTogether(scene, 4, () => 500);
      return completed(scene, workflowId, 'FAILED');
    },
  },
  split: {
    options: { retryDelaysMs: [handOverMs, 1_200] },
    async play(scene) {
      const [{ workflowId, eventId }] = await failTogether(scene, 4, () => 500);
      scene.sender.follow((request) => {
        if (scene.sender.of(request.webhookId).length > 2) return 200;
        return request.webhookId === eventId ? { statusCode: 429, retryAfter: '3' } : 500;
      });
      return completed(scene, workflowId);
    },
  },
  cancelled: {
    options: { retryDelaysMs: [hourMs] },
    async play(scene) {
      const [{ workflowId }] = await failTogether(scene, 4, () => 500);
      await waiting(scene, workflowId);
      await scene.handle(workflowId).cancel();
      return completed(scene, workflowId, 'CANCELLED');
    },
  },
  'cancelled-in-attempts': {
    options: { retryDelaysMs: [handOverMs, 20] },
    async play(scene) {
      const [{ workflowId }] = await failTogether(scene, 4, () => 500);
      const { opened, open } = gate();
      scene.sender.follow(async () => {
        await opened;
        return 500;
      });
      await until('the second attempts are under way', () => scene.sender.sent.length === 8);
      await cancelUnderWay(scene, workflowId);
      open();
      return completed(scene, workflowId, 'CANCELLED');
    },
  },
};

/** Cancels a workflow whose activity is under way, and waits until it has heard of it. */
async function cancelUnderWay(scene: Scene, workflowId: string): Promise<void> {
  await scene.handle(workflowId).cancel();
  await until('the cancellation was heard', async () => {
    const types = (await eventsOf(scene.handle(workflowId))).map(({ eventType }) => eventType);
    const at = types.lastIndexOf('EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED');
    return at >= 0 && types.includes('EVENT_TYPE_WORKFLOW_TASK_COMPLETED', at);
  });
}

/** A group's deliveries at an endpoint whose first attempts are made in its lane. */
async function fillLane(scene: Scene, count: number): Promise<string> {
  const endpointId = await addEndpoint(scene);
  await scene.place.stores.endpoints.markSlow(endpointId, new Date());
  await runGroup(scene, count);
  return endpointId;
}

/** The ways through webhookDispatch. */
export const dispatchShapes: Record<string, Shape> = {
  drained: {
    play: async (scene) => completed(scene, `dispatch/${await fillLane(scene, 5)}`),
  },
  'failed-and-handed-over': {
    options: { retryDelaysMs: [hourMs] },
    async play(scene) {
      scene.sender.follow(failingFirst(4));
      return completed(scene, `dispatch/${await fillLane(scene, 6)}`);
    },
  },
  'cancelled-in-page': {
    options: { retryDelaysMs: [hourMs] },
    async play(scene) {
      const { opened, open } = gate();
      scene.sender.follow(async () => {
        await opened;
        return 500;
      });
      const workflowId = `dispatch/${await fillLane(scene, 5)}`;
      await until('the attempts are under way', () => scene.sender.sent.length === 5);
      await cancelUnderWay(scene, workflowId);
      open();
      return completed(scene, workflowId, 'CANCELLED');
    },
  },
  'after-continue-as-new': {
    async play(scene) {
      const endpointId = await addEndpoint(scene);
      const endpoint = await scene.place.stores.endpoints.find(endpointId);
      if (!endpoint) throw new Error('no endpoint');
      const workflowId = `dispatch/${endpointId}`;
      const input = { endpointId, retryDelaysMs: [hourMs], pagesPerRun: 8 };
      const { firstExecutionRunId } = await scene.start('webhookDispatch', workflowId, input);
      await until('the first run has continued as new', async () => {
        await scene.starter.startDispatch(endpoint);
        const events = await eventsOf(scene.handle(workflowId, firstExecutionRunId));
        return ofType(events, 'WorkflowExecutionContinuedAsNew').length > 0;
      });
      return completed(scene, workflowId);
    },
  },
};

/** The ways of a webhookDelivery that a group has carried before. */
export const carriedShapes: Record<string, Shape> = {
  'carried-on': {
    options: { retryDelaysMs: [handOverMs] },
    async play(scene) {
      const [{ workflowId }] = await failTogether(scene, 2, inOrder(500, 500, 200));
      return completed(scene, workflowId);
    },
  },
  'retriggered-out-of-group': {
    options: { retryDelaysMs: [hourMs] },
    async play(scene) {
      const [delivery] = await failTogether(scene, 4, () => 500);
      scene.sender.follow(() => 200);
      await scene.starter.retrigger(delivery);
      return completed(scene, `delivery/${delivery.endpointId}/${delivery.eventId}`);
    },
  },
};

/** The way of a webhookRecovery of deliveries that a group has carried to the end of their timeline. */
export const groupRecoveryShapes: Record<string, Shape> = {
  'in-groups': {
    options: { retryDelaysMs: [] },
    async play(scene) {
      const endpointId = await addEndpoint(scene);
      scene.sender.follow(inOrder(500, 500, 500, 500, 500, 200));
      await runGroup(scene, 5);
      await untilAll(scene, 'failed');
      const range = { since: new Date(0).toISOString(), until: new Date(Date.now() + hourMs).toISOString() };
      await scene.starter.startRecovery({ endpointId, ...range });
      await untilAll(scene, 'delivered');
      for (const { workflowId } of await deliveriesOf(scene)) await completed(scene, workflowId);
      return completed(scene, `recovery/${endpointId}/${range.since}`);
    },
  },
};
