import type { Delivery } from '../../domain/delivery';
import { eventsOf } from './support/history';
import { attemptsOf, deliveriesOf, untilAttempts, untilHandedOver, untilStatus } from './support/look';
import { failingFirst } from './support/scripted-sender';
import { addEndpoint, runGroup } from './support/seed';
import { setStage } from './support/stage';
import { expectAttemptsAt, roundSeconds } from './support/timeline';
import { until } from './support/until';

const stage = setStage();

function ownId({ endpointId, eventId }: Delivery): string {
  return `delivery/${endpointId}/${eventId}`;
}

function withStatus(deliveries: Delivery[], status: Delivery['status']): Delivery[] {
  return deliveries.filter((delivery) => delivery.status === status);
}

describe('the first attempts of a group', () => {
  it('are made by the group: one request and one row for each, and at most 8 events for all', async () => {
    const scene = await stage.open();
    await addEndpoint(scene);
    const { workflowId, deliveries } = await runGroup(scene, 50);
    expect(deliveries).toHaveLength(50);
    for (const delivery of deliveries) {
      expect(delivery).toMatchObject({
        workflowId,
        status: 'delivered',
        attemptCount: 1,
        round: 1,
        attemptsInRound: 1,
      });
      expect(await attemptsOf(scene, delivery.id)).toMatchObject([
        { number: 1, round: 1, trigger: 'schedule', statusCode: 200 },
      ]);
      expect(scene.sender.of(delivery.eventId)).toHaveLength(1);
    }
    expect(scene.sender.sent).toHaveLength(50);
    expect(scene.startedIds()).toEqual([workflowId]);
    expect((await eventsOf(scene.handle(workflowId))).length).toBeLessThanOrEqual(8);
    const { workspaceId, place } = scene;
    expect(await place.stores.events.collection.countDocuments({ workspaceId, isDispatched: false })).toBe(0);
  });

  it('go to every endpoint that listens, and not to one that is paused, whose deliveries are held', async () => {
    const scene = await stage.open();
    const open = [await addEndpoint(scene), await addEndpoint(scene)];
    const paused = await addEndpoint(scene, { status: 'paused' });
    await addEndpoint(scene, { events: ['contact.updated'] });
    const { deliveries } = await runGroup(scene, 5);
    for (const endpointId of open) {
      const statuses = deliveries.filter((each) => each.endpointId === endpointId).map(({ status }) => status);
      expect(statuses).toEqual(Array(5).fill('delivered'));
    }
    const held = deliveries.filter(({ endpointId }) => endpointId === paused);
    expect(held.map(({ status, attemptCount }) => [status, attemptCount])).toEqual(Array(5).fill(['held', 0]));
    expect(deliveries).toHaveLength(15);
    expect(scene.sender.sent).toHaveLength(10);
  });

  it('that fail, three at most, go on as webhookDelivery: 30 s after the end of the attempt, not of the hand-over', async () => {
    let faults = 0;
    const scene = await stage.open({
      // Tried again after 0.5 and 1 s: the wait runs meanwhile.
      replace: ({ groupLog }) => ({
        groupLog: {
          ...groupLog,
          find: (ids) => (faults++ < 2 ? Promise.reject(new Error('MongoDB is away')) : groupLog.find(ids)),
        },
      }),
    });
    await addEndpoint(scene);
    scene.sender.follow(failingFirst(3));
    const { workflowId } = await runGroup(scene, 10);
    const deliveries = await untilHandedOver(scene);
    const failed = withStatus(deliveries, 'retrying');
    expect(failed).toHaveLength(3);
    for (const delivery of failed) {
      const [first] = await attemptsOf(scene, delivery.id);
      expect(delivery).toMatchObject({ workflowId: ownId(delivery), attemptCount: 1, attemptsInRound: 1 });
      expect(delivery.nextAttemptAtMs).toBe((first?.atMs ?? 0) + 30_000);
    }
    await scene.place.skip(160_000);
    for (const { id } of failed) expectAttemptsAt(await untilAttempts(scene, id, 3), [0, 30, 150]);
    const delivered = withStatus(deliveries, 'delivered').map((delivery) => delivery.workflowId);
    expect(delivered).toEqual(Array(7).fill(workflowId));
    expect(scene.startedIds().filter((id) => id.startsWith('delivery/'))).toHaveLength(3);
    expect(faults).toBeGreaterThan(2);
  });

  it('that fail, more than three of one endpoint, go on as one webhookRetryGroup along the timeline', async () => {
    const scene = await stage.open();
    const endpointId = await addEndpoint(scene);
    scene.sender.follow(failingFirst(4));
    await runGroup(scene, 10);
    const failed = withStatus(await untilHandedOver(scene), 'retrying');
    expect(failed).toHaveLength(4);
    const carriers = new Set(failed.map((delivery) => delivery.workflowId));
    expect([...carriers]).toEqual([expect.stringMatching(`^retry-group/${endpointId}/`)]);
    await scene.place.skip(6_300_000);
    for (const { id } of failed) {
      await untilStatus(scene, id, 'failed');
      expectAttemptsAt(await attemptsOf(scene, id), roundSeconds);
    }
    expect(scene.startedIds().filter((id) => id.startsWith('delivery/'))).toEqual([]);
  });

  it('count failures for each endpoint by itself', async () => {
    const scene = await stage.open();
    const [few, many] = [await addEndpoint(scene), await addEndpoint(scene)];
    const failures = new Map<string, number>();
    scene.sender.follow(({ url }) => {
      const before = failures.get(url) ?? 0;
      failures.set(url, before + 1);
      return before < (url.includes(few.replace('_', '-')) ? 2 : 5) ? 500 : 200;
    });
    await runGroup(scene, 8);
    const failed = withStatus(await untilHandedOver(scene), 'retrying');
    const carrierOf = (endpointId: string): string[] =>
      failed.filter((each) => each.endpointId === endpointId).map(({ workflowId }) => workflowId.split('/')[0] ?? '');
    expect(carrierOf(few)).toEqual(Array(2).fill('delivery'));
    expect(carrierOf(many)).toEqual(Array(5).fill('retry-group'));
  });

  it('are followed by a longer wait where a Retry-After asks for one', async () => {
    const scene = await stage.open();
    await addEndpoint(scene);
    scene.sender.follow((_request, index) => {
      if (index < 2) return { statusCode: 429, retryAfter: '50' };
      return index < 8 ? { statusCode: 500, retryAfter: '50' } : 200;
    });
    await runGroup(scene, 8);
    const failed = await untilHandedOver(scene);
    await scene.place.skip(55_000);
    const seconds: number[] = [];
    for (const { id } of failed) {
      const attempts = await untilAttempts(scene, id, 2);
      const isAsked = attempts[0]?.statusCode === 429;
      expectAttemptsAt(attempts, [0, isAsked ? 50 : 30]);
      seconds.push(isAsked ? 50 : 30);
    }
    expect(seconds.sort()).toEqual([30, 30, 30, 30, 30, 30, 50, 50]);
  });

  it('that are answered with 410 fail at once and disable the endpoint, which holds what was to go on', async () => {
    const scene = await stage.open();
    const endpointId = await addEndpoint(scene);
    scene.sender.follow((_request, index) => [410, 500, 500, 200][index] ?? 200);
    const { deliveries } = await runGroup(scene, 4);
    const [gone] = await until('the others are held', async () => {
      const found = await deliveriesOf(scene);
      return withStatus(found, 'held').length === 2 && withStatus(found, 'failed');
    });
    expect(gone).toMatchObject({ attemptCount: 1, lastStatusCode: 410 });
    expect(await scene.place.stores.endpoints.find(endpointId)).toMatchObject({
      status: 'disabled',
      statusReason: expect.stringContaining('410'),
    });
    await scene.place.skip(6_300_000);
    for (const { id } of deliveries) expect(await attemptsOf(scene, id)).toHaveLength(1);
    expect(withStatus(await deliveriesOf(scene), 'delivered')).toHaveLength(1);
  });

  // Not so yet: all of the group are sent to a receiver that wants none.
  it('end with the first 410: what was not begun by then is held', async () => {
    const scene = await stage.open();
    await addEndpoint(scene);
    scene.sender.follow(() => 410);
    // More than are attempted at once.
    await runGroup(scene, 100);
    expect(scene.sender.sent.length).toBeLessThan(100);
  });
});
