import { CancelledFailure } from '@temporalio/common';
import type { Delivery } from '../../domain/delivery';
import {
  attemptsOf,
  deliveryOf,
  executionStatus,
  failureOf,
  untilAttempts,
  untilExecution,
  untilStatus,
} from './support/look';
import type { Scene } from './support/scene';
import { inOrder } from './support/scripted-sender';
import { addEndpoint, dispatchEvent, startDelivery } from './support/seed';
import { setStage } from './support/stage';
import { expectAttemptsAt } from './support/timeline';
import { gate, until } from './support/until';

const stage = setStage();

async function setEndpoint({ place }: Scene, id: string, status: 'active' | 'paused' | 'deleted'): Promise<void> {
  await place.stores.endpoints.update(id, { status }, new Date(place.now()));
}

/** A delivery whose first attempt has failed and which waits for its second. */
async function startWaiting(scene: Scene): Promise<Delivery> {
  const delivery = await startDelivery(scene);
  await untilStatus(scene, delivery.id, 'retrying');
  return delivery;
}

describe('a receiver that answers 410', () => {
  it('fails the delivery at once, disables the endpoint and holds its other open deliveries', async () => {
    const scene = await stage.open();
    const endpointId = await addEndpoint(scene);
    scene.sender.follow(() => 500);
    const [other] = await dispatchEvent(scene);
    await untilStatus(scene, other?.id ?? '', 'retrying');
    scene.sender.follow(() => 410);
    const [gone] = await dispatchEvent(scene);
    await untilStatus(scene, gone?.id ?? '', 'failed');
    const endpoint = await scene.place.stores.endpoints.find(endpointId);
    expect(endpoint).toMatchObject({ status: 'disabled', statusReason: expect.stringContaining('410') });

    await scene.place.skip(200_000);
    await untilStatus(scene, other?.id ?? '', 'held');
    expect(await attemptsOf(scene, other?.id ?? '')).toHaveLength(1);
    expect(await attemptsOf(scene, gone?.id ?? '')).toHaveLength(1);
  });
});

describe('a paused endpoint', () => {
  it('holds a delivery, which goes on in the slot it was held in', async () => {
    const scene = await stage.open();
    scene.sender.follow(() => 500);
    const delivery = await startWaiting(scene);
    await setEndpoint(scene, delivery.endpointId, 'paused');
    await scene.place.skip(3_600_000);
    const held = await untilStatus(scene, delivery.id, 'held');
    expect(held.nextAttemptAtMs).toBeUndefined();
    expect(await attemptsOf(scene, delivery.id)).toHaveLength(1);

    await setEndpoint(scene, delivery.endpointId, 'active');
    await scene.starter.resume(held);
    await untilAttempts(scene, delivery.id, 2);
    await scene.place.skip(130_000);
    const attempts = await untilAttempts(scene, delivery.id, 3);
    expectAttemptsAt(attempts, [0, 3600, 3720]);
    expect(attempts.map(({ trigger }) => trigger)).toEqual(['schedule', 'schedule', 'schedule']);
  });

  it('holds a delivery for as long as it stays paused, also against a retrigger', async () => {
    const scene = await stage.open();
    scene.sender.follow(inOrder(500, 200));
    const delivery = await startWaiting(scene);
    await setEndpoint(scene, delivery.endpointId, 'paused');
    await scene.starter.retrigger(delivery);
    await untilStatus(scene, delivery.id, 'held');
    await scene.starter.retrigger(delivery);
    await scene.place.skip(30 * 86_400_000);
    expect(await executionStatus(scene, delivery.workflowId)).toBe('RUNNING');
    expect(await attemptsOf(scene, delivery.id)).toHaveLength(1);

    await setEndpoint(scene, delivery.endpointId, 'active');
    await scene.starter.retrigger(delivery);
    await untilExecution(scene, delivery.workflowId, 'COMPLETED');
    expect((await attemptsOf(scene, delivery.id)).map(({ number, trigger }) => ({ number, trigger }))).toEqual([
      { number: 1, trigger: 'schedule' },
      { number: 2, trigger: 'manual' },
    ]);
  });

  it('starts no workflow for a new delivery until it is resumed', async () => {
    const scene = await stage.open();
    const endpointId = await addEndpoint(scene, { status: 'paused' });
    const [held] = await dispatchEvent(scene);
    expect(held?.status).toBe('held');
    await expect(scene.handle(held?.workflowId ?? '').describe()).rejects.toThrow();
    await setEndpoint(scene, endpointId, 'active');
    if (held) await scene.starter.resume(held);
    await untilStatus(scene, held?.id ?? '', 'delivered');
    expect(await attemptsOf(scene, held?.id ?? '')).toMatchObject([{ number: 1, round: 1, trigger: 'schedule' }]);
  });
});

