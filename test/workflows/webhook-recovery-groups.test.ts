import type { Delivery } from '../../domain/delivery';
import { eventsOf, isIdle, ofType } from './support/history';
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
import { addEndpoint, dispatchEvent, runGroup } from './support/seed';
import { setStage } from './support/stage';
import { expectAttemptsAt } from './support/timeline';
import { until } from './support/until';

const stage = setStage();
/** Each first attempt is the last of its round. */
const failsAtOnce = { retryDelaysMs: [] };

/** Deliveries that have failed for good, and that no workflow of their own holds. */
async function failInGroup(scene: Scene, count: number): Promise<Delivery[]> {
  scene.sender.follow(() => 500);
  const { deliveries } = await runGroup(scene, count);
  return Promise.all(deliveries.map(({ id }) => untilStatus(scene, id, 'failed')));
}

/** Deliveries that have failed for good, each with a workflow of its own that waits for a retrigger. */
async function failAlone(scene: Scene, count: number): Promise<Delivery[]> {
  scene.sender.follow(() => 500);
  const made = await Promise.all(Array.from({ length: count }, () => dispatchEvent(scene)));
  return Promise.all(made.flat().map(({ id }) => untilStatus(scene, id, 'failed')));
}

interface Recovery {
  workflowId: string;
  of: { endpointId: string; since: string };
}
async function startRecovery(scene: Scene, endpointId: string): Promise<Recovery> {
  const since = new Date(0).toISOString();
  const until = new Date(scene.place.now() + 3_600_000).toISOString();
  await scene.starter.startRecovery({ endpointId, since, until });
  return { workflowId: `recovery/${endpointId}/${since}`, of: { endpointId, since } };
}

/** The recovery once it has done so many pages and pauses. */
function untilPages(scene: Scene, { workflowId }: Recovery, pages: number): Promise<boolean> {
  return until(`the recovery pauses after page ${pages}`, async () => {
    const handle = scene.handle(workflowId);
    return ofType(await eventsOf(handle), 'TimerStarted').length === pages && isIdle(handle);
  });
}

function groupsOf(scene: Scene): string[] {
  return scene.startedIds().filter((id) => id.startsWith('retry-group/'));
}

