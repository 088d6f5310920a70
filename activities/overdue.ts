import type { Delivery } from '../domain/delivery';
import { workflowIds } from '../domain/ids';
import { inTurns } from './in-turns';

/** At most so many before a moment, oldest first, behind the one that is named. */
export interface OverduePage {
  beforeMs: number;
  limit: number;
  after?: { atMs: number; id: string };
}
/** Needs: src/mongo/activity-stores.ts. */
export interface OverdueLog {
  /** Deliveries whose next attempt was due by then, or that were made by then and never attempted; none of a lane. */
  deliveries(status: 'retrying' | 'pending', page: OverduePage): Promise<Delivery[]>;
  /** Makes `to` the carrier, unless anything has become of the delivery since it was read. */
  claim(delivery: Delivery, to: string): Promise<boolean>;
  /** Tracks that were received by then and wait for their contact. */
  tracks(page: OverduePage): Promise<{ key: string; receivedAtMs: number }[]>;
}
/** Needs: src/temporal/start.ts. */
export interface OverdueStarter {
  /** How long a track waits for its contact. */
  lateIdentifyWaitMs: number;
  /** Whether a workflow is open, or was closed after that moment. */
  isOpenOrClosedSince(workflowId: string, sinceMs: number): Promise<boolean>;
  /** Starts the delivery's own workflow where it stands, though an earlier run of it is closed. */
  startDeliveryAgain(delivery: Delivery): Promise<void>;
  startCustomEvent(messageKey: string): Promise<void>;
}

/**
 * Longer than any attempt: what a carrier had under way when it was terminated is over by then, recorded or lost, so it
 * has to be closed for as long. And longer than a worker with a backlog is late most of the time.
 */
const standardGraceMs = 120_000;
/** Looked at in one sweep, of each kind. */
const pageSize = 100;

interface Overdue {
  atMs: number;
  id: string;
  /** What carries it. */
  workflowId: string;
  goOn: () => Promise<void>;
}

/**
 * Carries on what is overdue since its workflow is gone: terminated by hand, or lost with Temporal's own data. Temporal
 * is asked first, and what is open is left alone, however late it is.
 */
export function createOverdue(deps: {
  overdue: OverdueLog;
  starter: OverdueStarter;
  now: () => number;
  overdueGraceMs?: number;
}) {
  const { overdue, starter, overdueGraceMs: graceMs = standardGraceMs } = deps;

  /** Each call looks at the page behind the one before: what is late and open must not hide what comes after it. */
  const inPages = (read: (page: OverduePage) => Promise<Overdue[]>, lateMs: number) => {
    let after: OverduePage['after'];
    return async (): Promise<number> => {
      const closedSinceMs = deps.now() - graceMs;
      const page = { beforeMs: closedSinceMs - lateMs, limit: pageSize, ...(after ? { after } : {}) };
      const found = await read(page);
      after = found.length === pageSize ? found.at(-1) : undefined;
      const atWork = new Set<string>();
      await inTurns([...new Set(found.map(({ workflowId }) => workflowId))], async (workflowId) => {
        if (await starter.isOpenOrClosedSince(workflowId, closedSinceMs)) atWork.add(workflowId);
      });
      const left = found.filter(({ workflowId }) => !atWork.has(workflowId));
      await inTurns(left, ({ goOn }) => goOn());
      return left.length;
    };
  };

  /**
   * The claim comes after the look at the carrier: what that one did in between is seen by it. Whoever else starts the
   * delivery's own workflow meanwhile, a second sweep or a person, starts the same one.
   */
  const goOn = async (delivery: Delivery): Promise<void> => {
    const own = workflowIds.webhookDelivery(delivery);
    if (await overdue.claim(delivery, own)) await starter.startDeliveryAgain({ ...delivery, workflowId: own });
  };
  const deliveries = (status: 'retrying' | 'pending') => async (page: OverduePage) =>
    (await overdue.deliveries(status, page)).map((delivery) => ({
      atMs: delivery.nextAttemptAtMs ?? delivery.createdAtMs,
      id: delivery.id,
      workflowId: delivery.workflowId,
      goOn: () => goOn(delivery),
    }));
  const tracks = async (page: OverduePage) =>
    (await overdue.tracks(page)).map(({ key, receivedAtMs }) => ({
      atMs: receivedAtMs,
      id: key,
      workflowId: workflowIds.customEvent(key),
      // Waits anew: it may have been received long before it began to wait. Its outcome is written once anyway.
      goOn: () => starter.startCustomEvent(key),
    }));

  const goOnRetrying = inPages(deliveries('retrying'), 0);
  const goOnPending = inPages(deliveries('pending'), 0);
  return {
    /** How many went on. */
    goOnDeliveries: async (): Promise<number> => (await goOnRetrying()) + (await goOnPending()),
    goOnTracks: inPages(tracks, starter.lateIdentifyWaitMs),
  };
}
export type OverdueWork = ReturnType<typeof createOverdue>;
