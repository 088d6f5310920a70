import type { Exit, Step, StepPosition } from '../domain/automation';
import type { Contact, ContactPatch } from '../domain/contact';
import type { Email } from '../domain/email';
import type { JsonObject } from '../domain/json';

export interface LoadedRun {
  workspaceId: string;
  automationId: string;
  automationName: string;
  steps: Step[];
  exitOn?: Exit[];
  startedAtMs: number;
  /** The step that it is known to stand at, as text. */
  standsAt?: string;
  /** Since when the automation is not active; absent while it is. */
  pausedSinceMs?: number;
  /** What was done so far, in its order. */
  log: { position: StepPosition; emailId?: string }[];
  /** Undefined once the contact was deleted. */
  contact: Contact | undefined;
  event: { name: string; properties: JsonObject };
}

export interface StepLog {
  position: StepPosition;
  step: string;
  at: Date;
  result: string;
  /** Where the run stands from here on: a wait at its own step. Absent at the end of the steps. */
  next?: StepPosition;
}

/** Needs: src/mongo/run-log.ts. Each write is keyed by the step's position and happens once. */
export interface RunLog {
  load(runKey: string): Promise<LoadedRun | undefined>;
  logStep(runKey: string, entry: StepLog): Promise<void>;
  /** Notes where the run stands, for a step that is noted only once it is done. */
  standAt(runKey: string, position: StepPosition): Promise<void>;
  /** The change, its webhook event and the log entry in one transaction; returns the event's id, also on a redo. */
  updateContact(runKey: string, contactId: string, patch: ContactPatch, entry: StepLog): Promise<string[]>;
  /**
   * Stores the email of a step and notes the step; returns the email's id, the same one on a redo. Undefined once the
   * run was erased.
   */
  queueEmail(
    runKey: string,
    wanted: { email: { contactId: string; to: string }; templateId: string; from?: string },
    entry: StepLog,
  ): Promise<string | undefined>;
  email(emailId: string): Promise<Email | undefined>;
  setList(run: { workspaceId: string; contactId: string; listId: string; isMember: boolean }): Promise<boolean>;
  end(runKey: string, end: { status: 'completed' | 'stopped'; reason?: string }, nowMs: number): Promise<void>;
}
