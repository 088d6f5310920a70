import { assertNever } from './assert-never';
import {
  describeStep,
  positionAfter,
  positionInBranch,
  reasonToExit,
  stepAt,
  type Automation,
  type Step,
  type StepPosition,
} from './automation';
import { evaluate } from './condition';
import { applyPatch, isMetadataTooLarge, patchFromTraits, type Contact } from './contact';
import { formatDurationMs, parseDurationMs } from './duration';
import { reasonToSkip, type SuppressionReason } from './email';
import { factsOf } from './ingest';
import type { JsonObject } from './json';
import { delayAfterFailure } from './retry-timeline';
import { dateText, type Assumptions, type TimelineItem, type TimelineKind } from './simulated-timeline';

/** One step as a run would take it. */
export interface SimulatedStep {
  position: StepPosition;
  step: string;
  result: string;
}

/** What there is of what steps name, and what is assumed. */
export interface World {
  listIds: ReadonlySet<string>;
  templateIds: ReadonlySet<string>;
  suppression?: { reason: SuppressionReason };
  startMs: number;
  retryDelaysMs: readonly number[];
  assumptions: Assumptions;
}

type StepOf<Type extends Step['type']> = Extract<Step, { type: Type }>;

/** A run that has no effect: it keeps place and time as the workflow does, and knows what each step would make of them. */
export class SimulatedRun {
  readonly steps: SimulatedStep[] = [];
  readonly timeline: TimelineItem[] = [];
  private nowMs: number;
  private email: { sentAtMs: number; heldBack?: string } | undefined;
  private stopped: string | undefined;

  constructor(
    private readonly plan: Pick<Automation, 'steps' | 'exitOn'>,
    private contact: Contact,
    private readonly properties: JsonObject,
    private readonly world: World,
  ) {
    this.nowMs = world.startMs;
    this.passUntil(world.startMs);
  }

  /** Takes the steps to their end, or until the contact leaves. */
  run(): this {
    const { steps } = this.plan;
    let position: StepPosition | undefined = [0];
    let last: StepPosition | undefined;
    while (position) {
      const step = stepAt(steps, position);
      if (!step) break;
      this.stopped ??= reasonToExit(this.plan.exitOn, this.contact, this.world.startMs);
      last = position;
      if (this.stopped !== undefined) break;
      if (step.type === 'end') {
        this.note(position, step, 'end');
        this.add('end', position, 'the run ends here');
        return this;
      }
      const taken: 'then' | 'else' | undefined = this.take(step, position);
      if (this.stopped !== undefined) break;
      position = taken === undefined ? positionAfter(steps, position) : positionInBranch(steps, position, taken);
    }
    this.end(last);
    return this;
  }

  private end(last: StepPosition | undefined): void {
    const { nowMs: atMs, stopped } = this;
    if (stopped === undefined) this.timeline.push({ atMs, kind: 'end', text: 'the run ends: no step is left' });
    else {
      const text = `the run stops: ${stopped}`;
      this.timeline.push({ atMs, kind: 'end', ...(last ? { position: last } : {}), text, isStopped: true });
    }
  }

  /** Does what the step does; gives the branch that it takes, where it has some. */
  private take(step: Exclude<Step, StepOf<'end'>>, at: StepPosition): 'then' | 'else' | undefined {
    switch (step.type) {
      case 'wait':
        return this.wait(step, at);
      case 'updateContact':
        return this.updateContact(step, at);
      case 'addToList':
      case 'removeFromList':
        return this.changeList(step, at);
      case 'condition':
        return this.decide(step, at);
      case 'waitForEmail':
        return this.waitForEmail(step, at);
      case 'webhook':
        return this.callWebhook(step, at);
      case 'sendEmail':
        return this.sendEmail(step, at);
      default:
        return assertNever(step);
    }
  }

  private wait(step: StepOf<'wait'>, at: StepPosition): undefined {
    const untilMs = this.nowMs + (parseDurationMs(step.duration) ?? 0);
    this.add('wait', at, `would wait ${step.duration}, until ${dateText(untilMs)}`);
    this.note(at, step, `would wait until ${dateText(untilMs)}`);
    this.passUntil(untilMs);
  }

  private updateContact(step: StepOf<'updateContact'>, at: StepPosition): undefined {
    const { contact, changes } = applyPatch(this.contact, patchFromTraits(step.traits), this.nowMs, this.nowMs);
    if (isMetadataTooLarge(contact.metadata)) {
      return this.done(at, step, 'skipped: the contact would hold more than 256 KB of traits');
    }
    this.contact = contact;
    const fields = changes.map(({ field }) => field).join(', ');
    return this.done(at, step, changes.length > 0 ? `would change ${fields}` : 'would change nothing');
  }

  private changeList(step: StepOf<'addToList' | 'removeFromList'>, at: StepPosition): undefined {
    if (!this.world.listIds.has(step.listId)) return this.done(at, step, `skipped: list ${step.listId} does not exist`);
    const others = this.contact.listIds.filter((id) => id !== step.listId);
    const isAdded = step.type === 'addToList';
    this.contact = { ...this.contact, listIds: isAdded ? [...others, step.listId] : others };
    return this.done(at, step, `would ${isAdded ? 'put the contact on' : 'take the contact off'} the list`);
  }