describe('a recovery of deliveries that a group carried', () => {
  it('lets them go on in retry groups of a new round, a hundred a page', async () => {
    const scene = await stage.open(failsAtOnce);
    const endpointId = await addEndpoint(scene);
    const [first, ...others] = await failInGroup(scene, 105);
    scene.sender.follow(() => 200);
    const recovery = await startRecovery(scene, endpointId);
    await untilPages(scene, recovery, 1);
    expect(await scene.starter.recoveryProgress(recovery.of)).toEqual({ signalled: 100, isDone: false });
    await until('the first hundred are delivered', () => scene.sender.sent.length === 105 + 100);

    await scene.place.skip(1_100);
    await untilExecution(scene, recovery.workflowId, 'COMPLETED');
    expect(await scene.starter.recoveryProgress(recovery.of)).toEqual({ signalled: 105, isDone: true });
    const delivered = await untilAll(scene, 'delivered');
    expect(delivered).toHaveLength(1 + others.length);
    for (const delivery of delivered) expect(delivery).toMatchObject({ round: 2, attemptCount: 2, attemptsInRound: 1 });
    expect(new Set(delivered.map(({ workflowId }) => workflowId))).toEqual(new Set(groupsOf(scene)));
    expect(groupsOf(scene)).toHaveLength(2);
    expect(scene.startedIds().filter((id) => id.startsWith('delivery/'))).toEqual([]);
    expect(await attemptsOf(scene, first?.id ?? '')).toMatchObject([
      { number: 1, round: 1, statusCode: 500 },
      { number: 2, round: 2, statusCode: 200 },
    ]);
  });

  it('signals 25 a page of those with workflows of their own, and counts all', async () => {
    const scene = await stage.open(failsAtOnce);
    const endpointId = await addEndpoint(scene);
    const alone = await failAlone(scene, 30);
    await failInGroup(scene, 10);
    scene.sender.follow(() => 200);
    const recovery = await startRecovery(scene, endpointId);
    await untilPages(scene, recovery, 1);
    expect(await scene.starter.recoveryProgress(recovery.of)).toEqual({ signalled: 25, isDone: false });
    expect(groupsOf(scene)).toEqual([]);
    await scene.place.skip(1_100);
    await untilExecution(scene, recovery.workflowId, 'COMPLETED');
    expect(await scene.handle(recovery.workflowId).result()).toEqual({ signalled: 40 });
    const delivered = await untilAll(scene, 'delivered');
    expect(groupsOf(scene)).toHaveLength(1);
    const own = delivered.filter(({ workflowId }) => workflowId.startsWith('delivery/'));
    expect(own.map(({ id }) => id).sort()).toEqual(alone.map(({ id }) => id).sort());
    expect(delivered.filter(({ workflowId }) => workflowId === groupsOf(scene)[0])).toHaveLength(10);
    for (const { id } of delivered) expect(await attemptsOf(scene, id)).toHaveLength(2);
  });

  it('gives fewer than four workflows of their own', async () => {
    const scene = await stage.open(failsAtOnce);
    const endpointId = await addEndpoint(scene);
    await failInGroup(scene, 3);
    scene.sender.follow(() => 200);
    const { workflowId } = await startRecovery(scene, endpointId);
    await untilExecution(scene, workflowId, 'COMPLETED');
    for (const delivery of await untilAll(scene, 'delivered')) {
      expect(delivery).toMatchObject({
        workflowId: `delivery/${delivery.endpointId}/${delivery.eventId}`,
        round: 2,
        attemptCount: 2,
      });
    }
    expect(groupsOf(scene)).toEqual([]);
  });

  it('begins the timeline anew, to its end', async () => {
    const scene = await stage.open({ retryDelaysMs: [30_000, 120_000] });
    const endpointId = await addEndpoint(scene);
    scene.sender.follow(() => 500);
    await runGroup(scene, 5);
    await untilHandedOver(scene);
    await scene.place.skip(160_000);
    await untilAll(scene, 'failed');
    const { workflowId } = await startRecovery(scene, endpointId);
    await untilExecution(scene, workflowId, 'COMPLETED');
    for (const { id } of await deliveriesOf(scene)) await untilAttempts(scene, id, 4);
    await scene.place.skip(160_000);
    for (const { id } of await untilAll(scene, 'failed')) {
      const attempts = await attemptsOf(scene, id);
      expectAttemptsAt(attempts.slice(0, 3), [0, 30, 150]);
      expectAttemptsAt(attempts.slice(3), [0, 30, 150]);
      expect(attempts.map(({ round }) => round)).toEqual([1, 1, 1, 2, 2, 2]);
    }
    const [group] = (await deliveriesOf(scene)).map((delivery) => delivery.workflowId);
    await untilExecution(scene, group ?? '', 'FAILED');
  });

  // Not so yet: the group of the second recovery has the id of the first one's, so it is not started.
  it('asked for again with the same moment goes on with those that failed again', async () => {
    const scene = await stage.open(failsAtOnce);
    const endpointId = await addEndpoint(scene);
    await failInGroup(scene, 5);
    for (const answer of [500, 200]) {
      scene.sender.follow(() => answer);
      const before = scene.sender.sent.length;
      const { workflowId } = await startRecovery(scene, endpointId);
      await untilExecution(scene, workflowId, 'COMPLETED');
      await until('each is attempted again', () => scene.sender.sent.length === before + 5);
    }
    for (const delivery of await untilAll(scene, 'delivered')) expect(delivery).toMatchObject({ round: 3 });
  });

  // Not so yet: the redo claims the next hundred for the group that was started with the first.
  it('passes over none when its worker dies after a group was started', async () => {
    let isKilled = false;
    const scene = await stage.open({
      ...failsAtOnce,
      replace: ({ starter }) => ({
        starter: {
          ...starter,
          async startRetryGroup(group) {
            await starter.startRetryGroup(group);
            if (isKilled) return;
            isKilled = true;
            // By the time of the redo the group has gone on.
            await until('the group is done', () => scene.sender.sent.length === 105 + 100);
            await untilExecution(scene, groupsOf(scene)[0] ?? '', 'COMPLETED');
            throw new Error('killed between the start and the answer');
          },
        },
      }),
    });
    const endpointId = await addEndpoint(scene);
    await failInGroup(scene, 105);
    scene.sender.follow(() => 200);
    const { workflowId } = await startRecovery(scene, endpointId);
    await scene.place.skip(5_000);
    await untilExecution(scene, workflowId, 'COMPLETED');
    await untilAll(scene, 'delivered');
    expect(scene.sender.sent).toHaveLength(210);
  });
});
