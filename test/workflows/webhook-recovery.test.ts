import type { Delivery } from '../../domain/delivery';
import { recoveryProgressQuery } from '../../workflows/messages';
import type { WebhookRecoveryInput } from '../../workflows/webhook-recovery';
import { eventsOf, isIdle, ofType, summaryOf } from './support/history';
import { attemptsOf, deliveryOf, untilExecution, untilStatus } from './support/look';
import type { Scene } from './support/scene';
import { addEndpoint, dispatchEvent } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();
/** One more than a page holds. */
const moreThanAPage = 26;

/** Deliveries that have used up a timeline of one attempt. */
async function failDeliveries(scene: Scene, count: number): Promise<Delivery[]> {
  scene.sender.follow(() => 500);
  const made = await Promise.all(Array.from({ length: count }, () => dispatchEvent(scene)));
  return Promise.all(made.flat().map(({ id }) => untilStatus(scene, id, 'failed')));
}

function rangeAround(scene: Scene): { since: string; until: string } {
  const at = (offsetMs: number): string => new Date(scene.place.now() + offsetMs).toISOString();
  return { since: at(-3_600_000), until: at(3_600_000) };
}

async function untilRuns(scene: Scene, workflowId: string): Promise<void> {
  await until('the recovery pauses', async () => {
    const handle = scene.handle(workflowId);
    return ofType(await eventsOf(handle), 'TimerStarted').length > 0 && isIdle(handle);
  });
}

describe('webhookRecovery', () => {
  it('retriggers what failed, page by page with a pause, and tells how far it is', async () => {
    const scene = await stage.open({ retryDelaysMs: [] });
    const endpointId = await addEndpoint(scene);
    const failed = await failDeliveries(scene, moreThanAPage);
    scene.sender.follow(() => 200);
    const range = rangeAround(scene);
    await scene.starter.startRecovery({ endpointId, ...range });
    const workflowId = `recovery/${endpointId}/${range.since}`;

    await untilRuns(scene, workflowId);
    const recovery = { endpointId, since: range.since };
    expect(await scene.starter.recoveryProgress(recovery)).toEqual({ signalled: 25, isDone: false });
    const [pause] = ofType(await eventsOf(scene.handle(workflowId)), 'TimerStarted');
    expect(summaryOf(pause)).toBe('25 so far');

    await scene.place.skip(1_100);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expect(await scene.starter.recoveryProgress(recovery)).toEqual({ signalled: 26, isDone: true });
    expect(await scene.handle(workflowId).result()).toEqual({ signalled: 26 });
    for (const { id } of failed) {
      await untilStatus(scene, id, 'delivered');
      expect(await attemptsOf(scene, id)).toMatchObject([{ trigger: 'schedule' }, { trigger: 'manual', round: 2 }]);
    }
  });

  it('leaves alone what was made outside of its range, did not fail, or belongs to another endpoint', async () => {
    const scene = await stage.open({ retryDelaysMs: [] });
    const endpointId = await addEndpoint(scene);
    const [early] = await failDeliveries(scene, 1);
    await scene.place.skip(60_000);
    const since = new Date(scene.place.now()).toISOString();
    const otherId = await addEndpoint(scene);
    const inside = await failDeliveries(scene, 1);
    scene.sender.follow(() => 200);
    const [delivered] = await dispatchEvent(scene);
    await untilStatus(scene, delivered?.id ?? '', 'delivered');
    await scene.place.skip(60_000);
    const end = new Date(scene.place.now()).toISOString();
    scene.sender.follow(() => 500);
    const late = await failDeliveries(scene, 1);

    scene.sender.follow(() => 200);
    await scene.starter.startRecovery({ endpointId, since, until: end });
    await untilExecution(scene, `recovery/${endpointId}/${since}`, 'COMPLETED');
    expect(await scene.handle(`recovery/${endpointId}/${since}`).result()).toEqual({ signalled: 1 });
    const wanted = inside.find((delivery) => delivery.endpointId === endpointId);
    await untilStatus(scene, wanted?.id ?? '', 'delivered');
    const untouched = [early, ...late, inside.find((delivery) => delivery.endpointId === otherId)];
    for (const delivery of untouched) expect(await attemptsOf(scene, delivery?.id ?? '')).toHaveLength(1);
    expect(await attemptsOf(scene, delivered?.id ?? '')).toHaveLength(1);
  });

  it('continues as new after its pages and goes on from where it was', async () => {
    const scene = await stage.open({ retryDelaysMs: [] });
    const endpointId = await addEndpoint(scene);
    const failed = await failDeliveries(scene, moreThanAPage);
    scene.sender.follow(() => 200);
    const workflowId = `recovery/${endpointId}/test`;
    const input: WebhookRecoveryInput = { endpointId, action: 'retrigger', ...rangeAround(scene), pagesPerRun: 1 };
    const first = await scene.start('webhookRecovery', workflowId, input);
    await untilRuns(scene, workflowId);
    await scene.place.skip(1_100);
    await untilExecution(scene, workflowId, 'COMPLETED');

    expect((await scene.handle(workflowId).describe()).runId).not.toBe(first.firstExecutionRunId);
    expect(await scene.handle(workflowId).result()).toEqual({ signalled: 26 });
    expect(await scene.handle(workflowId).query(recoveryProgressQuery)).toEqual({ signalled: 26, isDone: true });
    for (const { id } of failed) {
      await untilStatus(scene, id, 'delivered');
      expect(await attemptsOf(scene, id)).toHaveLength(2);
    }
  });
});

