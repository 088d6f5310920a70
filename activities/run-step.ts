import { assertNever } from '../domain/assert-never';
import {
  describeStep,
  positionAfter,
  positionInBranch,
  reasonToExit,
  stepAt,
  type AwaitedEmailNews,
  type Step,
  type StepPosition,
} from '../domain/automation';
import { evaluate } from '../domain/condition';
import { patchFromTraits, type Contact } from '../domain/contact';
import { exchangeLimits, judge, type ExchangeOutcome } from '../domain/delivery';
import { parseDurationMs } from '../domain/duration';
import type { Email } from '../domain/email';
import { factsOf } from '../domain/ingest';
import { delayAfterFailure } from '../domain/retry-timeline';
import { following, hasEffect, positionText } from '../domain/step-place';
import type { LoadedRun, RunLog, StepLog } from './run-log';

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
  const entry = (position: StepPosition, step: Step, result: string, then: { next?: StepPosition }): StepLog => ({
    position,
    step: describeStep(step),
    at: new Date(deps.now()),
    result,
    ...then,
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

  return {
    async runStep({ runKey, position, isOver }: StepInput): Promise<StepResult> {
      const loaded = await load(runKey);
      if ('over' in loaded) return { kind: 'stop', reason: loaded.over };
      const { run, contact } = loaded;
      const { steps } = run;
      const step = stepAt(steps, position);
      if (!step) return { kind: 'next', eventIds: [] };
      const next = following(positionAfter(steps, position));
      const log = (result: string, then = next): Promise<void> =>
        deps.runs.logStep(runKey, entry(position, step, result, then));
      const take = async (taken: 'then' | 'else', result: string): Promise<StepResult> => {
        const into = following(positionInBranch(steps, position, taken));
        await log(result, into);
        return { kind: 'next', ...into, eventIds: [] };
      };
      /** For a step that is not noted before it is done. */
      const stand = async (): Promise<void> => {
        if (run.standsAt !== positionText(position)) await deps.runs.standAt(runKey, position);
      };
      if (run.pausedSinceMs !== undefined && hasEffect(step)) {
        await stand();
        const durationMs = holdMs(deps.now() - run.pausedSinceMs);
        return { kind: 'wait', durationMs, summary: `held before ${describeStep(step)}: paused`, next: position };
      }

      switch (step.type) {
        case 'wait': {
          const durationMs = parseDurationMs(step.duration) ?? 0;
          await log(`waits until ${new Date(deps.now() + durationMs).toISOString()}`, { next: position });
          return { kind: 'wait', durationMs, summary: describeStep(step), ...next };
        }
        case 'updateContact': {
          const patch = patchFromTraits(step.traits);
          const done = entry(position, step, 'done', next);
          const eventIds = await deps.runs.updateContact(runKey, contact.id, patch, done);
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
          return result.holds ? take('then', 'then') : take('else', `else: ${result.failed}`);
        }
        case 'webhook':
          await stand();
          return { kind: 'call' };
        case 'sendEmail': {
          const { templateId, from } = step;
          const email = { contactId: contact.id, to: contact.email };
          const wanted = { email, templateId, ...(from === undefined ? {} : { from }) };
          const emailId = await deps.runs.queueEmail(runKey, wanted, entry(position, step, 'queued', next));
          if (emailId !== undefined) await deps.starter.startEmailSend(emailId);
          return { kind: 'next', ...next, eventIds: [] };
        }
        case 'waitForEmail': {
          const emailId = run.log.findLast((each) => each.emailId !== undefined)?.emailId;
          const email = emailId === undefined ? undefined : await deps.runs.email(emailId);
          const looked = lookAt(email, step.event);
          if (looked.kind === 'open' && !isOver) {
            await stand();
            return { kind: 'listen', durationMs: parseDurationMs(step.limit) ?? 0, summary: describeStep(step) };
          }
          if (looked.kind === 'heard') return take('then', 'then');
          return take('else', `else: ${looked.kind === 'never' ? looked.reason : 'the time is up'}`);
        }
        case 'end':
          await log('end', {});
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
      const next = following(positionAfter(run.steps, input.position));
      await deps.runs.logStep(input.runKey, entry(input.position, step, result, next));
      return { kind: 'next', ...next };
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

/**
 * How soon a run that is held looks again whether its automation goes on: the longer the pause has lasted, the less
 * often, so that a long one does not fill the history.
 */
function holdMs(pausedForMs: number): number {
  return Math.min(Math.max(pausedForMs / 10, 10_000), 3_600_000);
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
