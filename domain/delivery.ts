import { assertNever } from './assert-never';
import type { HeaderLines } from './response-headers';
import { delayAfterFailure } from './retry-timeline';
import type { WebhookEventType } from './webhook-events';

/**
 * pending: first attempt not made yet · retrying: failed, further attempts to come · delivered · failed: the timeline
 * is used up, a retrigger starts it anew · held: the endpoint is paused or disabled · cancelled: by hand, or the
 * endpoint was deleted.
 */
export const deliveryStatuses = ['pending', 'retrying', 'delivered', 'failed', 'held', 'cancelled'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

export const attemptTriggers = ['schedule', 'manual'] as const;
export type AttemptTrigger = (typeof attemptTriggers)[number];

/** One event on its way to one endpoint. Attempts count on over rounds; a round is one pass through the timeline. */
export interface Delivery {
  id: string;
  workspaceId: string;
  endpointId: string;
  eventId: string;
  eventType: WebhookEventType;
  contactId?: string;
  status: DeliveryStatus;
  attemptCount: number;
  round: number;
  /** Attempts made in this round: the place on the timeline at which another workflow takes the delivery over. */
  attemptsInRound: number;
  createdAtMs: number;
  updatedAtMs: number;
  nextAttemptAtMs?: number;
  lastStatusCode?: number;
  lastError?: string;
  /** The workflow that carries it now: its own, or one that carries many. */
  workflowId: string;
  /** Host and port of the endpoint, for the summary in the Web UI. */
  host?: string;
}

/** One HTTP exchange with an endpoint, as the delivery log keeps it. */
export interface Attempt {
  deliveryId: string;
  /** Names the attempt inside its workflow run, so that a redo after a crash finds what was already recorded. */
  key: string;
  number: number;
  round: number;
  trigger: AttemptTrigger;
  atMs: number;
  durationMs: number;
  statusCode?: number;
  /** A class such as `timeout` or `dns_error`, where no answer came. */
  error?: string;
  /** What the receiver asked to wait, where such a wish is honoured. */
  retryAfterMs?: number;
  /** Absent where no answer came, and on attempts of earlier versions. */
  responseHeaders?: HeaderLines;
  responseBody: string;
}

/** A 2xx within 30 seconds, for the whole exchange, and what is kept of the answer. Source: the webhooks document. */
export const exchangeLimits = { timeoutMs: 30_000, maxResponseBytes: 16 * 1024 } as const;

/** What came of one HTTP exchange; `message` is fit for the customer's eyes. */
export type ExchangeOutcome =
  | {
      kind: 'response';
      statusCode: number;
      retryAfter?: string;
      headers?: HeaderLines;
      body: string;
      durationMs: number;
    }
  | { kind: 'failed'; error: string; message: string; durationMs: number };

/** delivered: any 2xx · gone: 410, the receiver wants no more · failed: everything else, redirects included. */
export type Verdict = 'delivered' | 'gone' | 'failed';

export function judge(statusCode: number | undefined): Verdict {
  if (statusCode === undefined) return 'failed';
  if (statusCode >= 200 && statusCode < 300) return 'delivered';
  return statusCode === 410 ? 'gone' : 'failed';
}

/** Only these two answers speak for the receiver's own load, so only theirs may stretch a wait. */
export function honoursRetryAfter(statusCode: number): boolean {
  return statusCode === 429 || statusCode === 503;
}

/** What an attempt makes of its delivery. `gone`: the receiver wants nothing any more, its endpoint is to be disabled. */
export interface AfterAttempt {
  status: 'delivered' | 'retrying' | 'failed';
  attemptCount: number;
  round: number;
  attemptsInRound: number;
  lastStatusCode: number | undefined;
  lastError: string | undefined;
  nextAttemptAtMs?: number;
  isGone?: true;
}

/** The delivery after an attempt in `slot` (attempts of the round before it), by the timeline. */
export function afterAttempt(attempt: Attempt, slot: number, retryDelaysMs: readonly number[]): AfterAttempt {
  const made = {
    attemptCount: attempt.number,
    round: attempt.round,
    attemptsInRound: slot + 1,
    lastStatusCode: attempt.statusCode,
    lastError: attempt.error,
  };
  const verdict = judge(attempt.statusCode);
  switch (verdict) {
    case 'delivered':
      return { ...made, status: 'delivered' };
    case 'gone':
      return { ...made, status: 'failed', isGone: true };
    case 'failed': {
      const delayMs = delayAfterFailure(retryDelaysMs, slot, attempt.retryAfterMs);
      if (delayMs === undefined) return { ...made, status: 'failed' };
      return { ...made, status: 'retrying', nextAttemptAtMs: endOf(attempt) + delayMs };
    }
    default:
      return assertNever(verdict);
  }
}

/** When an attempt ended: what the next wait is measured from. */
export function endOf(attempt: Pick<Attempt, 'atMs' | 'durationMs'>): number {
  return attempt.atMs + attempt.durationMs;
}
