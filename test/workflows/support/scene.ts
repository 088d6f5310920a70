import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { createActivities, type ActivityDeps, type Activities } from '../../../activities';
import { standardRetryDelaysMs } from '../../../domain/retry-timeline';
import { createActivityStores } from '../../../src/mongo/activity-stores';
import { newId } from '../../../src/mongo/new-id';
import { heartbeatInterceptor } from '../../../src/temporal/heartbeat';
import { createStarter, type Starter, type StarterSettings } from '../../../src/temporal/start';
import { activityContext } from '../../../src/temporal/worker';
import { isIdle } from './history';
import { clientOf, type Place } from './place';
import { createScriptedSender, type ScriptedSender } from './scripted-sender';
import { until } from './until';

/** One workspace with a worker on a task queue of its own; the stores, the starter and the activities are the real ones. */
export interface Scene {
  place: Place;
  workspaceId: string;
  sender: ScriptedSender;
  starter: Starter;
  /** What the worker runs, for calling a step by itself. */
  activities: Activities;
  handle: (workflowId: string) => WorkflowHandle;
  close: () => Promise<void>;
}

export interface SceneOptions extends Partial<Omit<StarterSettings, 'taskQueue' | 'isEager'>> {
  /** Names that must be the same each time, as in recorded histories. */
  taskQueue?: string;
  /** Parts of the activities' surroundings that the test replaces, most often to make them fail. */
  replace?: (deps: ActivityDeps) => Partial<ActivityDeps>;
}

const dayMs = 86_400_000;

export async function openScene(place: Place, options: SceneOptions = {}): Promise<Scene> {
  const { taskQueue = `test-${randomUUID()}`, replace, ...settings } = options;
  const { stores, database, now } = place;
  const started = new Set<string>();
  const client = clientOf(place, (workflowId) => started.add(workflowId));
  const starter = createStarter(() => client, {
    retryDelaysMs: [...standardRetryDelaysMs],
    failedOpenMs: 7 * dayMs,
    lateIdentifyWaitMs: 600_000,
    isEager: false,
    ...settings,
    taskQueue,
  });
  const sender = createScriptedSender(now);
  const deps: ActivityDeps = {
    ...createActivityStores(database, stores),
    sender,
    caller: sender,
    starter,
    now,
    newId,
    abortSignal: activityContext.abortSignal,
    cancelOwnWorkflow: activityContext.cancelOwnWorkflow({
      connected: () => Promise.resolve({ client, connection: place.nativeConnection }),
    }),
  };
  const activities = createActivities({ ...deps, ...replace?.(deps) });
  const worker = await Worker.create({
    connection: place.nativeConnection,
    identity: place.identity,
    taskQueue,
    activities,
    workflowBundle: { code: place.workflowCode },
    interceptors: { activity: [clockInterceptor(place), heartbeatInterceptor] },
  });
  const running = worker.run();

  const workspaceId = newId('workspace');
  const at = new Date(now());
  await stores.workspaces.insert({ _id: workspaceId, name: 'Acme', plan: 'pro', createdAt: at, updatedAt: at });

  return {
    place,
    workspaceId,
    sender,
    starter,
    activities,
    handle: (workflowId) => client.workflow.getHandle(workflowId),
    async close() {
      // What is left open would be due when a later test lets time pass.
      await Promise.all([...started].map((workflowId) => end(client.workflow.getHandle(workflowId))));
      worker.shutdown();
      await running;
    },
  };
}

/** Terminated in the middle of a task, a workflow would keep the test server from ever skipping time again. */
async function end(handle: WorkflowHandle): Promise<void> {
  await until(`${handle.workflowId} waits`, () => isIdle(handle));
  await handle.terminate().catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
}

/** Time does not skip while an activity runs, so one reading at its start serves all of it. */
function clockInterceptor(place: Place) {
  return (_context: Context) => ({
    inbound: {
      async execute<Input, Result>(input: Input, next: (input: Input) => Promise<Result>): Promise<Result> {
        await place.readClock();
        return next(input);
      },
    },
  });
}
