import type { Delivery } from '../../domain/delivery';
import { eventsOf, ofType } from './support/history';
import {
  attemptsOf,
  deliveriesOf,
  untilAll,
  untilAttempts,
  untilExecution,
  untilHandedOver,
  untilStatus,
} from './support/look';
import type { Scene } from './support/scene';
import { failingFirst } from './support/scripted-sender';
import { addEndpoint, insertEvents, receiveIdentifies, runGroup, startBatch } from './support/seed';
import { setStage } from './support/stage';
import { expectAttemptsAt } from './support/timeline';
import { gate, until } from './support/until';

const stage = setStage();

/** An endpoint whose first attempts are made in its lane. */
async function addSlowEndpoint(scene: Scene): Promise<{ endpointId: string; lane: string }> {
  const endpointId = await addEndpoint(scene);
  await scene.place.stores.endpoints.markSlow(endpointId, new Date(scene.place.now()));
  return { endpointId, lane: `dispatch/${endpointId}` };
}

async function slowSince(scene: Scene, endpointId: string): Promise<Date | undefined> {
  return (await scene.place.stores.endpoints.find(endpointId))?.slowSince;
}

function untilQuick(scene: Scene, endpointId: string): Promise<boolean> {
  return until('the endpoint counts as quick', async () => (await slowSince(scene, endpointId)) === undefined);
}

/** Lets the lane find itself empty for long enough. */
async function untilLaneEnds(scene: Scene, lane: string): Promise<void> {
  await scene.place.skip(10_000);
  await untilExecution(scene, lane, 'COMPLETED');
}

function expectEachSentOnce(scene: Scene, deliveries: Delivery[]): void {
  expect(scene.sender.sent.map(({ webhookId }) => webhookId).sort()).toEqual(
    deliveries.map(({ eventId }) => eventId).sort(),
  );
}

