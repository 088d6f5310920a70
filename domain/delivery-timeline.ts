import { assertNever } from './assert-never';
import { endOf, judge, type Attempt, type AttemptTrigger, type Delivery } from './delivery';
import { delayAfterFailure } from './retry-timeline';

/**
 * done: its attempt delivered · failed · next: the attempt that is awaited · future · skipped: it will not be made, since
 * the delivery is over.
 */
export const slotStates = ['done', 'failed', 'next', 'future', 'skipped'] as const;
export type SlotState = (typeof slotStates)[number];

/** One place on the timeline of a round. */
export interface TimelineSlot {
  /** From 1. */
  place: number;
  state: SlotState;
  /** The wait before it, measured from the end of the attempt before; 0 for the first. */
  waitMs: number;
  /** Absent where nobody can tell: it waits for a paused endpoint, is not to be made, or a person made it the first. */
  plannedAtMs?: number;
  attempt?: { number: number; trigger: AttemptTrigger; atMs: number; durationMs: number };
  /** Begun so much later than planned. Absent where a person chose the moment. */
  driftMs?: number;
}
export interface DeliveryTimeline {
  round: number;
  slots: TimelineSlot[];
  /** Attempts that have no place in it: those of earlier rounds, and one that two workflows made at the same time. */
  others: { round: number; numbers: number[]; isDelivered: boolean }[];
}

type TimedAttempt = Pick<
  Attempt,
  'number' | 'round' | 'trigger' | 'atMs' | 'durationMs' | 'statusCode' | 'retryAfterMs'
>;

/** The current round of a delivery, slot by slot: what was made, what comes next, and when the rest would come. */
export function deliveryTimeline(
  delivery: Pick<Delivery, 'status' | 'round' | 'createdAtMs' | 'nextAttemptAtMs'>,
  attempts: readonly TimedAttempt[],
  retryDelaysMs: readonly number[],
): DeliveryTimeline {
  const inOrder = [...attempts].sort((one, other) => one.number - other.number);
  const slotCount = retryDelaysMs.length + 1;
  const placed = inOrder.filter(({ round }) => round === delivery.round).slice(0, slotCount);
  const slots = placed.map((attempt, index) => madeSlot(attempt, placed[index - 1], index, delivery, retryDelaysMs));
  return {
    round: delivery.round,
    slots: [...slots, ...slotsToCome(delivery, placed, retryDelaysMs)],
    others: roundsOf(inOrder.filter((attempt) => !placed.includes(attempt))),
  };
}

function madeSlot(
  attempt: TimedAttempt,
  before: TimedAttempt | undefined,
  index: number,
  { createdAtMs, round }: Pick<Delivery, 'createdAtMs' | 'round'>,
  retryDelaysMs: readonly number[],
): TimelineSlot {
  const { number, trigger, atMs, durationMs } = attempt;
  // When a later round was asked for is not kept.
  const beginningMs = round === 1 ? createdAtMs : undefined;
  const plannedAtMs = before ? plannedAfter(before, index - 1, retryDelaysMs) : beginningMs;
  return {
    place: index + 1,
    state: judge(attempt.statusCode) === 'delivered' ? 'done' : 'failed',
    waitMs: waitBefore(index, retryDelaysMs),
    ...(plannedAtMs === undefined ? {} : { plannedAtMs }),
    attempt: { number, trigger, atMs, durationMs },
    ...(plannedAtMs === undefined || trigger === 'manual' ? {} : { driftMs: atMs - plannedAtMs }),
  };
}

function slotsToCome(
  delivery: Pick<Delivery, 'status' | 'createdAtMs' | 'nextAttemptAtMs'>,
  placed: readonly TimedAttempt[],
  retryDelaysMs: readonly number[],
): TimelineSlot[] {
  const outlook = outlookOf(delivery.status);
  const last = placed.at(-1);
  let plannedAtMs =
    outlook !== 'scheduled'
      ? undefined
      : (delivery.nextAttemptAtMs ??
        (last ? plannedAfter(last, placed.length - 1, retryDelaysMs) : delivery.createdAtMs));
  return Array.from({ length: retryDelaysMs.length + 1 - placed.length }, (_each, offset): TimelineSlot => {
    const index = placed.length + offset;
    const waitMs = waitBefore(index, retryDelaysMs);
    // As it would be with an answer at once.
    if (offset > 0 && plannedAtMs !== undefined) plannedAtMs += waitMs;
    const state = outlook === 'over' ? 'skipped' : offset === 0 ? 'next' : 'future';
    return { place: index + 1, state, waitMs, ...(plannedAtMs === undefined ? {} : { plannedAtMs }) };
  });
}

/** What is to become of the slots that are left. */
function outlookOf(status: Delivery['status']): 'scheduled' | 'waiting' | 'over' {
  switch (status) {
    case 'pending':
    case 'retrying':
      return 'scheduled';
    case 'held':
      return 'waiting';
    case 'delivered':
    case 'failed':
    case 'cancelled':
      return 'over';
    default:
      return assertNever(status);
  }
}

function plannedAfter(attempt: TimedAttempt, slot: number, retryDelaysMs: readonly number[]): number | undefined {
  const delayMs = delayAfterFailure(retryDelaysMs, slot, attempt.retryAfterMs);
  return delayMs === undefined ? undefined : endOf(attempt) + delayMs;
}

function waitBefore(index: number, retryDelaysMs: readonly number[]): number {
  return index === 0 ? 0 : (retryDelaysMs[index - 1] ?? 0);
}

function roundsOf(attempts: readonly TimedAttempt[]): DeliveryTimeline['others'] {
  const rounds = [...new Set(attempts.map(({ round }) => round))].sort((one, other) => one - other);
  return rounds.map((round) => {
    const ofRound = attempts.filter((attempt) => attempt.round === round);
    return {
      round,
      numbers: ofRound.map(({ number }) => number),
      isDelivered: ofRound.some(({ statusCode }) => judge(statusCode) === 'delivered'),
    };
  });
}
