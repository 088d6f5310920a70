import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Context } from '@temporalio/activity';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Activities } from '../../activities';
import type { TemporalLink } from './connect';
import { heartbeatInterceptor } from './heartbeat';
import { ensureSweep, registerSearchAttributes } from './prepare';
import { taskQueue } from './start';

/** The bundle that `npm run build` writes; without it the worker bundles at its start, which takes two seconds. */
const builtBundle = path.join(__dirname, '../../workflow-bundle.js');

/** What the worker runs workflows from. */
export function workflowSource(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  return existsSync(builtBundle)
    ? { workflowBundle: { codePath: builtBundle } }
    : { workflowsPath: require.resolve('../../workflows') };
}

/** Parts of the activities' surroundings that only exist inside a running activity. */
export const activityContext = {
  abortSignal: (): AbortSignal => {
    const signal = Context.current().cancellationSignal;
    // A group listens once for each of its exchanges, which is no leak.
    setMaxListeners(0, signal);
    return signal;
  },
  ownWorkflowId: (): string | undefined => Context.current().info.workflowExecution?.workflowId,
  ownRunId: (): string | undefined => Context.current().info.workflowExecution?.runId,
  cancelOwnWorkflow: (link: Pick<TemporalLink, 'connected'>) => async (): Promise<void> => {
    const workflowId = activityContext.ownWorkflowId();
    if (workflowId === undefined) return;
    const { client } = await link.connected();
    await client.workflow.getHandle(workflowId).cancel();
  },
};

/** `ready` resolves when the worker polls for the first time. */
export interface RunningWorker {
  ready: Promise<void>;
  stop: () => Promise<void>;
}

const restartMs = 1_000;

/**
 * Runs a worker until `stop` is called: prepares the namespace, polls, and starts anew when the connection to Temporal
 * was lost for longer than the SDK bears.
 */
export function runWorker(link: TemporalLink, activities: Activities, logger: Logger): RunningWorker {
  let worker: Worker | undefined;
  let isStopping = false;
  let markReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });

  const loop = async (): Promise<void> => {
    while (!isStopping) {
      try {
        const { client, connection } = await link.connected();
        await registerSearchAttributes(connection, link.namespace);
        await ensureSweep(client);
        worker = await Worker.create({
          connection,
          namespace: link.namespace,
          taskQueue,
          activities,
          ...workflowSource(),
          interceptors: { activity: [heartbeatInterceptor] },
          // A first attempt at a slow receiver holds its workflow task for up to 30 s: leave room for many of them.
          maxConcurrentWorkflowTaskExecutions: 400,
          maxConcurrentLocalActivityExecutions: 400,
          maxConcurrentActivityTaskExecutions: 1_000,
          workflowTaskPollerBehavior: { type: 'autoscaling' },
          activityTaskPollerBehavior: { type: 'autoscaling' },
          // As short as a workflow task, for the same reason: see start.ts.
          stickyQueueScheduleToStartTimeout: '7s',
          // Longer than one HTTP exchange, so that an attempt under way ends in the log and not in a repeat.
          shutdownGraceTime: '35s',
          shutdownForceTime: '40s',
        });
        const running = worker.run();
        // Asked to stop while it was being made.
        if (isStopping) worker.shutdown();
        logger.info({ taskQueue, namespace: link.namespace }, 'worker.started');
        markReady();
        await running;
      } catch (error) {
        if (!isStopping) logger.error({ err: error }, 'worker.failed');
      }
      worker = undefined;
      if (!isStopping) await new Promise((resolve) => setTimeout(resolve, restartMs));
    }
  };
  const done = loop();

  return {
    ready,
    async stop() {
      markReady();
      isStopping = true;
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      // Without a connection the loop would wait for Temporal for ever.
      if (worker || link.client()) await done;
    },
  };
}
