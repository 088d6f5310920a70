import { z } from 'zod';
import type { ExchangeOutcome } from '../../domain/delivery';
import { customHeadersSchema } from '../../domain/webhook-headers';
import { webhookEventTypes } from '../../domain/webhook-events';
import { endpointStatuses, type WebhookEndpoint, type WebhookEndpointStore } from '../mongo/webhook-endpoints';
import { notFound, Problem } from './problem';

const eventName = z.enum(webhookEventTypes, { error: `must be one of ${webhookEventTypes.join(', ')}` });

/** What a person may set on a webhook endpoint. */
export const endpointFields = {
  url: z.string({ error: 'must be the https URL that takes the webhooks' }).max(2048),
  description: z.string().max(500),
  events: z
    .array(eventName)
    .min(1, { error: 'must name at least one event; leave it out for all nine' })
    .transform((types) => webhookEventTypes.filter((type) => types.includes(type))),
  headers: customHeadersSchema,
};

const masked = '***';
const maxShownBody = 2_000;

/**
 * The headers as they are to be kept: what came back masked stays as it was. At another host nothing stays: whoever may
 * enter an address there would read what nobody is shown.
 */
export function headersAfter(
  endpoint: Pick<WebhookEndpoint, 'url' | 'headers'>,
  change: { url: string | undefined; headers: Record<string, string> | undefined },
): Record<string, string> {
  const isMoved = change.url !== undefined && new URL(change.url).origin !== new URL(endpoint.url).origin;
  const { headers: kept } = endpoint;
  return Object.fromEntries(
    Object.entries(change.headers ?? (isMoved ? shownHeaders(kept) : kept)).map(([name, value]) => {
      if (value !== masked) return [name, value];
      const before = Object.hasOwn(kept, name) ? kept[name] : undefined;
      if (before !== undefined && !isMoved) return [name, before];
      const detail = isMoved
        ? `the value of ${name} does not go to another host by itself; send it anew, or leave the header out of headers`
        : `*** stands for a value that is kept already, and there is none for ${name}; send its value`;
      throw new Problem(422, 'unknown_header', detail, { errors: [{ pointer: `/headers/${name}`, detail }] });
    }),
  );
}

function shownHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, masked]));
}

/** A ping says nothing of any event; a sample is of one of the nine, with made-up data. */
export const testBody = z.strictObject({ event: eventName.optional() }).prefault({});

/** What came of a test ping. */
export const testResult = z.object({
  delivered: z.boolean(),
  statusCode: z.int().nullable(),
  error: z.string().nullable(),
  detail: z.string(),
  durationMs: z.number(),
  responseBody: z.string().nullable().describe('The first 2,000 characters of the answer'),
});
export const endpointSchema = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(z.enum(webhookEventTypes)),
  headers: z.record(z.string(), z.string()).describe('Names with their values masked; sent back so, they stay'),
  status: z.enum(endpointStatuses),
  statusReason: z.string().nullable(),
  previousSecretExpiresAt: z.iso
    .datetime()
    .nullable()
    .describe('Until then the secret before the last rotation signs too; null: there was none'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export const endpointWithSecret = endpointSchema.extend({ secret: z.string().describe('Shown now and never again') });

/** The endpoint of that id in the workspace, or a 404. */
export async function findEndpoint(
  endpoints: Pick<WebhookEndpointStore, 'get'>,
  workspaceId: string,
  id: string | undefined,
): Promise<WebhookEndpoint> {
  const endpoint = await endpoints.get(workspaceId, id ?? '');
  if (!endpoint) throw notFound('webhook endpoint');
  return endpoint;
}

/** Sending to an endpoint that is switched off needs it switched on first. */
export function notActive(endpoint: { status: string; statusReason?: string }): Problem {
  const why = endpoint.statusReason === undefined ? '' : ` (${endpoint.statusReason})`;
  return new Problem(
    409,
    'endpoint_not_active',
    `The endpoint is ${endpoint.status}${why}; resume it first: PATCH it with {"status":"active"}.`,
  );
}

/** An endpoint without its secrets. */
export function showEndpoint(endpoint: WebhookEndpoint): z.infer<typeof endpointSchema> {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    events: endpoint.events,
    headers: shownHeaders(endpoint.headers),
    status: endpoint.status === 'deleted' ? 'disabled' : endpoint.status,
    statusReason: endpoint.statusReason ?? null,
    previousSecretExpiresAt: endpoint.secrets[1]?.expiresAt?.toISOString() ?? null,
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
}

export function describeTest(outcome: ExchangeOutcome): z.infer<typeof testResult> {
  const durationMs = Math.round(outcome.durationMs);
  if (outcome.kind === 'failed') {
    return {
      delivered: false,
      statusCode: null,
      error: outcome.error,
      detail: outcome.message,
      durationMs,
      responseBody: null,
    };
  }
  const delivered = outcome.statusCode >= 200 && outcome.statusCode < 300;
  const detail = delivered
    ? 'The endpoint took the test ping.'
    : `The endpoint answered ${outcome.statusCode}; it must answer with a 2xx status within 30 seconds.`;
  const responseBody = outcome.body.slice(0, maxShownBody);
  return { delivered, statusCode: outcome.statusCode, error: null, detail, durationMs, responseBody };
}
