import { ApplicationFailure } from '@temporalio/common';
import { attemptsOf, deliveryOf, failureOf, untilAttempts, untilExecution, untilStatus } from './support/look';
import { inOrder } from './support/scripted-sender';
import { startDelivery } from './support/seed';
import { setStage } from './support/stage';
import { expectAttemptsAt, roundSeconds, skipUntil } from './support/timeline';
import { gate, until } from './support/until';

const stage = setStage();
const sixDaysMs = 6 * 86_400_000;
const twoDaysMs = 2 * 86_400_000;

describe('a retrigger by hand', () => {
  it('during a wait is the awaited attempt, early: the next wait is the next entry', async () => {
    const scene = await stage.open();
    scene.sender.follow(() => 500);
    const delivery = await startDelivery(scene);
    const { id } = delivery;
    await scene.place.skip(31_000);
    const [, second] = await untilAttempts(scene, id, 2);
    await skipUntil(scene, second, 30);
    await scene.starter.retrigger(delivery);
    await untilAttempts(scene, id, 3);
    await scene.place.skip(6_100_000);
    await untilStatus(scene, id, 'failed');
    const attempts = await attemptsOf(scene, id);
    expectAttemptsAt(attempts, [0, 30, 60, 660, 2460, 6060]);
    expect(attempts.map(({ trigger }) => trigger === 'manual')).toEqual([false, false, true, false, false, false]);
    expect(attempts.map(({ round }) => round)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('collapses with others that come during one attempt', async () => {
    const scene = await stage.open();
    const { opened, open } = gate();
    scene.sender.follow(async (_request, index) => {
      if (index === 1) await opened;
      return 500;
    });
    const delivery = await startDelivery(scene);
    await scene.place.skip(30_000);
    await until('the second attempt is under way', () => scene.sender.sent.length === 2);
    for (let times = 0; times < 3; times++) await scene.starter.retrigger(delivery);
    open();
    await untilAttempts(scene, delivery.id, 3);
    await scene.place.skip(610_000);
    const attempts = await untilAttempts(scene, delivery.id, 4);
    expectAttemptsAt(attempts, [0, 30, 30, 630]);
    expect(attempts.map(({ trigger }) => trigger)).toEqual(['schedule', 'schedule', 'manual', 'schedule']);
  });

  it('during the first attempt, which then succeeds, makes one further attempt in a new round', async () => {
    const scene = await stage.open();
    const { opened, open } = gate();
    scene.sender.follow(async (_request, index) => {
      if (index === 0) await opened;
      return 200;
    });
    const delivery = await startDelivery(scene);
    await until('the first attempt is under way', () => scene.sender.sent.length === 1);
    await scene.starter.retrigger(delivery);
    await scene.starter.retrigger(delivery);
    open();
    await untilExecution(scene, delivery.workflowId, 'COMPLETED');
    const attempts = await attemptsOf(scene, delivery.id);
    expect(attempts.map(({ round, trigger }) => [round, trigger])).toEqual([
      [1, 'schedule'],
      [2, 'manual'],
    ]);
    expect(scene.sender.sent).toHaveLength(2);
  });

  it('during the first attempt of a run that a retrigger began makes one further attempt', async () => {
    const scene = await stage.open();
    const { opened, open } = gate();
    scene.sender.follow(async (_request, index) => {
      if (index === 1) await opened;
      return 200;
    });
    const { id, workflowId } = await startDelivery(scene);
    await untilExecution(scene, workflowId, 'COMPLETED');
    const delivered = await deliveryOf(scene, id);
    await scene.starter.retrigger(delivered);
    await until('the retriggered attempt is under way', () => scene.sender.sent.length === 2);
    await scene.starter.retrigger(delivered);
    open();
    const attempts = await untilAttempts(scene, id, 3);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(attempts.map(({ round, trigger }) => [round, trigger])).toEqual([
      [1, 'schedule'],
      [2, 'manual'],
      [3, 'manual'],
    ]);
    expect(scene.sender.sent).toHaveLength(3);
  });

  it('before the first attempt causes it and no other', async () => {
    const scene = await stage.open({ isWorkerAway: true });
    const delivery = await startDelivery(scene);
    await scene.starter.retrigger(delivery);
    await scene.startWorker();
    await untilExecution(scene, delivery.workflowId, 'COMPLETED');
    const attempts = await attemptsOf(scene, delivery.id);
    expect(attempts.map(({ round, trigger }) => [round, trigger])).toEqual([[1, 'manual']]);
  });

  it('on a delivered one starts a new run with one attempt, the same id and the same bytes', async () => {
    const scene = await stage.open();
    const delivery = await startDelivery(scene);
    const { id, workflowId, eventId } = delivery;
    await untilExecution(scene, workflowId, 'COMPLETED');
    const first = await scene.handle(workflowId).describe();

    await scene.starter.retrigger(await deliveryOf(scene, id));
    await untilAttempts(scene, id, 2);
    await untilExecution(scene, workflowId, 'COMPLETED');
    const second = await scene.handle(workflowId).describe();

    expect(second.runId).not.toBe(first.runId);
    const attempts = await attemptsOf(scene, id);
    expect(attempts.map(({ number, round, trigger }) => ({ number, round, trigger }))).toEqual([
      { number: 1, round: 1, trigger: 'schedule' },
      { number: 2, round: 2, trigger: 'manual' },
    ]);
    const sent = scene.sender.of(eventId);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.body).toBe(sent[0]?.body);
    expect(await deliveryOf(scene, id)).toMatchObject({ status: 'delivered', attemptCount: 2, round: 2 });
  });

  it('on a delivered one that fails now goes on along the timeline', async () => {
    const scene = await stage.open();
    scene.sender.follow(inOrder(200, 500, 500, 200));
    const { id, workflowId } = await startDelivery(scene);
    await untilExecution(scene, workflowId, 'COMPLETED');
    await scene.starter.retrigger(await deliveryOf(scene, id));
    await untilAttempts(scene, id, 2);
    await scene.place.skip(160_000);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expectAttemptsAt((await attemptsOf(scene, id)).slice(1), [0, 30, 150]);
  });
});

describe('a failed delivery', () => {
  it('stays open for seven days, then closes as failed; a retrigger after that starts a new run', async () => {
    const scene = await stage.open();
    scene.sender.follow(() => 500);
    const { id, workflowId } = await startDelivery(scene);
    await scene.place.skip(6_200_000);
    await untilStatus(scene, id, 'failed');
    await scene.place.skip(sixDaysMs);
    await untilExecution(scene, workflowId, 'RUNNING');
    await scene.place.skip(twoDaysMs);
    await untilExecution(scene, workflowId, 'FAILED');

    const failure = await failureOf(scene, workflowId);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'DeliveryFailed', nonRetryable: true });
    expect(await deliveryOf(scene, id)).toMatchObject({ status: 'failed', attemptCount: 6 });

    await scene.starter.retrigger(await deliveryOf(scene, id));
    await untilAttempts(scene, id, 7);
    await scene.place.skip(6_200_000);
    await untilStatus(scene, id, 'failed');
    const attempts = (await attemptsOf(scene, id)).slice(6);
    expectAttemptsAt(attempts, roundSeconds);
    expect(new Set(attempts.map(({ round }) => round))).toEqual(new Set([2]));
  });
});