describe('webhookDispatch', () => {
  it('makes the first attempts at a slow endpoint, for which its groups do not wait', async () => {
    const scene = await stage.open();
    const { endpointId, lane } = await addSlowEndpoint(scene);
    const quickId = await addEndpoint(scene);
    const { workflowId } = await runGroup(scene, 12);
    const delivered = await untilAll(scene, 'delivered');
    expect(delivered).toHaveLength(24);
    for (const delivery of delivered) {
      const carrier = delivery.endpointId === quickId ? workflowId : lane;
      expect(delivery).toMatchObject({ workflowId: carrier, attemptCount: 1, round: 1, attemptsInRound: 1 });
      expect(await attemptsOf(scene, delivery.id)).toMatchObject([{ number: 1, round: 1, trigger: 'schedule' }]);
    }
    expect(scene.sender.sent).toHaveLength(24);
    expect(scene.startedIds()).toEqual([workflowId, lane]);
    await untilQuick(scene, endpointId);
    await untilLaneEnds(scene, lane);
  });

  it('is left when the endpoint is quick again: the next group attempts by itself', async () => {
    const scene = await stage.open();
    const { endpointId, lane } = await addSlowEndpoint(scene);
    await runGroup(scene, 2);
    await untilAll(scene, 'delivered');
    await untilQuick(scene, endpointId);
    await untilLaneEnds(scene, lane);
    const { workflowId, deliveries } = await runGroup(scene, 3);
    expect(deliveries.map((delivery) => delivery.workflowId)).toEqual(Array(3).fill(workflowId));
    expect(scene.startedIds().filter((id) => id === lane)).toHaveLength(1);
  });

  // Not so yet: only a lane's page takes the mark off, and at rest no delivery goes through the lane.
  it('is left as well when a delivery at rest finds the endpoint quick', async () => {
    const scene = await stage.open();
    const { endpointId } = await addSlowEndpoint(scene);
    await scene.activities.dispatchEvents({ eventIds: await insertEvents(scene, 1) });
    await untilAll(scene, 'delivered');
    for (const workflowId of scene.startedIds()) await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await slowSince(scene, endpointId)).toBeUndefined();
  });

  it('is not left by an endpoint that is quick to fail: its lane makes further first attempts', async () => {
    const scene = await stage.open();
    const { endpointId, lane } = await addSlowEndpoint(scene);
    scene.sender.follow(() => 500);
    await runGroup(scene, 5);
    await untilHandedOver(scene);
    expect(await slowSince(scene, endpointId)).toBeDefined();
    await untilLaneEnds(scene, lane);
  });

  it('hands over what failed in it, the wait running from the failure', async () => {
    const scene = await stage.open();
    const { lane } = await addSlowEndpoint(scene);
    scene.sender.follow(failingFirst(6));
    await runGroup(scene, 10);
    const deliveries = await untilHandedOver(scene);
    const failed = deliveries.filter(({ status }) => status === 'retrying');
    expect(failed).toHaveLength(6);
    const [carrier, ...others] = new Set(failed.map(({ workflowId }) => workflowId));
    expect(carrier).toMatch(/^retry-group\//);
    expect(others).toEqual([]);
    await scene.place.skip(160_000);
    for (const { id } of failed) expectAttemptsAt(await untilAttempts(scene, id, 3), [0, 30, 150]);
    await untilExecution(scene, lane, 'COMPLETED');
  });

  it('hands three failures or fewer over to workflows of their own', async () => {
    const scene = await stage.open();
    const { lane } = await addSlowEndpoint(scene);
    scene.sender.follow(failingFirst(3));
    await runGroup(scene, 10);
    const failed = (await untilHandedOver(scene)).filter(({ status }) => status === 'retrying');
    expect(failed.map(({ workflowId }) => workflowId)).toEqual(
      failed.map(({ endpointId, eventId }) => `delivery/${endpointId}/${eventId}`),
    );
    await scene.place.skip(31_000);
    for (const { id } of failed) expectAttemptsAt(await untilAttempts(scene, id, 2), [0, 30]);
    await untilExecution(scene, lane, 'COMPLETED');
  });

  it('ends when nothing is left, and is started again by the next signal', async () => {
    const scene = await stage.open();
    const { endpointId, lane } = await addSlowEndpoint(scene);
    await runGroup(scene, 2);
    await untilAll(scene, 'delivered');
    await untilLaneEnds(scene, lane);
    const { runId } = await scene.handle(lane).describe();

    await scene.place.stores.endpoints.markSlow(endpointId, new Date(scene.place.now()));
    await runGroup(scene, 2);
    const endpoint = await scene.place.stores.endpoints.find(endpointId);
    // A lane is told once a second at most, and time that was skipped has not passed for the one who tells.
    await until('the lane runs again', async () => {
      if (endpoint) await scene.starter.startDispatch(endpoint);
      return (await scene.handle(lane).describe()).runId !== runId;
    });
    await untilAll(scene, 'delivered');
    expectEachSentOnce(scene, await deliveriesOf(scene));
  });

  it('continues as new after its pages and goes on with what is left', async () => {
    const scene = await stage.open({
      replace: ({ starter }) => ({ starter: { ...starter, startDispatch: () => Promise.resolve() } }),
    });
    const { endpointId, lane } = await addSlowEndpoint(scene);
    // More than the 300 of a page.
    await scene.activities.dispatchEvents({ eventIds: await insertEvents(scene, 310) });
    const input = { endpointId, retryDelaysMs: [30_000], pagesPerRun: 1 };
    const { firstExecutionRunId } = await scene.start('webhookDispatch', lane, input);
    const delivered = await untilAll(scene, 'delivered');
    expect(delivered).toHaveLength(310);
    expectEachSentOnce(scene, delivered);
    const first = await eventsOf(scene.handle(lane, firstExecutionRunId));
    expect(ofType(first, 'WorkflowExecutionContinuedAsNew')).toHaveLength(1);
    expect(ofType(first, 'ActivityTaskScheduled')).toHaveLength(1);
  });

  it('holds what waits in it when its endpoint is paused, and makes the first attempts when it is resumed', async () => {
    const scene = await stage.open({ isWorkerAway: true });
    const { endpointId, lane } = await addSlowEndpoint(scene);
    await scene.activities.dispatchEvents({ eventIds: await insertEvents(scene, 12) });
    await scene.place.stores.endpoints.update(endpointId, { status: 'paused' }, new Date(scene.place.now()));
    await scene.startWorker();
    await untilAll(scene, 'held');
    expect(scene.sender.sent).toEqual([]);
    await untilLaneEnds(scene, lane);

    const since = new Date(scene.place.now());
    const notice = { kind: 'resume', since } as const;
    const endpoint = await scene.place.stores.endpoints.update(endpointId, { status: 'active', notice }, since);
    await scene.starter.startNotice({ endpointId, ...notice });
    await until('they are delivered', async () => {
      if (endpoint) await scene.starter.startDispatch(endpoint);
      return (await deliveriesOf(scene)).every(({ status }) => status === 'delivered');
    });
    const delivered = await deliveriesOf(scene);
    expect(delivered.map(({ workflowId }) => workflowId)).toEqual(Array(12).fill(lane));
    expectEachSentOnce(scene, delivered);
  });

  it('cancels what waits in it when its endpoint is deleted', async () => {
    const scene = await stage.open({ isWorkerAway: true });
    const { endpointId, lane } = await addSlowEndpoint(scene);
    await scene.activities.dispatchEvents({ eventIds: await insertEvents(scene, 12) });
    await scene.place.stores.endpoints.update(endpointId, { status: 'deleted' }, new Date(scene.place.now()));
    await scene.startWorker();
    await untilAll(scene, 'cancelled');
    expect(scene.sender.sent).toEqual([]);
    await untilLaneEnds(scene, lane);
  });

  it('that is cancelled finishes its page and hands it over; the sweep starts it again for what waits', async () => {
    const scene = await stage.open();
    const { endpointId, lane } = await addSlowEndpoint(scene);
    const { opened, open } = gate();
    scene.sender.follow(async (_request, index) => {
      await opened;
      return index < 5 ? 500 : 200;
    });
    await scene.activities.dispatchEvents({ eventIds: await insertEvents(scene, 12) });
    await until('the page is under way', () => scene.sender.sent.length === 12);
    const later = await insertEvents(scene, 12);
    await scene.activities.dispatchEvents({ eventIds: later });
    await scene.handle(lane).cancel();
    open();
    await untilExecution(scene, lane, 'CANCELLED');
    expect(ofType(await eventsOf(scene.handle(lane)), 'ActivityTaskCancelRequested')).toEqual([]);
    const isLater = ({ eventId }: Delivery): boolean => later.includes(eventId);
    const deliveries = await deliveriesOf(scene);
    expect(deliveries.filter(isLater).map(({ status }) => status)).toEqual(Array(12).fill('pending'));
    const failed = deliveries.filter(({ status }) => status === 'retrying');
    expect(failed.map(({ workflowId }) => workflowId.split('/')[0])).toEqual(Array(5).fill('retry-group'));

    await scene.place.skip(61_000);
    await until('what waits is delivered', async () => {
      await scene.activities.sweepEvents({ olderThanMs: 10_000 });
      return (await deliveriesOf(scene, endpointId)).every(({ status }) => status === 'delivered');
    });
    expect(scene.sender.sent).toHaveLength(24 + 5);
    await untilLaneEnds(scene, lane);
  });

  it('that is gone is started again by the sweep, and hands over what had failed in it', async () => {
    let isGone = true;
    const scene = await stage.open({
      replace: ({ starter }) => ({
        starter: { ...starter, startDispatch: (to) => (isGone ? Promise.resolve() : starter.startDispatch(to)) },
      }),
    });
    await addEndpoint(scene);
    scene.sender.follow(failingFirst(5, 1));
    const { deliveries } = await runGroup(scene, 5);
    expect(deliveries.map(({ status }) => status)).toEqual(Array(5).fill('retrying'));
    isGone = false;
    await scene.place.skip(61_000);
    await scene.activities.sweepEvents({ olderThanMs: 10_000 });
    const handedOver = await untilHandedOver(scene);
    expect(handedOver.every(({ workflowId }) => workflowId.startsWith('retry-group/'))).toBe(true);
    await untilAll(scene, 'delivered');
    for (const { id } of deliveries) expect(await attemptsOf(scene, id)).toHaveLength(2);
  });

  it('leaves alone what is cancelled or retriggered while it waits', async () => {
    const scene = await stage.open({ isWorkerAway: true });
    const { lane } = await addSlowEndpoint(scene);
    await scene.activities.dispatchEvents({ eventIds: await insertEvents(scene, 12) });
    const [cancelled, ...others] = await deliveriesOf(scene);
    if (!cancelled) throw new Error('no delivery was made');
    expect(await scene.starter.cancelDelivery(cancelled)).toBe(false);
    await scene.place.stores.deliveries.update(cancelled.id, { status: 'cancelled' }, new Date(scene.place.now()));
    await scene.startWorker();
    for (const { id } of others) await untilStatus(scene, id, 'delivered');
    expect(await attemptsOf(scene, cancelled.id)).toEqual([]);
    expectEachSentOnce(scene, others);
    await untilLaneEnds(scene, lane);
  });
});

