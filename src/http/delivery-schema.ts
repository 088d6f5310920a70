import { z } from 'zod';
import { attemptTriggers, deliveryStatuses, type Delivery } from '../../domain/delivery';
import { slotStates, type DeliveryTimeline } from '../../domain/delivery-timeline';
import { webhookEventTypes } from '../../domain/webhook-events';

const time = z.iso.datetime();
const headersSchema = z.array(z.object({ name: z.string(), value: z.string() }));

export const deliverySchema = z.object({
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

export const attemptSchema = z.object({
  number: z.int(),
  round: z.int(),
  at: time,
  trigger: z.enum(attemptTriggers),
  statusCode: z.int().optional(),
  error: z.string().optional().describe('A class such as timeout or dns_error, where no answer came'),
  summary: z.string().describe('What came of it, in words'),
  durationMs: z.number(),
  request: z.object({
    method: z.literal('POST'),
    url: z.string().nullable().describe('Null once the endpoint is gone for good'),
    headers: headersSchema.describe('As they were sent; the signature and values of your own are masked'),
    isReconstructed: z.boolean().describe('The endpoint was changed since: its URL and headers may have been others'),
  }),
  responseHeaders: headersSchema.describe('30 at most; those that may let somebody in are masked'),
  responseBody: z.string().describe('The first 16 KB'),
});

const slotSchema = z.object({
  place: z.int().describe('From 1'),
  state: z.enum(slotStates),
  waitMs: z.int().describe('After the end of the attempt before'),
  plannedAt: time.nullable().describe('Null where nobody can tell'),
  attemptNumber: z.int().nullable(),
  at: time.nullable().describe('When its attempt began'),
  driftMs: z.number().nullable().describe('Begun so much later than planned; null where a person chose the moment'),
});
export const timelineSchema = z.object({
  round: z.int(),
  slots: z.array(slotSchema),
  others: z
    .array(z.object({ round: z.int(), numbers: z.array(z.int()), isDelivered: z.boolean() }))
    .describe('Attempts of earlier rounds'),
});

export function showDelivery(
  delivery: Delivery,
  temporalUrl: (workflowId: string) => string | null,
): z.infer<typeof deliverySchema> {
  return {
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
    nextAttemptAt: timeOf(delivery.nextAttemptAtMs),
    createdAt: new Date(delivery.createdAtMs).toISOString(),
    updatedAt: new Date(delivery.updatedAtMs).toISOString(),
    workflowId: delivery.workflowId,
    temporalUrl: temporalUrl(delivery.workflowId),
  };
}

export function showTimeline({ round, slots, others }: DeliveryTimeline): z.infer<typeof timelineSchema> {
  return {
    round,
    others,
    slots: slots.map(({ place, state, waitMs, plannedAtMs, attempt, driftMs }) => ({
      ...{ place, state, waitMs },
      plannedAt: timeOf(plannedAtMs),
      attemptNumber: attempt?.number ?? null,
      at: timeOf(attempt?.atMs),
      driftMs: driftMs ?? null,
    })),
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
