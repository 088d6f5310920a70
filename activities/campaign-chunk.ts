import type { Campaign } from '../domain/campaign';
import { chunkSizeOf, Pace, passDelaysMs, sliceSizeOf, type ChunkSoFar } from '../domain/campaign-pace';
import type { Email, EmailContent } from '../domain/email';
import type { BatchResult, GiveUp, SendBatch } from './send-batch';

/** Needs: src/mongo/campaign-log.ts. */
export interface CampaignEmails {
  /** Stores an email for each of the next contacts of its lists, in the order of their ids; one that exists stays. */
  queue(campaign: Campaign, afterId: string | undefined, limit: number, nowMs: number): Promise<CampaignSlice>;
  /** The next of its emails that are not sent yet, in the order of their ids. */
  unsent(campaignId: string, afterId: string | undefined, limit: number): Promise<CampaignSlice>;
  /** Its emails that a server has taken or refused and that nobody has told of: their worker died before it could. */
  untold(campaign: Campaign): AsyncIterable<Email[]>;
  /** Whether it is sending at this moment. */
  isSending(campaignId: string): Promise<boolean>;
}
export interface CampaignSlice {
  emails: Email[];
  /** The contact's id, or the email's; absent when there was nothing left. */
  lastId?: string;
}

/** Slices under way at a time: while some are at the server, the next one is rendered, and the one before is noted. */
const slicesAtOnce = 4;
/** How often the campaign's state is looked at. */
const lookEveryMs = 500;
/** People that one chunk goes through at most, where it may send to hardly any of them. */
const maxSeen = 4_000;
/** How long a chunk waits for what the mailer of a killed worker has under way, and how often it looks. */
const elsewherePatienceMs = 10_000;
const elsewhereEveryMs = 500;

interface SentSlice {
  emails: Email[];
  lastId: string;
  result: BatchResult;
}

/**
 * Sends one chunk at the campaign's pace, noting in `soFar` what it comes to; true when the pass is at its end. It
 * ends early when the campaign is no longer sending, or the activity is to end. `report` is told of each slice.
 */
export function createCampaignChunk(deps: {
  campaigns: CampaignEmails;
  sendBatch: SendBatch;
  giveUp: GiveUp;
  now: () => number;
}) {
  const { campaigns, now } = deps;

  return async (
    campaign: Campaign,
    content: EmailContent,
    soFar: ChunkSoFar,
    control: { aborted: AbortSignal | undefined; report: () => void },
  ): Promise<boolean> => {
    const { id, ratePerSecond: rate, from } = campaign;
    const { pass } = soFar.place;
    const isLast = pass > passDelaysMs.length;
    const pace = new Pace(rate, soFar.place.nextAtMs ?? 0);
    const underWay: Promise<SentSlice>[] = [];
    let elsewhere: Email[] = [];
    let cursor = soFar.place.afterId;
    let taken = soFar.handedOver;
    let seen = 0;
    let lookedAtMs = now();

    const next = (): Promise<CampaignSlice> =>
      pass === 0
        ? campaigns.queue(campaign, cursor, sliceSizeOf(rate), now())
        : campaigns.unsent(id, cursor, sliceSizeOf(rate));
    const send = (emails: Email[]): Promise<BatchResult> =>
      isLast
        ? deps.giveUp(emails.map((email) => email.id)).then(givenUp)
        : deps.sendBatch(emails.map((email) => ({ email, content, ...(from === undefined ? {} : { from }) })));
    const mayGoOn = async (): Promise<boolean> => {
      if (control.aborted?.aborted) return false;
      if (now() - lookedAtMs < lookEveryMs) return true;
      lookedAtMs = now();
      return campaigns.isSending(id);
    };
    /** The slices end in their order, so that what lies before the place is done. */
    const collect = async (): Promise<void> => {
      const first = await underWay.shift();
      if (!first) return;
      const { emails, lastId, result } = first;
      pace.giveBack(result.skipped);
      taken -= result.skipped;
      add(soFar, result, pass > 0);
      soFar.handedOver += emails.length - result.skipped;
      soFar.place = { pass, afterId: lastId, nextAtMs: pace.nextAtMs };
      elsewhere.push(...emails.filter((email) => result.elsewhereIds.includes(email.id)));
      control.report();
    };

    let isEnd = false;
    try {
      while (taken < chunkSizeOf(rate) && seen < maxSeen) {
        const { emails, lastId } = await next();
        isEnd = lastId === undefined;
        if (lastId === undefined) break;
        cursor = lastId;
        seen += emails.length;
        if (underWay.length >= slicesAtOnce) await collect();
        if (!isLast) await sleep(pace.take(emails.length, now()) - now(), control.aborted);
        if (!(await mayGoOn())) break;
        taken += emails.length;
        const sent = send(emails).then((result) => ({ emails, lastId, result }));
        // Thrown where it is collected.
        sent.catch(() => undefined);
        underWay.push(sent);
      }
      while (underWay.length > 0) await collect();
    } finally {
      // What has begun comes to its end before anyone begins it anew.
      await Promise.allSettled(underWay);
    }

    for (const endMs = now() + elsewherePatienceMs; !isLast && elsewhere.length > 0 && now() < endMs;) {
      if (control.aborted?.aborted) break;
      await sleep(elsewhereEveryMs, control.aborted);
      const result = await send(elsewhere);
      add(soFar, result, true);
      elsewhere = elsewhere.filter((email) => result.elsewhereIds.includes(email.id));
      control.report();
    }
    return isEnd;
  };
}

/** `isKnown`: the emails were counted as retrying before. */
function add(soFar: ChunkSoFar, result: BatchResult, isKnown: boolean): void {
  const { sent, skipped, failed, deferredIds, elsewhereIds, eventIds, bounceKeys } = result;
  soFar.sent += sent;
  soFar.skipped += skipped;
  soFar.failed += failed;
  soFar.retrying += isKnown ? -(sent + skipped + failed) : deferredIds.length + elsewhereIds.length;
  soFar.eventIds.push(...eventIds);
  soFar.bounceKeys.push(...bounceKeys);
}

function givenUp(bounceKeys: string[]): BatchResult {
  return {
    ...{ sent: 0, skipped: 0, failed: bounceKeys.length, bounceKeys },
    ...{ deferredIds: [], elsewhereIds: [], eventIds: [] },
  };
}

/** Returns early when the activity is to end. */
function sleep(ms: number, aborted: AbortSignal | undefined): Promise<void> {
  if (ms <= 0 || aborted?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      aborted?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    aborted?.addEventListener('abort', end);
  });
}
