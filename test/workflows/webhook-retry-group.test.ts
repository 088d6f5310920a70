import { ApplicationFailure } from '@temporalio/common';
import type { Delivery } from '../../domain/delivery';
import { searchAttributes } from '../../workflows/messages';
import { eventsOf, ofType, summaryOf } from './support/history';
import {
  attemptsOf,
  deliveriesOf,
  deliveryOf,
  failureOf,
  untilAll,
  untilAttempts,
  untilExecution,
  untilHandedOver,
  untilStarted,
  untilStatus,
} from './support/look';
import type { Scene, SceneOptions } from './support/scene';
import { addEndpoint, runGroup } from './support/seed';
import { setStage } from './support/stage';
import { expectAttemptsAt, roundSeconds, skipUntil } from './support/timeline';
import { gate, until } from './support/until';

const stage = setStage();

/** Deliveries of one endpoint that have failed together, and the group that carries them. */
async function openGroup(
  count: number,
  options?: SceneOptions,
): Promise<{ scene: Scene; carrier: string; endpointId: string; deliveries: [Delivery, ...Delivery[]] }> {
  const scene = await stage.open(options);
  const endpointId = await addEndpoint(scene, { url: 'https://hooks.example.com/in' });
  scene.sender.follow(() => 500);
  await runGroup(scene, count);
  const [first, ...rest] = await untilHandedOver(scene);
  if (!first) throw new Error('no delivery was made');
  expect(new Set([first, ...rest].map(({ workflowId }) => workflowId)).size).toBe(1);
  await untilStarted(scene, first.workflowId);
  return { scene, carrier: first.workflowId, endpointId, deliveries: [first, ...rest] };
}

async function setEndpoint({ place }: Scene, id: string, status: 'active' | 'paused' | 'deleted'): Promise<void> {
  await place.stores.endpoints.update(id, { status }, new Date(place.now()));
}

function ownId({ endpointId, eventId }: Delivery): string {
  return `delivery/${endpointId}/${eventId}`;
}

async function expectAllAt(scene: Scene, deliveries: Delivery[], seconds: readonly number[]): Promise<void> {
  for (const { id } of deliveries) expectAttemptsAt(await untilAttempts(scene, id, seconds.length), seconds);
}

