import { createHash } from 'node:crypto';
import { z } from 'zod';
import { deliveryStatuses } from '../../domain/delivery';
import type { Json } from '../../domain/json';
import { maskPayload, maskText, personalTexts } from '../../domain/payload-mask';
import { webhookEventTypes } from '../../domain/webhook-events';
import type { WebhookEndpoint } from '../mongo/webhook-endpoints';
import { showAttempt, timelineOf, type DeliveryParts } from './delivery-detail';
import { attemptSchema, timelineSchema } from './delivery-schema';

const time = z.iso.datetime();

/** What a link to a delivery shows to whoever has it: the team of the receiver, without a key. */
export const sharedViewSchema = z.object({
  event: z.enum(webhookEventTypes),
  status: z.enum(deliveryStatuses),
  webhookId: z.string(),
  createdAt: time,
  nextAttemptAt: time.nullable(),
  serverTime: time,
  expiresAt: time.describe('Of the link'),
  timeline: timelineSchema,
  attempts: z.array(attemptSchema),
  payload: z.unknown().describe('With personal data masked; null once the person was erased'),
  body: z
    .object({ sha256: z.string(), bytes: z.int() })
    .nullable()
    .describe('Of the bytes that were posted and signed, to be held against what arrived'),
  secretPrints: z
    .array(z.object({ sha256: z.string(), isCurrent: z.boolean() }))
    .describe('SHA-256 of `emailsendx share`, the webhook-id and a signing secret, with line feeds between'),
});

/** The delivery without what is secret or personal: addresses stay as far as their path. */
export function sharedView(
  parts: DeliveryParts,
  retryDelaysMs: readonly number[],
  { nowMs, expiresAt }: { nowMs: number; expiresAt: Date },
): z.infer<typeof sharedViewSchema> {
  const { delivery, endpoint, body } = parts;
  const payload: Json = body === undefined ? null : z.json().parse(JSON.parse(body));
  const personal = personalTexts(payload);
  return {
    event: delivery.eventType,
    status: delivery.status,
    webhookId: delivery.eventId,
    createdAt: new Date(delivery.createdAtMs).toISOString(),
    nextAttemptAt: delivery.nextAttemptAtMs === undefined ? null : new Date(delivery.nextAttemptAtMs).toISOString(),
    serverTime: new Date(nowMs).toISOString(),
    expiresAt: expiresAt.toISOString(),
    timeline: timelineOf(parts, retryDelaysMs),
    attempts: parts.attempts.map((attempt) => {
      const { request, responseHeaders, responseBody, ...rest } = showAttempt(attempt, parts);
      return {
        ...rest,
        request: { ...request, url: request.url === null ? null : bareUrl(request.url) },
        responseHeaders: responseHeaders.map(({ name, value }) => ({ name, value: maskText(value, personal) })),
        responseBody: maskText(responseBody, personal),
      };
    }),
    payload: maskPayload(payload),
    body: body === undefined ? null : { sha256: sha256(body), bytes: Buffer.byteLength(body) },
    secretPrints: endpoint ? printsOf(endpoint, delivery.eventId, nowMs) : [],
  };
}

/** A secret has 256 random bits: nobody finds it from its print, and who has it can tell that it is the one. */
function printsOf(
  endpoint: WebhookEndpoint,
  webhookId: string,
  nowMs: number,
): { sha256: string; isCurrent: boolean }[] {
  return endpoint.secrets
    .filter(({ expiresAt }) => expiresAt === undefined || expiresAt.getTime() > nowMs)
    .map(({ secret }, index) => ({
      sha256: sha256(['emailsendx share', webhookId, secret].join('\n')),
      isCurrent: index === 0,
    }));
}

/** Credentials, the values of a query and the fragment may let somebody in. */
function bareUrl(text: string): string {
  if (!URL.canParse(text)) return '***';
  const url = new URL(text);
  const names = [...new Set(url.searchParams.keys())].map((name) => `${encodeURIComponent(name)}=***`);
  return `${url.origin}${url.pathname}${names.length > 0 ? `?${names.join('&')}` : ''}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
