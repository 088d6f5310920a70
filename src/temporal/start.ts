import { randomUUID } from 'node:crypto';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
  type WorkflowStartOptions,
} from '@temporalio/client';
import {
  TypedSearchAttributes,
  type SignalDefinition,
  type Workflow,
  type WorkflowIdReusePolicy,
} from '@temporalio/common';
import type { DeliveryAction } from '../../activities/signal-deliveries';
import type { DueTogether } from '../../activities/hand-over';
import type { Campaign } from '../../domain/campaign';
import type { Delivery } from '../../domain/delivery';
import type { RunNotice } from '../../domain/email-event';
import { workflowIds } from '../../domain/ids';
import type * as workflows from '../../workflows';
import {
  cancelCampaignSignal,
  contactKnownSignal,
  contactLeftSignal,
  emailNewsSignal,
  moreDueSignal,
  pauseCampaignSignal,
  recoveryProgressQuery,
  resumeCampaignSignal,
  resumeSignal,
  retriggerSignal,
  searchAttributes,
  type RecoveryProgress,
} from '../../workflows/messages';

/** The one task queue; workers poll it, starts name it. */
export const taskQueue = 'emailsendx';

/** After that another worker takes over what a killed one had begun; longer work within a task reports before. */
const workflowTaskTimeoutMs = 7_000;
/** Messages of a group that are committed together; a larger group commits the rest after the first ones' attempts. */
export const messagesPerCommit = 200;
/** How long a call to Temporal may take. What could not be started by then is started by the sweep. */
const callTimeoutMs = 5_000;
/** Pages of a recovery before its workflow continues as new: about 2,000 history events. */
const recoveryPagesPerRun = 300;
/** Pages of an import, 2,000 lines each, before its workflow continues as new. */
const importPagesPerRun = 100;
/** Calls of an erasure before its workflow continues as new. */
const erasurePagesPerRun = 200;
/** What is under way when a person is erased has ended after that: an attempt takes 30 s at most. */
const erasureSettleMs = 60_000;
/** Pages of a lane before its workflow continues as new. */
const dispatchPagesPerRun = 200;
/** Chunks of a campaign before its workflow continues as new: some 1,000 history events, and ids of 100,000 emails at most. */
const campaignChunksPerRun = 50;
/** Temporal takes 400 bytes. */
const maxSummaryLength = 100;
/** How often a lane is told at most; it outlives its last signal by more than twice as much. */
const dispatchSignalEveryMs = 1_000;

export interface StarterSettings {
  retryDelaysMs: number[];
  failedOpenMs: number;
  lateIdentifyWaitMs: number;
  /** Ask for the first workflow task in the answer to the start; works where the worker shares the connection. */
  isEager: boolean;
  /** The product has one queue; each test takes its own. */
  taskQueue?: string;
}

/** Thrown by every call while Temporal cannot be reached. */
export class TemporalUnavailableError extends Error {}

/**
 * The one place that starts, signals and cancels workflows. A start whose id runs or ran already is a success: ids are
 * deduplication keys, and what must happen once is guarded in MongoDB besides.
 */
