import { unescape } from 'node:querystring';
import { z } from 'zod';
import { deliveryStatuses } from '../../domain/delivery';
import type { Json } from '../../domain/json';
import { maskPayload, maskText, personalTexts, replaceRepeats, spelledOut } from '../../domain/payload-mask';
import { webhookEventTypes } from '../../domain/webhook-events';
import type { WebhookEndpoint } from '../mongo/webhook-endpoints';
import { sha256Hex } from '../sha256';
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
  body: z.object({ bytes: z.int() }).nullable().describe('Of what was posted and signed; null once it was erased'),
  secretPrints: z
    .array(z.object({ sha256: z.string(), bodySha256: z.string().nullable(), isCurrent: z.boolean() }))
    .describe(
      'SHA-256 of `emailsendx share`, the webhook-id and a signing secret, with line feeds between; bodySha256 with the bytes that were posted and signed as a fourth',
    ),
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
  const secrets = endpoint ? secretTexts(endpoint) : [];
  const hide = (text: string): string =>
    maskText(
      replaceRepeats(text, secrets, () => '***'),
      personal,
    );
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
        responseHeaders: responseHeaders.map(({ name, value }) => ({ name, value: hide(value) })),
        responseBody: hide(responseBody),
      };
    }),
    payload: maskPayload(payload),
    body: body === undefined ? null : { bytes: Buffer.byteLength(body) },
    secretPrints: endpoint ? printsOf(endpoint, delivery.eventId, body, nowMs) : [],
  };
}

/**
 * A secret has 256 random bits: nobody finds it from its print, and who has it can tell that it is the one. Without it,
 * the print of a body says nothing: alone, it would confirm a guess of what is masked.
 */
function printsOf(
  endpoint: WebhookEndpoint,
  webhookId: string,
  body: string | undefined,
  nowMs: number,
): z.infer<typeof sharedViewSchema.shape.secretPrints> {
  return endpoint.secrets
    .filter(({ expiresAt }) => expiresAt === undefined || expiresAt.getTime() > nowMs)
    .map(({ secret }, index) => ({
      sha256: sha256Hex(['emailsendx share', webhookId, secret].join('\n')),
      bodySha256: body === undefined ? null : sha256Hex(['emailsendx share', webhookId, secret, body].join('\n')),
      isCurrent: index === 0,
    }));
}

/** Shorter values would hide words that have nothing to do with them. */
const minSecretLength = 3;

/** What lets somebody in at the endpoint: a receiver that answers with what it was sent repeats it. */
function secretTexts({ url, headers, secrets }: WebhookEndpoint): string[] {
  const { username, password, searchParams } = new URL(url);
  // Of `Bearer …`, the token alone as well.
  const inHeaders = Object.values(headers).flatMap((value) => [value, value.split(/\s+/).at(-1) ?? '']);
  const inUrl = [username, password].map(unescape);
  const all = [...inHeaders, ...inUrl, ...searchParams.values(), ...secrets.map(({ secret }) => secret)];
  return spelledOut(all.filter((text) => text.length >= minSecretLength));
}

/** Credentials, the values of a query and the fragment may let somebody in. */
function bareUrl(text: string): string {
  if (!URL.canParse(text)) return '***';
  const url = new URL(text);
  const names = [...new Set(url.searchParams.keys())].map((name) => `${encodeURIComponent(name)}=***`);
  return `${url.origin}${url.pathname}${names.length > 0 ? `?${names.join('&')}` : ''}`;
}
