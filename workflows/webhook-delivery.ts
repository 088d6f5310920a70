import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { AttemptInput, AttemptResult } from '../activities/attempt-delivery';
import type { DeliveryStatus } from '../domain/delivery';
import { failureTypes } from '../domain/failures';
import { attempt, localAttempt, localStep } from './activity-options';
import { deliveryStateQuery, resumeSignal, retriggerSignal, searchAttributes, type DeliveryState } from './messages';

const { attemptDelivery: attemptWithinTask } = proxyLocalActivities<Activities>(localAttempt);
const { attemptDelivery } = proxyActivities<Activities>(attempt);
const { cancelDelivery } = proxyLocalActivities<Activities>(localStep);

export interface WebhookDeliveryInput {
  deliveryId: string;
  round: number;
  /** Where it stands on the timeline, when a group has carried it so far: its wait is running already. */
  attemptsInRound?: number;
  nextAttemptAtMs?: number;
  /** The timeline, copied here so that a running delivery keeps its own. */
  retryDelaysMs: number[];
  /** How long a failed delivery stays open for a retrigger. */
  failedOpenMs: number;
}

/** One event to one endpoint: attempts along the timeline, early ones by hand, and new rounds after the last. */
export async function webhookDelivery(input: WebhookDeliveryInput): Promise<void> {
  const { deliveryId, retryDelaysMs } = input;
  const { round, attemptsInRound = 0 } = input;
  const state: DeliveryState = { status: attemptsInRound > 0 ? 'retrying' : 'pending', round, attemptsInRound };
  let attemptsMade = 0;
  let isRetriggered = false;
  let isResumed = false;
  setHandler(retriggerSignal, () => {
    isRetriggered = true;
  });
  setHandler(resumeSignal, () => {
    isResumed = true;
  });
  setHandler(deliveryStateQuery, () => state);

  const makeAttempt = (): Promise<AttemptResult> => {
    // A task may be redone with the signals that came during it. One attempt within it can be told from one retrigger.
    const isWithinTask = attemptsMade === 0 && attemptsInRound === 0 && !isRetriggered;
    const attemptInput: AttemptInput = {
      deliveryId,
      key: `${workflowInfo().runId}/${attemptsMade}`,
      round: state.round,
      slot: state.attemptsInRound,
      retryDelaysMs,
      trigger: isRetriggered ? 'manual' : 'schedule',
      ...(isWithinTask ? { isWithinTask } : {}),
      ...(CancellationScope.current().consideredCancelled ? { isCancelled: true } : {}),
    };
    attemptsMade++;
    isRetriggered = false;
    isResumed = false;
    // An attempt under way is finished and recorded even when the delivery is being cancelled.
    return CancellationScope.nonCancellable(() => (isWithinTask ? attemptWithinTask : attemptDelivery)(attemptInput));
  };
  const startNewRound = (): void => {
    state.round++;
    state.attemptsInRound = 0;
  };
  const untilDue = async (atMs: number, inMs: number): Promise<void> => {
    state.nextAttemptAtMs = atMs;
    // The workflow's clock lags behind retries within the task, and the other one behind a worker that was away.
    const waitMs = Math.max(1, Math.min(inMs, atMs - Date.now()));
    const summary = `retry ${state.attemptsInRound} of ${retryDelaysMs.length}`;
    await condition(() => isRetriggered, waitMs, { summary });
  };

  try {
    if (input.nextAttemptAtMs !== undefined) await untilDue(input.nextAttemptAtMs, Infinity);
    for (;;) {
      const result = await makeAttempt();
      if (result.isRetriggerUnspent) isRetriggered = true;
      delete state.nextAttemptAtMs;
      switch (result.kind) {
        case 'delivered':
          show(state, 'delivered');
          if (!isRetriggered) return;
          startNewRound();
          break;
        case 'deferred':
          break;
        case 'held':
          show(state, 'held');
          await condition(() => isResumed || isRetriggered);
          break;
        case 'cancelled':
          await condition(() => false);
          break;
        case 'failed':
          state.attemptsInRound++;
          if (!result.next) {
            show(state, 'failed');
            await untilRetriggered(() => isRetriggered, input.failedOpenMs);
            startNewRound();
          } else {
            show(state, 'retrying');
            await untilDue(result.next.atMs, result.next.inMs);
          }
      }
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => cancelDelivery({ deliveryId }));
    show(state, 'cancelled');
    throw error;
  }
}

/** Closes the workflow as failed when nobody asks for a further round in time. */
async function untilRetriggered(isRetriggered: () => boolean, failedOpenMs: number): Promise<void> {
  if (await condition(isRetriggered, failedOpenMs, { summary: 'failed; open for a retrigger' })) return;
  throw ApplicationFailure.nonRetryable('every attempt of the timeline failed', failureTypes.deliveryFailed);
}

/** Shows a status in the Web UI's lists. A first-attempt success costs no update: Completed says it. */
function show(state: DeliveryState, status: DeliveryStatus): void {
  const isShownByClosing = state.status === 'pending' && status === 'delivered';
  if (state.status !== status && !isShownByClosing) {
    upsertSearchAttributes([{ key: searchAttributes.deliveryStatus, value: status }]);
  }
  state.status = status;
}
