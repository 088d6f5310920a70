import { z } from 'zod';
import { exits, stepsSchema, type Automation } from '../../domain/automation';
import { workflowIds } from '../../domain/ids';
import { parsePosition, positionText } from '../../domain/step-place';
import {
  runStatuses,
  type AutomationRunDocument,
  type AutomationRunStore,
  type StandsAt,
} from '../mongo/automation-runs';
import type { AutomationStore } from '../mongo/automations';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';
import { position } from './simulation-schema';

const runSchema = z.object({
  id: z.string(),
  contactId: z.string(),
  messageId: z.string().describe('The event that started it, as GET /events/:messageId takes it'),
  status: z.enum(runStatuses),
  reason: z.string().nullable(),
  version: z.int(),
  position: position.describe('The step that it is at, or was at when it ended'),
  log: z.array(
    z.object({ position, step: z.string(), at: z.iso.datetime(), result: z.string(), emailId: z.string().optional() }),
  ),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  workflowId: z.string(),
  temporalUrl: z.string().nullable(),
});

const listQuery = z.object({
  ...pageQuery,
  status: z.enum(runStatuses, { error: `must be one of ${runStatuses.join(', ')}` }).optional(),
  position: z
    .string()
    .transform((text, context) => {
      const parsed = parsePosition(text);
      if (parsed) return positionText(parsed);
      context.addIssue({ code: 'custom', message: 'must be the place of a step, such as 2 or 2.then.0' });
      return z.NEVER;
    })
    .optional()
    .describe('Only those that stand at this step now, such as 2.then.0'),
  version: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Whose step `position` is; absent: that of the version that is saved now'),
});

export interface AutomationRunRouteDeps {
  automations: AutomationStore;
  runs: AutomationRunStore;
  temporalUrl: (workflowId: string) => string | null;
}

/** What automations did. */
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
      summary: 'Runs of an automation, newest first; of one status, or those that stand at a step',
      status: 200,
      query: listQuery,
      response: pageOf(runSchema),
      async handle({ caller, params, query }) {
        const { id: automationId, workspaceId, version } = await find(caller.workspace._id, params['id']);
        const { status } = query;
        const at = placeOf(query, version);
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await deps.runs.page({ workspaceId, automationId, status, at }, page);
        const place = (row: AutomationRunDocument) => ({ at: row.startedAt, id: row._id });
        return toPage(rows, query.limit, place, (row) => show(row, deps.temporalUrl));
      },
    }),
    route({
      method: 'get',
      path: '/automations/:id/runs/:runId',
      tag: 'Automations',
      summary: 'One run; its id is encoded, since it holds slashes',
      status: 200,
      response: runSchema,
      async handle({ caller, params }) {
        const run = await deps.runs.get(params['runId'] ?? '');
        if (run?.workspaceId !== caller.workspace._id || run.automationId !== params['id']) throw notFound('run');
        return show(run, deps.temporalUrl);
      },
    }),
    route({
      method: 'get',
      path: '/automations/:id/versions/:version',
      tag: 'Automations',
      summary: 'The steps of a version, which its runs keep however the automation is edited',
      status: 200,
      response: z.object({ version: z.int(), steps: stepsSchema, exitOn: z.array(z.enum(exits)) }),
      async handle({ caller, params }) {
        const { id } = await find(caller.workspace._id, params['id']);
        const version = Number(params['version']);
        const found = await deps.automations.versionOf(id, version);
        if (!found) throw notFound('version');
        return { version, steps: found.steps, exitOn: found.exitOn ?? [...exits] };
      },
    }),
  ];
}

function placeOf(query: z.output<typeof listQuery>, newestVersion: number): StandsAt | undefined {
  const { position: standsAt, version = newestVersion, status = 'running' } = query;
  if (standsAt === undefined) return undefined;
  if (status === 'running') return { version, standsAt };
  throw new Problem(
    400,
    'invalid_query',
    'position: only running runs stand at a step; leave status out, or send running.',
    { errors: [{ pointer: '/position', detail: 'only running runs stand at a step' }] },
  );
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
    position: parsePosition(run.standsAt ?? '') ?? run.log.at(-1)?.position ?? [0],
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
