import { ApplicationFailure, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { failureTypes } from '../domain/failures';
import { sweepStep } from './activity-options';

const { sweepMessages, sweepEvents, sweepNotices } = proxyLocalActivities<Activities>(sweepStep);

/** Starts what was stored and not started: messages, webhook events without deliveries, notices to deliveries. */
export async function sweep(input: { olderThanMs: number }): Promise<void> {
  let failures = 0;
  for (const part of [sweepMessages, sweepEvents, sweepNotices]) {
    try {
      await part(input);
    } catch {
      // One part that fails must not keep the others from their work. The next sweep tries again.
      failures++;
    }
  }
  if (failures > 0) throw ApplicationFailure.nonRetryable(`${failures} of 3 parts failed`, failureTypes.sweepFailed);
}
