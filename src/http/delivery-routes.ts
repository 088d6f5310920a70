import { z } from 'zod';
import { attemptTriggers, deliveryStatuses, type Attempt, type Delivery } from '../../domain/delivery';
import { webhookEventTypes } from '../../domain/webhook-events';
import type { WebhookAttemptStore } from '../mongo/webhook-attempts';
import type { WebhookDeliveryStore } from '../mongo/webhook-deliveries';
import type { WebhookEndpointStore } from '../mongo/webhook-endpoints';
import type { WebhookEventStore } from '../mongo/webhook-events';
import type { Starter } from '../temporal/start';
import { notFound, Problem } from './problem';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { route, type Route } from './route';
import { notActive } from './webhook-schema';

const time = z.iso.datetime();
const deliverySchema = z.object({
  id: z.string(),
  endpointId: z.string(),
  eventId: z.string().describe('Also the webhook-id header'),
  event: z.enum(webhookEventTypes),
  contactId: z.string().nullable(),
  status: z.enum(deliveryStatuses),
  attemptCount: z.int(),
  round: z.int().describe('Passes through the timeline; a retrigger after failed starts the next'),
  lastStatusCode: z.int().nullable(),
  lastError: z.string().nullable(),
  nextAttemptAt: time.nullable(),
  createdAt: time,
  updatedAt: time,
  workflowId: z.string(),
  temporalUrl: z.string().nullable(),
});
const attemptSchema = z.object({
  number: z.int(),
  round: z.int(),
  at: time,
  trigger: z.enum(attemptTriggers),
  statusCode: z.int().optional(),
  error: z.string().optional(),
  durationMs: z.number(),
  responseBody: z.string().describe('The first 16 KB'),
});
const queued = z.object({ id: z.string(), status: z.literal('queued'), detail: z.string() });

export interface DeliveryRouteDeps {
  deliveries: WebhookDeliveryStore;
  attempts: WebhookAttemptStore;
  endpoints: WebhookEndpointStore;
  events: WebhookEventStore;
  starter: Pick<Starter, 'retrigger' | 'cancelDelivery'>;
  temporalUrl: (workflowId: string) => string | null;
  now: () => number;
}

