import { randomUUID } from 'node:crypto';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { TypedSearchAttributes, type SignalDefinition, type Workflow } from '@temporalio/common';
import type { DeliveryAction } from '../../activities/signal-deliveries';
import type { Delivery } from '../../domain/delivery';
import { workflowIds } from '../../domain/ids';
import type * as workflows from '../../workflows';
import {
  contactKnownSignal,
  recoveryProgressQuery,
  resumeSignal,
  retriggerSignal,
  searchAttributes,
  type RecoveryProgress,
} from '../../workflows/messages';

/** The one task queue; workers poll it, starts name it. */
export const taskQueue = 'emailsendx';

/** How long a call to Temporal may take. What could not be started by then is started by the sweep. */
const callTimeoutMs = 5_000;
/** Pages of a recovery before its workflow continues as new: about 2,000 history events. */
const recoveryPagesPerRun = 300;

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
    reuse: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE' = 'REJECT_DUPLICATE',
  ): Promise<void> => {
    try {
      await withClient((connected) =>
        connected.workflow.start(type, {
          ...options,
          taskQueue: queue,
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

  const deliveryOptions = (delivery: Delivery, round: number) => ({
    workflowId: delivery.workflowId,
    args: [
      {
        deliveryId: delivery.id,
        round,
        retryDelaysMs: settings.retryDelaysMs,
        failedOpenMs: settings.failedOpenMs,
      },
    ] satisfies Parameters<typeof workflows.webhookDelivery>,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: searchAttributes.workspaceId, value: delivery.workspaceId },
      { key: searchAttributes.endpointId, value: delivery.endpointId },
      { key: searchAttributes.eventType, value: delivery.eventType },
      { key: searchAttributes.deliveryStatus, value: 'pending' },
      ...(delivery.contactId === undefined ? [] : [{ key: searchAttributes.contactId, value: delivery.contactId }]),
    ]),
    staticSummary: [delivery.eventType, delivery.host].filter(Boolean).join(' → '),
  });

  /** Signals the delivery's open workflow, or starts a new run in which the signal is the cause of the first attempt. */
  const signalDelivery = async (delivery: Delivery, signal: SignalDefinition, round: number): Promise<void> => {
    await withClient((connected) =>
      connected.workflow.signalWithStart('webhookDelivery', {
        ...deliveryOptions(delivery, round),
        taskQueue: queue,
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
    startContactUpsert: (messageKey: string): Promise<void> =>
      start<typeof workflows.contactUpsert>('contactUpsert', {
        workflowId: workflowIds.contactUpsert(messageKey),
        args: [{ key: messageKey }],
      }),

    startCustomEvent: (messageKey: string): Promise<void> =>
      start<typeof workflows.customEvent>('customEvent', {
        workflowId: workflowIds.customEvent(messageKey),
        args: [{ key: messageKey, lateIdentifyWaitMs: settings.lateIdentifyWaitMs }],
      }),

    startBatch: (keys: string[]): Promise<void> =>
      start<typeof workflows.ingestBatch>('ingestBatch', {
        workflowId: workflowIds.ingestBatch(randomUUID()),
        args: [{ keys }],
        staticSummary: `${keys.length} messages`,
      }),

    startAutomationRun: (run: { key: string }): Promise<void> =>
      start<typeof workflows.automationRun>('automationRun', {
        workflowId: workflowIds.automationRun(run.key),
        args: [{ runKey: run.key, retryDelaysMs: settings.retryDelaysMs }],
      }),

    startDelivery: (delivery: Delivery): Promise<void> =>
      start<typeof workflows.webhookDelivery>('webhookDelivery', deliveryOptions(delivery, delivery.round)),

    signalContactKnown: async (messageKey: string): Promise<void> => {
      await onOpen(workflowIds.customEvent(messageKey), (handle) => handle.signal(contactKnownSignal));
    },

    /** A delivery that never ran (it was held) is attempted in its first round; any other closed one in the next. */
    retrigger: (delivery: Delivery): Promise<void> =>
      signalDelivery(delivery, retriggerSignal, delivery.attemptCount === 0 ? delivery.round : delivery.round + 1),
    resume: (delivery: Delivery): Promise<void> => signalDelivery(delivery, resumeSignal, delivery.round),
    /** False when the delivery has no open workflow: Temporal itself calls the cancelling of a closed one a success. */
    async cancelDelivery(delivery: Delivery): Promise<boolean> {
      let isOpen = false;
      await onOpen(delivery.workflowId, async (handle) => {
        isOpen = (await handle.describe()).status.name === 'RUNNING';
        if (isOpen) await handle.cancel();
      });
      return isOpen;
    },

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
