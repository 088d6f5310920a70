import { z } from 'zod';
import type { WebhookDeliveryStore } from '../mongo/webhook-deliveries';
import type { WebhookEndpoint, WebhookEndpointStore } from '../mongo/webhook-endpoints';
import type { Starter } from '../temporal/start';
import { notFound } from './problem';
import { route, type Route } from './route';
import { findEndpoint, notActive } from './webhook-schema';

/** `since` and `until` bound when the deliveries were made. */
const recoverBody = z.strictObject({
  since: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time, such as 2026-04-15T10:00:00Z' }),
  until: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time, such as 2026-04-15T10:00:00Z' }).optional(),
  dryRun: z.boolean().default(false),
});

export interface RecoveryRouteDeps {
  endpoints: WebhookEndpointStore;
  deliveries: WebhookDeliveryStore;
  starter: Pick<Starter, 'startRecovery' | 'recoveryProgress'>;
  now: () => number;
}

/** Delivering again what failed at an endpoint since a moment. */
export function recoveryRoutes(deps: RecoveryRouteDeps): Route[] {
  const find = (workspaceId: string, id: string | undefined): Promise<WebhookEndpoint> =>
    findEndpoint(deps.endpoints, workspaceId, id);

  return [
    route({
      method: 'post',
      path: '/webhooks/:id/recover',
      tag: 'Webhooks',
      summary: 'Deliver again what failed since a moment, at a bounded rate',
      status: 202,
      body: recoverBody,
      response: z.object({ failed: z.int(), dryRun: z.boolean(), since: z.iso.datetime(), until: z.iso.datetime() }),
      async handle({ caller, params, body, response }) {
        const endpoint = await find(caller.workspace._id, params['id']);
        const since = new Date(body.since);
        const until = body.until === undefined ? new Date(deps.now()) : new Date(body.until);
        const failed = await deps.deliveries.countOfEndpoint(endpoint.id, { statuses: ['failed'], since, until });
        const range = { since: since.toISOString(), until: until.toISOString() };
        if (body.dryRun) response.status(200);
        else {
          if (endpoint.status !== 'active') throw notActive(endpoint);
          await deps.starter.startRecovery({ endpointId: endpoint.id, ...range });
        }
        return { failed, dryRun: body.dryRun, ...range };
      },
    }),
    route({
      method: 'get',
      path: '/webhooks/:id/recover',
      tag: 'Webhooks',
      summary: 'How far a recovery has come',
      status: 200,
      query: z.object({ since: z.iso.datetime({ offset: true, error: 'must be the `since` of the recovery' }) }),
      response: z.object({ signalled: z.int(), isDone: z.boolean() }),
      async handle({ caller, params, query }) {
        const endpoint = await find(caller.workspace._id, params['id']);
        const progress = await deps.starter.recoveryProgress({
          endpointId: endpoint.id,
          since: new Date(query.since).toISOString(),
        });
        if (!progress) throw notFound('recovery since that moment');
        return progress;
      },
    }),
  ];
}
