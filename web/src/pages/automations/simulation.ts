import type { bodyOf } from './draft';

/** What is typed into the form of a simulation. */
export interface SimulationForm {
  eventName: string;
  properties: string;
  contactId: string;
  /** Of somebody who is made up, where no contact is chosen. */
  contact: string;
  startAt: string;
  webhookFailures: number;
  emailOpenedAfter: string;
  emailClickedAfter: string;
  contactUnsubscribesAfter: string;
}

export const firstForm: SimulationForm = {
  ...{ eventName: '', properties: '{}', contactId: '', startAt: '' },
  contact: JSON.stringify({ email: 'ada@example.com', firstName: 'Ada', metadata: { plan: 'pro' } }, null, 2),
  ...{ webhookFailures: 0, emailOpenedAfter: '2h', emailClickedAfter: '', contactUnsubscribesAfter: '' },
};

/** JSON that was typed, or what is wrong with it. */
export function readObject(text: string): { value: Record<string, unknown> } | { problem: string } {
  if (text.trim() === '') return { value: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value: { ...value } };
  } catch (error) {
    return { problem: `This is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}` };
  }
  return { problem: 'Write an object, such as {"amount": 20}' };
}

/** The call that the form makes; an empty duration means never. */
export function requestOf(form: SimulationForm, body: ReturnType<typeof bodyOf>, nowMs: number) {
  const { eventName, contactId, webhookFailures, contactUnsubscribesAfter, startAt } = form;
  const properties = readObject(form.properties);
  const contact = readObject(form.contact);
  return {
    automation: { ...body, name: body.name || 'Not saved' },
    eventName: eventName || body.trigger.eventName,
    properties: 'value' in properties ? properties.value : {},
    startAt: new Date(startAt === '' ? nowMs : startAt).toISOString(),
    ...(contactId !== '' ? { contactId } : { contact: 'value' in contact ? contact.value : {} }),
    assume: {
      webhookFailures,
      emailOpenedAfter: form.emailOpenedAfter || null,
      emailClickedAfter: form.emailClickedAfter || null,
      ...(contactUnsubscribesAfter === '' ? {} : { contactUnsubscribesAfter }),
    },
  };
}
export type SimulationRequest = ReturnType<typeof requestOf>;

/** A file that a test can read: send `request`, and compare what comes with `expected`. */
export function fixtureOf(request: SimulationRequest, answer: { matches: boolean; timeline: unknown[] }): string {
  const { matches, timeline } = answer;
  const fixture = { call: 'POST /api/v1/automations/simulate', request, expected: { matches, timeline } };
  return `${JSON.stringify(fixture, null, 2)}\n`;
}

/** How much of the play is over at which each item appears: by their order, since some lie days apart. */
export function shownAt(shareOver: number, count: number): number {
  return Math.min(count, Math.floor(shareOver * count) + 1);
}
