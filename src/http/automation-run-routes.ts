import { z } from 'zod';
import { allSteps, type Automation } from '../../domain/automation';
import type { Contact } from '../../domain/contact';
import { newContact } from '../../domain/contact';
import { normalizeEmail } from '../../domain/email-address';
import { eventKey } from '../../domain/event-name';
import { workflowIds } from '../../domain/ids';
import { simulate } from '../../domain/simulate';
import { runStatuses, type AutomationRunDocument, type AutomationRunStore } from '../mongo/automation-runs';
import type { AutomationStore } from '../mongo/automations';
import type { ContactStore } from '../mongo/contacts';
import type { ListStore } from '../mongo/lists';
import type { TemplateStore } from '../mongo/templates';
import { existingTemplates } from './automation-steps';
import { bodyOf } from './body-schema';
import { jsonObjectField } from './contact-schema';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound } from './problem';
import { route, type Route } from './route';

const position = z.array(z.union([z.int(), z.enum(['then', 'else'])])).describe('Place of the step: [2,"then",0]');
const runSchema = z.object({
  id: z.string(),
  contactId: z.string(),
  messageId: z.string().describe('The event that started it, as GET /events/:messageId takes it'),
  status: z.enum(runStatuses),
  reason: z.string().nullable(),
  version: z.int(),
  log: z.array(
    z.object({ position, step: z.string(), at: z.iso.datetime(), result: z.string(), emailId: z.string().optional() }),
  ),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  workflowId: z.string(),
  temporalUrl: z.string().nullable(),
});
const simulateBody = bodyOf({
  eventName: z
    .string({ error: 'must be the name of an event, such as Purchase Completed' })
    .max(200, { error: 'must have at most 200 characters' })
    .refine((name) => eventKey(name) !== '', { error: 'must hold more than separators' }),
  properties: jsonObjectField.optional(),
  contactId: z.string({ error: 'must be the id of a contact' }).optional(),
  email: z.string({ error: 'must be an email address' }).optional(),
  userId: z.string({ error: 'must be the id that a CDP knows the contact by' }).optional(),
});
const simulationSchema = z.object({
  matches: z.boolean().describe('Whether the event would start a run now'),
  reason: z.string().nullable().describe('Why not'),
  eventKey: z.string(),
  contactId: z
    .string()
    .nullable()
    .describe('Null where none was named: it is tried with a contact of whom nothing is known'),
  steps: z
    .array(z.object({ position, step: z.string(), result: z.string() }))
    .describe('What a run would do; also for a draft or paused automation, so that it can be tried'),
});

export interface AutomationRunRouteDeps {
  automations: AutomationStore;
  runs: AutomationRunStore;
  contacts: ContactStore;
  lists: ListStore;
  templates: TemplateStore;
  temporalUrl: (workflowId: string) => string | null;
  now: () => number;
}

/** What automations did, and what they would do. */
export function automationRunRoutes(deps: AutomationRunRouteDeps): Route[] {
  const find = async (workspaceId: string, id: string | undefined): Promise<Automation> => {
    const automation = await deps.automations.get(workspaceId, id ?? '');
    if (!automation) throw notFound('automation');
    return automation;
  };

  return [
    route({
      method: 'get',
      path: '/automations/:id/runs',
      tag: 'Automations',
      summary: 'Runs of an automation, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(runSchema),
      async handle({ caller, params, query }) {
        const { id: automationId, workspaceId } = await find(caller.workspace._id, params['id']);
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await deps.runs.page({ workspaceId, automationId }, page);
        const place = (row: AutomationRunDocument) => ({ at: row.startedAt, id: row._id });
        return toPage(rows, query.limit, place, (row) => show(row, deps.temporalUrl));
      },
    }),
    route({
      method: 'post',
      path: '/automations/:id/simulate',
      tag: 'Automations',
      summary: 'What an event would do, without any effect',
      status: 200,
      body: simulateBody,
      response: simulationSchema,
      async handle({ caller, params, body }) {
        const automation = await find(caller.workspace._id, params['id']);
        const { contactId, email, userId } = body;
        const isNamed = contactId !== undefined || email !== undefined || userId !== undefined;
        const found = isNamed ? await findContact(deps.contacts, caller.workspace._id, body) : undefined;
        const answer = { eventKey: eventKey(body.eventName), contactId: found?.id ?? null };
        if (isNamed && !found) {
          return {
            matches: false,
            reason: 'no contact is known for this contactId, email or userId',
            ...answer,
            steps: [],
          };
        }
        const nowMs = deps.now();
        const blank = newContact({ id: '', workspaceId: automation.workspaceId, email: '', source: 'api' }, nowMs);
        const wanted = allSteps(automation.steps).flatMap((step) => ('listId' in step ? [step.listId] : []));
        const listIds = await deps.lists.existing(automation.workspaceId, wanted);
        const named = allSteps(automation.steps).flatMap((step) =>
          step.type === 'sendEmail' ? [step.templateId] : [],
        );
        const templateIds = await existingTemplates(deps.templates, automation.workspaceId, named);
        const event = { name: body.eventName, properties: body.properties ?? {} };
        const simulation = simulate(automation, event, found ?? blank, { listIds, templateIds, nowMs });
        return { ...simulation, reason: simulation.reason ?? null, ...answer };
      },
    }),
  ];
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

function show(
  run: AutomationRunDocument,
  temporalUrl: AutomationRunRouteDeps['temporalUrl'],
): z.infer<typeof runSchema> {
  const workflowId = workflowIds.automationRun(run._id);
  return {
    id: run._id,
    contactId: run.contactId,
    messageId: run.messageKey.slice(run.messageKey.indexOf('/') + 1),
    status: run.status,
    reason: run.reason ?? null,
    version: run.version,
    log: run.log.map(({ position: place, step, at, result, emailId }) => ({
      position: place,
      step,
      at: at.toISOString(),
      result,
      ...(emailId === undefined ? {} : { emailId }),
    })),
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt?.toISOString() ?? null,
    workflowId,
    temporalUrl: temporalUrl(workflowId),
  };
}
