import { failureOf, messageOf, untilDone, untilExecution, untilStatus } from './support/look';
import type { Scene } from './support/scene';
import { addContact, addEndpoint, receive } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();
const olderThanMs = 10_000;

function identify(scene: Scene): Promise<string> {
  return receive(scene, { type: 'identify', userId: 'u1', traits: { email: 'ada@example.com' } });
}

describe('the sweep', () => {
  it('starts messages that were stored and not started, once they are old enough', async () => {
    const scene = await stage.open();
    const key = await identify(scene);
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ started: 0 });
    await scene.place.skip(olderThanMs + 1_000);
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ started: 1 });
    expect((await untilDone(scene, key)).outcome).toMatchObject({ status: 'created' });
    await scene.place.skip(120_000);
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ started: 0 });
  });

  it('hands a message out once a minute at most, for as long as it is not done', async () => {
    const scene = await stage.open({ isWorkerAway: true });
    await identify(scene);
    await scene.place.skip(olderThanMs + 1_000);
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ started: 1 });
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ started: 0 });
    await scene.place.database.db
      .collection('messages')
      .updateMany({ workspaceId: scene.workspaceId }, { $set: { sweptAt: new Date(scene.place.now() - 61_000) } });
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ started: 1 });
    await scene.startWorker();
    for (const workflowId of scene.startedIds()) await untilExecution(scene, workflowId, 'COMPLETED');
  });

  it('leaves a track that waits for its contact to its workflow', async () => {
    const scene = await stage.open();
    const key = await receive(scene, { type: 'track', userId: 'nobody', event: 'Opened' });
    await scene.starter.startCustomEvent(key);
    await until('the track waits', async () => (await messageOf(scene, key)).state === 'waiting');
    await scene.place.skip(60_000);
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ started: 0 });
  });

  it('delivers webhook events that have no deliveries yet, once', async () => {
    const scene = await stage.open();
    await addEndpoint(scene);
    await scene.activities.commitMessages({ keys: [await identify(scene)], mayWait: false });
    expect(await scene.activities.sweepEvents({ olderThanMs })).toMatchObject({ dispatched: 0 });
    await scene.place.skip(olderThanMs + 1_000);
    // The group that made it may still be at it.
    expect(await scene.activities.sweepEvents({ olderThanMs })).toMatchObject({ dispatched: 0 });
    await scene.place.skip(20_000);
    expect(await scene.activities.sweepEvents({ olderThanMs })).toMatchObject({ dispatched: 1 });
    const [workflowId] = scene.startedIds();
    await untilExecution(scene, workflowId ?? '', 'COMPLETED');
    expect(scene.sender.sent).toHaveLength(1);
    expect(await scene.activities.sweepEvents({ olderThanMs })).toMatchObject({ dispatched: 0 });
  });

  it('does all of it as a workflow, and repeats a notice until it was carried out', async () => {
    const scene = await stage.open();
    await addContact(scene);
    const endpointId = await addEndpoint(scene, { status: 'paused' });
    const key = await identify(scene);
    await scene.activities.startEffects(
      await scene.activities.commitMessages({ keys: [await identify(scene)], mayWait: false }),
    );
    const held = await scene.place.stores.deliveries.collection.findOne({ endpointId });
    const since = new Date(scene.place.now());
    const notice = { kind: 'resume', since } as const;
    await scene.place.stores.endpoints.update(endpointId, { status: 'active', notice }, since);

    await scene.place.skip(olderThanMs + 1_000);
    await scene.start('sweep', `sweep-${scene.workspaceId}`, { olderThanMs });
    await untilExecution(scene, `sweep-${scene.workspaceId}`, 'COMPLETED');
    await untilDone(scene, key);
    await untilStatus(scene, held?._id ?? '', 'delivered');
    await untilExecution(scene, `resume/${endpointId}/${since.getTime()}`, 'COMPLETED');
    expect(await scene.activities.sweepNotices({ olderThanMs })).toMatchObject({ started: 0 });
  });

  it('does its other parts when one of them fails, ends as failed, and does not insist', async () => {
    let tries = 0;
    const scene = await stage.open({
      replace: ({ leftBehind }) => ({
        leftBehind: {
          ...leftBehind,
          claimMessages() {
            tries++;
            return Promise.reject(new Error('MongoDB is away'));
          },
        },
      }),
    });
    await addEndpoint(scene);
    await scene.activities.commitMessages({ keys: [await identify(scene)], mayWait: false });
    await scene.place.skip(31_000);
    const workflowId = `sweep-${scene.workspaceId}`;
    await scene.start('sweep', workflowId, { olderThanMs });
    await untilExecution(scene, workflowId, 'FAILED');
    expect(await failureOf(scene, workflowId)).toMatchObject({ type: 'SweepFailed', nonRetryable: true });
    expect(tries).toBe(3);
    await until('the event was delivered', () => scene.sender.sent.length === 1);
  });
});
