import type { IdKind } from '../domain/ids';
import { createAttemptDelivery, type DeliveryLog } from './attempt-delivery';
import { createAttemptGroup, type AttemptRecorder } from './attempt-group';
import {
  createCommitEmailEvents,
  type EmailIngestStore,
  type RunSignaller,
  type RunsOfContacts,
} from './commit-email-events';
import { createCommitMessages, type IngestStore } from './commit-messages';
import { createDispatchEvents, type DispatchStore } from './dispatch-events';
import { createEraseContact, type ErasureSignaller, type PersonalData } from './erase-contact';
import { createDispatchLane, type LaneLog } from './dispatch-lane';
import { EndpointSlots } from './endpoint-slots';
import { createFirstAttempts, type DeliveryStarter, type FirstAttemptLog } from './first-attempts';
import type { GroupLog } from './group-log';
import { GroupPressure } from './group-pressure';
import { createHandOver, type Carriers, type CarrierStarter } from './hand-over';
import { createImportContacts, type ImportLog } from './import-contacts';
import { createMakeAttempt, type WebhookSender } from './make-attempt';
import { createOverdue, type OverdueLog, type OverdueStarter } from './overdue';
import { RecentEvents } from './recent-events';
import { createRetryGroup } from './retry-group';
import type { RunLog } from './run-log';
import { createRunStep, type EmailStarter, type StepCaller } from './run-step';
import { createSignalDeliveries, type DeliverySignaller, type EndpointDeliveries } from './signal-deliveries';
import { createGiveUp, createSendBatch, type SendBatchDeps } from './send-batch';
import { createSendCampaign, type CampaignLog, type Position } from './send-campaign';
import { createSendEmail, type Outbox } from './send-email';
import { createStartEffects, type EffectStarter } from './start-effects';
import { createSweep, type LeftBehind, type SweepStarter } from './sweep';
import { createSweepCampaigns, type CampaignsLeftBehind, type CampaignStarter } from './sweep-campaigns';
import { createSweepEmails, type EmailsLeftBehind, type EmailSweepStarter } from './sweep-emails';
import { createSweepPeople, type PeopleLeftBehind, type PeopleStarter } from './sweep-people';
import { createWaitForContact, type WaitingRoom } from './wait-for-contact';

/** Everything that activities need from outside; the worker builds it, tests replace parts of it. */
export interface ActivityDeps extends SendBatchDeps {
  ingest: IngestStore;
  emailIngest: EmailIngestStore;
  runsOfContacts: RunsOfContacts;
  outbox: Outbox;
  /** The waits of an email that servers put off; the standard ones, where none are named. */
  deferralDelaysMs?: readonly number[];
  campaigns: CampaignLog;
  /** Where the current activity stands. */
  position: Position;
  waitingRoom: WaitingRoom;
  dispatch: DispatchStore;
  log: DeliveryLog;
  recorder: AttemptRecorder;
  groupLog: FirstAttemptLog & Carriers & GroupLog & LaneLog;
  runs: RunLog;
  deliveries: EndpointDeliveries;
  leftBehind: LeftBehind;
  emailsLeftBehind: EmailsLeftBehind;
  campaignsLeftBehind: CampaignsLeftBehind;
  overdue: OverdueLog;
  imports: ImportLog;
  personalData: PersonalData;
  peopleLeftBehind: PeopleLeftBehind;
  sender: WebhookSender;
  caller: StepCaller;
  starter: EffectStarter &
    DeliveryStarter &
    CarrierStarter &
    DeliverySignaller &
    SweepStarter &
    OverdueStarter &
    RunSignaller &
    EmailSweepStarter &
    EmailStarter &
    CampaignStarter &
    PeopleStarter &
    ErasureSignaller;
  /** The timeline that new deliveries get. */
  retryDelaysMs: readonly number[];
  /** How late something may be before the sweep asks for its workflow; minutes, where nothing is named. */
  overdueGraceMs?: number;
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
  const sendBatch = createSendBatch(deps);
  const giveUp = createGiveUp(deps);
  const firstAttempts = createFirstAttempts({ ...deps, attemptGroup, firstAttempts: groupLog });
  const events = createDispatchEvents({ ...deps, recentEvents });
  const effects = createStartEffects({ ...deps, events, firstAttempts, pressure });
  return {
    ...createCommitMessages({ ...deps, recentEvents, pressure }),
    ...createCommitEmailEvents({ ...deps, recentEvents, pressure }),
    ...createSendEmail({ ...deps, sendBatch, giveUp }),
    ...createSendCampaign({ ...deps, sendBatch, giveUp }),
    ...createWaitForContact(deps),
    dispatchEvents: events.dispatchEvents,
    ...effects,
    ...createImportContacts({ ...deps, ...effects, recentEvents, pressure }),
    ...createEraseContact(deps),
    ...createAttemptDelivery({ ...deps, makeAttempt, slots }),
    ...createRetryGroup({ ...deps, groupLog, attemptGroup }),
    ...createDispatchLane({ ...deps, groupLog, lane: groupLog, attemptGroup }),
    ...createHandOver({ ...deps, carriers: groupLog }),
    ...createRunStep(deps),
    ...createSignalDeliveries({ ...deps, signaller: deps.starter }),
    ...createSweep({
      ...deps,
      dispatchEvents: events.dispatchEvents,
      overdue: createOverdue(deps),
      emails: createSweepEmails(deps),
      campaigns: createSweepCampaigns(deps),
      people: createSweepPeople(deps),
    }),
  };
}
export type Activities = ReturnType<typeof createActivities>;
