import { z } from 'zod';
import type { ExchangeOutcome } from '../../domain/delivery';
import { webhookEventTypes } from '../../domain/webhook-events';
import { newId } from '../mongo/new-id';
import {
  endpointStatuses,
  maxEndpoints,
  type WebhookEndpoint,
  type WebhookEndpointStore,
} from '../mongo/webhook-endpoints';
import type { WebhookDeliveryStore } from '../mongo/webhook-deliveries';
import type { Starter } from '../temporal/start';
import type { EndpointUrlCheck } from '../webhooks/endpoint-url';
import { newWebhookSecret } from '../webhooks/signature';
import { notFound, Problem } from './problem';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { route, type Route } from './route';

const defaultOverlapHours = 24;
const reservedHeaders = /^(webhook-.*|content-type|content-length|host|connection|transfer-encoding|user-agent)$/i;

const url = z.string({ error: 'must be the https URL that takes the webhooks' }).max(2048);
const description = z.string().max(500);
const events = z
  .array(z.enum(webhookEventTypes, { error: `must be one of ${webhookEventTypes.join(', ')}` }))
  .min(1, { error: 'must name at least one event; leave it out for all nine' })
  .transform((types) => webhookEventTypes.filter((type) => types.includes(type)));
const headers = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/, { error: 'is not a header name; use letters, digits and hyphens' })
      .refine((name) => !reservedHeaders.test(name), {
        error: 'is set by us and cannot be replaced; choose another name',
      }),
    z
      .string()
      .max(2000)
      .regex(/^[\t\x20-\x7e]*$/, { error: 'may hold printable ASCII only' }),
  )
  .refine((value) => Object.keys(value).length <= 20, { error: 'may hold 20 headers at most' });

const testResult = z.object({
  delivered: z.boolean(),
  statusCode: z.int().nullable(),
  error: z.string().nullable(),
  detail: z.string(),
  durationMs: z.number(),
});
const endpointSchema = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(z.enum(webhookEventTypes)),
  headers: z.record(z.string(), z.string()).describe('Names with their values masked'),
  status: z.enum(endpointStatuses),
  statusReason: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
const withSecret = endpointSchema.extend({ secret: z.string().describe('Shown now and never again') });

/** `since` and `until` bound when the deliveries were made. */
const recoverBody = z.strictObject({
  since: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time, such as 2026-04-15T10:00:00Z' }),
  until: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time, such as 2026-04-15T10:00:00Z' }).optional(),
  dryRun: z.boolean().default(false),
});

export interface WebhookRouteDeps {
  endpoints: WebhookEndpointStore;
  deliveries: WebhookDeliveryStore;
  starter: Pick<Starter, 'startNotice' | 'startRecovery' | 'recoveryProgress'>;
  checkUrl: (url: string) => Promise<EndpointUrlCheck>;
  ping: (endpoint: WebhookEndpoint) => Promise<ExchangeOutcome>;
  now: () => number;
}

