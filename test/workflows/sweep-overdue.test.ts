import type { Delivery } from '../../domain/delivery';
import { testMongoUri, testTemporalAddress } from '../support/engines';
import {
  attemptsOf,
  deliveryOf,
  executionStatus,
  messageOf,
  untilAll,
  untilDone,
  untilExecution,
  untilHandedOver,
  untilStarted,
  untilStatus,
} from './support/look';
import { openRealTimePlace } from './support/place';
import type { Scene, SceneOptions } from './support/scene';
import { addEndpoint, receive, runGroup, startDelivery } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

/** Workflows that are terminated as a person does it, on a server as in production. */
const stage = setStage(() => openRealTimePlace({ temporalAddress: testTemporalAddress(), mongoUri: testMongoUri() }));
const hourMs = 3_600_000;

function open(options: SceneOptions = {}): Promise<Scene> {
  const { replace, ...rest } = options;
  return stage.open({
    retryDelaysMs: [hourMs, hourMs],
    ...rest,
    replace: (deps) => ({ overdueGraceMs: 0, ...replace?.(deps) }),
  });
}

/** Sweeps as a workflow until what is asked for has come about. */
async function sweepUntil<Result>(scene: Scene, what: string, check: () => Promise<Result | false>): Promise<Result> {
  let sweeps = 0;
  return until(what, async () => {
    const workflowId = `sweep-${scene.workspaceId}-${sweeps++}`;
    await scene.start('sweep', workflowId, { olderThanMs: 10_000 });
    await untilExecution(scene, workflowId, 'COMPLETED');
    return check();
  });
}

function ownId({ endpointId, eventId }: Delivery): string {
  return `delivery/${endpointId}/${eventId}`;
}

/** One delivery that has failed once and waits. */
async function openDelivery(options?: SceneOptions): Promise<{ scene: Scene; made: Delivery }> {
  const scene = await open(options);
  scene.sender.follow(() => 500);
  const { id } = await startDelivery(scene);
  return { scene, made: await untilStatus(scene, id, 'retrying') };
}

/** Lets the next attempt be due in a moment, as if the wait had begun an hour ago; for the row alone. */
async function setDue({ place }: Scene, deliveries: Delivery[], inMs: number): Promise<Delivery[]> {
  const nextAttemptAtMs = place.now() + inMs;
  const ids = deliveries.map(({ id }) => id);
  const set = { $set: { nextAttemptAt: new Date(nextAttemptAtMs) } };
  await place.stores.deliveries.collection.updateMany({ _id: { $in: ids } }, set);
  return deliveries.map((delivery) => ({ ...delivery, nextAttemptAtMs }));
}

/** The delivery once it is delivered, with attempts 1 and 2 in one round, the second one not early. */
async function expectSecondAttempt(scene: Scene, before: Delivery): Promise<void> {
  expect(await deliveryOf(scene, before.id)).toMatchObject({
    ...{ status: 'delivered', workflowId: ownId(before), attemptCount: 2, round: 1, attemptsInRound: 2 },
  });
  const attempts = await attemptsOf(scene, before.id);
  expect(attempts.map(({ number, round, trigger }) => [number, round, trigger])).toEqual([
    [1, 1, 'schedule'],
    [2, 1, 'schedule'],
  ]);
  expect(attempts[1]?.atMs).toBeGreaterThanOrEqual(before.nextAttemptAtMs ?? Infinity);
}