describe('events that are dispatched many at once', () => {
  it('go through the lanes of their endpoints when they make more than ten deliveries', async () => {
    const scene = await stage.open();
    const endpointIds = [await addEndpoint(scene), await addEndpoint(scene)];
    await scene.activities.dispatchEvents({ eventIds: await insertEvents(scene, 6) });
    const delivered = await untilAll(scene, 'delivered');
    expect(delivered).toHaveLength(12);
    expect(scene.startedIds().sort()).toEqual(endpointIds.map((id) => `dispatch/${id}`).sort());
    for (const { endpointId, workflowId, id } of delivered) {
      expect(workflowId).toBe(`dispatch/${endpointId}`);
      expect(await attemptsOf(scene, id)).toHaveLength(1);
    }
    expect(scene.sender.sent).toHaveLength(12);
  });

  it('have a workflow each when they make ten', async () => {
    const scene = await stage.open();
    await addEndpoint(scene);
    await scene.activities.dispatchEvents({ eventIds: await insertEvents(scene, 10) });
    const delivered = await untilAll(scene, 'delivered');
    expect(scene.startedIds().sort()).toEqual(delivered.map(({ workflowId }) => workflowId).sort());
    expect(delivered.every(({ workflowId }) => workflowId.startsWith('delivery/'))).toBe(true);
  });
});

