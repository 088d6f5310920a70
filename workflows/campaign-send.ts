import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { ChunkResult } from '../activities/send-campaign';
import type { CampaignProgress } from '../domain/campaign';
import type { CampaignPlace } from '../domain/campaign-pace';
import { attempt, localStep, sendingChunk } from './activity-options';
import { campaignProgressQuery, cancelCampaignSignal, pauseCampaignSignal, resumeCampaignSignal } from './messages';

const { sendChunk } = proxyActivities<Activities>(sendingChunk);
const { commitEmailEvents, startEffects, tellRuns } = proxyActivities<Activities>(attempt);
const { finishCampaign, cancelCampaign } = proxyLocalActivities<Activities>(localStep);

/** Shorter waits are the next chunk's own: a timer costs an Action. */
const shortestTimerMs = 1_000;
/** Events that are told together. */
const groupSize = 200;
const none = { audience: 0, sent: 0, skipped: 0, failed: 0, retrying: 0 };

export interface CampaignSendInput {
  campaignId: string;
  /** Chunks for one run of this workflow, which bounds its history. */
  chunksPerRun: number;
  /** Where the previous run stopped. */
  place?: CampaignPlace;
  progress?: CampaignProgress;
}

/**
 * One campaign to everyone on its lists. Whether it may send stands in its row; signals say that this has changed.
 * What has become of a chunk goes out as webhooks while the next one is sent.
 */
export async function campaignSend(input: CampaignSendInput): Promise<CampaignProgress> {
  const { campaignId, chunksPerRun } = input;
  let place: CampaignPlace | undefined = input.place ?? { pass: 0 };
  let progress = input.progress ?? none;
  let heard: Heard = {};
  let isChanged = false;
  for (const signal of [pauseCampaignSignal, resumeCampaignSignal, cancelCampaignSignal]) {
    setHandler(signal, () => void (isChanged = true));
  }
  setHandler(campaignProgressQuery, () => progress);

  try {
    for (let chunks = 1; place; chunks++) {
      isChanged = false;
      const sent: Promise<ChunkResult> = sendChunk({ campaignId, place, progress });
      const [chunk] = await Promise.all([sent, tell(heard)]);
      heard = {};
      if (chunk.kind === 'over') return progress;
      if (chunk.kind === 'sent') ({ place, progress } = heard = chunk);
      const dueAtMs = chunk.kind === 'sent' ? (place?.nextAtMs ?? 0) : (chunk.untilMs ?? Infinity);
      const isRunOver = chunks >= chunksPerRun;
      if (isRunOver || dueAtMs - Date.now() >= shortestTimerMs) {
        await tell(heard);
        heard = {};
      }
      if (dueAtMs === Infinity) await condition(() => isChanged);
      else if (dueAtMs - Date.now() >= shortestTimerMs) {
        await condition(() => isChanged, dueAtMs - Date.now(), { summary: `${progress.sent} sent so far` });
      }
      if (place && isRunOver) await continueAsNew<typeof campaignSend>({ campaignId, chunksPerRun, place, progress });
    }
    await tell(heard);
    await tell(await finishCampaign({ campaignId, progress }));
    return progress;
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(async () => {
      await cancelCampaign({ campaignId });
      await tell(heard);
    });
    throw error;
  }
}

interface Heard {
  eventIds?: string[];
  /** What servers refused at once: entries of the inbox of email events. */
  bounceKeys?: string[];
}

/** Webhooks hear what was delivered and what bounced; automations hear of contacts that bounced. */
async function tell({ eventIds = [], bounceKeys = [] }: Heard): Promise<void> {
  const all = [...eventIds];
  for (let start = 0; start < bounceKeys.length; start += groupSize) {
    const keys = bounceKeys.slice(start, start + groupSize);
    const { notices, leftContactIds, eventIds: made } = await commitEmailEvents({ keys });
    if (notices.length > 0 || leftContactIds.length > 0) await tellRuns({ notices, leftContactIds });
    all.push(...made);
  }
  for (let start = 0; start < all.length; start += groupSize) {
    const effects = { eventIds: all.slice(start, start + groupSize), runs: [], waiting: [], known: [] };
    await startEffects({ ...effects, isGroup: true });
  }
}
