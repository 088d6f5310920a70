import { eventsOf, ofType } from './support/history';
import { messageOf, untilExecution } from './support/look';
import type { Scene } from './support/scene';
import { addEndpoint, receive, runBatch, saveAutomation } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();

function identify(scene: Scene, userId: string): Promise<string> {
  return receive(scene, { type: 'identify', userId, traits: { email: `${userId}@example.com` } });
}

function track(scene: Scene, userId: string): Promise<string> {
  return receive(scene, { type: 'track', userId, event: 'Purchase Completed' });
}

describe('ingestBatch', () => {
  it('resolves a track that stands before its identify, and starts what they cause', async () => {
    const scene = await stage.open();
    await addEndpoint(scene);
    await saveAutomation(scene, { steps: [{ type: 'end' }] });
    const keys = [await track(scene, 'u1'), await identify(scene, 'u1'), await track(scene, 'u1')];
    await runBatch(scene, keys);
    const outcomes = await Promise.all(keys.map(async (key) => (await messageOf(scene, key)).outcome));
    expect(outcomes.map((outcome) => outcome?.status)).toEqual(['recorded', 'created', 'recorded']);
    expect(scene.startedIds().filter((id) => id.startsWith('automation/'))).toHaveLength(2);
    await until('the webhook was sent', () => scene.sender.sent.length === 1);
  });

  it('lets a track that has to wait leave as its own customEvent, which an identify of a later batch wakes', async () => {
    const scene = await stage.open();
    const waiting = await track(scene, 'late');
    const resolved = await identify(scene, 'u1');
    await runBatch(scene, [waiting, resolved]);
    expect((await messageOf(scene, resolved)).state).toBe('done');
    const workflowId = `track/${waiting}`;
    await until('the track waits', async () => (await messageOf(scene, waiting)).state === 'waiting');
    await until(
      'it has a timer',
      async () => ofType(await eventsOf(scene.handle(workflowId)), 'TimerStarted').length > 0,
    );

    await runBatch(scene, [await identify(scene, 'late')]);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect((await messageOf(scene, waiting)).outcome).toMatchObject({ status: 'recorded' });
  });

  it('gives each message its own outcome: one that fails or is unresolved does not hold up its neighbours', async () => {
    const scene = await stage.open();
    const tooLarge = { email: 'big@example.com', text: 'x'.repeat(260 * 1024) };
    const keys = [
      await identify(scene, 'u1'),
      await receive(scene, { type: 'identify', userId: 'big', traits: tooLarge }),
      await receive(scene, { type: 'identify', userId: 'nobody' }),
      await receive(scene, { type: 'track', anonymousId: 'a1', event: 'Opened' }),
      await identify(scene, 'u2'),
    ];
    await runBatch(scene, keys);
    const statuses = await Promise.all(keys.map(async (key) => (await messageOf(scene, key)).outcome?.status));
    expect(statuses).toEqual(['created', 'failed', 'unresolved', 'unresolved', 'created']);
  });

  it('passes over a key that is not in the inbox', async () => {
    const scene = await stage.open();
    const good = await identify(scene, 'u1');
    await runBatch(scene, [`${scene.workspaceId}/missing`, good]);
    expect((await messageOf(scene, good)).outcome).toMatchObject({ status: 'created' });
  });

  it('has one effect for keys that come twice, in one batch and in two', async () => {
    const scene = await stage.open();
    const { id: automationId } = await saveAutomation(scene, { steps: [{ type: 'end' }] });
    const keys = [await identify(scene, 'u1'), await track(scene, 'u1')];
    await runBatch(scene, [...keys, ...keys]);
    await runBatch(scene, keys);
    const { stores } = scene.place;
    expect(await stores.events.collection.countDocuments({ workspaceId: scene.workspaceId })).toBe(1);
    const { workspaceId } = scene;
    expect(await stores.runs.page({ workspaceId, automationId }, { limit: 10 })).toHaveLength(1);
  });

  it('takes more than two hundred messages in their order, two hundred at a time', async () => {
    const scene = await stage.open();
    const keys: string[] = [];
    for (let index = 0; index < 205; index++) {
      keys.push(
        await receive(scene, { type: 'identify', userId: 'u1', traits: { email: 'ada@example.com', step: index } }),
      );
    }
    const workflowId = await runBatch(scene, keys);
    const [contact] = await scene.place.stores.contacts.page(scene.workspaceId, {}, { limit: 2 });
    expect(contact?.metadata).toEqual({ step: 204 });
    expect(await scene.place.stores.events.collection.countDocuments({ workspaceId: scene.workspaceId })).toBe(205);
    expect(ofType(await eventsOf(scene.handle(workflowId)), 'MarkerRecorded')).toHaveLength(4);
  });
});
