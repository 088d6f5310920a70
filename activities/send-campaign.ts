import { assertNever } from '../domain/assert-never';
import { contentOf, type Campaign, type CampaignProgress } from '../domain/campaign';
import { newChunk, passDelaysMs, readChunk, type CampaignPlace, type ChunkSoFar } from '../domain/campaign-pace';
import { createCampaignChunk, type CampaignEmails } from './campaign-chunk';
import type { GiveUp, SendBatch } from './send-batch';

/** Needs: src/mongo/campaign-log.ts. */
export interface CampaignLog extends CampaignEmails {
  find(campaignId: string): Promise<Campaign | undefined>;
  /** Makes one that is due a sending one, with its audience counted and its content kept; it may have changed meanwhile. */
  begin(campaign: Campaign, nowMs: number): Promise<void>;
  /** `nextAtMs`: when its workflow goes on. */
  setProgress(campaignId: string, progress: CampaignProgress, nextAtMs: number): Promise<void>;
  setProblem(campaignId: string, problem: string): Promise<void>;
  /** Ends those of its emails that were not begun. */
  skipUnsent(campaignId: string, reason: string): Promise<void>;
  /**
   * Ends it with its campaign.sent event, in one transaction. Returns the event's id, also where an earlier try has made
   * it; undefined when the campaign was cancelled.
   */
  finish(campaignId: string, progress: CampaignProgress, nowMs: number): Promise<string | undefined>;
  cancel(campaignId: string, nowMs: number): Promise<void>;
}
/** What Temporal keeps of an activity whose worker is killed. Needs: src/temporal/heartbeat.ts. */
export interface Position {
  report(position: unknown): void;
  /** What an earlier try of the current activity has reported last. */
  last(): unknown;
}

export interface ChunkInput {
  campaignId: string;
  place: CampaignPlace;
  progress: CampaignProgress;
}
export type ChunkResult =
  /** Not now: paused, or not before that moment. */
  | { kind: 'wait'; untilMs?: number }
  /** Cancelled, sent or deleted. */
  | { kind: 'over' }
  | {
      kind: 'sent';
      /** Where to go on; absent when everyone is worked off. */
      place?: CampaignPlace;
      progress: CampaignProgress;
      eventIds: string[];
      bounceKeys: string[];
    };

const maxProblemLength = 300;
/** A mailer that lives ends it within minutes, and one that has died loses it within three. */
const underWayDelayMs = 60_000;
/** A chunk waits for its time no longer than that; its workflow does. */
const maxWaitMs = 2_000;

/** Sends campaigns, chunk by chunk. A chunk that was cut off is sent again, and repeats and skips nobody. */
export function createSendCampaign(deps: {
  campaigns: CampaignLog;
  sendBatch: SendBatch;
  giveUp: GiveUp;
  position: Position;
  now: () => number;
  abortSignal: () => AbortSignal | undefined;
}) {
  const { campaigns, position, now } = deps;
  const sendChunk = createCampaignChunk(deps);

  /**
   * Notes what servers have said when no worker was there any more to hear it: a later pass goes through the emails that
   * are not sent yet, and meets these no more. What comes of it is started by the sweep.
   */
  const noteRest = async (campaign: Campaign): Promise<void> => {
    const content = contentOf(campaign);
    if (!content) return;
    for await (const emails of campaigns.untold(campaign)) {
      await deps.sendBatch(emails.map((email) => ({ email, content })));
    }
  };

  /** The campaign, if its emails may go out now. */
  const dueNow = async (campaignId: string): Promise<Campaign | Exclude<ChunkResult, { kind: 'sent' }>> => {
    for (;;) {
      const campaign = await campaigns.find(campaignId);
      if (!campaign) {
        await campaigns.skipUnsent(campaignId, 'the campaign was deleted');
        return { kind: 'over' };
      }
      const { status, scheduledAtMs = 0, startedAtMs } = campaign;
      switch (status) {
        case 'cancelled':
          await campaigns.skipUnsent(campaignId, 'the campaign was cancelled');
          await noteRest(campaign);
          return { kind: 'over' };
        case 'draft':
        case 'sent':
          return { kind: 'over' };
        case 'paused':
          return { kind: 'wait' };
        case 'scheduled':
          if (scheduledAtMs > now()) return { kind: 'wait', untilMs: scheduledAtMs };
          break;
        case 'sending':
          if (startedAtMs !== undefined) return campaign;
          break;
        default:
          return assertNever(status);
      }
      await campaigns.begin(campaign, now());
    }
  };

  /** Where it goes on after a chunk; undefined when nothing is left to be sent. */
  const nextPlace = async (campaignId: string, { place }: ChunkSoFar, isEnd: boolean) => {
    if (!isEnd) return place;
    const { lastId } = await campaigns.unsent(campaignId, undefined, 1);
    if (lastId === undefined) return undefined;
    // The last pass ends what is queued; what a mailer has under way yet is waited for.
    if (place.pass > passDelaysMs.length) return { pass: place.pass, nextAtMs: now() + underWayDelayMs };
    return { pass: place.pass + 1, nextAtMs: now() + (passDelaysMs[place.pass] ?? 0) };
  };

  return {
    async sendChunk(input: ChunkInput): Promise<ChunkResult> {
      const { campaignId } = input;
      const campaign = await dueNow(campaignId);
      if ('kind' in campaign) return campaign;
      const { nextAtMs = 0 } = input.place;
      if (nextAtMs > now() + maxWaitMs) return { kind: 'wait', untilMs: nextAtMs };
      const content = contentOf(campaign);
      if (!content) throw new Error(`${campaignId} was begun without content`);
      const soFar = readChunk(position.last()) ?? newChunk(input.place);
      let isEnd: boolean;
      try {
        const control = { aborted: deps.abortSignal(), report: () => position.report(soFar) };
        isEnd = await sendChunk(campaign, content, soFar, control);
      } catch (error) {
        const problem = `Sending has failed and is tried again: ${error instanceof Error ? error.message : 'unknown'}`;
        await campaigns.setProblem(campaignId, problem.slice(0, maxProblemLength)).catch(() => undefined);
        throw error;
      }
      const place = await nextPlace(campaignId, soFar, isEnd);
      if (!place && input.progress.retrying + soFar.retrying > 0) await noteRest(campaign);
      const { audience } = campaign.progress;
      const { sent, skipped, failed, retrying, eventIds, bounceKeys } = soFar;
      const progress = sum({ ...input.progress, audience }, { sent, skipped, failed, retrying });
      await campaigns.setProgress(campaignId, progress, place?.nextAtMs ?? now());
      return { kind: 'sent', ...(place ? { place } : {}), progress, eventIds, bounceKeys };
    },

    async finishCampaign(input: { campaignId: string; progress: CampaignProgress }): Promise<{ eventIds: string[] }> {
      const eventId = await campaigns.finish(input.campaignId, input.progress, now());
      return { eventIds: eventId === undefined ? [] : [eventId] };
    },

    /** For a workflow that was cancelled by hand: the campaign is over, too. */
    async cancelCampaign(input: { campaignId: string }): Promise<void> {
      await campaigns.cancel(input.campaignId, now());
    },
  };
}

function sum(one: CampaignProgress, other: Omit<CampaignProgress, 'audience'>): CampaignProgress {
  return {
    audience: one.audience,
    sent: one.sent + other.sent,
    skipped: one.skipped + other.skipped,
    failed: one.failed + other.failed,
    retrying: Math.max(0, one.retrying + other.retrying),
  };
}
