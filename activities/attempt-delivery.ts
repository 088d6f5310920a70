import { afterAttempt, endOf, type Attempt, type AttemptTrigger, type Delivery } from '../domain/delivery';
import type { EndpointSlots } from './endpoint-slots';
import type { MakeAttempt, Receiver } from './make-attempt';

/** A receiver that hangs may hold this many workflow tasks of a worker, out of hundreds: the others' work goes on. */
const maxWithinTasks = 20;
/** Attempts under way at one endpoint, in one process. */
export const maxAtOneEndpoint = 300;
/** An endpoint that answers within this needs no lane of its own. */
export const quickMs = 1_000;
export const goneReason = 'the receiver answered 410 Gone';

interface AttemptTarget {
  delivery: Delivery;
  body: string;
  endpoint: Receiver;
}
export type DeliveryChange = Pick<Delivery, 'status'> & {
  attemptCount?: number;
  round?: number;
  attemptsInRound?: number;
  lastStatusCode?: number | undefined;
  lastError?: string | undefined;
  nextAttemptAtMs?: number;
};
/** Needs: src/mongo/delivery-log.ts. */
export interface DeliveryLog {
  /** The delivery with its event and endpoint; undefined when it was erased. */
  load(deliveryId: string): Promise<AttemptTarget | undefined>;
  lastAttempt(deliveryId: string): Promise<Attempt | undefined>;
  /** Returns the attempt as it was stored: its number moves up where another workflow has recorded one meanwhile. */
  insertAttempt(attempt: Attempt): Promise<Attempt>;
  /** From now on this workflow alone carries the delivery. */
  takeOver(deliveryId: string, workflowId: string): Promise<void>;
  /** Without `nextAttemptAtMs` no attempt is planned any more. */
  update(deliveryId: string, change: DeliveryChange, nowMs: number): Promise<void>;
  disableEndpoint(endpointId: string, reason: string, nowMs: number): Promise<void>;
  /** The endpoint answers in time again. */
  clearSlow(endpointId: string): Promise<void>;
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
  makeAttempt: MakeAttempt;
  slots: EndpointSlots;
  now: () => number;
  ownWorkflowId: () => string | undefined;
  cancelOwnWorkflow: () => Promise<void>;
}) {
  const attemptDelivery = async (input: AttemptInput): Promise<AttemptResult> => {
    const [target, last] = await Promise.all([deps.log.load(input.deliveryId), deps.log.lastAttempt(input.deliveryId)]);
    if (!target || target.endpoint.status === 'deleted') {
      await deps.cancelOwnWorkflow();
      return { kind: 'cancelled' };
    }
    if (last?.key === input.key) {
      const result = await conclude(input, target.endpoint.id, last);
      return last.trigger === input.trigger ? result : { ...result, isRetriggerUnspent: true };
    }
    if (input.isCancelled) return { kind: 'cancelled' };
    // A resume that came twice has started a run for what is over: only a retrigger may send it again.
    if (input.trigger === 'schedule') {
      const { status } = target.delivery;
      if (status === 'delivered' || (status === 'failed' && input.slot === 0)) return { kind: status };
      if (status === 'cancelled') {
        await deps.cancelOwnWorkflow();
        return { kind: 'cancelled' };
      }
    }
    // From now on the workflow that carried it along with others leaves it alone.
    const workflowId = deps.ownWorkflowId();
    if (workflowId !== undefined && workflowId !== target.delivery.workflowId) {
      await deps.log.takeOver(input.deliveryId, workflowId);
    }
    if (target.endpoint.status !== 'active') {
      await deps.log.update(input.deliveryId, { status: 'held' }, deps.now());
      // A resume (or a deletion) in between looked for held deliveries and did not find this one: look once more.
      const again = await deps.log.load(input.deliveryId);
      return again?.endpoint.status === target.endpoint.status ? { kind: 'held' } : attemptDelivery(input);
    }

    const isSlow = target.endpoint.slowSince !== undefined || deps.slots.underWay(target.endpoint.id) >= maxWithinTasks;
    if (input.isWithinTask && isSlow) return { kind: 'deferred' };
    // Not waited for here: that would hold an activity slot, of which there are a thousand for all endpoints.
    if (deps.slots.underWay(target.endpoint.id) >= maxAtOneEndpoint) throw new Error('its endpoint has no slot free');
    await deps.slots.take(target.endpoint.id, maxAtOneEndpoint);
    try {
      const attempt = await deps.makeAttempt(target.delivery, target.body, target.endpoint, {
        key: input.key,
        number: (last?.number ?? 0) + 1,
        round: input.round,
        trigger: input.trigger,
      });
      const result = await conclude(input, target.endpoint.id, await deps.log.insertAttempt(attempt));
      const isWell = result.kind === 'delivered' && attempt.durationMs < quickMs;
      if (isWell && target.endpoint.slowSince !== undefined) await deps.log.clearSlow(target.endpoint.id);
      return result;
    } finally {
      deps.slots.release(target.endpoint.id);
    }
  };

  /** Writes what the attempt makes of its delivery. May run twice for one attempt, with the same result. */
  const conclude = async (input: AttemptInput, endpointId: string, attempt: Attempt): Promise<AttemptResult> => {
    const { isGone, ...change } = afterAttempt(attempt, input.slot, input.retryDelaysMs);
    const endedAtMs = endOf(attempt);
    if (isGone) await deps.log.disableEndpoint(endpointId, goneReason, endedAtMs);
    await deps.log.update(input.deliveryId, change, endedAtMs);
    if (change.status === 'delivered') return { kind: 'delivered' };
    const { nextAttemptAtMs: atMs } = change;
    return atMs === undefined ? { kind: 'failed' } : { kind: 'failed', next: { atMs, inMs: atMs - deps.now() } };
  };

  return {
    attemptDelivery,
    async cancelDelivery(input: { deliveryId: string }): Promise<void> {
      await deps.log.update(input.deliveryId, { status: 'cancelled' }, deps.now());
    },
  };
}