describe('a notice to the deliveries of an endpoint', () => {
  async function carryOut(scene: Scene, endpointId: string, kind: 'resume' | 'cancel'): Promise<void> {
    const since = new Date(scene.place.now());
    const status = kind === 'resume' ? 'active' : 'deleted';
    await scene.place.stores.endpoints.update(endpointId, { status, notice: { kind, since } }, since);
    await scene.starter.startNotice({ endpointId, kind, since });
    await untilExecution(scene, `${kind}/${endpointId}/${since.getTime()}`, 'COMPLETED');
  }

  it('resumes those that are held, with and without a workflow, and is taken off', async () => {
    const scene = await stage.open();
    const endpointId = await addEndpoint(scene);
    scene.sender.follow(() => 500);
    const [under] = await dispatchEvent(scene);
    await untilStatus(scene, under?.id ?? '', 'retrying');
    await scene.place.stores.endpoints.update(endpointId, { status: 'paused' }, new Date(scene.place.now()));
    await scene.place.skip(31_000);
    await untilStatus(scene, under?.id ?? '', 'held');
    const [fresh] = await dispatchEvent(scene);
    expect(fresh?.status).toBe('held');

    scene.sender.follow(() => 200);
    await carryOut(scene, endpointId, 'resume');
    await untilStatus(scene, under?.id ?? '', 'delivered');
    await untilStatus(scene, fresh?.id ?? '', 'delivered');
    expect((await scene.place.stores.endpoints.find(endpointId))?.notice).toBeUndefined();
  });

  it('cancels all that is open when the endpoint was deleted; what had failed for good stays failed', async () => {
    const scene = await stage.open({ retryDelaysMs: [60_000], failedOpenMs: 1_000 });
    const endpointId = await addEndpoint(scene);
    scene.sender.follow(() => 500);
    const [closed] = await dispatchEvent(scene);
    await scene.place.skip(70_000);
    await untilExecution(scene, closed?.workflowId ?? '', 'FAILED');
    const [retrying] = await dispatchEvent(scene);
    await untilStatus(scene, retrying?.id ?? '', 'retrying');
    await scene.place.stores.endpoints.update(endpointId, { status: 'paused' }, new Date(scene.place.now()));
    const [held] = await dispatchEvent(scene);

    await carryOut(scene, endpointId, 'cancel');
    await untilExecution(scene, retrying?.workflowId ?? '', 'CANCELLED');
    expect((await deliveryOf(scene, retrying?.id ?? '')).status).toBe('cancelled');
    expect((await deliveryOf(scene, held?.id ?? '')).status).toBe('cancelled');
    expect((await deliveryOf(scene, closed?.id ?? '')).status).toBe('failed');
    expect((await scene.place.stores.endpoints.find(endpointId))?.notice).toBeUndefined();
  });

  it('is left on the endpoint when a newer one has come', async () => {
    const scene = await stage.open();
    const endpointId = await addEndpoint(scene);
    const [older, newer] = [new Date(scene.place.now() - 1_000), new Date(scene.place.now())];
    const notice = { kind: 'resume', since: newer } as const;
    await scene.place.stores.endpoints.update(endpointId, { notice }, newer);
    await scene.starter.startNotice({ endpointId, kind: 'resume', since: older });
    await untilExecution(scene, `resume/${endpointId}/${older.getTime()}`, 'COMPLETED');
    expect((await scene.place.stores.endpoints.find(endpointId))?.notice).toEqual(notice);
  });
});
