import { randomUUID } from 'node:crypto';
import type { Context } from '@temporalio/activity';
import {
  WorkflowNotFoundError,
  type WorkflowHandle,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { createActivities, type ActivityDeps, type Activities } from '../../../activities';
import { standardRetryDelaysMs } from '../../../domain/retry-timeline';
import { createActivityStores } from '../../../src/mongo/activity-stores';
import { newId } from '../../../src/mongo/new-id';
import { activityPosition, heartbeatInterceptor } from '../../../src/temporal/heartbeat';
import { createStarter, type Starter, type StarterSettings } from '../../../src/temporal/start';
import { activityContext } from '../../../src/temporal/worker';
import { isIdle } from './history';
import { clientOf, type Place } from './place';
import { createScriptedMailer, plainRenderer, type ScriptedMailer } from './scripted-mailer';
import { createScriptedSender, type ScriptedSender } from './scripted-sender';
import { until } from './until';

/** One workspace with a worker on a task queue of its own; the stores, the starter and the activities are the real ones. */
export interface Scene {
  place: Place;
  workspaceId: string;
  sender: ScriptedSender;
  mailer: ScriptedMailer;
  starter: Starter;
  /** What the worker runs, for calling a step by itself. */
  activities: Activities;
  /** The newest run, unless one is named. */
  handle: (workflowId: string, runId?: string) => WorkflowHandle;
  /** Starts a workflow with an input that the starter does not give it. */
  start: (type: string, workflowId: string, input: object) => Promise<WorkflowHandleWithFirstExecutionRunId>;
  /** Every workflow that was started or signalled, in order. */
  startedIds: () => string[];
  /** For a scene with `isWorkerAway`, and after `stopWorker`. */
  startWorker: () => Promise<void>;
  stopWorker: () => Promise<void>;
  close: () => Promise<void>;
}

export interface SceneOptions extends Partial<Omit<StarterSettings, 'taskQueue' | 'isEager'>> {
  /** Names that must be the same each time, as in recorded histories. */
  taskQueue?: string;
  isWorkerAway?: boolean;
  /** Each workflow task replays its workflow from the start. */
  isForgetful?: boolean;
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
  const mailer = createScriptedMailer(stores.emails, now);
  const deps: ActivityDeps = {
    ...createActivityStores(database, stores),
    retryDelaysMs: starter.retryDelaysMs,
    sender,
    caller: sender,
    mailer,
    renderer: plainRenderer,
    notices: { awaitsNotice: () => Promise.resolve(false), echoHeaders: () => Promise.resolve(() => ({})) },
    defaultFrom: 'News <news@example.com>',
    starter,
    now,
    newId,
    abortSignal: activityContext.abortSignal,
    position: activityPosition,
    ownWorkflowId,
    ownRunId: activityContext.ownRunId,
    cancelOwnWorkflow: activityContext.cancelOwnWorkflow({
      connected: () => Promise.resolve({ client, connection: place.nativeConnection }),
    }),
  };
  const activities = createActivities({ ...deps, ...replace?.(deps) });
  let worker: Worker | undefined;
  let running = Promise.resolve();
  const startWorker = async (): Promise<void> => {
    worker = await Worker.create({
      connection: place.nativeConnection,
      identity: place.identity,
      taskQueue,
      activities,
      workflowBundle: { code: place.workflowCode },
      ...(options.isForgetful ? { maxCachedWorkflows: 0 } : {}),
      interceptors: { activity: [clockInterceptor(place), heartbeatInterceptor] },
    });
    running = worker.run();
  };
  const stopWorker = async (): Promise<void> => {
    worker?.shutdown();
    worker = undefined;
    await running;
  };
  if (!options.isWorkerAway) await startWorker();

  const workspaceId = newId('workspace');
  const at = new Date(now());
  await stores.workspaces.insert({ _id: workspaceId, name: 'Acme', plan: 'pro', createdAt: at, updatedAt: at });

  return {
    place,
    workspaceId,
    sender,
    mailer,
    starter,
    activities,
    handle: (workflowId, runId) => client.workflow.getHandle(workflowId, runId),
    start: (type, workflowId, input) => client.workflow.start(type, { workflowId, taskQueue, args: [input] }),
    startedIds: () => [...started],
    startWorker,
    stopWorker,
    async close() {
      // What is left open would be due when a later test lets time pass.
      try {
        await Promise.all([...started].map((workflowId) => end(client.workflow.getHandle(workflowId))));
      } finally {
        await stopWorker();
      }
      // Nobody carries these any more: a later test's sweep would find them.
      await stores.deliveries.collection.deleteMany({ workspaceId, status: { $in: ['pending', 'retrying'] } });
      await stores.messages.collection.deleteMany({ workspaceId, state: { $ne: 'done' } });
      await stores.campaigns.collection.deleteMany({ workspaceId });
    },
  };
}

/** Tests also call activities by themselves, outside of any workflow. */
function ownWorkflowId(): string | undefined {
  try {
    return activityContext.ownWorkflowId();
  } catch {
    return undefined;
  }
}

/** Terminated in the middle of a task, a workflow would keep the test server from ever skipping time again. */
async function end(handle: WorkflowHandle): Promise<void> {
  await until(`${handle.workflowId} waits`, async () => (await isIdle(handle)) || (await isClosed(handle)));
  await handle.terminate().catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
}

/** A test may have terminated it in the middle of a task. */
async function isClosed(handle: WorkflowHandle): Promise<boolean> {
  return (await handle.describe()).status.name !== 'RUNNING';
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
