import type { Delivery } from '../domain/delivery';
import { workflowIds } from '../domain/ids';
import { maxAtOneEndpoint } from './attempt-delivery';
import {
  failedAmong,
  type AttemptGroup,
  type FailedDelivery,
  type GroupLimits,
  type GroupResult,
} from './attempt-group';
import { attemptLeaseMs } from './first-attempts';
import { holdOrCancel, readyOf, type GroupLog } from './group-log';
import type { Receiver } from './make-attempt';

/** Deliveries taken up at a time, and when those that hang are left to end by themselves. */
const pageSize = 300;
const limits: GroupLimits = { maxAtOnce: maxAtOneEndpoint, cutAfterMs: 5_000, atCut: 'leave' };
/** How long, and how often, a page waits for attempts that others have under way. */
const waitAtMostMs = 5_000;
const lookEveryMs = 1_000;

/** Needs: src/mongo/group-log.ts. */
export interface LaneLog {
  /** Deliveries that the endpoint's webhookDispatch carries, oldest first. */
  inDispatch(endpointId: string, limit: number): Promise<(Delivery & { attemptUntilMs?: number })[]>;
  lease(deliveryIds: string[], untilMs: number): Promise<void>;
}

export interface LanePage {
  /** What failed, here or in the endpoint's groups, and is to be handed over. */
  failed: FailedDelivery[];
  /** Nothing waits in the lane. */
  isEmpty: boolean;
  /** More may wait than one page holds. */
  isFull: boolean;
}

/**
 * The lane of one endpoint, page by page, in its own workflow: first attempts where it is too slow for its groups to
 * wait for it, or fails them all; and what failed in its groups, on the way to a timeline.
 */
export function createDispatchLane(deps: {
  lane: LaneLog;
  groupLog: GroupLog;
  attemptGroup: AttemptGroup;
  now: () => number;
}) {
  const { lane, groupLog: log } = deps;

  const attemptPage = async (
    receiver: Receiver,
    pending: Delivery[],
    retryDelaysMs: number[],
  ): Promise<GroupResult> => {
    const carrier = workflowIds.webhookDispatch(receiver.id);
    const nowMs = deps.now();
    const dues = await readyOf(log, pending, carrier, nowMs, ({ round }) => ({ round, slot: 0 }));
    const result = await deps.attemptGroup(receiver, dues, `${carrier}/0`, retryDelaysMs, limits);
    const underWay = result.underWay.map(({ due }) => due.delivery.id);
    const lastStartMs = Math.max(nowMs, ...result.underWay.map(({ startedAtMs }) => startedAtMs));
    await lane.lease(underWay, lastStartMs + attemptLeaseMs);
    return result;
  };

  return {
    /** First attempts of what waits in the lane. */
    async attemptPending(input: { endpointId: string; retryDelaysMs: number[] }): Promise<LanePage> {
      const { endpointId, retryDelaysMs } = input;
      const carrier = workflowIds.webhookDispatch(endpointId);
      const endMs = deps.now() + waitAtMostMs;
      for (;;) {
        const waiting = await lane.inDispatch(endpointId, pageSize);
        if (waiting.length === 0) return { failed: [], isEmpty: true, isFull: false };
        const isFull = waiting.length === pageSize;
        const receiver = await log.receiver(endpointId);
        if (receiver?.status !== 'active') {
          await holdOrCancel(log, waiting, carrier, receiver, deps.now());
          return { failed: [], isEmpty: false, isFull };
        }
        const nowMs = deps.now();
        const free = waiting.filter(({ attemptUntilMs }) => attemptUntilMs === undefined || attemptUntilMs <= nowMs);
        const failed = failedAmong(free);
        const pending = free.filter(({ status }) => status === 'pending');
        if (pending.length > 0) {
          const result = await attemptPage(receiver, pending, retryDelaysMs);
          return { failed: [...failed, ...result.failed], isEmpty: false, isFull };
        }
        if (failed.length > 0 || nowMs >= endMs) return { failed, isEmpty: false, isFull };
        await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
      }
    },
  };
}
