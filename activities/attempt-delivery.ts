import {
  exchangeLimits,
  honoursRetryAfter,
  judge,
  type Attempt,
  type AttemptTrigger,
  type Delivery,
  type ExchangeOutcome,
} from '../domain/delivery';
import { delayAfterFailure, parseRetryAfterMs } from '../domain/retry-timeline';

/** A receiver that hangs may hold this many workflow tasks of a worker, out of hundreds: the others' work goes on. */
const maxWithinTasks = 20;

interface AttemptTarget {
  delivery: Delivery;
  body: string;
  endpoint: {
    id: string;
    url: string;
    headers: Record<string, string>;
    secrets: { secret: string; expiresAt?: Date }[];
    status: 'active' | 'paused' | 'disabled' | 'deleted';
  };
}
export type DeliveryChange = Pick<Delivery, 'status'> & {
  attemptCount?: number;
  round?: number;
  lastStatusCode?: number | undefined;
  lastError?: string | undefined;
  nextAttemptAtMs?: number;
};
/** Needs: src/mongo/delivery-log.ts. */
export interface DeliveryLog {
  /** The delivery with its event and endpoint; undefined when it was erased. */
  load(deliveryId: string): Promise<AttemptTarget | undefined>;
  lastAttempt(deliveryId: string): Promise<Attempt | undefined>;
  insertAttempt(attempt: Attempt): Promise<void>;
  /** Without `nextAttemptAtMs` no attempt is planned any more. */
  update(deliveryId: string, change: DeliveryChange, nowMs: number): Promise<void>;
  disableEndpoint(endpointId: string, reason: string, nowMs: number): Promise<void>;
}
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

export interface AttemptInput {
  deliveryId: string;
  /** Names this attempt within all runs of its workflow; a redo under the same key repeats nothing that was recorded. */
  key: string;
  round: number;
  /** Index into the timeline: attempts made in this round before this one. */
  slot: number;
  retryDelaysMs: number[];
  trigger: AttemptTrigger;
  /** The attempt would hold a workflow task; with many of them under way at one endpoint it is put off. */
  isWithinTask?: true;
  /** The delivery is cancelled by now: an attempt that was recorded is read back, none is made. */
  isCancelled?: true;
}
export type AttemptResult = {
  /** The attempt had been made before the retrigger that this redo was called with: that one still asks for its own. */
  isRetriggerUnspent?: true;
} & (
  | { kind: 'delivered' }
  /** `next` is absent when the timeline is used up. `inMs` says the same as `atMs`, as seen from the activity's end. */
  | { kind: 'failed'; next?: { atMs: number; inMs: number } }
  /** No attempt was made: it is to be made outside of the workflow task. */
  | { kind: 'deferred' }
  /** No attempt was made: the endpoint is paused or disabled. */
  | { kind: 'held' }
  /** No attempt was made and the workflow is being cancelled: by hand, the endpoint was deleted, or the delivery erased. */
  | { kind: 'cancelled' }
);

