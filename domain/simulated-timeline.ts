import type { StepPosition } from './automation';
import type { Contact } from './contact';

/** What is assumed of a world that a simulation cannot ask. */
export interface Assumptions {
  /** So many calls of each webhook step fail before one is answered with 200. */
  webhookFailures: number;
  /** How long after it was sent each email is opened, and clicked; absent: never. */
  emailOpenedAfterMs?: number;
  emailClickedAfterMs?: number;
  /** How long after the start the contact unsubscribes; absent: never. */
  contactUnsubscribesAfterMs?: number;
}

/** A world in which everything works at once. */
export const kindWorld: Assumptions = { webhookFailures: 0, emailOpenedAfterMs: 0, emailClickedAfterMs: 0 };

export const timelineKinds = ['step', 'email', 'webhook-attempt', 'wait', 'branch', 'end'] as const;
export type TimelineKind = (typeof timelineKinds)[number];

/** One thing that a run would do, and when. */
export interface TimelineItem {
  atMs: number;
  kind: TimelineKind;
  /** Absent where a run ends because no step is left. */
  position?: StepPosition;
  text: string;
  /** What an email that would go out is made of: its template, for the contact as it would be by then. */
  email?: { templateId: string; contact: Contact };
  /** Of the end: whether the run was stopped before its last step. */
  isStopped?: boolean;
}

/** As dates stand in logs of runs. */
export function dateText(atMs: number): string {
  return new Date(atMs).toISOString();
}
