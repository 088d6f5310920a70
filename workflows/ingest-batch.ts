import { proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { localStep } from './activity-options';

const { commitMessages, startEffects } = proxyLocalActivities<Activities>(localStep);

export interface IngestBatchInput {
  keys: string[];
  /** Messages committed at a time: bounds a transaction, and the result in the workflow's history. */
  chunkSize?: number;
}

/**
 * An ordered group of messages: each gets its own outcome, and the webhooks they cause their first attempts. What fails
 * or takes long goes on in the lane of its endpoint; a track that has to wait leaves as its own customEvent.
 */
export async function ingestBatch(input: IngestBatchInput): Promise<void> {
  const { chunkSize = 100 } = input;
  for (let start = 0; start < input.keys.length; start += chunkSize) {
    const effects = await commitMessages({ keys: input.keys.slice(start, start + chunkSize), mayWait: true });
    await startEffects({ ...effects, isGroup: true });
  }
}