describe('a deleted endpoint', () => {
  it('cancels its delivery at the next attempt, which is not made', async () => {
    const scene = await stage.open();
    scene.sender.follow(() => 500);
    const delivery = await startWaiting(scene);
    await setEndpoint(scene, delivery.endpointId, 'deleted');
    await scene.place.skip(31_000);
    await untilExecution(scene, delivery.workflowId, 'CANCELLED');
    const cancelled = await deliveryOf(scene, delivery.id);
    expect(cancelled).toMatchObject({ status: 'cancelled', attemptCount: 1 });
    expect(cancelled.nextAttemptAtMs).toBeUndefined();
    expect(scene.sender.sent).toHaveLength(1);
  });

  it('cancels a delivery before its first attempt', async () => {
    const scene = await stage.open({ isWorkerAway: true });
    const delivery = await startDelivery(scene);
    await setEndpoint(scene, delivery.endpointId, 'deleted');
    await scene.startWorker();
    await untilExecution(scene, delivery.workflowId, 'CANCELLED');
    expect(await deliveryOf(scene, delivery.id)).toMatchObject({ status: 'cancelled', attemptCount: 0 });
    expect(scene.sender.sent).toHaveLength(0);
  });
});

describe('cancelling by hand', () => {
  it('during a wait ends the delivery as cancelled', async () => {
    const scene = await stage.open();
    scene.sender.follow(() => 500);
    const delivery = await startWaiting(scene);
    expect(await scene.starter.cancelDelivery(delivery)).toBe(true);
    await untilExecution(scene, delivery.workflowId, 'CANCELLED');
    expect(await failureOf(scene, delivery.workflowId)).toBeInstanceOf(CancelledFailure);
    const cancelled = await deliveryOf(scene, delivery.id);
    expect(cancelled).toMatchObject({ status: 'cancelled', attemptCount: 1 });
    expect(cancelled.nextAttemptAtMs).toBeUndefined();
  });

  it.each([
    { attempt: 'first', underWay: 0, answer: 500, execution: 'CANCELLED', status: 'cancelled' },
    { attempt: 'first', underWay: 0, answer: 200, execution: 'COMPLETED', status: 'delivered' },
    { attempt: 'second', underWay: 1, answer: 500, execution: 'CANCELLED', status: 'cancelled' },
    { attempt: 'second', underWay: 1, answer: 200, execution: 'COMPLETED', status: 'delivered' },
  ])(
    'during the $attempt attempt, answered with $answer, records it and ends as $status',
    async ({ underWay, answer, execution, status }) => {
      const scene = await stage.open();
      const { opened, open } = gate();
      scene.sender.follow(async (_request, index) => {
        if (index < underWay) return 500;
        await opened;
        return answer;
      });
      const delivery = await startDelivery(scene);
      if (underWay > 0) await scene.place.skip(30_000);
      await until('the attempt is under way', () => scene.sender.sent.length === underWay + 1);
      expect(await scene.starter.cancelDelivery(delivery)).toBe(true);
      open();
      await untilExecution(scene, delivery.workflowId, execution);
      expect(await deliveryOf(scene, delivery.id)).toMatchObject({ status, attemptCount: underWay + 1 });
      const statusCodes = (await attemptsOf(scene, delivery.id)).map(({ statusCode }) => statusCode);
      expect(statusCodes).toEqual([...Array<number>(underWay).fill(500), answer]);
    },
  );

  it('before the first attempt prevents it', async () => {
    const scene = await stage.open({ isWorkerAway: true });
    const delivery = await startDelivery(scene);
    await scene.starter.cancelDelivery(delivery);
    await scene.startWorker();
    await untilExecution(scene, delivery.workflowId, 'CANCELLED');
    expect(await deliveryOf(scene, delivery.id)).toMatchObject({ status: 'cancelled', attemptCount: 0 });
    expect(scene.sender.sent).toHaveLength(0);
  });

  it('a delivery that has failed, while it is open, ends it as cancelled', async () => {
    const scene = await stage.open({ retryDelaysMs: [] });
    scene.sender.follow(() => 500);
    const delivery = await startDelivery(scene);
    await untilStatus(scene, delivery.id, 'failed');
    await scene.starter.cancelDelivery(delivery);
    await untilExecution(scene, delivery.workflowId, 'CANCELLED');
    expect(await deliveryOf(scene, delivery.id)).toMatchObject({ status: 'cancelled' });
  });
});
