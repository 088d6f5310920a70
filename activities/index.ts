import type { IdKind } from '../domain/ids';
import { createAttemptDelivery, type DeliveryLog, type WebhookSender } from './attempt-delivery';
import { createCommitMessages, type IngestStore } from './commit-messages';
import { createRunStep, type RunLog, type StepCaller } from './run-step';
import { createSignalDeliveries, type DeliverySignaller, type EndpointDeliveries } from './signal-deliveries';
import { createStartEffects, type DispatchStore, type EffectStarter } from './start-effects';
import { createSweep, type LeftBehind, type SweepStarter } from './sweep';
import { createWaitForContact, type WaitingRoom } from './wait-for-contact';

/** Everything that activities need from outside; the worker builds it, tests replace parts of it. */
export interface ActivityDeps {
  ingest: IngestStore;
  waitingRoom: WaitingRoom;
  dispatch: DispatchStore;
  log: DeliveryLog;
  runs: RunLog;
  deliveries: EndpointDeliveries;
  leftBehind: LeftBehind;
  sender: WebhookSender;
  caller: StepCaller;
  starter: EffectStarter & DeliverySignaller & SweepStarter;
  /** Milliseconds since 1970. Injected, since the time-skipping server has a clock of its own. */
  now: () => number;
  newId: (kind: IdKind) => string;
  /** The current activity's cancellation: a worker that stops must not be taken for a receiver that failed. */
  abortSignal: () => AbortSignal | undefined;
  /** The workflow that the current activity runs for; undefined outside of any. */
  ownWorkflowId: () => string | undefined;
  /** Asks Temporal to cancel the workflow that the current activity runs for. */
  cancelOwnWorkflow: () => Promise<void>;
}

/** All activities, by the name under which workflows call them. */
export function createActivities(deps: ActivityDeps) {
  const effects = createStartEffects(deps);
  return {
    ...createCommitMessages(deps),
    ...createWaitForContact(deps),
    ...effects,
    ...createAttemptDelivery(deps),
    ...createRunStep(deps),
    ...createSignalDeliveries({ ...deps, signaller: deps.starter }),
    ...createSweep({ ...deps, dispatchEvents: effects.dispatchEvents }),
  };
}
export type Activities = ReturnType<typeof createActivities>;
