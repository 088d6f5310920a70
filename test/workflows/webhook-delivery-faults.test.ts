import type { ActivityDeps } from '../../activities';
import type { Attempt } from '../../domain/delivery';
import { eventsOf, isIdle, ofType } from './support/history';
import { attemptsOf, deliveryOf, untilAttempts, untilExecution, untilStatus } from './support/look';
import { inOrder } from './support/scripted-sender';
import { addEndpoint, dispatchEvent, startDelivery } from './support/seed';
import { setStage } from './support/stage';
import { expectAttemptsAt, roundSeconds } from './support/timeline';
import { gate, until } from './support/until';

const stage = setStage();

/** The log, with a fault after the record of attempt `number` was written: what a killed worker leaves behind. */
function killedAfterRecord(number: number) {
  let isKilled = false;
  return ({ log }: ActivityDeps): Partial<ActivityDeps> => ({
    log: {
      ...log,
      async insertAttempt(attempt: Attempt) {
        const stored = await log.insertAttempt(attempt);
        if (attempt.number !== number || isKilled) return stored;
        isKilled = true;
        throw new Error('killed between the record and the answer');
      },
    },
  });
}

describe('a worker that dies after an attempt was recorded', () => {
  it.each([
    { number: 1, within: 'inside the workflow task' },
    { number: 2, within: 'as an activity of its own' },
  ])('does not repeat attempt $number, which ran $within', async ({ number }) => {
    const scene = await stage.open({ replace: killedAfterRecord(number) });
    scene.sender.follow(inOrder(500, 500, 500, 200));
    const { id, workflowId } = await startDelivery(scene);
    await untilAttempts(scene, id, 1);
    await untilStatus(scene, id, 'retrying');
    await scene.place.skip(760_000);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expectAttemptsAt(await attemptsOf(scene, id), [0, 30, 150, 750]);
    expect(scene.sender.sent).toHaveLength(4);
    expect(await deliveryOf(scene, id)).toMatchObject({ status: 'delivered', attemptCount: 4 });
  });

  it('concludes from what the receiver had answered', async () => {
    const scene = await stage.open({ replace: killedAfterRecord(1) });
    scene.sender.follow(inOrder(200, 500));
    const { id, workflowId } = await startDelivery(scene);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await deliveryOf(scene, id)).toMatchObject({ status: 'delivered', attemptCount: 1, lastStatusCode: 200 });
    expect(scene.sender.sent).toHaveLength(1);
  });
});

describe('a fault of our own', () => {
  it('is retried until it is over and costs the receiver no attempt', async () => {
    let faults = 0;
    const scene = await stage.open({
      replace: ({ log }) => ({
        log: {
          ...log,
          async load(deliveryId) {
            const attemptsMade = scene.sender.sent.length;
            // Twice each before the first, the second and the last attempt.
            if ([0, 1, 5].includes(attemptsMade) && faults++ % 3 < 2) throw new Error('MongoDB is away');
            return log.load(deliveryId);
          },
        },
      }),
    });
    scene.sender.follow(() => 500);
    const { id } = await startDelivery(scene);
    await untilAttempts(scene, id, 1);
    await scene.place.skip(6_200_000);
    await untilStatus(scene, id, 'failed');
    expect(faults).toBe(9);
    const attempts = await attemptsOf(scene, id);
    expect(attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    // Retries of ours come after 0.5 s and 1 s more.
    const lateSeconds = [0, 1.5, 1.5, 1.5, 1.5, 3];
    expectAttemptsAt(
      attempts,
      roundSeconds.map((seconds, index) => seconds + (lateSeconds[index] ?? 0)),
    );
  });

  it('in the sender leaves no attempt in the log', async () => {
    const scene = await stage.open();
    scene.sender.follow((_request, index) => {
      if (index === 0) throw new Error('the exchange was cut off by a shutdown of this worker');
      return 200;
    });
    const { id, workflowId } = await startDelivery(scene);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(scene.sender.sent).toHaveLength(2);
    expect(await attemptsOf(scene, id)).toMatchObject([{ number: 1, statusCode: 200 }]);
  });
});

describe('a receiver that hangs', () => {
  it('holds twenty workflow tasks at most; further deliveries to it are attempted outside of theirs', async () => {
    const scene = await stage.open();
    const { opened, open } = gate();
    const hangingId = await addEndpoint(scene, { url: 'https://slow.example.com/hook' });
    scene.sender.follow(async ({ url }) => {
      if (url.includes('slow')) await opened;
      return 200;
    });
    const held = await Promise.all(Array.from({ length: 20 }, () => dispatchEvent(scene)));
    await until('twenty attempts are under way', () => scene.sender.sent.length === 20);
    const [one] = await dispatchEvent(scene);
    await until('one more is under way', () => scene.sender.sent.length === 21);
    const events = await eventsOf(scene.handle(one?.workflowId ?? ''));
    expect(ofType(events, 'ActivityTaskScheduled')).toHaveLength(1);

    // Another endpoint's deliveries are not touched by it.
    await scene.place.stores.endpoints.update(hangingId, { events: [] }, new Date(scene.place.now()));
    const other = await startDelivery(scene);
    await untilExecution(scene, other.workflowId, 'COMPLETED');
    expect(ofType(await eventsOf(scene.handle(other.workflowId)), 'ActivityTaskScheduled')).toHaveLength(0);

    open();
    for (const { id } of [...held.flat(), ...(one ? [one] : [])]) await untilStatus(scene, id, 'delivered');
    expect(await attemptsOf(scene, one?.id ?? '')).toMatchObject([{ number: 1, trigger: 'schedule' }]);
    expect(scene.sender.sent).toHaveLength(22);
  });
});

describe('a worker that stops', () => {
  // A workflow in a worker's memory is bound to it for some seconds, which the time-skipping server does not let pass.
  it('leaves a delivery in its wait; the next worker goes on with the timeline', async () => {
    const scene = await stage.open({ isForgetful: true });
    scene.sender.follow(inOrder(500, 500, 500, 200));
    const { id, workflowId } = await startDelivery(scene);
    await untilStatus(scene, id, 'retrying');
    await until('the delivery waits', () => isIdle(scene.handle(workflowId)));
    await scene.stopWorker();
    await scene.startWorker();
    await scene.place.skip(760_000);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expectAttemptsAt(await untilAttempts(scene, id, 4), [0, 30, 150, 750]);
  });
});
