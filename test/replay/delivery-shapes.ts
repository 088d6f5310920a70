import type { Delivery } from '../../domain/delivery';
import { eventsOf, ofType } from '../workflows/support/history';
import { untilStatus } from '../workflows/support/look';
import type { Scene } from '../workflows/support/scene';
import { inOrder } from '../workflows/support/scripted-sender';
import { addEndpoint, dispatchEvent, startDelivery } from '../workflows/support/seed';
import { gate, until } from '../workflows/support/until';
import { completed, hourMs, waiting, type Shape } from './shape';

const waits = { retryDelaysMs: [hourMs, hourMs] };

function setEndpoint({ place }: Scene, { endpointId }: Delivery, status: 'active' | 'paused' | 'deleted') {
  return place.stores.endpoints.update(endpointId, { status }, new Date());
}

/** The ways through webhookDelivery. */
export const deliveryShapes: Record<string, Shape> = {
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
  deferred: {
    async play(scene) {
      const { opened, open } = gate();
      scene.sender.follow(async () => {
        await opened;
        return 200;
      });
      await addEndpoint(scene);
      // As many as one endpoint may hold inside workflow tasks: the next one is made outside of its task.
      await Promise.all(Array.from({ length: 20 }, () => dispatchEvent(scene)));
      await until('twenty attempts are under way', () => scene.sender.sent.length === 20);
      const [made] = await dispatchEvent(scene);
      if (!made) throw new Error('no delivery was made');
      await until('one more is under way', () => scene.sender.sent.length === 21);
      open();
      return completed(scene, made.workflowId);
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
    options: { retryDelaysMs: [] },
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
