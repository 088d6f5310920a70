import { proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { localStep } from './activity-options';

const { sweepMessages, sweepEvents, sweepNotices } = proxyLocalActivities<Activities>(localStep);

/** Starts what was stored and not started: messages, webhook events without deliveries, notices to deliveries. */
export async function sweep(input: { olderThanMs: number }): Promise<void> {
  await sweepMessages(input);
  await sweepEvents(input);
  await sweepNotices(input);
}
