import { proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { localStep } from './activity-options';

const { commitMessages, startEffects } = proxyLocalActivities<Activities>(localStep);

/** One identify: the contact and its webhook event in one commit, then the deliveries. */
export async function contactUpsert(input: { key: string }): Promise<void> {
  const effects = await commitMessages({ keys: [input.key], mayWait: false });
  if (effects.eventIds.length > 0 || effects.known.length > 0) await startEffects(effects);
}
