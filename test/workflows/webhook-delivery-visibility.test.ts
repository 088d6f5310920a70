import { searchAttributes } from '../../workflows/messages';
import { eventsOf, ofType, summaryOf } from './support/history';
import { deliveryOf, untilAttempts, untilExecution, untilHandedOver, untilStatus } from './support/look';
import type { Scene } from './support/scene';
import { failingFirst, inOrder } from './support/scripted-sender';
import { addEndpoint, dispatchEvent, runGroup, startDelivery } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();
const upserted = 'UpsertWorkflowSearchAttributes';

async function shownStatus(scene: Scene, workflowId: string): Promise<string | undefined> {
  const { typedSearchAttributes } = await scene.handle(workflowId).describe();
  return typedSearchAttributes.get(searchAttributes.deliveryStatus);
}

function untilShown(scene: Scene, workflowId: string, status: string): Promise<boolean> {
  return until(`${workflowId} shows ${status}`, async () => (await shownStatus(scene, workflowId)) === status);
}

describe('search attributes of a delivery', () => {
  it('say whose it is, and begin as pending', async () => {
    const scene = await stage.open({ isWorkerAway: true });
    const { workflowId, workspaceId, endpointId, contactId } = await startDelivery(scene);
    const { typedSearchAttributes } = await scene.handle(workflowId).describe();
    expect(typedSearchAttributes.get(searchAttributes.workspaceId)).toBe(workspaceId);
    expect(typedSearchAttributes.get(searchAttributes.endpointId)).toBe(endpointId);
    expect(typedSearchAttributes.get(searchAttributes.eventType)).toBe('contact.created');
    expect(typedSearchAttributes.get(searchAttributes.contactId)).toBe(contactId);
    expect(typedSearchAttributes.get(searchAttributes.deliveryStatus)).toBe('pending');
    await scene.startWorker();
    await untilExecution(scene, workflowId, 'COMPLETED');
  });

  it('are left alone by a success at once: Completed says it', async () => {
    const scene = await stage.open();
    const { workflowId } = await startDelivery(scene);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await shownStatus(scene, workflowId)).toBe('pending');
    expect(ofType(await eventsOf(scene.handle(workflowId)), upserted)).toHaveLength(0);
  });

  it('begin as pending again in the run that a retrigger of a delivered one starts', async () => {
    const scene = await stage.open();
    const { id, workflowId } = await startDelivery(scene);
    await untilExecution(scene, workflowId, 'COMPLETED');
    await scene.starter.retrigger(await deliveryOf(scene, id));
    await untilAttempts(scene, id, 2);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await shownStatus(scene, workflowId)).toBe('pending');
    expect(ofType(await eventsOf(scene.handle(workflowId)), upserted)).toHaveLength(0);
  });

  it('begin as retrying where a group has carried the delivery so far', async () => {
    const scene = await stage.open();
    await addEndpoint(scene);
    scene.sender.follow(failingFirst(2, 1));
    await runGroup(scene, 2);
    const [carried] = await untilHandedOver(scene);
    const workflowId = carried?.workflowId ?? '';
    expect(await shownStatus(scene, workflowId)).toBe('retrying');
    await scene.place.skip(31_000);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await shownStatus(scene, workflowId)).toBe('delivered');
    expect(ofType(await eventsOf(scene.handle(workflowId)), upserted)).toHaveLength(1);
  });

  it('follow a delivery that fails, waits and succeeds, with one update for each change', async () => {
    const scene = await stage.open();
    scene.sender.follow(inOrder(500, 500, 200));
    const { workflowId } = await startDelivery(scene);
    await untilShown(scene, workflowId, 'retrying');
    await scene.place.skip(160_000);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await shownStatus(scene, workflowId)).toBe('delivered');
    expect(ofType(await eventsOf(scene.handle(workflowId)), upserted)).toHaveLength(2);
  });

  it('show failed, then retrying again in a new round, then cancelled', async () => {
    const scene = await stage.open({ retryDelaysMs: [60_000] });
    scene.sender.follow(() => 500);
    const delivery = await startDelivery(scene);
    await untilShown(scene, delivery.workflowId, 'retrying');
    await scene.place.skip(61_000);
    await untilShown(scene, delivery.workflowId, 'failed');
    await scene.starter.retrigger(delivery);
    await untilShown(scene, delivery.workflowId, 'retrying');
    await scene.starter.cancelDelivery(delivery);
    await untilExecution(scene, delivery.workflowId, 'CANCELLED');
    expect(await shownStatus(scene, delivery.workflowId)).toBe('cancelled');
  });

  it('show held, and delivered after it', async () => {
    const scene = await stage.open();
    const endpointId = await addEndpoint(scene);
    const pause = (status: 'active' | 'paused') =>
      scene.place.stores.endpoints.update(endpointId, { status }, new Date(scene.place.now()));
    scene.sender.follow(inOrder(500, 200));
    const [delivery] = await dispatchEvent(scene);
    if (!delivery) throw new Error('no delivery was made');
    await untilStatus(scene, delivery.id, 'retrying');
    await pause('paused');
    await scene.place.skip(31_000);
    await untilShown(scene, delivery.workflowId, 'held');
    await pause('active');
    await scene.starter.resume(await deliveryOf(scene, delivery.id));
    await untilExecution(scene, delivery.workflowId, 'COMPLETED');
    expect(await shownStatus(scene, delivery.workflowId)).toBe('delivered');
  });
});

describe('summaries in the Web UI', () => {
  it('name the event and the receiver, and count the retries', async () => {
    const scene = await stage.open();
    await addEndpoint(scene, { url: 'https://hooks.acme.example/in?token=secret' });
    scene.sender.follow(() => 500);
    const [delivery] = await dispatchEvent(scene);
    if (!delivery) throw new Error('no delivery was made');
    await scene.place.skip(6_200_000);
    await untilStatus(scene, delivery.id, 'failed');
    const events = await until('the last wait began', async () => {
      const all = await eventsOf(scene.handle(delivery.workflowId));
      return ofType(all, 'TimerStarted').length === 6 && all;
    });
    expect(summaryOf(events[0])).toBe('contact.created → hooks.acme.example');
    expect(ofType(events, 'TimerStarted').map(summaryOf)).toEqual([
      'retry 1 of 5',
      'retry 2 of 5',
      'retry 3 of 5',
      'retry 4 of 5',
      'retry 5 of 5',
      'failed; open for a retrigger',
    ]);
  });
});

describe('the length of the history', () => {
  it('is at most 8 events for a success at once', async () => {
    const scene = await stage.open();
    const { workflowId } = await startDelivery(scene);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect((await eventsOf(scene.handle(workflowId))).length).toBeLessThanOrEqual(8);
  });

  it('grows by at most 11 events for each further attempt, and one for each change of status', async () => {
    const scene = await stage.open();
    scene.sender.follow(inOrder(500, 500, 500, 500, 200));
    const { id, workflowId } = await startDelivery(scene);
    await scene.place.skip(2_600_000);
    await untilAttempts(scene, id, 5);
    await untilExecution(scene, workflowId, 'COMPLETED');
    const statusChanges = 2;
    expect((await eventsOf(scene.handle(workflowId))).length).toBeLessThanOrEqual(8 + 4 * 11 + statusChanges);
  });
});
