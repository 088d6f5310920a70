import { assertNever } from './assert-never';
import {
  describeStep,
  positionAfter,
  positionInBranch,
  stepAt,
  type Automation,
  type Step,
  type StepPosition,
} from './automation';
import { evaluate } from './condition';
import { applyPatch, isMetadataTooLarge, patchFromTraits, type Contact } from './contact';
import { parseDurationMs } from './duration';
import { reasonToSkip } from './email';
import { eventKey } from './event-name';
import { factsOf, matchAutomations } from './ingest';
import type { JsonObject } from './json';

/** One step as a run would take it. */
export interface SimulatedStep {
  position: StepPosition;
  step: string;
  result: string;
}
/** `steps` are walked also where only the automation's status stands in the way, so that a draft can be tried. */
export interface Simulation {
  matches: boolean;
  reason?: string;
  steps: SimulatedStep[];
}

/** What there is of what steps name. */
interface Known {
  listIds: ReadonlySet<string>;
  templateIds: ReadonlySet<string>;
  nowMs: number;
}

/** What the automation would do on this event of this contact, by the rules of real runs and without any effect. */
export function simulate(
  automation: Automation,
  event: { name: string; properties: JsonObject },
  contact: Contact,
  known: Known,
): Simulation {
  const facts = factsOf(contact, event.properties);
  const [match] = matchAutomations([automation], event.name, facts);
  if (!match) {
    const reason = `the event is "${eventKey(event.name)}" and the automation listens to "${automation.eventKey}"`;
    return { matches: false, reason, steps: [] };
  }
  const [asActive] = matchAutomations([{ ...automation, status: 'active' }], event.name, facts);
  const steps = asActive?.ran ? walk(automation.steps, contact, event.properties, known) : [];
  const reason = asActive?.ran ? match.reason : (asActive?.reason ?? match.reason);
  return { matches: match.ran, ...(reason === undefined ? {} : { reason }), steps };
}

function walk(steps: readonly Step[], start: Contact, properties: JsonObject, known: Known): SimulatedStep[] {
  const walked: SimulatedStep[] = [];
  let contact = start;
  let atMs = known.nowMs;
  let email: { heldBack?: string } | undefined;
  let position: StepPosition | undefined = [0];
  while (position) {
    const step = stepAt(steps, position);
    if (!step) break;
    const here: StepPosition = position;
    const note = (result: string): void => void walked.push({ position: here, step: describeStep(step), result });
    position = positionAfter(steps, here);

    switch (step.type) {
      case 'wait':
        atMs += parseDurationMs(step.duration) ?? 0;
        note(`would wait until ${new Date(atMs).toISOString()}`);
        break;
      case 'updateContact': {
        const { contact: next, changes } = applyPatch(contact, patchFromTraits(step.traits), atMs, atMs);
        if (isMetadataTooLarge(next.metadata)) {
          note('skipped: the contact would hold more than 256 KB of traits');
          break;
        }
        contact = next;
        note(
          changes.length > 0 ? `would change ${changes.map(({ field }) => field).join(', ')}` : 'would change nothing',
        );
        break;
      }
      case 'addToList':
      case 'removeFromList': {
        if (!known.listIds.has(step.listId)) {
          note(`skipped: list ${step.listId} does not exist`);
          break;
        }
        const others = contact.listIds.filter((id) => id !== step.listId);
        contact = { ...contact, listIds: step.type === 'addToList' ? [...others, step.listId] : others };
        note(step.type === 'addToList' ? 'would put the contact on the list' : 'would take the contact off the list');
        break;
      }
      case 'condition': {
        const result = evaluate(step.if, factsOf(contact, properties));
        note(result.holds ? 'then' : `else: ${result.failed}`);
        position = positionInBranch(steps, here, result.holds ? 'then' : 'else');
        break;
      }
      case 'waitForEmail':
        if (!email) note('else: no email was sent before');
        else if (email.heldBack !== undefined) note(`else: the email would be held back: ${email.heldBack}`);
        else {
          const latestMs = atMs + (parseDurationMs(step.limit) ?? 0);
          note(
            `then: would wait until ${new Date(latestMs).toISOString()} at most; goes on as if it were ${step.event}`,
          );
        }
        position = positionInBranch(steps, here, email && email.heldBack === undefined ? 'then' : 'else');
        break;
      case 'webhook':
        note(`would post to ${step.url}`);
        break;
      case 'sendEmail': {
        const heldBack = known.templateIds.has(step.templateId)
          ? reasonToSkip({ kind: 'automation' }, contact, undefined)
          : `template ${step.templateId} does not exist`;
        email = heldBack === undefined ? {} : { heldBack };
        note(heldBack === undefined ? 'would send an email' : `would be held back: ${heldBack}`);
        break;
      }
      case 'end':
        note('end');
        return walked;
      default:
        return assertNever(step);
    }
  }
  return walked;
}
