import { z } from 'zod';
import { parsePosition } from '../../domain/step-place';
import { countLimit, type AutomationRunStore } from '../mongo/automation-runs';
import type { AutomationStore } from '../mongo/automations';
import { PacedAnswers } from '../mongo/paced-answers';
import { notFound } from './problem';
import { route, type Route } from './route';
import { position } from './simulation-schema';

const dayMs = 86_400_000;
const count = z.int().describe(`Counted up to ${countLimit}`);
const statisticsSchema = z.object({
  version: z.int().describe('The version that new runs get'),
  running: count,
  completed: count,
  stopped: count.describe('The contact has left or was deleted, or the run was cancelled'),
  startedLastDay: count,
  lastStartedAt: z.iso.datetime().nullable(),
  countLimit: z.int().describe('A count that has this value may be more'),
  standing: z
    .array(z.object({ version: z.int(), position, runs: count }))
    .describe('Where running runs stand: one entry for each step of each version that somebody is at'),
});
type Statistics = z.infer<typeof statisticsSchema>;

export interface AutomationStatisticsDeps {
  automations: AutomationStore;
  runs: AutomationRunStore;
  now: () => number;
}

/** How many people are where in an automation. An answer is kept for three seconds, or longer where it costs more. */
export function automationStatisticsRoutes(deps: AutomationStatisticsDeps): Route[] {
  const answers = new PacedAnswers<Omit<Statistics, 'version'>>();

  const ask = async (workspaceId: string, automationId: string): Promise<Omit<Statistics, 'version'>> => {
    const which = { workspaceId, automationId };
    const since = new Date(deps.now() - dayMs);
    const [standing, completed, stopped, startedLastDay, lastStart] = await Promise.all([
      deps.runs.standing(workspaceId, automationId),
      deps.runs.count({ ...which, status: 'completed' }),
      deps.runs.count({ ...which, status: 'stopped' }),
      deps.runs.count({ ...which, since }),
      deps.runs.lastStart(workspaceId, automationId),
    ]);
    return {
      running: standing.reduce((sum, { runs }) => sum + runs, 0),
      ...{ completed, stopped, startedLastDay, countLimit },
      lastStartedAt: lastStart?.toISOString() ?? null,
      standing: standing.map(({ version, standsAt, runs }) => ({
        ...{ version, runs },
        position: parsePosition(standsAt) ?? [0],
      })),
    };
  };

  return [
    route({
      method: 'get',
      path: '/automations/:id/statistics',
      tag: 'Automations',
      summary: 'How many runs there are, and at which steps they stand',
      status: 200,
      response: statisticsSchema,
      async handle({ caller, params }) {
        const automation = await deps.automations.get(caller.workspace._id, params['id'] ?? '');
        if (!automation) throw notFound('automation');
        const { id, workspaceId, version } = automation;
        return { version, ...(await answers.get(id, () => ask(workspaceId, id))) };
      },
    }),
  ];
}