export function createStarter(client: () => Client | undefined, settings: StarterSettings) {
  const queue = settings.taskQueue ?? taskQueue;
  const withClient = async <Result>(call: (client: Client) => Promise<Result>): Promise<Result> => {
    const connected = client();
    if (!connected) throw new TemporalUnavailableError('Temporal is not connected yet');
    return connected.withDeadline(Date.now() + callTimeoutMs, () => call(connected));
  };

  const start = async <Type extends Workflow>(
    type: string,
    options: Omit<WorkflowStartOptions<Type>, 'taskQueue'>,
    reuse: WorkflowIdReusePolicy = 'REJECT_DUPLICATE',
  ): Promise<void> => {
    try {
      await withClient((connected) =>
        connected.workflow.start(type, {
          ...options,
          taskQueue: queue,
          workflowTaskTimeout: workflowTaskTimeoutMs,
          workflowIdConflictPolicy: 'USE_EXISTING',
          workflowIdReusePolicy: reuse,
          requestEagerStart: settings.isEager,
        } as WorkflowStartOptions),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };

  /** Runs a call on an open workflow; false when there is none. */
  const onOpen = async (workflowId: string, call: (handle: WorkflowHandle) => Promise<unknown>): Promise<boolean> => {
    try {
      await withClient((connected) => call(connected.workflow.getHandle(workflowId)));
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };

  /** A delivery that a group has carried so far keeps its place on the timeline. */
  const deliveryOptions = (delivery: Delivery, round: number) => ({
    workflowId: workflowIds.webhookDelivery(delivery),
    args: [
      {
        deliveryId: delivery.id,
        round,
        ...(delivery.attemptsInRound > 0 && round === delivery.round
          ? {
              attemptsInRound: delivery.attemptsInRound,
              ...(delivery.nextAttemptAtMs === undefined ? {} : { nextAttemptAtMs: delivery.nextAttemptAtMs }),
            }
          : {}),
        retryDelaysMs: settings.retryDelaysMs,
        failedOpenMs: settings.failedOpenMs,
      },
    ] satisfies Parameters<typeof workflows.webhookDelivery>,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: searchAttributes.workspaceId, value: delivery.workspaceId },
      { key: searchAttributes.endpointId, value: delivery.endpointId },
      { key: searchAttributes.eventType, value: delivery.eventType },
      {
        key: searchAttributes.deliveryStatus,
        value: delivery.attemptsInRound > 0 && round === delivery.round ? 'retrying' : 'pending',
      },
      ...(delivery.contactId === undefined ? [] : [{ key: searchAttributes.contactId, value: delivery.contactId }]),
    ]),
    staticSummary: [delivery.eventType, delivery.host].filter(Boolean).join(' → '),
  });

  /** When each endpoint's lane was last told that more is due. */
  const lanesToldAtMs = new Map<string, number>();

  /** Signals the delivery's open workflow, or starts a new run in which the signal is the cause of the first attempt. */
  const signalDelivery = async (delivery: Delivery, signal: SignalDefinition, round: number): Promise<void> => {
    await withClient((connected) =>
      connected.workflow.signalWithStart('webhookDelivery', {
        ...deliveryOptions(delivery, round),
        taskQueue: queue,
        workflowTaskTimeout: workflowTaskTimeoutMs,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        signal,
      }),
    );
  };

  const startRecovery = (
    workflowId: string,
    recovery: { endpointId: string; action: DeliveryAction; since?: string; until?: string; notice?: string },
  ): Promise<void> =>
    start<typeof workflows.webhookRecovery>(
      'webhookRecovery',
      {
        workflowId,
        args: [{ ...recovery, pagesPerRun: recoveryPagesPerRun }],
        staticSummary: `${recovery.action} deliveries of ${recovery.endpointId}`,
      },
      // More may have failed since the last one ended.
      'ALLOW_DUPLICATE',
    );

  return {
    /** The timeline that new deliveries get. */
    retryDelaysMs: settings.retryDelaysMs,
    lateIdentifyWaitMs: settings.lateIdentifyWaitMs,

    startContactUpsert: (messageKey: string): Promise<void> =>
      start<typeof workflows.contactUpsert>('contactUpsert', {
        workflowId: workflowIds.contactUpsert(messageKey),
        args: [{ key: messageKey }],
      }),

    /** Again too, where it was cancelled or terminated: its message has no outcome then. */
    startCustomEvent: (messageKey: string): Promise<void> =>
      start<typeof workflows.customEvent>(
        'customEvent',
        {
          workflowId: workflowIds.customEvent(messageKey),
          args: [{ key: messageKey, lateIdentifyWaitMs: settings.lateIdentifyWaitMs }],
        },
        'ALLOW_DUPLICATE_FAILED_ONLY',
      ),

    startBatch: (keys: string[]): Promise<void> =>
      start<typeof workflows.ingestBatch>('ingestBatch', {
        workflowId: workflowIds.ingestBatch(randomUUID()),
        args: [{ keys, chunkSize: messagesPerCommit }],
        staticSummary: `${keys.length} messages`,
      }),

    /** Email events: one in a workflow of its own, many as a group. */
    startEmailEvents: (keys: [string, ...string[]]): Promise<void> =>
      start<typeof workflows.emailEvent>('emailEvent', {
        workflowId: workflowIds.emailEvent(keys.length === 1 ? keys[0] : randomUUID()),
        args: [{ keys, chunkSize: messagesPerCommit }],
        ...(keys.length > 1 ? { staticSummary: `${keys.length} email events` } : {}),
      }),

    /** Again too, where it was cancelled or terminated and the email has no end yet. */
    startEmailSend: (emailId: string): Promise<void> =>
      start<typeof workflows.emailSend>(
        'emailSend',
        { workflowId: workflowIds.emailSend(emailId), args: [{ emailId }] },
        'ALLOW_DUPLICATE_FAILED_ONLY',
      ),

    /** Again too, where it was cancelled or terminated: what became of its lines stands in the store. */
    startContactImport: (importId: string): Promise<void> =>
      start<typeof workflows.contactImport>(
        'contactImport',
        { workflowId: workflowIds.contactImport(importId), args: [{ importId, pagesPerRun: importPagesPerRun }] },
        'ALLOW_DUPLICATE_FAILED_ONLY',
      ),

    /** Again too, where it was cancelled or terminated: everything in it may be repeated. */
    startContactErase: (contactId: string): Promise<void> =>
      start<typeof workflows.contactErase>(
        'contactErase',
        {
          workflowId: workflowIds.contactErase(contactId),
          args: [{ contactId, settleMs: erasureSettleMs, pagesPerRun: erasurePagesPerRun }],
        },
        'ALLOW_DUPLICATE_FAILED_ONLY',
      ),

    startAutomationRun: (run: { key: string }): Promise<void> =>
      start<typeof workflows.automationRun>('automationRun', {
        workflowId: workflowIds.automationRun(run.key),
        args: [{ runKey: run.key, retryDelaysMs: settings.retryDelaysMs }],
      }),

    startDelivery: (delivery: Delivery): Promise<void> =>
      start<typeof workflows.webhookDelivery>('webhookDelivery', deliveryOptions(delivery, delivery.round)),
    /** Where it stands, though an earlier run is closed: for a delivery that is not over and that nobody carries. */
    startDeliveryAgain: (delivery: Delivery): Promise<void> =>
      start<typeof workflows.webhookDelivery>(
        'webhookDelivery',
        deliveryOptions(delivery, delivery.round),
        'ALLOW_DUPLICATE',
      ),

    /** Deliveries of one endpoint that go on together. */
    startRetryGroup: (group: {
      groupId: string;
      deliveries: [Delivery, ...Delivery[]];
      together: DueTogether;
    }): Promise<void> => {
      const [{ workspaceId, endpointId, host }] = group.deliveries;
      return start<typeof workflows.webhookRetryGroup>('webhookRetryGroup', {
        workflowId: workflowIds.webhookRetryGroup({ endpointId, groupId: group.groupId }),
        args: [{ endpointId, together: group.together, retryDelaysMs: settings.retryDelaysMs }],
        typedSearchAttributes: new TypedSearchAttributes([
          { key: searchAttributes.workspaceId, value: workspaceId },
          { key: searchAttributes.endpointId, value: endpointId },
          { key: searchAttributes.deliveryStatus, value: 'retrying' },
        ]),
        staticSummary: `${group.deliveries.length} deliveries → ${host ?? endpointId}`,
      });
    },

    /**
     * Tells an endpoint's lane that deliveries wait in it. A lane outlives its last signal by seconds, in which it looks
     * again: so one signal a second is enough, however many groups leave something to it.
     */
    async startDispatch(endpoint: { id: string; workspaceId: string; url: string }): Promise<void> {
      const sentAtMs = performance.now();
      if (sentAtMs - (lanesToldAtMs.get(endpoint.id) ?? -Infinity) < dispatchSignalEveryMs) return;
      await withClient((connected) =>
        connected.workflow.signalWithStart('webhookDispatch', {
          workflowId: workflowIds.webhookDispatch(endpoint.id),
          taskQueue: queue,
          workflowTaskTimeout: workflowTaskTimeoutMs,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          signal: moreDueSignal,
          args: [
            { endpointId: endpoint.id, retryDelaysMs: settings.retryDelaysMs, pagesPerRun: dispatchPagesPerRun },
          ] satisfies Parameters<typeof workflows.webhookDispatch>,
          typedSearchAttributes: new TypedSearchAttributes([
            { key: searchAttributes.workspaceId, value: endpoint.workspaceId },
            { key: searchAttributes.endpointId, value: endpoint.id },
          ]),
          staticSummary: `first attempts → ${new URL(endpoint.url).host}`,
        }),
      );
      lanesToldAtMs.set(endpoint.id, sentAtMs);
    },

    /**
     * Tells the campaign's workflow how the campaign stands, and starts it where there is none. Whether it may send the
     * workflow reads from the campaign's row, so telling it too often does no harm.
     */
    async tellCampaign(campaign: Pick<Campaign, 'id' | 'workspaceId' | 'name' | 'status'>): Promise<void> {
      const workflowId = workflowIds.campaignSend(campaign.id);
      if (campaign.status !== 'sending' && campaign.status !== 'scheduled') {
        const signal = campaign.status === 'paused' ? pauseCampaignSignal : cancelCampaignSignal;
        await onOpen(workflowId, (handle) => handle.signal(signal));
        return;
      }
      await withClient((connected) =>
        connected.workflow.signalWithStart('campaignSend', {
          workflowId,
          taskQueue: queue,
          workflowTaskTimeout: workflowTaskTimeoutMs,
          // An earlier run may have been terminated by hand; one that is over reads so and ends.
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          signal: resumeCampaignSignal,
          args: [{ campaignId: campaign.id, chunksPerRun: campaignChunksPerRun }] satisfies Parameters<
            typeof workflows.campaignSend
          >,
          typedSearchAttributes: new TypedSearchAttributes([
            { key: searchAttributes.workspaceId, value: campaign.workspaceId },
          ]),
          staticSummary: campaign.name.slice(0, maxSummaryLength),
        }),
      );
    },

    signalContactKnown: async (messageKey: string): Promise<void> => {
      await onOpen(workflowIds.customEvent(messageKey), (handle) => handle.signal(contactKnownSignal));
    },

    signalEmailNews: async (notice: RunNotice): Promise<void> => {
      await onOpen(workflowIds.automationRun(notice.runKey), (handle) => handle.signal(emailNewsSignal, notice));
    },
    signalContactLeft: async (runKey: string): Promise<void> => {
      await onOpen(workflowIds.automationRun(runKey), (handle) => handle.signal(contactLeftSignal));
    },

    /** One that is not over goes on in its round, wherever a group has brought it; any other one in the next. */
    retrigger: (delivery: Delivery): Promise<void> => {
      const isOver = delivery.attemptCount > 0 && !['retrying', 'held'].includes(delivery.status);
      return signalDelivery(delivery, retriggerSignal, isOver ? delivery.round + 1 : delivery.round);
    },
    resume: (delivery: Delivery): Promise<void> => signalDelivery(delivery, resumeSignal, delivery.round),
    /** False when the delivery has no open workflow: Temporal itself calls the cancelling of a closed one a success. */
    async cancelDelivery(delivery: Delivery): Promise<boolean> {
      let isOpen = false;
      // Not the workflow that carries it along with others.
      await onOpen(workflowIds.webhookDelivery(delivery), async (handle) => {
        isOpen = (await handle.describe()).status.name === 'RUNNING';
        if (isOpen) await handle.cancel();
      });
      return isOpen;
    },

    /** Whether a workflow is open, or was closed after that moment. One that Temporal does not know is neither. */
    async isOpenOrClosedSince(workflowId: string, sinceMs: number): Promise<boolean> {
      let closedAtMs = -Infinity;
      await onOpen(workflowId, async (handle) => {
        closedAtMs = (await handle.describe()).closeTime?.getTime() ?? Infinity;
      });
      return closedAtMs > sinceMs;
    },

    /** Starts what a gateway that was killed had stored and not started; a gateway asks for it when it starts. */
    startSweep: (input: { olderThanMs: number }): Promise<void> =>
      start<typeof workflows.sweep>(
        'sweep',
        { workflowId: `${workflowIds.sweep}-at-start`, args: [input] },
        'ALLOW_DUPLICATE',
      ),

    /** What failed since a moment, again; the same recovery asked for twice is one. */
    startRecovery: (recovery: { endpointId: string; since: string; until: string }): Promise<void> =>
      startRecovery(workflowIds.webhookRecovery(recovery), { ...recovery, action: 'retrigger' }),
    startNotice: (notice: { endpointId: string; kind: 'resume' | 'cancel'; since: Date }): Promise<void> =>
      startRecovery(workflowIds.endpointNotice(notice), {
        endpointId: notice.endpointId,
        action: notice.kind,
        notice: notice.since.toISOString(),
      }),
    recoveryProgress: async (recovery: {
      endpointId: string;
      since: string;
    }): Promise<RecoveryProgress | undefined> => {
      let progress: RecoveryProgress | undefined;
      await onOpen(workflowIds.webhookRecovery(recovery), async (handle) => {
        progress = await handle.query(recoveryProgressQuery);
      });
      return progress;
    },
  };
}
export type Starter = ReturnType<typeof createStarter>;
