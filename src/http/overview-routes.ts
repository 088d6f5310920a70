import { z } from 'zod';
import { overviewRanges, type OverviewCount } from '../../domain/overview';
import { webhookEventTypes } from '../../domain/webhook-events';
import { PacedAnswers } from '../mongo/paced-answers';
import { maxCounted, type StatisticsStore } from '../mongo/statistics';
import { endpointStatuses, maxEndpoints, type WebhookEndpointStore } from '../mongo/webhook-endpoints';
import { overviewOf, type EndpointFailures, type Overview } from './overview-answer';
import { route, type Route } from './route';

const time = z.iso.datetime();
const count = z.int();
const capped = count.nullable().describe(`Counted up to ${maxCounted}; null: too many to count in time`);
const counts = z.object({
  ...{ received: count, rejected: count, delivered: count, failed: count, retrying: count },
  ...{ emailsSent: count, opened: count, clicked: count, bounced: count },
} satisfies Record<OverviewCount, z.ZodInt>);
const firstSteps = ['key', 'identify', 'automation', 'endpoint', 'delivered'] as const;
const stepLinks: Record<(typeof firstSteps)[number], string> = {
  key: '/settings/api',
  identify: '/settings/integrations',
  automation: '/automations',
  endpoint: '/settings/webhooks',
  delivered: '/deliveries',
};
const overviewSchema = z.object({
  now: time,
  range: z.enum(overviewRanges),
  bucketMs: count.describe('The length of a bucket'),
  since: time.describe('When the first bucket begins'),
  isPartial: z
    .boolean()
    .describe('There was more than could be counted in time: what is older than `since` is missing'),
  buckets: z.array(counts.extend({ at: time })),
  totals: counts,
  failingNow: z.array(
    z.object({
      endpointId: z.string(),
      url: z.string(),
      description: z.string(),
      status: z.enum([...endpointStatuses, 'deleted']),
      reason: z.string().nullable(),
      retrying: count,
      failed: count.describe('In the range'),
      oldestAt: time.nullable().describe('When the oldest delivery that is retried was made'),
      nextAttemptAt: time.nullable(),
      causes: z
        .array(z.object({ cause: z.string(), count }))
        .describe('Of the newest 200 failures: a status code, or a class of error'),
    }),
  ),
  queue: z.object({ waitingForRetry: capped, pending: capped, held: capped }),
  byEvent: z.array(
    z.object({
      event: z.enum(webhookEventTypes),
      ...{ delivered: count, failed: count, retrying: count },
      all: count.describe('Of any status'),
    }),
  ),
  unresolved: capped.describe('Messages of the range that came to nobody'),
  checklist: z.array(z.object({ step: z.enum(firstSteps), isDone: z.boolean(), link: z.string() })),
});

export interface OverviewRouteDeps {
  statistics: StatisticsStore;
  endpoints: Pick<WebhookEndpointStore, 'page'>;
  now: () => number;
}

/** What came in, what went out, and what is failing now. */
export function overviewRoutes(deps: OverviewRouteDeps): Route[] {
  const answers = new PacedAnswers<Overview>();
  const endpointsOf = (workspaceId: string) => deps.endpoints.page(workspaceId, { limit: maxEndpoints });
  return [
    route({
      method: 'get',
      path: '/overview',
      tag: 'Overview',
      summary: 'What came in, what went out, and what is failing now; kept for some seconds',
      status: 200,
      query: z.object({
        range: z.enum(overviewRanges, { error: `must be one of ${overviewRanges.join(', ')}` }).default('24h'),
      }),
      response: overviewSchema,
      async handle({ caller, query: { range } }) {
        const workspaceId = caller.workspace._id;
        const ask = () => overviewOf({ statistics: deps.statistics, endpointsOf }, workspaceId, range, deps.now());
        return show(range, await answers.get(`${workspaceId} ${range}`, ask));
      },
    }),
  ];
}

function show(range: (typeof overviewRanges)[number], overview: Overview): z.infer<typeof overviewSchema> {
  const { nowMs, sinceMs, bucketMs, isPartial, totals, byEvent, steps } = overview;
  return {
    now: new Date(nowMs).toISOString(),
    ...{ range, bucketMs, isPartial, totals, byEvent },
    since: new Date(sinceMs).toISOString(),
    buckets: overview.buckets.map(({ atMs, ...rest }) => ({ at: new Date(atMs).toISOString(), ...rest })),
    failingNow: overview.failures.map(showFailures),
    queue: {
      waitingForRetry: overview.queue.retrying ?? null,
      pending: overview.queue.pending ?? null,
      held: overview.queue.held ?? null,
    },
    unresolved: overview.unresolved ?? null,
    checklist: firstSteps.map((step) => ({ step, isDone: steps[step], link: stepLinks[step] })),
  };
}

function showFailures({ endpoint, oldestAt, nextAttemptAt, ...rest }: EndpointFailures) {
  return {
    endpointId: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    status: endpoint.status,
    reason: endpoint.statusReason ?? null,
    oldestAt: oldestAt?.toISOString() ?? null,
    nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
    ...{ retrying: rest.retrying, failed: rest.failed, causes: rest.causes },
  };
}
