import { assertNever } from '../domain/assert-never';
import {
  describeStep,
  positionAfter,
  positionInBranch,
  reasonToExit,
  stepAt,
  type AwaitedEmailNews,
  type Exit,
  type Step,
  type StepPosition,
} from '../domain/automation';
import { evaluate } from '../domain/condition';
import { patchFromTraits, type Contact, type ContactPatch } from '../domain/contact';
import { exchangeLimits, judge, type ExchangeOutcome } from '../domain/delivery';
import { parseDurationMs } from '../domain/duration';
import type { Email } from '../domain/email';
import { factsOf } from '../domain/ingest';
import type { JsonObject } from '../domain/json';
import { delayAfterFailure } from '../domain/retry-timeline';

interface LoadedRun {
  workspaceId: string;
  automationId: string;
  automationName: string;
  steps: Step[];
  exitOn?: Exit[];
  startedAtMs: number;
  /** What was done so far, in its order. */
  log: { position: StepPosition; emailId?: string }[];
  /** Undefined once the contact was deleted. */
  contact: Contact | undefined;
  event: { name: string; properties: JsonObject };
}
interface StepLog {
  position: StepPosition;
  step: string;
  at: Date;
  result: string;
}
/** Needs: src/mongo/run-log.ts. Each write is keyed by the step's position and happens once. */
export interface RunLog {
  load(runKey: string): Promise<LoadedRun | undefined>;
  logStep(runKey: string, entry: StepLog): Promise<void>;
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
/** Needs: src/temporal/start.ts. */
export interface EmailStarter {
  startEmailSend(emailId: string): Promise<void>;
}
/** Needs: src/webhooks/sender.ts. */
export interface StepCaller {
  call(request: {
    url: string;
    webhookId: string;
    body: string;
    headers: Record<string, string>;
    timeoutMs: number;
    maxResponseBytes: number;
    signal?: AbortSignal;
  }): Promise<ExchangeOutcome>;
}

export interface StepInput {
  runKey: string;
  position: StepPosition;
  /** The time of a wait for an email is up. */
  isOver?: boolean;
}
/** `next` is absent at the end of the steps. */
export type StepResult =
  | { kind: 'next'; next?: StepPosition; eventIds: string[] }
  | { kind: 'wait'; durationMs: number; summary: string; next?: StepPosition }
  | { kind: 'call' }
  /** Waits for news of an email, and then looks at the step again. */
  | { kind: 'listen'; durationMs: number; summary: string }
  | { kind: 'stop'; reason: string };
export type CallResult = { kind: 'next'; next?: StepPosition } | { kind: 'retry'; delayMs: number };

/** The steps of one automation for one contact, one at a time; the workflow only keeps the position and the waits. */
export function createRunStep(deps: {
  runs: RunLog;
  caller: StepCaller;
  starter: EmailStarter;
  now: () => number;
  abortSignal: () => AbortSignal | undefined;
}) {
  const entry = (position: StepPosition, step: Step, result: string): StepLog => ({
    position,
    step: describeStep(step),
    at: new Date(deps.now()),
    result,
  });
  /** The run with its contact, or why it is over. */
  const load = async (runKey: string): Promise<{ run: LoadedRun; contact: Contact } | { over: string }> => {
    const run = await deps.runs.load(runKey);
    if (!run) return { over: 'the run or its automation was deleted' };
    const { contact, exitOn, startedAtMs } = run;
    if (!contact) return { over: 'the contact was deleted' };
    const over = reasonToExit(exitOn, contact, startedAtMs);
    return over === undefined ? { run, contact } : { over };
  };
  const following = (next: StepPosition | undefined) => (next === undefined ? {} : { next });

  return {
    async runStep({ runKey, position, isOver }: StepInput): Promise<StepResult> {
      const loaded = await load(runKey);
      if ('over' in loaded) return { kind: 'stop', reason: loaded.over };
      const { run, contact } = loaded;
      const { steps } = run;
      const step = stepAt(steps, position);
      if (!step) return { kind: 'next', eventIds: [] };
      const next = following(positionAfter(steps, position));
      const log = (result: string): Promise<void> => deps.runs.logStep(runKey, entry(position, step, result));
      const branch = (taken: 'then' | 'else'): StepResult => ({
        kind: 'next',
        ...following(positionInBranch(steps, position, taken)),
        eventIds: [],
      });

      switch (step.type) {
        case 'wait': {
          const durationMs = parseDurationMs(step.duration) ?? 0;
          await log(`waits until ${new Date(deps.now() + durationMs).toISOString()}`);
          return { kind: 'wait', durationMs, summary: describeStep(step), ...next };
        }
        case 'updateContact': {
          const patch = patchFromTraits(step.traits);
          const eventIds = await deps.runs.updateContact(runKey, contact.id, patch, entry(position, step, 'done'));
          return { kind: 'next', ...next, eventIds };
        }
        case 'addToList':
        case 'removeFromList': {
          const isMember = step.type === 'addToList';
          const isDone = await deps.runs.setList({
            workspaceId: run.workspaceId,
            contactId: contact.id,
            listId: step.listId,
            isMember,
          });
          await log(isDone ? 'done' : `skipped: list ${step.listId} does not exist`);
          return { kind: 'next', ...next, eventIds: [] };
        }
        case 'condition': {
          const result = evaluate(step.if, factsOf(contact, run.event.properties));
          await log(result.holds ? 'then' : `else: ${result.failed}`);
          return branch(result.holds ? 'then' : 'else');
        }
        case 'webhook':
          return { kind: 'call' };
        case 'sendEmail': {
          const { templateId, from } = step;
          const email = { contactId: contact.id, to: contact.email };
          const wanted = { email, templateId, ...(from === undefined ? {} : { from }) };
          const emailId = await deps.runs.queueEmail(runKey, wanted, entry(position, step, 'queued'));
          if (emailId !== undefined) await deps.starter.startEmailSend(emailId);
          return { kind: 'next', ...next, eventIds: [] };
        }
        case 'waitForEmail': {
          const emailId = run.log.findLast((each) => each.emailId !== undefined)?.emailId;
          const email = emailId === undefined ? undefined : await deps.runs.email(emailId);
          const looked = lookAt(email, step.event);
          if (looked.kind === 'open' && !isOver) {
            return { kind: 'listen', durationMs: parseDurationMs(step.limit) ?? 0, summary: describeStep(step) };
          }
          const isHeard = looked.kind === 'heard';
          await log(isHeard ? 'then' : `else: ${looked.kind === 'never' ? looked.reason : 'the time is up'}`);
          return branch(isHeard ? 'then' : 'else');
        }
        case 'end':
          await log('end');
          return { kind: 'next', eventIds: [] };
        default:
          return assertNever(step);
      }
    },

    /** The HTTP call of a `webhook` step. A failing receiver is called again along the timeline, then passed over. */
    async callStepWebhook(input: StepInput & { attempt: number; retryDelaysMs: number[] }): Promise<CallResult> {
      const run = await deps.runs.load(input.runKey);
      const step = run && stepAt(run.steps, input.position);
      // Deleted meanwhile: the step is looked at once more, and that ends the run with its reason.
      if (!run?.contact || step?.type !== 'webhook') return { kind: 'next', next: input.position };
      const { contact } = run;
      const signal = deps.abortSignal();
      const outcome = await deps.caller.call({
        url: step.url,
        webhookId: `${input.runKey}/${input.position.join('.')}`.replaceAll('/', '_').replaceAll('.', '-'),
        headers: step.headers ?? {},
        body: JSON.stringify({
          event: 'automation.webhook',
          workspaceId: run.workspaceId,
          timestamp: new Date(deps.now()).toISOString(),
          data: {
            automationId: run.automationId,
            automationName: run.automationName,
            contactId: contact.id,
            contactEmail: contact.email,
            firstName: contact.firstName,
            lastName: contact.lastName,
            metadata: contact.metadata,
            eventName: run.event.name,
            properties: run.event.properties,
          },
        }),
        ...exchangeLimits,
        ...(signal ? { signal } : {}),
      });
      const statusCode = outcome.kind === 'response' ? outcome.statusCode : undefined;
      const verdict = judge(statusCode);
      const delayMs = verdict === 'failed' ? delayAfterFailure(input.retryDelaysMs, input.attempt) : undefined;
      if (delayMs !== undefined) return { kind: 'retry', delayMs };
      const what = outcome.kind === 'response' ? `answered ${outcome.statusCode}` : outcome.error;
      const result = verdict === 'delivered' ? what : `gave up after ${input.attempt + 1} attempts: ${what}`;
      await deps.runs.logStep(input.runKey, entry(input.position, step, result));
      return { kind: 'next', ...following(positionAfter(run.steps, input.position)) };
    },

    /** Why the run is over, where its contact has left or was deleted meanwhile; undefined while it goes on. */
    async exitReason({ runKey }: { runKey: string }): Promise<string | undefined> {
      const loaded = await load(runKey);
      return 'over' in loaded ? loaded.over : undefined;
    },

    async endRun(input: { runKey: string; status: 'completed' | 'stopped'; reason?: string }): Promise<void> {
      const { runKey, ...end } = input;
      await deps.runs.end(runKey, end, deps.now());
    },
  };
}

/** Whether an email was opened or clicked, or never will be. A click says that it was opened, where images are blocked. */
function lookAt(
  email: Email | undefined,
  event: AwaitedEmailNews,
): { kind: 'heard' } | { kind: 'open' } | { kind: 'never'; reason: string } {
  if (!email) return { kind: 'never', reason: 'no email was sent before' };
  const { status, reason, openedAtMs, clickedAtMs } = email;
  if (clickedAtMs !== undefined || (event === 'opened' && openedAtMs !== undefined)) return { kind: 'heard' };
  if (status !== 'skipped' && status !== 'failed' && status !== 'bounced') return { kind: 'open' };
  return { kind: 'never', reason: `the email was ${status === 'bounced' ? status : `${status}: ${reason ?? ''}`}` };
}