/** The delivery log, and what can be done to a delivery by hand. */
export function deliveryRoutes(deps: DeliveryRouteDeps): Route[] {
  const find = async (workspaceId: string, id: string | undefined): Promise<Delivery> => {
    const delivery = await deps.deliveries.get(workspaceId, id ?? '');
    if (!delivery) throw notFound('delivery');
    return delivery;
  };
  const show = (delivery: Delivery): z.infer<typeof deliverySchema> => ({
    id: delivery.id,
    endpointId: delivery.endpointId,
    eventId: delivery.eventId,
    event: delivery.eventType,
    contactId: delivery.contactId ?? null,
    status: delivery.status,
    attemptCount: delivery.attemptCount,
    round: delivery.round,
    lastStatusCode: delivery.lastStatusCode ?? null,
    lastError: delivery.lastError ?? null,
    nextAttemptAt: delivery.nextAttemptAtMs === undefined ? null : new Date(delivery.nextAttemptAtMs).toISOString(),
    createdAt: new Date(delivery.createdAtMs).toISOString(),
    updatedAt: new Date(delivery.updatedAtMs).toISOString(),
    workflowId: delivery.workflowId,
    temporalUrl: deps.temporalUrl(delivery.workflowId),
  });

  return [
    route({
      method: 'get',
      path: '/webhook-deliveries',
      tag: 'Deliveries',
      summary: 'The delivery log, newest first',
      status: 200,
      query: z.object({
        ...pageQuery,
        status: z.enum(deliveryStatuses, { error: `must be one of ${deliveryStatuses.join(', ')}` }).optional(),
        endpointId: z.string().optional(),
        event: z.enum(webhookEventTypes, { error: `must be one of ${webhookEventTypes.join(', ')}` }).optional(),
        since: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time' }).optional(),
        until: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time' }).optional(),
      }),
      response: pageOf(deliverySchema),
      async handle({ caller, query }) {
        const { limit, cursor, since, until, status, endpointId, event } = query;
        const rows = await deps.deliveries.page(
          caller.workspace._id,
          {
            ...(status === undefined ? {} : { status }),
            ...(endpointId === undefined ? {} : { endpointId }),
            ...(event === undefined ? {} : { event }),
            ...(since === undefined ? {} : { since: new Date(since) }),
            ...(until === undefined ? {} : { until: new Date(until) }),
          },
          { after: readCursor(cursor), limit: limit + 1 },
        );
        return toPage(rows, limit, (row) => ({ at: new Date(row.createdAtMs), id: row.id }), show);
      },
    }),
    route({
      method: 'get',
      path: '/webhook-deliveries/:id',
      tag: 'Deliveries',
      summary: 'One delivery with its payload and every attempt',
      status: 200,
      response: deliverySchema.extend({ payload: z.json(), attempts: z.array(attemptSchema) }),
      async handle({ caller, params }) {
        const delivery = await find(caller.workspace._id, params['id']);
        const [event, attempts] = await Promise.all([
          deps.events.get(delivery.eventId),
          deps.attempts.list(delivery.id),
        ]);
        const payload = event === undefined ? null : z.json().parse(JSON.parse(event.body));
        return { ...show(delivery), payload, attempts: attempts.map(showAttempt) };
      },
    }),
    route({
      method: 'post',
      path: '/webhook-deliveries/:id/retrigger',
      tag: 'Deliveries',
      summary: 'Attempt a delivery now, whatever its status',
      status: 202,
      response: queued,
      async handle({ caller, params }) {
        const delivery = await find(caller.workspace._id, params['id']);
        const endpoint = await deps.endpoints.get(caller.workspace._id, delivery.endpointId);
        if (!endpoint)
          throw new Problem(
            409,
            'endpoint_deleted',
            'The endpoint of this delivery was deleted; nothing can be delivered to it any more.',
          );
        if (!(await deps.events.get(delivery.eventId))) {
          throw new Problem(
            409,
            'delivery_erased',
            'The person of this delivery was erased, and its payload with them; nothing can be delivered any more.',
          );
        }
        if (endpoint.status !== 'active') throw notActive(endpoint);
        await deps.starter.retrigger(delivery);
        return {
          id: delivery.id,
          status: 'queued' as const,
          detail: 'An attempt was asked for; its result will stand in the delivery log.',
        };
      },
    }),
    route({
      method: 'post',
      path: '/webhook-deliveries/:id/cancel',
      tag: 'Deliveries',
      summary: 'Make no further attempts',
      status: 202,
      response: queued,
      async handle({ caller, params }) {
        const delivery = await find(caller.workspace._id, params['id']);
        if (delivery.status === 'delivered' || delivery.status === 'cancelled') {
          throw new Problem(409, 'delivery_closed', `The delivery is ${delivery.status}; there is nothing to cancel.`);
        }
        if (!(await deps.starter.cancelDelivery(delivery))) {
          await deps.deliveries.cancel(delivery.id, new Date(deps.now()));
        }
        return {
          id: delivery.id,
          status: 'queued' as const,
          detail: 'An attempt under way is finished; no further one is made.',
        };
      },
    }),
  ];
}

function showAttempt(attempt: Attempt): z.infer<typeof attemptSchema> {
  return {
    number: attempt.number,
    round: attempt.round,
    at: new Date(attempt.atMs).toISOString(),
    trigger: attempt.trigger,
    ...(attempt.statusCode === undefined ? {} : { statusCode: attempt.statusCode }),
    ...(attempt.error === undefined ? {} : { error: attempt.error }),
    durationMs: Math.round(attempt.durationMs),
    responseBody: attempt.responseBody,
  };
}
