import type { Delivery } from '../domain/delivery';
import { maxAtOneEndpoint } from './attempt-delivery';
import { failedAmong, type AttemptGroup, type GroupLimits } from './attempt-group';
import { holdOrCancel, readyOf, type GroupLog } from './group-log';
import { dueTogether, type DueTogether } from './hand-over';

/** What finds no slot by then is attempted a moment later; what is under way is waited for, 30 s at most. */
const limits: GroupLimits = { maxAtOnce: maxAtOneEndpoint, cutAfterMs: 5_000, atCut: 'wait' };
const againAfterMs = 1_000;

export interface TogetherInput {
  endpointId: string;
  together: DueTogether;
  retryDelaysMs: number[];
}
export interface TogetherResult {
  /** What goes on along the timeline. */
  next: DueTogether[];
  /** Failed for good. */
  exhausted: number;
}

/** One slot of a timeline for many deliveries: what was taken over, closed or paused meanwhile is left alone. */
export function createRetryGroup(deps: {
  groupLog: GroupLog;
  attemptGroup: AttemptGroup;
  now: () => number;
  ownWorkflowId: () => string | undefined;
}) {
  const { groupLog: log } = deps;
  const attemptTogether = async (input: TogetherInput): Promise<TogetherResult> => {
    const { endpointId, together, retryDelaysMs } = input;
    const { slot } = together;
    const carrier = deps.ownWorkflowId() ?? '';
    const rounds = new Map(together.deliveries.map(({ id, round }) => [id, round]));
    const carried = (await log.find([...rounds.keys()])).filter(
      ({ workflowId, status }) => workflowId === carrier && (status === 'retrying' || status === 'failed'),
    );

    const receiver = await log.receiver(endpointId);
    if (receiver?.status !== 'active') {
      const isActiveAgain = await holdOrCancel(log, carried, carrier, receiver, deps.now());
      return isActiveAgain ? attemptTogether(input) : { next: [], exhausted: 0 };
    }

    // Made by an earlier try of this slot, whose worker was killed before it could say so.
    const isMade = ({ id, round, attemptsInRound }: Delivery): boolean =>
      round === rounds.get(id) && attemptsInRound > slot;
    const made = carried.filter(isMade);
    const dues = await readyOf(
      log,
      carried.filter((delivery) => !isMade(delivery)),
      carrier,
      deps.now(),
      ({ id, round }) => ({ round: rounds.get(id) ?? round, slot, ...(together.isManual ? { isManual: true } : {}) }),
    );
    const result = await deps.attemptGroup(receiver, dues, `${carrier}/${slot}`, retryDelaysMs, limits);

    const next = dueTogether([...failedAmong(made), ...result.failed]);
    const again = result.notStarted.map(({ delivery, round }) => ({ id: delivery.id, round }));
    if (again.length > 0) next.push({ ...together, deliveries: again, dueAtMs: deps.now() + againAfterMs });
    return { next, exhausted: made.filter(({ status }) => status === 'failed').length + result.exhausted };
  };
  return {
    attemptTogether,
    /** Closes what the group still carries. What has failed for good stays failed. */
    async cancelTogether(input: { deliveryIds: string[] }): Promise<void> {
      await log.setStatus(input.deliveryIds, deps.ownWorkflowId() ?? '', 'cancelled', deps.now());
    },
  };
}