describe('webhookRetryGroup', () => {
  it('attempts each delivery along the timeline and closes as Failed after the last entry', async () => {
    const { scene, carrier, deliveries } = await openGroup(10);
    await scene.place.skip(6_300_000);
    for (const delivery of await untilAll(scene, 'failed')) {
      expect(delivery).toMatchObject({ workflowId: carrier, attemptCount: 6, round: 1, attemptsInRound: 6 });
      expect(delivery.nextAttemptAtMs).toBeUndefined();
    }
    for (const { id, eventId } of deliveries) {
      const attempts = await attemptsOf(scene, id);
      expectAttemptsAt(attempts, roundSeconds);
      expect(attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(new Set(scene.sender.of(eventId).map(({ body }) => body)).size).toBe(1);
    }
    expect(scene.sender.sent).toHaveLength(60);
    await untilExecution(scene, carrier, 'FAILED');
    const failure = await failureOf(scene, carrier);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'DeliveryFailed', nonRetryable: true });
    expect(scene.startedIds().filter((id) => id.startsWith('delivery/'))).toEqual([]);
  });

  it('says in the Web UI whose it is, how many it carries, and which retry comes next', async () => {
    const { scene, carrier, endpointId } = await openGroup(5);
    const { typedSearchAttributes } = await scene.handle(carrier).describe();
    expect(typedSearchAttributes.get(searchAttributes.workspaceId)).toBe(scene.workspaceId);
    expect(typedSearchAttributes.get(searchAttributes.endpointId)).toBe(endpointId);
    expect(typedSearchAttributes.get(searchAttributes.deliveryStatus)).toBe('retrying');
    await scene.place.skip(31_000);
    const timers = await until('it waits for the second retry', async () => {
      const found = ofType(await eventsOf(scene.handle(carrier)), 'TimerStarted');
      return found.length === 2 && found;
    });
    expect(timers.map(summaryOf)).toEqual(['retry 1 of 5, 5 deliveries', 'retry 2 of 5, 5 deliveries']);
    expect(summaryOf((await eventsOf(scene.handle(carrier)))[0])).toBe('5 deliveries → hooks.example.com');
  });

  it('lets those leave that deliver on the way, and ends as Completed when the last one has', async () => {
    const { scene, carrier, deliveries } = await openGroup(6);
    const [first, second, ...others] = deliveries;
    scene.sender.follow(({ webhookId }) => (webhookId === first.eventId ? 200 : 500));
    await scene.place.skip(31_000);
    await untilStatus(scene, first.id, 'delivered');
    scene.sender.follow(({ webhookId }) => (webhookId === second?.eventId ? 204 : 500));
    await scene.place.skip(120_000);
    await untilStatus(scene, second?.id ?? '', 'delivered');
    scene.sender.follow(() => 200);
    await scene.place.skip(601_000);
    await untilExecution(scene, carrier, 'COMPLETED');
    await expectAllAt(scene, [first], [0, 30]);
    await expectAllAt(scene, second ? [second] : [], [0, 30, 150]);
    await expectAllAt(scene, others, [0, 30, 150, 750]);
    expect((await untilAll(scene, 'delivered')).map(({ workflowId }) => workflowId)).toEqual(Array(6).fill(carrier));
    expect(scene.sender.sent).toHaveLength(2 + 3 + 4 * 4);
  });

  it('goes on along two timelines when a Retry-After lengthens the wait of some', async () => {
    const { scene, carrier, deliveries } = await openGroup(6);
    const slowed = new Set(deliveries.slice(0, 2).map(({ eventId }) => eventId));
    scene.sender.follow(({ webhookId }) => (slowed.has(webhookId) ? { statusCode: 429, retryAfter: '200' } : 500));
    await scene.place.skip(31_000);
    scene.sender.follow(() => 500);
    await scene.place.skip(1_000_000);
    await expectAllAt(scene, deliveries.slice(0, 2), [0, 30, 230, 830]);
    await expectAllAt(scene, deliveries.slice(2), [0, 30, 150, 750]);
    const carriers = (await deliveriesOf(scene)).map(({ workflowId }) => workflowId);
    expect(carriers).toEqual(Array(6).fill(carrier));
  });

  it('fails the one that is answered with 410 at once, and holds those that were still to come', async () => {
    const { scene, carrier, endpointId, deliveries } = await openGroup(5);
    const [gone, ...others] = deliveries;
    scene.sender.follow(({ webhookId }) => (webhookId === gone.eventId ? 410 : 500));
    await scene.place.skip(31_000);
    expect(await untilStatus(scene, gone.id, 'failed')).toMatchObject({ attemptCount: 2, lastStatusCode: 410 });
    expect(await scene.place.stores.endpoints.find(endpointId)).toMatchObject({ status: 'disabled' });
    await scene.place.skip(130_000);
    for (const { id } of others) await untilStatus(scene, id, 'held');
    expect(scene.sender.of(gone.eventId)).toHaveLength(2);
    await untilExecution(scene, carrier, 'FAILED');
  });

  it('attempts nothing twice when its worker dies in the middle of a slot', async () => {
    let records = 0;
    const { scene, deliveries } = await openGroup(8, {
      replace: ({ recorder }) => ({
        recorder: {
          ...recorder,
          async record(record) {
            await recorder.record(record);
            // Eight first attempts, then the third of the second slot.
            if (++records === 11) throw new Error('killed between the record and the answer');
          },
        },
      }),
    });
    await scene.place.skip(160_000);
    await expectAllAt(scene, deliveries, [0, 30, 150]);
    expect(records).toBe(24);
    expect(scene.sender.sent).toHaveLength(24);
  });
});

