import type { IdKind } from '../domain/ids';
import { createAttemptDelivery, type DeliveryLog } from './attempt-delivery';
import { createAttemptGroup, type AttemptRecorder } from './attempt-group';
import { createCommitMessages, type IngestStore } from './commit-messages';
import { createDispatchEvents, type DispatchStore } from './dispatch-events';
import { createDispatchLane, type LaneLog } from './dispatch-lane';
import { EndpointSlots } from './endpoint-slots';
import { createFirstAttempts, type DeliveryStarter, type FirstAttemptLog } from './first-attempts';
import type { GroupLog } from './group-log';
import { GroupPressure } from './group-pressure';
import { createHandOver, type Carriers, type CarrierStarter } from './hand-over';
import { createMakeAttempt, type WebhookSender } from './make-attempt';
import { RecentEvents } from './recent-events';
import { createRetryGroup } from './retry-group';
import { createRunStep, type RunLog, type StepCaller } from './run-step';
import { createSignalDeliveries, type DeliverySignaller, type EndpointDeliveries } from './signal-deliveries';
import { createStartEffects, type EffectStarter } from './start-effects';
import { createSweep, type LeftBehind, type SweepStarter } from './sweep';
import { createWaitForContact, type WaitingRoom } from './wait-for-contact';

/** Everything that activities need from outside; the worker builds it, tests replace parts of it. */
export interface ActivityDeps {
  ingest: IngestStore;
  waitingRoom: WaitingRoom;
  dispatch: DispatchStore;
  log: DeliveryLog;
  recorder: AttemptRecorder;
  groupLog: FirstAttemptLog & Carriers & GroupLog & LaneLog;
  runs: RunLog;
  deliveries: EndpointDeliveries;
  leftBehind: LeftBehind;
  sender: WebhookSender;
  caller: StepCaller;
  starter: EffectStarter & DeliveryStarter & CarrierStarter & DeliverySignaller & SweepStarter;
  /** The timeline that new deliveries get. */
  retryDelaysMs: readonly number[];
  /** Milliseconds since 1970. Injected, since the time-skipping server has a clock of its own. */
  now: () => number;
  newId: (kind: IdKind) => string;
  /** The current activity's cancellation: a worker that stops must not be taken for a receiver that failed. */
  abortSignal: () => AbortSignal | undefined;
  /** The workflow that the current activity runs for; undefined outside of any. */
  ownWorkflowId: () => string | undefined;
  /** Its run. */
  ownRunId: () => string | undefined;
  /** Asks Temporal to cancel the workflow that the current activity runs for. */
  cancelOwnWorkflow: () => Promise<void>;
}

/** All activities, by the name under which workflows call them. */
export function createActivities(deps: ActivityDeps) {
  const { groupLog, recorder } = deps;
  const recentEvents = new RecentEvents();
  const pressure = new GroupPressure();
  const slots = new EndpointSlots();
  const makeAttempt = createMakeAttempt(deps);
  const attemptGroup = createAttemptGroup({ ...deps, recorder, makeAttempt, slots });
  const firstAttempts = createFirstAttempts({ ...deps, attemptGroup, firstAttempts: groupLog });
  const events = createDispatchEvents({ ...deps, recentEvents });
  return {
    ...createCommitMessages({ ...deps, recentEvents, pressure }),
    ...createWaitForContact(deps),
    dispatchEvents: events.dispatchEvents,
    ...createStartEffects({ ...deps, events, firstAttempts, pressure }),
    ...createAttemptDelivery({ ...deps, makeAttempt, slots }),
    ...createRetryGroup({ ...deps, groupLog, attemptGroup }),
    ...createDispatchLane({ ...deps, groupLog, lane: groupLog, attemptGroup }),
    ...createHandOver({ ...deps, carriers: groupLog }),
    ...createRunStep(deps),
    ...createSignalDeliveries({ ...deps, signaller: deps.starter }),
    ...createSweep({ ...deps, dispatchEvents: events.dispatchEvents }),
  };
}
export type Activities = ReturnType<typeof createActivities>;
