import { ApplicationFailure, proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { DueTogether } from '../activities/hand-over';
import { failureTypes } from '../domain/failures';
import { attempt } from './activity-options';

const { attemptTogether } = proxyActivities<Activities>(attempt);

export interface WebhookRetryGroupInput {
  endpointId: string;
  together: DueTogether;
  /** The timeline, copied here so that running deliveries keep their own. */
  retryDelaysMs: number[];
}

/**
 * Deliveries of one endpoint that failed together, on one timeline. One that is retriggered, cancelled or held leaves
 * the group; those whose attempts end more than a second apart go on on timelines of their own.
 */
export async function webhookRetryGroup(input: WebhookRetryGroupInput): Promise<void> {
  const { endpointId, retryDelaysMs } = input;
  let exhausted = 0;

  const carry = async (together: DueTogether): Promise<void> => {
    const { deliveries, slot, dueAtMs } = together;
    const summary = `retry ${slot} of ${retryDelaysMs.length}, ${deliveries.length} deliveries`;
    if (dueAtMs > Date.now()) await sleep(dueAtMs - Date.now(), { summary });
    const result = await attemptTogether({ endpointId, together, retryDelaysMs });
    exhausted += result.exhausted;
    await Promise.all(result.next.map(carry));
  };

  await carry(input.together);
  if (exhausted > 0) {
    const failed = `every attempt of the timeline failed for ${exhausted} of ${input.together.deliveries.length} deliveries`;
    throw ApplicationFailure.nonRetryable(failed, failureTypes.deliveryFailed);
  }
}
