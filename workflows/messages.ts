import { defineQuery, defineSignal } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { CampaignProgress } from '../domain/campaign';
import type { DeliveryStatus } from '../domain/delivery';
import type { RunNotice } from '../domain/email-event';

/** Make the awaited attempt now; on a failed delivery start a new round. */
export const retriggerSignal = defineSignal('retrigger');
/** The endpoint was resumed: a held delivery goes on in the slot it was held in. */
export const resumeSignal = defineSignal('resume');
/** Deliveries wait in the endpoint's lane. */
export const moreDueSignal = defineSignal('moreDue');
/** The contact that a track waits for is known now. */
export const contactKnownSignal = defineSignal('contactKnown');

/** Something was heard about an email of this run: a wait for it may end. */
export const emailNewsSignal = defineSignal<[RunNotice]>('emailNews');
/** The run's contact has unsubscribed, bounced or complained. */
export const contactLeftSignal = defineSignal('contactLeft');

/** Where a delivery stands, for operators and tests. */
export interface DeliveryState {
  status: DeliveryStatus;
  round: number;
  /** Attempts made in this round. */
  attemptsInRound: number;
  nextAttemptAtMs?: number;
}
export const deliveryStateQuery = defineQuery<DeliveryState>('deliveryState');

/** How far a recovery or a notice has come. */
export interface RecoveryProgress {
  signalled: number;
  isDone: boolean;
}
export const recoveryProgressQuery = defineQuery<RecoveryProgress>('recoveryProgress');

/** How far an import has come. */
export interface ImportProgress {
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
}
export const importProgressQuery = defineQuery<ImportProgress>('importProgress');

/** The campaign's state has changed in its row; the signal says how. `resume` is what it is started with, too. */
export const pauseCampaignSignal = defineSignal('pause');
export const resumeCampaignSignal = defineSignal('resume');
export const cancelCampaignSignal = defineSignal('cancel');
export const campaignProgressQuery = defineQuery<CampaignProgress>('campaignProgress');

/** What deliveries can be searched by in the Temporal Web UI. Ids and words only: these values are never encrypted. */
export const searchAttributes = {
  workspaceId: defineSearchAttributeKey('EsxWorkspaceId', SearchAttributeType.KEYWORD),
  endpointId: defineSearchAttributeKey('EsxEndpointId', SearchAttributeType.KEYWORD),
  eventType: defineSearchAttributeKey('EsxEventType', SearchAttributeType.KEYWORD),
  deliveryStatus: defineSearchAttributeKey('EsxDeliveryStatus', SearchAttributeType.KEYWORD),
  contactId: defineSearchAttributeKey('EsxContactId', SearchAttributeType.KEYWORD),
} as const;
