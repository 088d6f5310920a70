import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  sleep,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { DueTogether } from '../activities/hand-over';
import { failureTypes } from '../domain/failures';
import { attempt, localStep } from './activity-options';

const { attemptTogether } = proxyActivities<Activities>(attempt);
const { cancelTogether } = proxyLocalActivities<Activities>(localStep);

export interface WebhookRetryGroupInput {
  endpointId: string;
  together: DueTogether;
  /** The timeline, copied here so that running deliveries keep their own. */
  retryDelaysMs: number[];
}

/**
 * Deliveries of one endpoint that failed together, on one timeline. One that is retriggered, cancelled or held leaves
 * the group; those whose attempts end more than a second apart go on on timelines of their own. A group that is
 * cancelled cancels what it still carries.
 */
export async function webhookRetryGroup(input: WebhookRetryGroupInput): Promise<void> {
  const { endpointId, retryDelaysMs } = input;
  let exhausted = 0;

  const carry = async (together: DueTogether): Promise<void> => {
    const { deliveries, slot, dueAtMs } = together;
    const summary = `retry ${slot} of ${retryDelaysMs.length}, ${deliveries.length} deliveries`;
    if (dueAtMs > Date.now()) await sleep(dueAtMs - Date.now(), { summary });
    // What is due at once has no wait that the cancellation could end.
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) await scope.cancelRequested;
    // Attempts under way are finished and recorded even when the group is being cancelled.
    const attemptAll = () => attemptTogether({ endpointId, together, retryDelaysMs });
    const result = await CancellationScope.nonCancellable(attemptAll);
    exhausted += result.exhausted;
    // Each to its end: a timeline that is cancelled in its wait must not pass over the attempts of another.
    const ends = await Promise.allSettled(result.next.map(carry));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  };

  try {
    await carry(input.together);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const deliveryIds = input.together.deliveries.map(({ id }) => id);
    await CancellationScope.nonCancellable(() => cancelTogether({ deliveryIds }));
    throw error;
  }
  if (exhausted > 0) {
    const failed = `every attempt of the timeline failed for ${exhausted} of ${input.together.deliveries.length} deliveries`;
    throw ApplicationFailure.nonRetryable(failed, failureTypes.deliveryFailed);
  }
}
