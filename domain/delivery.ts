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
  createdAtMs: number;
  updatedAtMs: number;
  nextAttemptAtMs?: number;
  lastStatusCode?: number;
  lastError?: string;
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
  responseBody: string;
}

/** A 2xx within 30 seconds, for the whole exchange, and what is kept of the answer. Source: the webhooks document. */
export const exchangeLimits = { timeoutMs: 30_000, maxResponseBytes: 16 * 1024 } as const;

/** What came of one HTTP exchange; `message` is fit for the customer's eyes. */
export type ExchangeOutcome =
  | { kind: 'response'; statusCode: number; retryAfter?: string; body: string; durationMs: number }
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