/** Settings → Webhooks: endpoints, their test, their secret, and what failed at them. */
export function webhookRoutes(deps: WebhookRouteDeps): Route[] {
  const find = async (workspaceId: string, id: string | undefined): Promise<WebhookEndpoint> => {
    const endpoint = await deps.endpoints.get(workspaceId, id ?? '');
    if (!endpoint) throw notFound('webhook endpoint');
    return endpoint;
  };
  const checked = async (text: string): Promise<string> => {
    const check = await deps.checkUrl(text);
    if (!check.ok)
      throw new Problem(422, 'url_not_allowed', check.reason, { errors: [{ pointer: '/url', detail: check.reason }] });
    return check.url;
  };
  const test = async (endpoint: WebhookEndpoint): Promise<z.infer<typeof testResult>> =>
    describeTest(await deps.ping(endpoint));
  /** Carried out at once if Temporal is there; else the sweep finds the notice. */
  const carryOut = (id: string, notice: NonNullable<WebhookEndpoint['notice']>): void => {
    deps.starter.startNotice({ endpointId: id, ...notice }).catch(() => undefined);
  };

  return [
    route({
      method: 'get',
      path: '/webhooks',
      tag: 'Webhooks',
      summary: 'List webhook endpoints',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(endpointSchema),
      async handle({ caller, query }) {
        const after = readCursor(query.cursor);
        const rows = await deps.endpoints.page(caller.workspace._id, { after, limit: query.limit + 1 });
        return toPage(rows, query.limit, (row) => ({ at: row.createdAt, id: row.id }), show);
      },
    }),
    route({
      method: 'post',
      path: '/webhooks',
      tag: 'Webhooks',
      summary: 'Add a webhook endpoint and send it a test ping',
      status: 201,
      body: z.strictObject({
        url,
        description: description.default(''),
        events: events.optional(),
        headers: headers.default({}),
      }),
      response: withSecret.extend({ test: testResult }),
      idempotent: { secrets: ['secret'] },
      async handle({ caller, body }) {
        if (caller.workspace.plan === 'hobby') {
          throw new Problem(
            403,
            'plan_without_webhooks',
            'Webhooks are part of the Starter plan and above; upgrade the plan under Settings → General.',
          );
        }
        const at = new Date(deps.now());
        const secret = newWebhookSecret();
        const endpoint: WebhookEndpoint = {
          id: newId('endpoint'),
          workspaceId: caller.workspace._id,
          url: await checked(body.url),
          description: body.description,
          events: body.events ?? [...webhookEventTypes],
          headers: body.headers,
          secrets: [{ secret }],
          status: 'active',
          createdAt: at,
          updatedAt: at,
        };
        if (!(await deps.endpoints.insert(endpoint))) {
          throw new Problem(
            409,
            'too_many_endpoints',
            `A workspace has at most ${maxEndpoints} webhook endpoints; delete one first.`,
          );
        }
        return { ...show(endpoint), secret, test: await test(endpoint) };
      },
    }),
    route({
      method: 'get',
      path: '/webhooks/:id',
      tag: 'Webhooks',
      summary: 'One webhook endpoint',
      status: 200,
      response: endpointSchema,
      handle: async ({ caller, params }) => show(await find(caller.workspace._id, params['id'])),
    }),
    route({
      method: 'patch',
      path: '/webhooks/:id',
      tag: 'Webhooks',
      summary: 'Change, pause (status: paused) or resume (status: active) an endpoint',
      status: 200,
      body: z.strictObject({
        url: url.optional(),
        description: description.optional(),
        events: events.optional(),
        headers: headers.optional(),
        status: z.enum(['active', 'paused'], { error: 'must be active or paused' }).optional(),
      }),
      response: endpointSchema,
      async handle({ caller, params, body }) {
        const endpoint = await find(caller.workspace._id, params['id']);
        const since = new Date(deps.now());
        const isResumed = body.status === 'active' && endpoint.status !== 'active';
        const notice = isResumed ? { kind: 'resume' as const, since } : undefined;
        const { url: newUrl, description: newDescription, events: newEvents, headers: newHeaders, status } = body;
        const updated = await deps.endpoints.update(
          endpoint.id,
          {
            ...(newUrl === undefined ? {} : { url: await checked(newUrl) }),
            ...(newDescription === undefined ? {} : { description: newDescription }),
            ...(newEvents === undefined ? {} : { events: newEvents }),
            ...(newHeaders === undefined ? {} : { headers: newHeaders }),
            ...(status === undefined ? {} : { status }),
            ...(notice === undefined ? {} : { notice }),
          },
          since,
        );
        if (!updated) throw notFound('webhook endpoint');
        if (notice) carryOut(endpoint.id, notice);
        return show(updated);
      },
    }),
    route({
      method: 'delete',
      path: '/webhooks/:id',
      tag: 'Webhooks',
      summary: 'Delete an endpoint and cancel its open deliveries',
      status: 204,
      async handle({ caller, params }) {
        const endpoint = await find(caller.workspace._id, params['id']);
        const notice = { kind: 'cancel' as const, since: new Date(deps.now()) };
        await deps.endpoints.update(endpoint.id, { status: 'deleted', secrets: [], headers: {}, notice }, notice.since);
        carryOut(endpoint.id, notice);
        return undefined;
      },
    }),
    route({
      method: 'post',
      path: '/webhooks/:id/test',
      tag: 'Webhooks',
      summary: 'Send a test ping now',
      status: 200,
      response: testResult,
      handle: async ({ caller, params }) => test(await find(caller.workspace._id, params['id'])),
    }),
    route({
      method: 'post',
      path: '/webhooks/:id/rotate-secret',
      tag: 'Webhooks',
      summary: 'New signing secret; the old one signs too for a while',
      status: 200,
      body: z.strictObject({ overlapHours: z.number().min(0).max(168).default(defaultOverlapHours) }).prefault({}),
      response: withSecret.extend({ previousExpiresAt: z.iso.datetime() }),
      async handle({ caller, params, body }) {
        const endpoint = await find(caller.workspace._id, params['id']);
        const nowMs = deps.now();
        const expiresAt = new Date(nowMs + body.overlapHours * 3_600_000);
        const secret = newWebhookSecret();
        const overlapping = endpoint.secrets
          .slice(0, 1)
          .map((previous) => ({ secret: previous.secret, expiresAt }))
          .filter(() => body.overlapHours > 0);
        const updated = await deps.endpoints.update(
          endpoint.id,
          { secrets: [{ secret }, ...overlapping] },
          new Date(nowMs),
        );
        if (!updated) throw notFound('webhook endpoint');
        return { ...show(updated), secret, previousExpiresAt: expiresAt.toISOString() };
      },
    }),
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

/** Sending to an endpoint that is switched off needs it switched on first. */
export function notActive(endpoint: { status: string; statusReason?: string }): Problem {
  const why = endpoint.statusReason === undefined ? '' : ` (${endpoint.statusReason})`;
  return new Problem(
    409,
    'endpoint_not_active',
    `The endpoint is ${endpoint.status}${why}; resume it first: PATCH it with {"status":"active"}.`,
  );
}

function show(endpoint: WebhookEndpoint): z.infer<typeof endpointSchema> {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    events: endpoint.events,
    headers: Object.fromEntries(Object.keys(endpoint.headers).map((name) => [name, '***'])),
    status: endpoint.status === 'deleted' ? 'disabled' : endpoint.status,
    statusReason: endpoint.statusReason ?? null,
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
}

function describeTest(outcome: ExchangeOutcome): z.infer<typeof testResult> {
  const durationMs = Math.round(outcome.durationMs);
  if (outcome.kind === 'failed') {
    return { delivered: false, statusCode: null, error: outcome.error, detail: outcome.message, durationMs };
  }
  const delivered = outcome.statusCode >= 200 && outcome.statusCode < 300;
  const detail = delivered
    ? 'The endpoint took the test ping.'
    : `The endpoint answered ${outcome.statusCode}; it must answer with a 2xx status within 30 seconds.`;
  return { delivered, statusCode: outcome.statusCode, error: null, detail, durationMs };
}
