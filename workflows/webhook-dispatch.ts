import {
  CancellationScope,
  condition,
  continueAsNew,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { LanePage } from '../activities/dispatch-lane';
import { attempt, localStep } from './activity-options';
import { moreDueSignal } from './messages';

const { attemptPending } = proxyActivities<Activities>(attempt);
const { handOver } = proxyLocalActivities<Activities>(localStep);

/** How long the lane stays after the last signal: longer than a worker goes without signalling, a second. */
const lingerMs = 2_500;
/** While the endpoint fails, failures gather for so long, to go on together. */
const gatherMs = 2_000;

export interface WebhookDispatchInput {
  endpointId: string;
  retryDelaysMs: number[];
  /** Pages for one run of this workflow, which bounds its history. */
  pagesPerRun: number;
}

/**
 * The lane of an endpoint under load: makes the first attempts that its groups do not wait for, and hands what failed
 * in them over to the workflows that carry it on, page by page until nothing is left. When it is cancelled, what waits
 * stays in the lane, and the sweep starts it again.
 */
export async function webhookDispatch(input: WebhookDispatchInput): Promise<void> {
  const { endpointId, retryDelaysMs, pagesPerRun } = input;
  let signalledAtMs = Date.now();
  let isMoreDue = false;
  setHandler(moreDueSignal, () => {
    signalledAtMs = Date.now();
    isMoreDue = true;
  });

  const attemptPage = async (pages: number): Promise<LanePage> => {
    const page = await attemptPending({ endpointId, retryDelaysMs });
    if (page.failed.length > 0) {
      const { workflowId: carrier, runId } = workflowInfo();
      await handOver({ endpointId, failed: page.failed, carrier, groupId: `${runId}-${pages}` });
    }
    return page;
  };

  for (let pages = 1; ; pages++) {
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) await scope.cancelRequested;
    if (pages > pagesPerRun) await continueAsNew<typeof webhookDispatch>(input);
    isMoreDue = false;
    const lookedAtMs = Date.now();
    // Attempts under way are finished, recorded and handed over even when the lane is being cancelled.
    const page = await CancellationScope.nonCancellable(() => attemptPage(pages));
    if (page.isEmpty) {
      // What came without a signal, since one was sent a moment before, is found by the look at the end of this time.
      if (lookedAtMs - signalledAtMs >= lingerMs) return;
      const restMs = Math.max(1, signalledAtMs + lingerMs - Date.now());
      await condition(() => isMoreDue, restMs, { summary: 'the lane is empty' });
    } else if (page.failed.length > 0 && !page.isFull) {
      await sleep(gatherMs, { summary: `${page.failed.length} failed` });
    }
  }
}