describe('a delivery that leaves its group', () => {
  it('by a retrigger is attempted at once in the slot it stood in, as its own webhookDelivery', async () => {
    const { scene, carrier, deliveries } = await openGroup(5);
    const [chosen, ...others] = deliveries;
    await scene.place.skip(31_000);
    const [, second] = await untilAttempts(scene, chosen.id, 2);
    await skipUntil(scene, second, 30);
    await scene.starter.retrigger(await deliveryOf(scene, chosen.id));
    await untilAttempts(scene, chosen.id, 3);
    expect(await deliveryOf(scene, chosen.id)).toMatchObject({
      workflowId: ownId(chosen),
      round: 1,
      attemptsInRound: 3,
    });
    await scene.place.skip(6_300_000);
    await untilAll(scene, 'failed');
    const attempts = await attemptsOf(scene, chosen.id);
    expectAttemptsAt(attempts, [0, 30, 60, 660, 2460, 6060]);
    expect(attempts.map(({ trigger }) => trigger === 'manual')).toEqual([false, false, true, false, false, false]);
    expect(attempts.map(({ round }) => round)).toEqual([1, 1, 1, 1, 1, 1]);
    await expectAllAt(scene, others, roundSeconds);
    await untilExecution(scene, carrier, 'FAILED');
  });

  it('by a retrigger after it failed begins a new round with the whole timeline', async () => {
    const { scene, carrier, deliveries } = await openGroup(4);
    const [chosen, ...others] = deliveries;
    await scene.place.skip(6_300_000);
    await untilExecution(scene, carrier, 'FAILED');
    await scene.starter.retrigger(await deliveryOf(scene, chosen.id));
    await untilAttempts(scene, chosen.id, 7);
    await scene.place.skip(6_300_000);
    const attempts = (await untilAttempts(scene, chosen.id, 12)).slice(6);
    expectAttemptsAt(attempts, roundSeconds);
    expect(attempts.map(({ round }) => round)).toEqual(Array(6).fill(2));
    expect(attempts.map(({ trigger }) => trigger === 'manual')).toEqual([true, false, false, false, false, false]);
    expect(await untilStatus(scene, chosen.id, 'failed')).toMatchObject({ workflowId: ownId(chosen), round: 2 });
    for (const { id } of others) expect(await attemptsOf(scene, id)).toHaveLength(6);
  });

  it('by being cancelled is never attempted again', async () => {
    const { scene, deliveries } = await openGroup(4);
    const [chosen, ...others] = deliveries;
    expect(await scene.starter.cancelDelivery(chosen)).toBe(false);
    await scene.place.stores.deliveries.update(chosen.id, { status: 'cancelled' }, new Date(scene.place.now()));
    await scene.place.skip(6_300_000);
    await expectAllAt(scene, others, roundSeconds);
    expect(await attemptsOf(scene, chosen.id)).toHaveLength(1);
    expect(await deliveryOf(scene, chosen.id)).toMatchObject({ status: 'cancelled', attemptCount: 1 });
  });
});

