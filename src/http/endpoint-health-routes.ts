import { z } from 'zod';
import { failureRate, healthPills, latencyOf, pillOf, totalOf } from '../../domain/endpoint-health';
import type { EndpointActivity, EndpointHealthStore } from '../mongo/endpoint-health';
import { PacedAnswers } from '../mongo/paced-answers';
import { maxEndpoints, type WebhookEndpoint, type WebhookEndpointStore } from '../mongo/webhook-endpoints';
import { route, type Route } from './route';
import { findEndpoint } from './webhook-schema';

const time = z.iso.datetime();
const counts = z.object({
  ...{ pending: z.int(), retrying: z.int(), delivered: z.int(), failed: z.int(), held: z.int(), cancelled: z.int() },
});
const healthSchema = z.object({
  endpointId: z.string(),
  pill: z.enum(healthPills),
  reason: z.string().describe('Why it is so, in words'),
  hours: z
    .array(z.object({ at: time, counts }))
    .nullable()
    .describe('Deliveries made in each of the last 24 hours, by what became of them; null: too many to count in time'),
  total: counts.nullable(),
  failureRate: z.number().nullable().describe('Of what was attempted in these hours, what has not arrived: 0 to 1'),
  latency: z
    .object({ attempts: z.int(), p50Ms: z.int(), p95Ms: z.int() })
    .nullable()
    .describe('Of the latest attempts of the newest deliveries, 100 at most'),
  lastDeliveredAt: time.nullable().describe('Of the newest delivery that has arrived'),
  nextAttemptAt: time.nullable().describe('The next one that waits for its retry'),
});

export interface EndpointHealthRouteDeps {
  endpoints: WebhookEndpointStore;
  endpointHealth: Pick<EndpointHealthStore, 'activity'>;
  now: () => number;
}

/** How the endpoints do. Asking often costs little: see PacedAnswers. */
export function endpointHealthRoutes(deps: EndpointHealthRouteDeps): Route[] {
  const answers = new PacedAnswers<EndpointActivity>();
  const healthOf = async (endpoint: WebhookEndpoint): Promise<z.infer<typeof healthSchema>> => {
    const { workspaceId, id } = endpoint;
    const ask = () => deps.endpointHealth.activity(workspaceId, id, new Date(deps.now()));
    return show(endpoint, await answers.get(id, ask));
  };
  return [
    route({
      method: 'get',
      path: '/webhooks/health',
      tag: 'Webhooks',
      summary: 'The health of every endpoint over the last 24 hours, newest endpoint first',
      status: 200,
      response: z.object({ data: z.array(healthSchema) }),
      async handle({ caller }) {
        const endpoints = await deps.endpoints.page(caller.workspace._id, { limit: maxEndpoints });
        const data: z.infer<typeof healthSchema>[] = [];
        // One after the other: events that come in need the connections to the database more.
        for (const endpoint of endpoints) data.push(await healthOf(endpoint));
        return { data };
      },
    }),
    route({
      method: 'get',
      path: '/webhooks/:id/health',
      tag: 'Webhooks',
      summary: 'The health of one endpoint over the last 24 hours',
      status: 200,
      response: healthSchema,
      handle: async ({ caller, params }) =>
        healthOf(await findEndpoint(deps.endpoints, caller.workspace._id, params['id'])),
    }),
  ];
}

function show(endpoint: WebhookEndpoint, activity: EndpointActivity): z.infer<typeof healthSchema> {
  const { hours, recent, lastDeliveredAt, nextAttemptAt } = activity;
  const total = hours && totalOf(hours);
  const { statusReason } = endpoint;
  return {
    endpointId: endpoint.id,
    ...pillOf({
      endpoint: {
        status: endpoint.status === 'deleted' ? 'disabled' : endpoint.status,
        isInLane: endpoint.slowSince !== undefined,
        ...(statusReason === undefined ? {} : { statusReason }),
      },
      recent,
      held: total && total.held,
    }),
    hours: hours && hours.map(({ atMs, counts }) => ({ at: new Date(atMs).toISOString(), counts })),
    total,
    failureRate: total && failureRate(total),
    latency: latencyOf(recent),
    lastDeliveredAt: lastDeliveredAt?.toISOString() ?? null,
    nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
  };
}
