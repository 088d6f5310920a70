import { afterAttempt, endOf, type AfterAttempt, type Attempt, type Delivery } from '../domain/delivery';
import { goneReason, quickMs } from './attempt-delivery';
import type { EndpointSlots } from './endpoint-slots';
import type { MakeAttempt, Receiver } from './make-attempt';

/** A delivery that failed and goes on along its timeline. */
export interface FailedDelivery {
  id: string;
  round: number;
  attemptsInRound: number;
  nextAttemptAtMs: number;
}

/** Those of stored deliveries that have failed and have a further attempt to come. */
export function failedAmong(deliveries: readonly Delivery[]): FailedDelivery[] {
  return deliveries.flatMap(({ id, status, round, attemptsInRound, nextAttemptAtMs }) =>
    status === 'retrying' && nextAttemptAtMs !== undefined ? [{ id, round, attemptsInRound, nextAttemptAtMs }] : [],
  );
}

/**
 * An attempt with what it makes of its delivery. `isNew`: the delivery is not stored yet, and is with its outcome; one
 * that has failed goes on in its endpoint's lane.
 */
export interface AttemptRecord {
  delivery: Delivery;
  attempt: Attempt;
  after: Omit<AfterAttempt, 'isGone'>;
  isNew: boolean;
}
/** Needs: src/mongo/group-log.ts. */
export interface AttemptRecorder {
  /**
   * Resolves when the record is durable. A delivery that another workflow has taken over meanwhile, or that is closed,
   * keeps its state; the attempt is recorded all the same.
   */
  record(record: AttemptRecord): Promise<void>;
  disableEndpoint(endpointId: string, reason: string, nowMs: number): Promise<void>;
  clearSlow(endpointId: string): Promise<void>;
}

/** One delivery of a group, ready to be attempted. */
export interface DueDelivery {
  delivery: Delivery;
  body: string;
  round: number;
  /** Attempts of that round before this one. */
  slot: number;
  isNew: boolean;
  /** Asked for by a person, not by the timeline. */
  isManual?: true;
}
export interface GroupLimits {
  /** Attempts at the endpoint at a time. */
  maxAtOnce: number;
  /** No attempt begins after that. */
  cutAfterMs: number;
  /** At the cut, whether those under way are waited for, or left to end by themselves. */
  atCut: 'wait' | 'leave';
}
export interface GroupResult {
  /** The receiver has answered that it wants nothing any more: what was not started is not to be. */
  isGone: boolean;
  delivered: number;
  failed: FailedDelivery[];
  /** Failed for good: the timeline is used up, or the receiver is gone. */
  exhausted: number;
  /** Left unattended at the cut: their attempts end later, and are recorded then. */
  underWay: { due: DueDelivery; startedAtMs: number }[];
  notStarted: DueDelivery[];
  /** The longest exchange, those under way at the cut included. */
  slowestMs: number;
}

/** Attempts of many deliveries at one endpoint, side by side, each recorded as it ends. */
export function createAttemptGroup(deps: {
  recorder: AttemptRecorder;
  makeAttempt: MakeAttempt;
  slots: EndpointSlots;
  now: () => number;
}) {
  /**
   * `key` names the attempts within all workflows: `<workflow>/<slot>`. `beforeLate` is awaited before an attempt that
   * ended after the cut is recorded, and says whether the caller has stored its delivery by then.
   */
  return async (
    receiver: Receiver,
    dues: DueDelivery[],
    key: string,
    retryDelaysMs: readonly number[],
    limits: GroupLimits,
    beforeLate?: Promise<boolean>,
  ): Promise<GroupResult> => {
    const result: GroupResult = {
      isGone: false,
      delivered: 0,
      failed: [],
      exhausted: 0,
      underWay: [],
      notStarted: [],
      slowestMs: 0,
    };
    const waiting = [...dues];
    const underWay = new Map<DueDelivery, number>();
    const keeping: Promise<void>[] = [];
    let isCut = false;
    let isLeft = false;
    /** The receiver wants nothing any more. */
    let isStopped = false;
    let fault: { error: unknown } | undefined;

    const exchange = async (due: DueDelivery): Promise<Attempt> => {
      underWay.set(due, deps.now());
      const attempt = await deps.makeAttempt(due.delivery, due.body, receiver, {
        key,
        number: due.delivery.attemptCount + 1,
        round: due.round,
        trigger: due.isManual ? 'manual' : 'schedule',
      });
      underWay.delete(due);
      return attempt;
    };
    const keep = async ({ delivery, round, slot, isNew }: DueDelivery, attempt: Attempt): Promise<void> => {
      const isLate = isLeft;
      const { isGone, ...after } = afterAttempt(attempt, slot, retryDelaysMs);
      if (isGone) {
        isStopped = true;
        await deps.recorder.disableEndpoint(receiver.id, goneReason, endOf(attempt));
      }
      const isStored = !isNew || (isLate && (await beforeLate) === true);
      await deps.recorder.record({ delivery, attempt, after, isNew: !isStored });
      if (isLate) return;
      result.slowestMs = Math.max(result.slowestMs, attempt.durationMs);
      if (after.nextAttemptAtMs !== undefined) {
        const { attemptsInRound, nextAttemptAtMs } = after;
        result.failed.push({ id: delivery.id, round, attemptsInRound, nextAttemptAtMs });
      } else if (after.status === 'failed') result.exhausted++;
      else result.delivered++;
    };
    const blame = (error: unknown): void => void (fault ??= { error });
    const runner = async (): Promise<void> => {
      while (!isCut && !isStopped && !fault && waiting.length > 0) {
        await deps.slots.take(receiver.id, limits.maxAtOnce);
        try {
          const due = isCut || isStopped || fault ? undefined : waiting.shift();
          // Kept outside of the slot: the next attempt need not wait for the database.
          if (due) keeping.push(keep(due, await exchange(due)).catch(blame));
        } catch (error) {
          blame(error);
        } finally {
          deps.slots.release(receiver.id);
        }
      }
    };

    let timer: NodeJS.Timeout | undefined;
    const cut = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limits.cutAfterMs);
    });
    const runners = Array.from({ length: Math.min(limits.maxAtOnce, dues.length) }, runner);
    const ended = Promise.all(runners);
    await Promise.race([ended, cut]);
    clearTimeout(timer);
    isCut = true;
    if (limits.atCut === 'wait') await ended;
    isLeft = true;
    const nowMs = deps.now();
    result.notStarted = waiting;
    result.underWay = [...underWay].map(([due, startedAtMs]) => ({ due, startedAtMs }));
    // What has its answer is still the caller's.
    await Promise.all(keeping);
    if (fault) throw fault.error;
    result.isGone = isStopped;
    result.slowestMs = Math.max(result.slowestMs, ...result.underWay.map(({ startedAtMs }) => nowMs - startedAtMs));
    // Answered in time, and not only with failures: it needs no lane of its own.
    const isWell = result.slowestMs < quickMs && result.delivered > 0;
    if (isWell && receiver.slowSince !== undefined) await deps.recorder.clearSlow(receiver.id);
    return result;
  };
}
export type AttemptGroup = ReturnType<typeof createAttemptGroup>;