describe('a group that is cancelled', () => {
  it('in its wait cancels what it carries, and nothing else', async () => {
    const { scene, carrier, deliveries } = await openGroup(6);
    const [retriggered, delivered, ...others] = deliveries;
    scene.sender.follow(({ webhookId }) => (webhookId === delivered?.eventId ? 200 : 500));
    await scene.place.skip(31_000);
    for (const { id } of deliveries) await untilAttempts(scene, id, 2);
    await scene.starter.retrigger(await deliveryOf(scene, retriggered.id));
    await untilAttempts(scene, retriggered.id, 3);

    await scene.handle(carrier).cancel();
    await untilExecution(scene, carrier, 'CANCELLED');
    for (const { id } of others) {
      const delivery = await deliveryOf(scene, id);
      expect(delivery).toMatchObject({ status: 'cancelled', workflowId: carrier, attemptCount: 2 });
      expect(delivery.nextAttemptAtMs).toBeUndefined();
    }
    expect(await deliveryOf(scene, delivered?.id ?? '')).toMatchObject({ status: 'delivered' });
    expect(await deliveryOf(scene, retriggered.id)).toMatchObject({ status: 'retrying' });
    await scene.place.skip(6_300_000);
    await untilAttempts(scene, retriggered.id, 6);
    for (const { id } of others) expect(await attemptsOf(scene, id)).toHaveLength(2);
  });

  it('in its attempts finishes and records them first', async () => {
    const { scene, carrier, deliveries } = await openGroup(5);
    const { opened, open } = gate();
    scene.sender.follow(async ({ webhookId }) => {
      await opened;
      return webhookId === deliveries[0].eventId ? 200 : 500;
    });
    await scene.place.skip(31_000);
    await until('the second attempts are under way', () => scene.sender.sent.length === 10);
    await scene.handle(carrier).cancel();
    open();
    await untilExecution(scene, carrier, 'CANCELLED');
    expect(ofType(await eventsOf(scene.handle(carrier)), 'ActivityTaskCancelRequested')).toEqual([]);
    for (const { id } of deliveries) {
      const delivery = await deliveryOf(scene, id);
      expect(delivery).toMatchObject({ status: id === deliveries[0].id ? 'delivered' : 'cancelled', attemptCount: 2 });
      expect(await attemptsOf(scene, id)).toHaveLength(2);
    }
    await scene.place.skip(6_300_000);
    expect(scene.sender.sent).toHaveLength(10);
  });

  it('with one timeline in its wait and another in its attempts waits for these', async () => {
    const { scene, carrier, deliveries } = await openGroup(4);
    const [slowed] = deliveries;
    scene.sender.follow(({ webhookId }) =>
      webhookId === slowed.eventId ? { statusCode: 429, retryAfter: '200' } : 500,
    );
    await scene.place.skip(31_000);
    for (const { id } of deliveries) await untilAttempts(scene, id, 2);
    const { opened, open } = gate();
    scene.sender.follow(async () => {
      await opened;
      return 500;
    });
    await scene.place.skip(121_000);
    await until('the third attempts of three are under way', () => scene.sender.sent.length === 11);
    await scene.handle(carrier).cancel();
    await until('the wait of the other has ended', async () => {
      return ofType(await eventsOf(scene.handle(carrier)), 'TimerCanceled').length === 1;
    });
    open();
    await untilExecution(scene, carrier, 'CANCELLED');
    for (const { id } of await untilAll(scene, 'cancelled')) {
      expect(await attemptsOf(scene, id)).toHaveLength(id === slowed.id ? 2 : 3);
    }
  });
});

describe('an endpoint of a retry group', () => {
  it('that is paused holds them; resumed, each goes on in the slot it kept', async () => {
    const { scene, carrier, endpointId, deliveries } = await openGroup(4);
    await scene.place.skip(31_000);
    for (const { id } of deliveries) await untilAttempts(scene, id, 2);
    await setEndpoint(scene, endpointId, 'paused');
    await scene.place.skip(3_600_000);
    for (const delivery of await untilAll(scene, 'held')) {
      expect(delivery).toMatchObject({ attemptCount: 2, attemptsInRound: 2 });
      expect(delivery.nextAttemptAtMs).toBeUndefined();
    }
    await untilExecution(scene, carrier, 'COMPLETED');

    const since = new Date(scene.place.now());
    const notice = { kind: 'resume', since } as const;
    await scene.place.stores.endpoints.update(endpointId, { status: 'active', notice }, since);
    await scene.starter.startNotice({ endpointId, ...notice });
    for (const { id } of deliveries) await untilAttempts(scene, id, 3);
    await scene.place.skip(610_000);
    for (const { id } of deliveries) {
      const attempts = await untilAttempts(scene, id, 4);
      expect(attempts.map(({ round }) => round)).toEqual([1, 1, 1, 1]);
      expectAttemptsAt(attempts.slice(0, 2), [0, 30]);
      expectAttemptsAt(attempts.slice(2), [0, 600]);
    }
  });

  it('that is deleted cancels them at their next attempt, which is not made', async () => {
    const { scene, carrier, endpointId } = await openGroup(4);
    await setEndpoint(scene, endpointId, 'deleted');
    await scene.place.skip(31_000);
    await untilExecution(scene, carrier, 'COMPLETED');
    for (const delivery of await untilAll(scene, 'cancelled')) {
      expect(delivery).toMatchObject({ attemptCount: 1 });
      expect(delivery.nextAttemptAtMs).toBeUndefined();
    }
    expect(scene.sender.sent).toHaveLength(4);
  });
});
