import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  allSteps,
  automationStatuses,
  exits,
  stepsSchema,
  triggerSchema,
  type Automation,
  type Step,
} from '../../domain/automation';
import { eventKey } from '../../domain/event-name';
import type { AutomationStore } from '../mongo/automations';
import type { Database } from '../mongo/connect';
import { newId } from '../mongo/new-id';
import { bounded, existingTemplates, vetSteps, type StepChecks } from './automation-steps';
import { bodyOf, nameField } from './body-schema';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const exitsDescription = 'How a contact can leave that ends its runs; a complaint counts as unsubscribed';
const automationSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(automationStatuses),
  trigger: triggerSchema,
  eventKey: z.string().describe('The name of the event in the form that it is matched in'),
  steps: stepsSchema,
  exitOn: z.array(z.enum(exits)).describe(exitsDescription),
  version: z.int().describe('Counts changes of trigger, steps and exitOn; a run keeps what it was started with'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
const status = z.enum(automationStatuses, { error: `must be one of ${automationStatuses.join(', ')}` });
const exitOn = z
  .array(z.enum(exits, { error: `must be one of ${exits.join(', ')}` }), {
    error: `must be an array of ${exits.join(', ')}; an empty one lets runs go on`,
  })
  .transform((chosen) => exits.filter((exit) => chosen.includes(exit)))
  .describe(exitsDescription);
const newBody = bounded(
  bodyOf({
    name: nameField,
    status: status.default('draft'),
    trigger: triggerSchema,
    steps: stepsSchema,
    exitOn: exitOn.optional(),
  }),
);
const changeBody = bounded(
  bodyOf({
    name: nameField.optional(),
    status: status.optional(),
    trigger: triggerSchema.optional(),
    steps: stepsSchema.optional(),
    exitOn: exitOn.optional(),
  }),
);

export interface AutomationRouteDeps extends StepChecks {
  database: Pick<Database, 'transaction'>;
  automations: AutomationStore;
  now: () => number;
}

/** Automations. */
export function automationRoutes(deps: AutomationRouteDeps): Route[] {
  const checked = async (workspaceId: string, wanted: readonly Step[]): Promise<Step[]> => {
    const { steps, problems } = await vetSteps(workspaceId, wanted, deps);
    const [first] = problems;
    if (first) {
      throw new Problem(422, 'invalid_body', `${first.pointer.slice(1).replaceAll('/', '.')}: ${first.detail}`, {
        errors: problems,
      });
    }
    return steps;
  };

  /** Steps that were saved long ago may name templates that are gone by now. */
  const checkTemplates = async ({ workspaceId, steps }: Automation): Promise<void> => {
    const wanted = allSteps(steps).flatMap((step) => (step.type === 'sendEmail' ? [step.templateId] : []));
    const existing = await existingTemplates(deps.templates, workspaceId, wanted);
    const gone = wanted.find((id) => !existing.has(id));
    if (gone === undefined) return;
    const detail = `There is no template ${gone} any more; PATCH the steps before you activate the automation.`;
    throw new Problem(422, 'unknown_template', detail, { errors: [{ pointer: '/steps', detail }] });
  };

  return [
    route({
      method: 'get',
      path: '/automations',
      tag: 'Automations',
      summary: 'Automations, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(automationSchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await deps.automations.page(caller.workspace._id, page);
        return toPage(rows, query.limit, (row) => ({ at: new Date(row.createdAtMs), id: row.id }), show);
      },
    }),
    route({
      method: 'post',
      path: '/automations',
      tag: 'Automations',
      summary: 'Add an automation',
      status: 201,
      body: newBody,
      response: automationSchema,
      idempotent: { secrets: [] },
      async handle({ caller, body }) {
        const nowMs = deps.now();
        const { exitOn: exitsOfBody = [...exits], ...rest } = body;
        const automation: Automation = {
          ...rest,
          exitOn: exitsOfBody,
          id: newId('automation'),
          workspaceId: caller.workspace._id,
          eventKey: eventKey(body.trigger.eventName),
          steps: await checked(caller.workspace._id, body.steps),
          version: 1,
          createdAtMs: nowMs,
          updatedAtMs: nowMs,
        };
        await deps.automations.save(automation);
        return show(automation);
      },
    }),
    route({
      method: 'get',
      path: '/automations/:id',
      tag: 'Automations',
      summary: 'One automation',
      status: 200,
      response: automationSchema,
      async handle({ caller, params }) {
        const automation = await deps.automations.get(caller.workspace._id, params['id'] ?? '');
        if (!automation) throw notFound('automation');
        return show(automation);
      },
    }),
    route({
      method: 'patch',
      path: '/automations/:id',
      tag: 'Automations',
      summary: 'Change an automation; runs under way keep the steps they were started with',
      status: 200,
      body: changeBody,
      response: automationSchema,
      async handle({ caller, params, body }) {
        const workspaceId = caller.workspace._id;
        const id = params['id'] ?? '';
        const steps = body.steps === undefined ? undefined : await checked(workspaceId, body.steps);
        const saved = await deps.database.transaction(async (session) => {
          const before = await deps.automations.get(workspaceId, id, session);
          if (!before) return undefined;
          if (body.status === 'active' && !steps) await checkTemplates(before);
          const after = changed(before, { ...body, steps }, deps.now());
          await deps.automations.save(after, session);
          return after;
        });
        if (!saved) throw notFound('automation');
        return show(saved);
      },
    }),
    route({
      method: 'delete',
      path: '/automations/:id',
      tag: 'Automations',
      summary: 'Delete an automation; runs under way stop at their next step',
      status: 204,
      async handle({ caller, params }) {
        const isDeleted = await deps.database.transaction((session) =>
          deps.automations.delete(caller.workspace._id, params['id'] ?? '', session),
        );
        if (!isDeleted) throw notFound('automation');
        return undefined;
      },
    }),
  ];
}

function changed(
  before: Automation,
  wanted: Omit<z.output<typeof changeBody>, 'steps'> & { steps: Step[] | undefined },
  nowMs: number,
): Automation {
  const trigger = wanted.trigger ?? before.trigger;
  const steps = wanted.steps ?? before.steps;
  const exitsBefore = before.exitOn ?? [...exits];
  const exitsAfter = wanted.exitOn ?? exitsBefore;
  const isNewVersion = !isDeepStrictEqual([trigger, steps, exitsAfter], [before.trigger, before.steps, exitsBefore]);
  return {
    ...before,
    name: wanted.name ?? before.name,
    status: wanted.status ?? before.status,
    trigger,
    eventKey: eventKey(trigger.eventName),
    steps,
    exitOn: exitsAfter,
    version: before.version + (isNewVersion ? 1 : 0),
    updatedAtMs: nowMs,
  };
}

function show(automation: Automation): z.infer<typeof automationSchema> {
  return {
    id: automation.id,
    name: automation.name,
    status: automation.status,
    trigger: automation.trigger,
    eventKey: automation.eventKey,
    steps: automation.steps,
    exitOn: automation.exitOn ?? [...exits],
    version: automation.version,
    createdAt: new Date(automation.createdAtMs).toISOString(),
    updatedAt: new Date(automation.updatedAtMs).toISOString(),
  };
}
