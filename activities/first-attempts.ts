import { exchangeLimits, type Delivery } from '../domain/delivery';
import { workflowIds } from '../domain/ids';
import type { AttemptGroup, DueDelivery, GroupLimits, GroupResult } from './attempt-group';
import type { Receiver } from './make-attempt';

/** Needs: src/mongo/group-log.ts. */
export interface FirstAttemptLog {
  /** Those of the deliveries that exist, by endpoint and event. */
  existing(pairs: { endpointId: string; eventId: string }[]): Promise<Delivery[]>;
  /** Stores deliveries for their endpoint's webhookDispatch; `attemptUntilMs`: an attempt is under way until then. */
  insertForDispatch(deliveries: (Delivery & { attemptUntilMs?: number })[]): Promise<void>;
  /** The endpoint's first attempts are made in its own lane from now on: it is slow, or fails them all. */
  markSlow(endpointId: string, nowMs: number): Promise<void>;
}
/** Needs: src/temporal/start.ts. */
export interface DispatchStarter {
  /** Tells the endpoint's webhookDispatch that deliveries wait for it, starting it if need be. */
  startDispatch(endpoint: { id: string; workspaceId: string; url: string }): Promise<void>;
}
/** Needs: src/temporal/start.ts. */
export interface DeliveryStarter extends DispatchStarter {
  /** Starts the delivery's own workflow; one that runs already is a success. */
  startDelivery(delivery: Delivery): Promise<void>;
}

/** Attempts of a group at one endpoint at a time, and when the group stops waiting for them. */
const limits: GroupLimits = { maxAtOnce: 64, cutAfterMs: 2_000, atCut: 'leave' };
/** So many failures without a success between them move the endpoint to its own lane. */
const maxFailures = 3;
/** An attempt under way at the cut is over by then, recorded or lost with its process. */
export const attemptLeaseMs = exchangeLimits.timeoutMs + 2_000;

/**
 * The first attempts of a group's deliveries, made by the group itself. What fails goes on in its endpoint's lane, which
 * gathers the failures of many groups: a workflow for each, or even for each group, would cost more than all the rest.
 */
export function createFirstAttempts(deps: {
  attemptGroup: AttemptGroup;
  firstAttempts: FirstAttemptLog;
  starter: DeliveryStarter;
  now: () => number;
  retryDelaysMs: readonly number[];
}) {
  const { firstAttempts: log, retryDelaysMs } = deps;

  const leaveToLane = (receiver: Receiver, { underWay, notStarted }: Pick<GroupResult, 'underWay' | 'notStarted'>) => {
    const workflowId = workflowIds.webhookDispatch(receiver.id);
    const of = ({ delivery }: DueDelivery): Delivery => ({ ...delivery, workflowId });
    return log.insertForDispatch([
      ...notStarted.map(of),
      ...underWay.map(({ due, startedAtMs }) => ({ ...of(due), attemptUntilMs: startedAtMs + attemptLeaseMs })),
    ]);
  };

  /** Returns whether anything is left to the endpoint's lane. */
  const atEndpoint = async (receiver: Receiver, dues: DueDelivery[], key: string): Promise<boolean> => {
    if (receiver.slowSince !== undefined) {
      await leaveToLane(receiver, { underWay: [], notStarted: dues });
      return true;
    }
    let tellLate: (isStored: boolean) => void = () => undefined;
    const stored = new Promise<boolean>((resolve) => (tellLate = resolve));
    try {
      const result = await deps.attemptGroup(receiver, dues, key, retryDelaysMs, limits, stored);
      const isLeft = result.underWay.length + result.notStarted.length > 0;
      const isDead = result.delivered === 0 && result.failed.length >= maxFailures;
      if ((isLeft && !result.isGone) || isDead) await log.markSlow(receiver.id, deps.now());
      if (isLeft) await leaveToLane(receiver, result);
      tellLate(isLeft);
      return isLeft || result.failed.length > 0;
    } finally {
      // Where this fails, what ends late stores its delivery itself.
      tellLate(false);
    }
  };

  /**
   * Makes the first attempts of planned deliveries, which are stored with their outcome. What an earlier try of the
   * same group has stored is not attempted again.
   */
  return async (
    planned: { delivery: Delivery; body: string; receiver: Receiver }[],
    carrier: string,
  ): Promise<void> => {
    const known = new Map(
      (await log.existing(planned.map(({ delivery }) => delivery))).map((delivery) => [pairOf(delivery), delivery]),
    );
    const byEndpoint = new Map<string, { receiver: Receiver; dues: DueDelivery[]; isLeft: boolean }>();
    for (const { delivery, body, receiver } of planned) {
      const entry = byEndpoint.get(receiver.id) ?? { receiver, dues: [], isLeft: false };
      byEndpoint.set(receiver.id, entry);
      const before = known.get(pairOf(delivery));
      if (!before) entry.dues.push({ delivery, body, round: 1, slot: 0, isNew: true });
      // Stored by a try that may have ended before the lane was told.
      else if (before.workflowId === workflowIds.webhookDispatch(receiver.id)) entry.isLeft = true;
      // Stored by a sweep that may have ended before it was started.
      else if (before.status === 'pending' && before.workflowId === workflowIds.webhookDelivery(before))
        await deps.starter.startDelivery(before);
    }
    const results = await Promise.allSettled(
      [...byEndpoint.values()].map(async ({ receiver, dues, isLeft }) => {
        const isLeftNow = dues.length > 0 && (await atEndpoint(receiver, dues, `${carrier}/0`));
        if (isLeft || isLeftNow) await deps.starter.startDispatch(receiver);
      }),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };
}
export type FirstAttempts = ReturnType<typeof createFirstAttempts>;

function pairOf({ endpointId, eventId }: { endpointId: string; eventId: string }): string {
  return `${endpointId}/${eventId}`;
}
