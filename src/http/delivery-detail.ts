import { z } from 'zod';
import { describeAttempt } from '../../domain/attempt-words';
import type { Attempt, Delivery } from '../../domain/delivery';
import { deliveryTimeline } from '../../domain/delivery-timeline';
import type { HeaderLines } from '../../domain/response-headers';
import type { WebhookAttemptStore } from '../mongo/webhook-attempts';
import { endpointStatuses, type WebhookEndpoint, type WebhookEndpointStore } from '../mongo/webhook-endpoints';
import type { WebhookEventStore } from '../mongo/webhook-events';
import { sentHeaders } from '../webhooks/sent-headers';
import { attemptSchema, deliverySchema, showTimeline, timelineSchema } from './delivery-schema';

export const deliveryDetailSchema = deliverySchema.extend({
  endpoint: z.object({
    id: z.string(),
    url: z.string().nullable(),
    description: z.string(),
    status: z.enum([...endpointStatuses, 'deleted']),
    statusReason: z.string().nullable(),
  }),
  timeline: timelineSchema.describe('The current round, slot by slot'),
  payload: z.unknown().describe('Null once the person was erased'),
  body: z.string().nullable().describe('The bytes that are posted and signed, exactly'),
  attempts: z.array(attemptSchema),
});

export interface DeliveryParts {
  delivery: Delivery;
  attempts: Attempt[];
  /** A tombstone where it was deleted. */
  endpoint: WebhookEndpoint | undefined;
  body: string | undefined;
}

/** Reads all that is known of a delivery. */
export function createDeliveryReader(stores: {
  attempts: WebhookAttemptStore;
  endpoints: WebhookEndpointStore;
  events: WebhookEventStore;
}) {
  return async (delivery: Delivery): Promise<DeliveryParts> => {
    const [attempts, endpoint, event] = await Promise.all([
      stores.attempts.list(delivery.id),
      stores.endpoints.find(delivery.endpointId),
      stores.events.get(delivery.eventId),
    ]);
    return { delivery, attempts, endpoint, body: event?.body };
  };
}

export function timelineOf(
  { delivery, attempts }: DeliveryParts,
  retryDelaysMs: readonly number[],
): z.infer<typeof timelineSchema> {
  return showTimeline(deliveryTimeline(delivery, attempts, retryDelaysMs));
}

export function showEndpointOf({
  delivery,
  endpoint,
}: DeliveryParts): z.infer<typeof deliveryDetailSchema.shape.endpoint> {
  return {
    id: delivery.endpointId,
    url: endpoint?.url ?? null,
    description: endpoint?.description ?? '',
    status: endpoint?.status ?? 'deleted',
    statusReason: endpoint?.statusReason ?? null,
  };
}

export function showAttempt(attempt: Attempt, { delivery, endpoint }: DeliveryParts): z.infer<typeof attemptSchema> {
  const { statusCode, error, responseHeaders = [] } = attempt;
  return {
    number: attempt.number,
    round: attempt.round,
    at: new Date(attempt.atMs).toISOString(),
    trigger: attempt.trigger,
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(error === undefined ? {} : { error }),
    summary: describeAttempt(attempt),
    durationMs: Math.round(attempt.durationMs),
    request: {
      method: 'POST',
      url: endpoint?.url ?? null,
      headers: linesOf(sentHeaders(delivery.eventId, attempt, Object.keys(endpoint?.headers ?? {}))),
      isReconstructed: !endpoint || endpoint.updatedAt.getTime() > attempt.atMs,
    },
    responseHeaders: linesOf(responseHeaders),
    responseBody: attempt.responseBody,
  };
}

function linesOf(headers: HeaderLines): { name: string; value: string }[] {
  return headers.map(([name, value]) => ({ name, value }));
}