/** One attempt of one delivery: read, send, record. What the receiver does is a value; only our own faults are thrown. */
export function createAttemptDelivery(deps: {
  log: DeliveryLog;
  sender: WebhookSender;
  now: () => number;
  abortSignal: () => AbortSignal | undefined;
  cancelOwnWorkflow: () => Promise<void>;
}) {
  /** Attempts under way in this process, by endpoint. */
  const underWay = new Map<string, number>();
  const attemptDelivery = async (input: AttemptInput): Promise<AttemptResult> => {
    const target = await deps.log.load(input.deliveryId);
    if (!target || target.endpoint.status === 'deleted') {
      await deps.cancelOwnWorkflow();
      return { kind: 'cancelled' };
    }
    const last = await deps.log.lastAttempt(input.deliveryId);
    if (last?.key === input.key) {
      const result = await conclude(input, target.endpoint.id, last);
      return last.trigger === input.trigger ? result : { ...result, isRetriggerUnspent: true };
    }
    if (input.isCancelled) return { kind: 'cancelled' };
    // A resume that came twice has started a run for what is over: only a retrigger may send it again.
    if (input.trigger === 'schedule' && input.slot === 0) {
      const { status } = target.delivery;
      if (status === 'delivered' || status === 'failed') return { kind: status };
      if (status === 'cancelled') {
        await deps.cancelOwnWorkflow();
        return { kind: 'cancelled' };
      }
    }
    if (target.endpoint.status !== 'active') {
      await deps.log.update(input.deliveryId, { status: 'held' }, deps.now());
      // A resume (or a deletion) in between looked for held deliveries and did not find this one: look once more.
      const again = await deps.log.load(input.deliveryId);
      return again?.endpoint.status === target.endpoint.status ? { kind: 'held' } : attemptDelivery(input);
    }

    const endpointId = target.endpoint.id;
    const busy = underWay.get(endpointId) ?? 0;
    if (input.isWithinTask && busy >= maxWithinTasks) return { kind: 'deferred' };
    underWay.set(endpointId, busy + 1);
    try {
      return await attemptNow(input, target, last);
    } finally {
      const left = (underWay.get(endpointId) ?? 1) - 1;
      if (left > 0) underWay.set(endpointId, left);
      else underWay.delete(endpointId);
    }
  };

  const attemptNow = async (
    input: AttemptInput,
    target: AttemptTarget,
    last: Attempt | undefined,
  ): Promise<AttemptResult> => {
    const atMs = deps.now();
    const signal = deps.abortSignal();
    const outcome = await deps.sender.send({
      url: target.endpoint.url,
      webhookId: target.delivery.eventId,
      body: target.body,
      secrets: target.endpoint.secrets
        .filter(({ expiresAt }) => expiresAt === undefined || expiresAt.getTime() > atMs)
        .map(({ secret }) => secret),
      headers: target.endpoint.headers,
      ...exchangeLimits,
      nowMs: atMs,
      ...(signal ? { signal } : {}),
    });
    const attempt: Attempt = {
      deliveryId: input.deliveryId,
      key: input.key,
      number: (last?.number ?? 0) + 1,
      round: input.round,
      trigger: input.trigger,
      atMs,
      durationMs: outcome.durationMs,
      ...(outcome.kind === 'response'
        ? answered(outcome, atMs)
        : { error: outcome.error, responseBody: outcome.message }),
    };
    await deps.log.insertAttempt(attempt);
    return conclude(input, target.endpoint.id, attempt);
  };

  /** Writes what the attempt makes of its delivery. May run twice for one attempt, with the same result. */
  const conclude = async (input: AttemptInput, endpointId: string, attempt: Attempt): Promise<AttemptResult> => {
    const endedAtMs = attempt.atMs + attempt.durationMs;
    const verdict = judge(attempt.statusCode);
    const change = {
      attemptCount: attempt.number,
      round: input.round,
      lastStatusCode: attempt.statusCode,
      lastError: attempt.error,
    };
    switch (verdict) {
      case 'delivered':
        await deps.log.update(input.deliveryId, { ...change, status: 'delivered' }, endedAtMs);
        return { kind: 'delivered' };
      case 'gone':
        await deps.log.disableEndpoint(endpointId, 'the receiver answered 410 Gone', endedAtMs);
        await deps.log.update(input.deliveryId, { ...change, status: 'failed' }, endedAtMs);
        return { kind: 'failed' };
      case 'failed': {
        const delayMs = delayAfterFailure(input.retryDelaysMs, input.slot, attempt.retryAfterMs);
        if (delayMs === undefined) {
          await deps.log.update(input.deliveryId, { ...change, status: 'failed' }, endedAtMs);
          return { kind: 'failed' };
        }
        const nextAttemptAtMs = endedAtMs + delayMs;
        await deps.log.update(input.deliveryId, { ...change, status: 'retrying', nextAttemptAtMs }, endedAtMs);
        return { kind: 'failed', next: { atMs: nextAttemptAtMs, inMs: nextAttemptAtMs - deps.now() } };
      }
    }
  };

  return {
    attemptDelivery,
    async cancelDelivery(input: { deliveryId: string }): Promise<void> {
      await deps.log.update(input.deliveryId, { status: 'cancelled' }, deps.now());
    },
  };
}

function answered(
  outcome: Extract<ExchangeOutcome, { kind: 'response' }>,
  nowMs: number,
): Pick<Attempt, 'statusCode' | 'responseBody' | 'retryAfterMs'> {
  const retryAfterMs = honoursRetryAfter(outcome.statusCode) ? parseRetryAfterMs(outcome.retryAfter, nowMs) : undefined;
  return {
    statusCode: outcome.statusCode,
    responseBody: outcome.body,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
