import type { Automation } from './automation';
import type { Contact } from './contact';
import { eventKey } from './event-name';
import { factsOf, matchAutomations } from './ingest';
import type { JsonObject } from './json';
import { SimulatedRun, type SimulatedStep, type World } from './simulated-run';
import type { TimelineItem } from './simulated-timeline';

/**
 * `steps` are walked also where only the automation's status stands in the way, so that a draft can be tried.
 * `timeline` says the same with dates, attempt by attempt.
 */
export interface Simulation {
  matches: boolean;
  reason?: string;
  steps: SimulatedStep[];
  timeline: TimelineItem[];
}

/** What the automation would do on this event of this contact, by the rules of real runs and without any effect. */
export function simulate(
  automation: Automation,
  event: { name: string; properties: JsonObject },
  contact: Contact,
  world: World,
): Simulation {
  const facts = factsOf(contact, event.properties);
  const [match] = matchAutomations([automation], event.name, facts);
  if (!match) {
    const reason = `the event is "${eventKey(event.name)}" and the automation listens to "${automation.eventKey}"`;
    return { matches: false, reason, steps: [], timeline: [] };
  }
  const [asActive] = matchAutomations([{ ...automation, status: 'active' }], event.name, facts);
  const reason = asActive?.ran ? match.reason : (asActive?.reason ?? match.reason);
  const answer = { matches: match.ran, ...(reason === undefined ? {} : { reason }) };
  if (!asActive?.ran) return { ...answer, steps: [], timeline: [] };
  const { steps, timeline } = new SimulatedRun(automation, contact, event.properties, world).run();
  return { ...answer, steps, timeline };
}