  private decide(step: StepOf<'condition'>, at: StepPosition): 'then' | 'else' {
    const result = evaluate(step.if, factsOf(this.contact, this.properties));
    return this.branch(at, step, result.holds ? 'then' : 'else', result.holds ? undefined : result.failed);
  }

  private sendEmail(step: StepOf<'sendEmail'>, at: StepPosition): undefined {
    const { templateId } = step;
    const heldBack = this.world.templateIds.has(templateId)
      ? reasonToSkip({ kind: 'automation' }, this.contact, this.world.suppression)
      : `template ${templateId} does not exist`;
    this.email = { sentAtMs: this.nowMs, ...(heldBack === undefined ? {} : { heldBack }) };
    const text = heldBack === undefined ? 'would send an email' : `would be held back: ${heldBack}`;
    this.note(at, step, text);
    const email = heldBack === undefined ? { email: { templateId, contact: this.contact } } : {};
    this.timeline.push({ atMs: this.nowMs, kind: 'email', position: at, text, ...email });
  }

  private waitForEmail(step: StepOf<'waitForEmail'>, at: StepPosition): 'then' | 'else' | undefined {
    const { email } = this;
    if (!email) return this.branch(at, step, 'else', 'no email was sent before');
    if (email.heldBack !== undefined)
      return this.branch(at, step, 'else', `the email would be held back: ${email.heldBack}`);
    const limitMs = this.nowMs + (parseDurationMs(step.limit) ?? 0);
    const heardMs = email.sentAtMs + this.heardAfterMs(step.event);
    if (heardMs > this.nowMs) {
      this.add('wait', at, `would wait until ${dateText(limitMs)} at most for the email to be ${step.event}`);
      this.passUntil(Math.min(heardMs, limitMs));
      if (this.stopped !== undefined) return undefined;
    }
    if (heardMs > limitMs) return this.branch(at, step, 'else', 'the time is up');
    const asIf = `would wait until ${dateText(limitMs)} at most; goes on as if it were ${step.event}`;
    return this.branch(at, step, 'then', asIf, `the email was ${step.event}`);
  }

  /** A click says that it was opened, where images are blocked. */
  private heardAfterMs(event: StepOf<'waitForEmail'>['event']): number {
    const { emailOpenedAfterMs = Infinity, emailClickedAfterMs = Infinity } = this.world.assumptions;
    return event === 'clicked' ? emailClickedAfterMs : Math.min(emailOpenedAfterMs, emailClickedAfterMs);
  }

  /** A receiver that fails is called again along the timeline, and then passed over. */
  private callWebhook(step: StepOf<'webhook'>, at: StepPosition): undefined {
    const { assumptions, retryDelaysMs } = this.world;
    const most = retryDelaysMs.length + 1;
    for (let failed = 0; ; failed++) {
      const which = `attempt ${failed + 1} of ${most}`;
      if (failed >= assumptions.webhookFailures) {
        this.add('webhook-attempt', at, `${which} would be answered with 200`);
        return this.note(at, step, `would post to ${step.url}${failed > 0 ? `, and be taken at ${which}` : ''}`);
      }
      const delayMs = delayAfterFailure(retryDelaysMs, failed);
      if (delayMs === undefined) {
        this.add('webhook-attempt', at, `${which} would fail, and the step is passed over`);
        return this.note(at, step, `would post to ${step.url}, and give up after ${most} attempts`);
      }
      this.add('webhook-attempt', at, `${which} would fail; the next one comes in ${formatDurationMs(delayMs)}`);
      this.passUntil(this.nowMs + delayMs);
      if (this.stopped !== undefined) return undefined;
    }
  }

  /** Lets time pass, unless the contact leaves meanwhile and the run is over by that. */
  private passUntil(untilMs: number): void {
    const { contactUnsubscribesAfterMs = Infinity } = this.world.assumptions;
    const leavesMs = this.world.startMs + contactUnsubscribesAfterMs;
    if (leavesMs <= untilMs && this.contact.status === 'active') {
      this.contact = applyPatch(this.contact, { status: 'unsubscribed' }, leavesMs, leavesMs).contact;
      this.stopped = reasonToExit(this.plan.exitOn, this.contact, this.world.startMs);
    }
    this.nowMs = this.stopped === undefined ? untilMs : leavesMs;
  }

  private branch(
    at: StepPosition,
    step: Step,
    taken: 'then' | 'else',
    reason?: string,
    shown = reason,
  ): 'then' | 'else' {
    this.note(at, step, reason === undefined ? taken : `${taken}: ${reason}`);
    this.add('branch', at, shown === undefined ? taken : `${taken}: ${shown}`);
    return taken;
  }

  private done(at: StepPosition, step: Step, result: string): undefined {
    this.note(at, step, result);
    this.add('step', at, result);
  }

  private note(position: StepPosition, step: Step, result: string): undefined {
    this.steps.push({ position, step: describeStep(step), result });
  }

  private add(kind: TimelineKind, position: StepPosition, text: string): void {
    this.timeline.push({ atMs: this.nowMs, kind, position, text });
  }
}
