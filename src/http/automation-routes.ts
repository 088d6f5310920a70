import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { allSteps, exits, type Automation, type Step } from '../../domain/automation';
import { eventKey } from '../../domain/event-name';
import type { AutomationRunStore } from '../mongo/automation-runs';
import type { AutomationStore } from '../mongo/automations';
import type { Database } from '../mongo/connect';
import { newId } from '../mongo/new-id';
import {
  activitySchema,
  automationChangeBody,
  automationSchema,
  newAutomationBody,
  showAutomation,
} from './automation-schema';
import { existingTemplates, vetSteps, type StepChecks } from './automation-steps';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { invalidInput, notFound, Problem, problemErrorSchema } from './problem';
import { route, type Route } from './route';

export interface AutomationRouteDeps extends StepChecks {
  database: Pick<Database, 'transaction'>;
  automations: AutomationStore;
  runs: AutomationRunStore;
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
      query: z.object({
        ...pageQuery,
        include: z.enum(['activity'], { error: 'must be activity' }).optional(),
      }),
      response: pageOf(automationSchema.extend({ activity: activitySchema.optional() })),
      async handle({ caller, query }) {
        const workspaceId = caller.workspace._id;
        const rows = await deps.automations.page(workspaceId, {
          after: readCursor(query.cursor),
          limit: query.limit + 1,
        });
        const page = toPage(
          rows,
          query.limit,
          (row) => ({ at: new Date(row.createdAtMs), id: row.id }),
          showAutomation,
        );
        if (query.include === undefined) return page;
        const activityOf = await activities(deps.runs, workspaceId, page.data);
        return { ...page, data: page.data.map((row) => ({ ...row, activity: activityOf(row.id) })) };
      },
    }),
    route({
      method: 'post',
      path: '/automations',
      tag: 'Automations',
      summary: 'Add an automation',
      status: 201,
      body: newAutomationBody,
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
        return showAutomation(automation);
      },
    }),
    route({
      method: 'post',
      path: '/automations/validate',
      tag: 'Automations',
      summary: 'What saving an automation would answer, without saving it',
      status: 200,
      body: z.unknown(),
      response: z.object({ isValid: z.boolean(), problems: z.array(problemErrorSchema) }),
      async handle({ caller, body }) {
        const parsed = newAutomationBody.safeParse(body);
        const problems = parsed.success
          ? (await vetSteps(caller.workspace._id, parsed.data.steps, deps)).problems
          : (invalidInput(parsed.error, 'body').more.errors ?? []);
        return { isValid: problems.length === 0, problems };
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
        return showAutomation(automation);
      },
    }),
    route({
      method: 'patch',
      path: '/automations/:id',
      tag: 'Automations',
      summary: 'Change an automation; runs under way keep the steps they were started with',
      status: 200,
      body: automationChangeBody,
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
        return showAutomation(saved);
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

/** What each of the automations is doing. */
async function activities(runs: AutomationRunStore, workspaceId: string, rows: { id: string }[]) {
  const [running, starts] = await Promise.all([
    runs.runningByAutomation(
      workspaceId,
      rows.map(({ id }) => id),
    ),
    Promise.all(rows.map(async ({ id }) => [id, await runs.lastStart(workspaceId, id)] as const)),
  ]);
  const lastStarts = new Map(starts);
  return (id: string): z.infer<typeof activitySchema> => ({
    running: running.get(id) ?? 0,
    lastStartedAt: lastStarts.get(id)?.toISOString() ?? null,
  });
}

function changed(
  before: Automation,
  wanted: Omit<z.output<typeof automationChangeBody>, 'steps'> & { steps: Step[] | undefined },
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
