import { CancellationScope, isCancellation, proxyActivities, proxyLocalActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { localStep, sending } from './activity-options';

const { sendEmail } = proxyActivities<Activities>(sending);
const { commitEmailEvents, dispatchEvents, skipEmail, tellRuns } = proxyLocalActivities<Activities>(localStep);

/** One email that no campaign sends: handed over, and again later where the server puts it off. */
export async function emailSend(input: { emailId: string }): Promise<void> {
  try {
    for (;;) {
      const result = await sendEmail(input);
      if (result.kind === 'done') return await CancellationScope.nonCancellable(() => tell(result));
      await sleep(result.delayMs, { summary: result.summary });
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => skipEmail({ ...input, reason: 'its sending was cancelled' }));
    throw error;
  }
}

/** Webhooks hear that it was delivered, or that the server has refused it; automations hear of a contact that bounced. */
async function tell({ eventIds, bounceKeys }: { eventIds: string[]; bounceKeys: string[] }): Promise<void> {
  if (eventIds.length > 0) await dispatchEvents({ eventIds });
  if (bounceKeys.length === 0) return;
  const { notices, leftContactIds, ...effects } = await commitEmailEvents({ keys: bounceKeys });
  if (notices.length > 0 || leftContactIds.length > 0) await tellRuns({ notices, leftContactIds });
  if (effects.eventIds.length > 0) await dispatchEvents({ eventIds: effects.eventIds });
}
