import type { ActivityDeps } from '../../activities';
import { attemptsOf, untilAll, untilExecution, untilHandedOver, untilStatus } from './support/look';
import type { Scene } from './support/scene';
import { failingFirst } from './support/scripted-sender';
import { addEndpoint, receiveIdentifies, runGroup, startBatch } from './support/seed';
import { setStage } from './support/stage';
import { gate, until } from './support/until';

const stage = setStage();

/** A step that is done and whose first answer gets lost: what a worker leaves behind that is killed right after it. */
function killedAfter<Args extends unknown[], Result>(step: (...args: Args) => Promise<Result>) {
  let isKilled = false;
  return async (...args: Args): Promise<Result> => {
    const result = await step(...args);
    if (isKilled) return result;
    isKilled = true;
    throw new Error('killed between the step and its answer');
  };
}

/** A step that is not done at its first call. */
function killedBefore<Args extends unknown[], Result>(step: (...args: Args) => Promise<Result>) {
  let isKilled = false;
  return async (...args: Args): Promise<Result> => {
    if (isKilled) return step(...args);
    isKilled = true;
    throw new Error('killed before the step');
  };
}

const deaths: Record<string, (deps: ActivityDeps) => Partial<ActivityDeps>> = {
  'after the first record': ({ recorder }) => ({
    recorder: { ...recorder, record: killedAfter((record) => recorder.record(record)) },
  }),
  'between the attempts and the end': ({ dispatch }) => ({
    dispatch: { ...dispatch, markDispatched: killedBefore((ids, nowMs) => dispatch.markDispatched(ids, nowMs)) },
  }),
  'at the end, before Temporal knows': ({ dispatch }) => ({
    dispatch: { ...dispatch, markDispatched: killedAfter((ids, nowMs) => dispatch.markDispatched(ids, nowMs)) },
  }),
  'before the lane is told': ({ starter }) => ({
    starter: { ...starter, startDispatch: killedBefore((endpoint) => starter.startDispatch(endpoint)) },
  }),
};

function expectEachSentOnce(scene: Scene, count: number): void {
  const ids = scene.sender.sent.map(({ webhookId }) => webhookId);
  expect(new Set(ids).size).toBe(count);
  expect(ids).toHaveLength(count);
}

describe('a group whose worker dies', () => {
  it.each(Object.keys(deaths))('%s reads back what it did and attempts nothing twice', async (death) => {
    const scene = await stage.open({ ...(deaths[death] ? { replace: deaths[death] } : {}) });
    await addEndpoint(scene);
    scene.sender.follow(failingFirst(5, 1));
    const { deliveries } = await runGroup(scene, 20);
    expect(deliveries).toHaveLength(20);
    await untilHandedOver(scene);
    expectEachSentOnce(scene, 20);
    for (const { id } of deliveries) expect(await attemptsOf(scene, id)).toMatchObject([{ number: 1 }]);

    // What failed before the death is carried on.
    await scene.place.skip(32_000);
    await untilAll(scene, 'delivered');
    expect(scene.sender.sent).toHaveLength(25);
  });

  it('after leaving deliveries to a lane tells the lane all the same', async () => {
    const scene = await stage.open({
      replace: ({ groupLog }) => ({
        groupLog: { ...groupLog, insertForDispatch: killedAfter((rows) => groupLog.insertForDispatch(rows)) },
      }),
    });
    const endpointId = await addEndpoint(scene);
    await scene.place.stores.endpoints.markSlow(endpointId, new Date(scene.place.now()));
    const { deliveries } = await runGroup(scene, 5);
    for (const { id } of deliveries) await untilStatus(scene, id, 'delivered');
    expectEachSentOnce(scene, 5);
  });
});

describe('messages that stand in two groups', () => {
  // Not so yet: the second group reads the outcomes back and attempts the same events.
  it('are attempted once, also while the first group is still at it', async () => {
    const scene = await stage.open();
    await addEndpoint(scene);
    const { opened, open } = gate();
    scene.sender.follow(async () => {
      await opened;
      return 200;
    });
    const keys = await receiveIdentifies(scene, 3);
    const first = await startBatch(scene, keys);
    await until('the first group attempts', () => scene.sender.sent.length === 3);
    const second = await startBatch(scene, keys);
    await untilExecution(scene, second, 'COMPLETED');
    open();
    await untilExecution(scene, first, 'COMPLETED');
    await untilAll(scene, 'delivered');
    expectEachSentOnce(scene, 3);
  });
});
