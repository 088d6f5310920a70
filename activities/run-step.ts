import { assertNever } from '../domain/assert-never';
import {
  describeStep,
  positionAfter,
  positionInBranch,
  stepAt,
  type Step,
  type StepPosition,
} from '../domain/automation';
import { evaluate } from '../domain/condition';
import { patchFromTraits, type Contact, type ContactPatch } from '../domain/contact';
import { exchangeLimits, judge, type ExchangeOutcome } from '../domain/delivery';
import { parseDurationMs } from '../domain/duration';
import { factsOf } from '../domain/ingest';
import type { JsonObject } from '../domain/json';
import { delayAfterFailure } from '../domain/retry-timeline';

interface LoadedRun {
  workspaceId: string;
  automationId: string;
  automationName: string;
  steps: Step[];
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
  setList(run: { workspaceId: string; contactId: string; listId: string; isMember: boolean }): Promise<boolean>;
  end(runKey: string, end: { status: 'completed' | 'stopped'; reason?: string }, nowMs: number): Promise<void>;
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
}
/** `next` is absent at the end of the steps. */
export type StepResult =
  | { kind: 'next'; next?: StepPosition; eventIds: string[] }
  | { kind: 'wait'; durationMs: number; summary: string; next?: StepPosition }
  | { kind: 'call' }
  | { kind: 'stop'; reason: string };
export type CallResult = { kind: 'next'; next?: StepPosition } | { kind: 'retry'; delayMs: number };

/** The steps of one automation for one contact, one at a time; the workflow only keeps the position and the waits. */
export function createRunStep(deps: {
  runs: RunLog;
  caller: StepCaller;
  now: () => number;
  abortSignal: () => AbortSignal | undefined;
}) {
  const entry = (position: StepPosition, step: Step, result: string): StepLog => ({
    position,
    step: describeStep(step),
    at: new Date(deps.now()),
    result,
  });
  const following = (next: StepPosition | undefined) => (next === undefined ? {} : { next });

  return {
    async runStep({ runKey, position }: StepInput): Promise<StepResult> {
      const run = await deps.runs.load(runKey);
      if (!run) return { kind: 'stop', reason: 'the run or its automation was deleted' };
      const { contact, steps } = run;
      if (!contact) return { kind: 'stop', reason: 'the contact was deleted' };
      const step = stepAt(steps, position);
      if (!step) return { kind: 'next', eventIds: [] };
      const next = following(positionAfter(steps, position));
      const log = (result: string): Promise<void> => deps.runs.logStep(runKey, entry(position, step, result));

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
          return {
            kind: 'next',
            ...following(positionInBranch(steps, position, result.holds ? 'then' : 'else')),
            eventIds: [],
          };
        }
        case 'webhook':
          return { kind: 'call' };
        case 'sendEmail':
          await log('skipped: sending email is not set up');
          return { kind: 'next', ...next, eventIds: [] };
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

    async endRun(input: { runKey: string; status: 'completed' | 'stopped'; reason?: string }): Promise<void> {
      const { runKey, ...end } = input;
      await deps.runs.end(runKey, end, deps.now());
    },
  };
}
