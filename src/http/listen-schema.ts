import { z } from 'zod';
import { attemptTriggers, type Attempt } from '../../domain/delivery';
import { answerHeaders, listenAnswerSchema } from '../../domain/listening';
import { webhookEventTypes } from '../../domain/webhook-events';
import type { ListenerRequest } from '../mongo/listener-requests';
import type { ListenerDocument } from '../mongo/listeners';

const time = z.iso.datetime();
const eventNames = webhookEventTypes.join(', ');

/** Query parameters of the stream. */
export const listenQuery = z.object({
  name: z.string().max(100).default('a machine without a name').describe('What tells this listener from others'),
  forwardTo: z.string().max(2_048).default('').describe('Where it posts to; shown to others, and not called from here'),
  events: z
    .string()
    .optional()
    .transform((text, context) => {
      const wanted = text === undefined ? [] : text.split(',').map((name) => name.trim());
      const unknown = wanted.find((name) => !webhookEventTypes.some((type) => type === name));
      if (unknown === undefined) {
        return wanted.length === 0 ? [...webhookEventTypes] : webhookEventTypes.filter((type) => wanted.includes(type));
      }
      context.addIssue({ code: 'custom', message: `${unknown} is not an event; there are ${eventNames}` });
      return z.NEVER;
    })
    .describe('Events to forward, with commas between; all nine if left out'),
  onlySent: z
    .stringbool({ error: 'must be true or false' })
    .default(false)
    .describe('Forward nothing but what a person sends to this listener'),
  listenerId: z.string().optional().describe('The id of before, after a connection that broke'),
});

export const listenerSchema = z.object({
  id: z.string(),
  name: z.string(),
  forwardTo: z.string(),
  events: z.array(z.enum(webhookEventTypes)),
  onlySent: z.boolean(),
  since: time,
});

export function showListener(listener: ListenerDocument): z.infer<typeof listenerSchema> {
  const { _id: id, name, forwardTo, events, onlySent, since } = listener;
  return { id, name, forwardTo, events, onlySent, since: since.toISOString() };
}

export const queuedRequest = z.object({
  requestId: z.string(),
  listener: listenerSchema,
  detail: z.string(),
});

export const responseBody = listenAnswerSchema.extend({
  requestId: z.string({ error: 'must be the requestId of the request that was answered' }),
});

export const listenerRequestSchema = z.object({
  id: z.string(),
  listenerId: z.string(),
  eventId: z.string(),
  deliveryId: z.string().nullable(),
  status: z.enum(['waiting', 'answered']),
  createdAt: time,
  answeredAt: time.nullable(),
  response: listenAnswerSchema.nullable().describe('What the laptop answered'),
  original: z
    .object({
      number: z.int(),
      at: time,
      trigger: z.enum(attemptTriggers),
      statusCode: z.int().nullable(),
      error: z.string().nullable(),
      durationMs: z.number(),
      headers: answerHeaders,
      body: z.string(),
    })
    .nullable()
    .describe('The last attempt at the endpoint; nothing that was sent to a listener changes it'),
});

export function showRequest(
  request: ListenerRequest,
  original: Attempt | undefined,
): z.infer<typeof listenerRequestSchema> {
  return {
    id: request.id,
    listenerId: request.listenerId,
    eventId: request.eventId,
    deliveryId: request.deliveryId ?? null,
    status: request.state === 'answered' ? 'answered' : 'waiting',
    createdAt: request.createdAt.toISOString(),
    answeredAt: request.answeredAt?.toISOString() ?? null,
    response: request.answer ?? null,
    original: original
      ? {
          number: original.number,
          at: new Date(original.atMs).toISOString(),
          trigger: original.trigger,
          statusCode: original.statusCode ?? null,
          error: original.error ?? null,
          durationMs: Math.round(original.durationMs),
          headers: (original.responseHeaders ?? []).map(([name, value]) => ({ name, value })),
          body: original.responseBody,
        }
      : null,
  };
}