describe('a webhookDelivery that was terminated', () => {
  it('in its wait goes on in a new run of the same id, in the slot where it stood', async () => {
    const { scene, made } = await openDelivery();
    const { runId } = await scene.handle(made.workflowId).describe();
    await scene.handle(made.workflowId).terminate();
    scene.sender.follow(() => 200);
    const [due = made] = await setDue(scene, [made], 500);
    await sweepUntil(scene, 'it is delivered', async () => (await deliveryOf(scene, made.id)).status === 'delivered');
    await expectSecondAttempt(scene, due);
    expect(scene.sender.sent).toHaveLength(2);
    await untilExecution(scene, made.workflowId, 'COMPLETED');
    expect((await scene.handle(made.workflowId).describe()).runId).not.toBe(runId);
  });

  it('before its first attempt is attempted', async () => {
    const scene = await open({ isWorkerAway: true });
    const { id, workflowId } = await startDelivery(scene);
    await scene.handle(workflowId).terminate();
    await scene.startWorker();
    await sweepUntil(scene, 'it is delivered', async () => (await deliveryOf(scene, id)).status === 'delivered');
    expect(await attemptsOf(scene, id)).toMatchObject([{ number: 1, round: 1, trigger: 'schedule' }]);
    expect(scene.sender.sent).toHaveLength(1);
    await untilExecution(scene, workflowId, 'COMPLETED');
  });

  it('is attempted once by sweeps at the same time', async () => {
    const { scene, made } = await openDelivery();
    await scene.handle(made.workflowId).terminate();
    const [due = made] = await setDue(scene, [made], -1);
    scene.sender.follow(() => 200);
    await Promise.all(Array.from({ length: 4 }, () => scene.activities.sweepEvents({ olderThanMs: hourMs })));
    await untilStatus(scene, made.id, 'delivered');
    await untilExecution(scene, made.workflowId, 'COMPLETED');
    expect(await scene.activities.sweepEvents({ olderThanMs: hourMs })).toMatchObject({ goneOn: 0 });
    await expectSecondAttempt(scene, due);
    expect(scene.sender.sent).toHaveLength(2);
  });

  it('a moment ago is left alone: what it had under way may not be over', async () => {
    const { scene, made } = await openDelivery({ replace: () => ({ overdueGraceMs: 120_000 }) });
    await setDue(scene, [made], -121_000);
    await scene.handle(made.workflowId).terminate();
    expect(await scene.activities.sweepEvents({ olderThanMs: hourMs })).toMatchObject({ goneOn: 0 });
  });
});

describe('a webhookDelivery that is open', () => {
  it('and late is left alone', async () => {
    const { scene, made } = await openDelivery();
    await setDue(scene, [made], -hourMs);
    expect(await scene.activities.sweepEvents({ olderThanMs: hourMs })).toMatchObject({ goneOn: 0 });
    scene.sender.follow(() => 200);
    await scene.starter.retrigger(made);
    await untilStatus(scene, made.id, 'delivered');
    expect(scene.sender.sent).toHaveLength(2);
    await untilExecution(scene, made.workflowId, 'COMPLETED');
  });
});

describe('a webhookRetryGroup that was terminated', () => {
  it('has its deliveries go on by themselves, in the slot where they stood', async () => {
    const scene = await open();
    await addEndpoint(scene);
    scene.sender.follow(() => 500);
    await runGroup(scene, 5);
    const carried = await untilHandedOver(scene);
    const [group = '', ...others] = new Set(carried.map(({ workflowId }) => workflowId));
    expect([group.split('/')[0], others]).toEqual(['retry-group', []]);
    await untilStarted(scene, group);
    await scene.handle(group).terminate();
    expect(await executionStatus(scene, group)).toBe('TERMINATED');
    const due = await setDue(scene, carried, 500);
    scene.sender.follow(() => 200);
    await sweepUntil(scene, 'all are delivered', async () => {
      const deliveries = await Promise.all(carried.map(({ id }) => deliveryOf(scene, id)));
      return deliveries.every(({ status }) => status === 'delivered');
    });
    for (const each of await untilAll(scene, 'delivered')) await untilExecution(scene, ownId(each), 'COMPLETED');
    for (const each of due) await expectSecondAttempt(scene, each);
    expect(scene.sender.sent).toHaveLength(10);
  });
});

describe('a customEvent that was terminated or cancelled', () => {
  it.each(['terminate', 'cancel'] as const)('while it waits goes on: %s', async (how) => {
    const scene = await open({ lateIdentifyWaitMs: 500 });
    // Long after its wait, so that only the sweep can end it.
    const key = await receive(scene, { type: 'track', userId: 'late', event: 'Opened' });
    const waiting = await open({ lateIdentifyWaitMs: hourMs });
    await waiting.starter.startCustomEvent(key);
    const handle = scene.handle(`track/${key}`);
    await until('the track waits', async () => (await messageOf(scene, key)).state === 'waiting');
    const { runId } = await handle.describe();
    await handle[how]();
    await until('its workflow is closed', async () => (await handle.describe()).status.name !== 'RUNNING');
    const identify = await receive(scene, { type: 'identify', userId: 'late', traits: { email: 'late@example.com' } });
    await scene.starter.startContactUpsert(identify);
    await untilDone(scene, identify);

    await sweepUntil(scene, 'the track is done', async () => (await messageOf(scene, key)).state === 'done');
    expect((await messageOf(scene, key)).outcome).toMatchObject({ status: 'recorded' });
    await untilExecution(scene, `track/${key}`, 'COMPLETED');
    const again = (await handle.describe()).runId;
    expect(again).not.toBe(runId);
    // One that is done is not started again.
    await scene.starter.startCustomEvent(key);
    expect((await handle.describe()).runId).toBe(again);
  });
});