describe('the sweep of events', () => {
  // Not so yet: more than ten that are under way in workflows of their own are moved to the lane, and sent again.
  it('leaves deliveries that are under way to their workflows', async () => {
    const scene = await stage.open({
      // Killed before the events were marked.
      replace: ({ dispatch }) => ({ dispatch: { ...dispatch, markDispatched: () => Promise.resolve() } }),
    });
    await addEndpoint(scene);
    const { opened, open } = gate();
    scene.sender.follow(async () => {
      await opened;
      return 200;
    });
    for (const eventId of await insertEvents(scene, 11)) await scene.activities.dispatchEvents({ eventIds: [eventId] });
    await until('the attempts are under way', () => scene.sender.sent.length === 11);
    await scene.activities.sweepEvents({ olderThanMs: -3_600_000 });
    const carriers = (await deliveriesOf(scene)).map(({ workflowId }) => workflowId);
    open();
    await untilAll(scene, 'delivered');
    expect(carriers.filter((carrier) => carrier.startsWith('dispatch/'))).toEqual([]);
    expect(scene.sender.sent).toHaveLength(11);
  });
});

describe('a receiver that hangs', () => {
  it('is cut off after two seconds: the group ends, and each attempt is recorded when it is answered', async () => {
    const scene = await stage.open();
    const hanging = await addEndpoint(scene, { url: 'https://slow.example.com/hook' });
    const quick = await addEndpoint(scene);
    const { opened, open } = gate();
    scene.sender.follow(async ({ url }) => {
      if (url.includes('slow')) await opened;
      return 200;
    });
    // More than the 64 that a group attempts at once.
    const workflowId = await startBatch(scene, await receiveIdentifies(scene, 70));
    const startedAtMs = Date.now();
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(Date.now() - startedAtMs).toBeLessThan(10_000);
    expect(await slowSince(scene, hanging)).toBeDefined();

    const rows = await deliveriesOf(scene, hanging);
    expect(rows).toHaveLength(70);
    for (const row of rows) expect(row).toMatchObject({ status: 'pending', workflowId: `dispatch/${hanging}` });
    for (const row of await deliveriesOf(scene, quick)) expect(row).toMatchObject({ status: 'delivered', workflowId });
    for (const { id } of rows) expect(await attemptsOf(scene, id)).toEqual([]);
    await until('the lane attempts what the group did not begin', () => scene.sender.sent.length === 140);

    open();
    const delivered = await untilAll(scene, 'delivered');
    for (const { id } of delivered) expect(await attemptsOf(scene, id)).toMatchObject([{ number: 1, statusCode: 200 }]);
    expect(scene.sender.sent).toHaveLength(140);
    expect(new Set(scene.sender.sent.map(({ webhookId, url }) => `${url} ${webhookId}`)).size).toBe(140);
    await untilLaneEnds(scene, `dispatch/${hanging}`);
  });

  it('and fails in the end has its deliveries carried on, 30 s after each failure', async () => {
    const scene = await stage.open();
    const endpointId = await addEndpoint(scene);
    const { opened, open } = gate();
    scene.sender.follow(async (_request, index) => {
      if (index < 5) await opened;
      return index < 5 ? 503 : 200;
    });
    const workflowId = await startBatch(scene, await receiveIdentifies(scene, 5));
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await slowSince(scene, endpointId)).toBeDefined();
    open();
    for (const { id } of await untilAll(scene, 'retrying')) expect(await attemptsOf(scene, id)).toHaveLength(1);
    await untilHandedOver(scene);
    await scene.place.skip(31_000);
    for (const { id } of await untilAll(scene, 'delivered')) {
      expectAttemptsAt(await untilAttempts(scene, id, 2), [0, 30]);
    }
    expect(scene.sender.sent).toHaveLength(10);
    await untilExecution(scene, `dispatch/${endpointId}`, 'COMPLETED');
  });
});
