import { proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { localStep } from './activity-options';

const { commitEmailEvents, startEffects, tellRuns } = proxyLocalActivities<Activities>(localStep);

/** Opens, clicks, unsubscribes, bounces and complaints, one or many: each gets its outcome, webhooks and automations hear of it. */
export async function emailEvent(input: { keys: string[]; chunkSize?: number }): Promise<void> {
  const { keys, chunkSize = 100 } = input;
  for (let start = 0; start < keys.length; start += chunkSize) {
    const effects = await commitEmailEvents({ keys: keys.slice(start, start + chunkSize) });
    const { notices, leftContactIds, ...rest } = effects;
    if (notices.length > 0 || leftContactIds.length > 0) await tellRuns({ notices, leftContactIds });
    if (rest.eventIds.length > 0) await startEffects({ ...rest, ...(keys.length > 1 ? { isGroup: true } : {}) });
  }
}
