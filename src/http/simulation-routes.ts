import type { z } from 'zod';
import type { EmailRenderer } from '../../activities/send-emails';
import { allSteps, type Automation } from '../../domain/automation';
import { newContact, type Contact } from '../../domain/contact';
import { normalizeEmail } from '../../domain/email-address';
import { eventKey } from '../../domain/event-name';
import { makeId } from '../../domain/ids';
import type { JsonObject } from '../../domain/json';
import { simulate } from '../../domain/simulate';
import type { Assumptions, TimelineItem } from '../../domain/simulated-timeline';
import { RenderingError } from '../email/render';
import type { AutomationStore } from '../mongo/automations';
import type { ContactStore } from '../mongo/contacts';
import type { ListStore } from '../mongo/lists';
import type { SuppressionStore } from '../mongo/suppressions';
import type { TemplateStore } from '../mongo/templates';
import { existingTemplates } from './automation-steps';
import { notFound } from './problem';
import { route, type Route } from './route';
import { simulateBody, simulateDraftBody, simulationSchema, type SimulatedEvent } from './simulation-schema';

/** The email that a simulation renders: none. Its unsubscribe link leads nowhere. */
const noEmailId = makeId('email', '0'.repeat(24));

export interface SimulationRouteDeps {
  automations: AutomationStore;
  contacts: ContactStore;
  lists: ListStore;
  templates: TemplateStore;
  suppressions: SuppressionStore;
  renderer: EmailRenderer;
  /** The timeline that webhook steps are called along. */
  retryDelaysMs: readonly number[];
  now: () => number;
}

type Simulated = z.input<typeof simulationSchema>;

/** What automations would do, saved or not: nothing is changed and nothing is sent. */
export function simulationRoutes(deps: SimulationRouteDeps): Route[] {
  /** What there is of what the steps name, and of the contact's address. */
  const worldOf = async ({ workspaceId, steps }: Automation, contact: Contact) => {
    const wantedLists = allSteps(steps).flatMap((step) => ('listId' in step ? [step.listId] : []));
    const wantedTemplates = allSteps(steps).flatMap((step) => (step.type === 'sendEmail' ? [step.templateId] : []));
    const [listIds, templateIds, suppressed] = await Promise.all([
      deps.lists.existing(workspaceId, [...new Set(wantedLists)]),
      existingTemplates(deps.templates, workspaceId, wantedTemplates),
      deps.suppressions.among(workspaceId, [contact.email]),
    ]);
    const suppression = suppressed.get(contact.email);
    return { listIds, templateIds, ...(suppression ? { suppression } : {}) };
  };

  /** What the recipient would read first. */
  const subjectOf = async (
    { workspaceId, id }: Automation,
    { templateId, contact }: Required<TimelineItem>['email'],
    event: { name: string; properties: JsonObject },
  ): Promise<string> => {
    const template = await deps.templates.get(workspaceId, templateId);
    if (!template) return '';
    const ids = { emailId: noEmailId, workspaceId, campaignId: id };
    try {
      const context = { ...ids, isMarketing: true, isTracked: false, contact, event };
      return (await deps.renderer.render(template, context)).subject;
    } catch (error) {
      if (error instanceof RenderingError) return `cannot be rendered: ${error.message}`;
      throw error;
    }
  };

  const run = async (automation: Automation, body: SimulatedEvent): Promise<Simulated> => {
    const { contactId, email, userId } = body;
    const isNamed = contactId !== undefined || email !== undefined || userId !== undefined;
    const found = isNamed ? await findContact(deps.contacts, automation.workspaceId, body) : undefined;
    const answer = { eventKey: eventKey(body.eventName), contactId: found?.id ?? null };
    if (isNamed && !found) {
      const reason = 'no contact is known for this contactId, email or userId';
      return { matches: false, reason, ...answer, steps: [], timeline: [] };
    }
    const startMs = body.startAt === undefined ? deps.now() : Date.parse(body.startAt);
    const contact = found ?? somebody(automation.workspaceId, body.contact, startMs);
    const event = { name: body.eventName, properties: body.properties ?? {} };
    const { steps, timeline, ...match } = simulate(automation, event, contact, {
      ...(await worldOf(automation, contact)),
      ...{ startMs, retryDelaysMs: deps.retryDelaysMs, assumptions: assumptionsOf(body.assume) },
    });
    const shown: Simulated['timeline'] = [];
    for (const { atMs, kind, position = null, text, email: sent } of timeline) {
      const item = { at: new Date(atMs).toISOString(), kind, position, text };
      const content = sent && { subject: await subjectOf(automation, sent, event), templateId: sent.templateId };
      shown.push({ ...item, ...content });
    }
    return { ...match, reason: match.reason ?? null, ...answer, steps, timeline: shown };
  };

  return [
    route({
      method: 'post',
      path: '/automations/:id/simulate',
      tag: 'Automations',
      summary: 'What an event would do over time, without any effect',
      status: 200,
      body: simulateBody,
      response: simulationSchema,
      async handle({ caller, params, body }) {
        const automation = await deps.automations.get(caller.workspace._id, params['id'] ?? '');
        if (!automation) throw notFound('automation');
        return run(automation, body);
      },
    }),
    route({
      method: 'post',
      path: '/automations/simulate',
      tag: 'Automations',
      summary: 'The same of an automation that is not saved',
      status: 200,
      body: simulateDraftBody,
      response: simulationSchema,
      async handle({ caller, body: { automation, ...event } }) {
        const nowMs = deps.now();
        const draft: Automation = {
          ...{ ...automation, id: '', workspaceId: caller.workspace._id, status: 'active', version: 0 },
          ...{ eventKey: eventKey(automation.trigger.eventName), createdAtMs: nowMs, updatedAtMs: nowMs },
        };
        return run(draft, event);
      },
    }),
  ];
}

/** A contact of whom nothing is known but what was sent. */
function somebody(workspaceId: string, sent: SimulatedEvent['contact'], nowMs: number): Contact {
  const { email = '', firstName = null, lastName = null, status, metadata, listIds } = sent ?? {};
  return {
    ...newContact({ id: '', workspaceId, email: normalizeEmail(email) ?? email, source: 'api' }, nowMs),
    ...{ firstName, lastName },
    ...(status === undefined ? {} : { status }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(listIds === undefined ? {} : { listIds }),
  };
}

function assumptionsOf({
  webhookFailures,
  emailOpenedAfter,
  emailClickedAfter,
  contactUnsubscribesAfter,
}: SimulatedEvent['assume']): Assumptions {
  return {
    webhookFailures,
    ...(emailOpenedAfter === null ? {} : { emailOpenedAfterMs: emailOpenedAfter }),
    ...(emailClickedAfter === null ? {} : { emailClickedAfterMs: emailClickedAfter }),
    ...(contactUnsubscribesAfter === undefined ? {} : { contactUnsubscribesAfterMs: contactUnsubscribesAfter }),
  };
}

/** As for a track: the email decides, then the user id. */
async function findContact(
  contacts: ContactStore,
  workspaceId: string,
  who: { contactId?: string | undefined; email?: string | undefined; userId?: string | undefined },
): Promise<Contact | undefined> {
  if (who.contactId !== undefined) return contacts.get(workspaceId, who.contactId);
  const email = normalizeEmail(who.email);
  const userIds = who.userId === undefined ? [] : [who.userId];
  const known = await contacts.find(workspaceId, { emails: email === undefined ? [] : [email], userIds });
  return known.find((contact) => contact.email === email) ?? known[0];
}
