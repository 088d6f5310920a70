import {
  exchangeLimits,
  honoursRetryAfter,
  type Attempt,
  type AttemptTrigger,
  type Delivery,
  type ExchangeOutcome,
} from '../domain/delivery';
import { parseRetryAfterMs } from '../domain/retry-timeline';

/** Needs: src/webhooks/sender.ts. Rejects only for our own faults; `aborted` when the signal fired. */
export interface WebhookSender {
  send(request: {
    url: string;
    webhookId: string;
    body: string;
    secrets: string[];
    headers: Record<string, string>;
    timeoutMs: number;
    maxResponseBytes: number;
    nowMs: number;
    signal?: AbortSignal;
  }): Promise<ExchangeOutcome>;
}

/** An endpoint as attempts need it. `slowSince`: first attempts are made in a lane of its own. */
export interface Receiver {
  id: string;
  workspaceId: string;
  url: string;
  headers: Record<string, string>;
  secrets: { secret: string; expiresAt?: Date }[];
  status: 'active' | 'paused' | 'disabled' | 'deleted';
  slowSince?: Date;
}

/** What names an attempt: see Attempt. */
export interface AttemptName {
  key: string;
  number: number;
  round: number;
  trigger: AttemptTrigger;
}

/** Makes one attempt and returns its record, which the caller is to keep. What the receiver does is a value. */
export function createMakeAttempt(deps: {
  sender: WebhookSender;
  now: () => number;
  abortSignal: () => AbortSignal | undefined;
}) {
  return async (
    delivery: Pick<Delivery, 'id' | 'eventId'>,
    body: string,
    receiver: Receiver,
    name: AttemptName,
  ): Promise<Attempt> => {
    const atMs = deps.now();
    const signal = deps.abortSignal();
    const outcome = await deps.sender.send({
      url: receiver.url,
      webhookId: delivery.eventId,
      body,
      secrets: receiver.secrets
        .filter(({ expiresAt }) => expiresAt === undefined || expiresAt.getTime() > atMs)
        .map(({ secret }) => secret),
      headers: receiver.headers,
      ...exchangeLimits,
      nowMs: atMs,
      ...(signal ? { signal } : {}),
    });
    return {
      deliveryId: delivery.id,
      ...name,
      atMs,
      durationMs: outcome.durationMs,
      ...(outcome.kind === 'response'
        ? answered(outcome, atMs)
        : { error: outcome.error, responseBody: outcome.message }),
    };
  };
}
export type MakeAttempt = ReturnType<typeof createMakeAttempt>;

function answered(
  outcome: Extract<ExchangeOutcome, { kind: 'response' }>,
  nowMs: number,
): Pick<Attempt, 'statusCode' | 'responseHeaders' | 'responseBody' | 'retryAfterMs'> {
  const retryAfterMs = honoursRetryAfter(outcome.statusCode) ? parseRetryAfterMs(outcome.retryAfter, nowMs) : undefined;
  return {
    statusCode: outcome.statusCode,
    ...(outcome.headers ? { responseHeaders: outcome.headers } : {}),
    responseBody: outcome.body,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
