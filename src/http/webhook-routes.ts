import { z } from 'zod';
import type { ExchangeOutcome } from '../../domain/delivery';
import { webhookEventTypes, type WebhookEventType } from '../../domain/webhook-events';
import { newId } from '../mongo/new-id';
import { maxEndpoints, type WebhookEndpoint, type WebhookEndpointStore } from '../mongo/webhook-endpoints';
import type { Starter } from '../temporal/start';
import type { EndpointUrlCheck } from '../webhooks/endpoint-url';
import { newWebhookSecret } from '../webhooks/signature';
import { notFound, Problem } from './problem';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { route, type Route } from './route';
import {
  describeTest,
  endpointFields,
  endpointSchema,
  endpointWithSecret,
  findEndpoint,
  showEndpoint,
  testBody,
  testResult,
  headersAfter,
} from './webhook-schema';

const defaultOverlapHours = 24;

export interface WebhookRouteDeps {
  endpoints: WebhookEndpointStore;
  starter: Pick<Starter, 'startNotice'>;
  checkUrl: (url: string) => Promise<EndpointUrlCheck>;
  ping: (endpoint: WebhookEndpoint, event?: WebhookEventType) => Promise<ExchangeOutcome>;
  now: () => number;
}

/** Settings → Webhooks: endpoints, their test, and their secret. */
export function webhookRoutes(deps: WebhookRouteDeps): Route[] {
  const find = (workspaceId: string, id: string | undefined): Promise<WebhookEndpoint> =>
    findEndpoint(deps.endpoints, workspaceId, id);
  const checked = async (text: string): Promise<string> => {
    const check = await deps.checkUrl(text);
    if (!check.ok)
      throw new Problem(422, 'url_not_allowed', check.reason, { errors: [{ pointer: '/url', detail: check.reason }] });
    return check.url;
  };
  const test = async (endpoint: WebhookEndpoint, event?: WebhookEventType): Promise<z.infer<typeof testResult>> =>
    describeTest(await deps.ping(endpoint, event));
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
        return toPage(rows, query.limit, (row) => ({ at: row.createdAt, id: row.id }), showEndpoint);
      },
    }),
    route({
      method: 'post',
      path: '/webhooks',
      tag: 'Webhooks',
      summary: 'Add a webhook endpoint and send it a test ping',
      status: 201,
      body: z.strictObject({
        url: endpointFields.url,
        description: endpointFields.description.default(''),
        events: endpointFields.events.optional(),
        headers: endpointFields.headers.default({}),
      }),
      response: endpointWithSecret.extend({ test: testResult }),
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
          headers: headersAfter({ url: body.url, headers: {} }, { url: undefined, headers: body.headers }),
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
        return { ...showEndpoint(endpoint), secret, test: await test(endpoint) };
      },
    }),
    route({
      method: 'get',
      path: '/webhooks/:id',
      tag: 'Webhooks',
      summary: 'One webhook endpoint',
      status: 200,
      response: endpointSchema,
      handle: async ({ caller, params }) => showEndpoint(await find(caller.workspace._id, params['id'])),
    }),
    route({
      method: 'patch',
      path: '/webhooks/:id',
      tag: 'Webhooks',
      summary: 'Change, pause (status: paused) or resume (status: active) an endpoint',
      status: 200,
      body: z.strictObject({
        url: endpointFields.url.optional(),
        description: endpointFields.description.optional(),
        events: endpointFields.events.optional(),
        headers: endpointFields.headers.optional(),
        status: z.enum(['active', 'paused'], { error: 'must be active or paused' }).optional(),
      }),
      response: endpointSchema,
      async handle({ caller, params, body }) {
        const endpoint = await find(caller.workspace._id, params['id']);
        const since = new Date(deps.now());
        // Also where it seems active already: a 410 may switch it off in this very moment.
        const notice = body.status === 'active' ? { kind: 'resume' as const, since } : undefined;
        const { url: newUrl, description: newDescription, events: newEvents, headers: newHeaders, status } = body;
        const url = newUrl === undefined ? undefined : await checked(newUrl);
        const headers = headersAfter(endpoint, { url, headers: newHeaders });
        const updated = await deps.endpoints.update(
          endpoint.id,
          {
            ...(url === undefined ? {} : { url }),
            ...(newDescription === undefined ? {} : { description: newDescription }),
            ...(newEvents === undefined ? {} : { events: newEvents }),
            ...(newHeaders === undefined ? {} : { headers }),
            ...(status === undefined ? {} : { status }),
            ...(notice === undefined ? {} : { notice }),
          },
          since,
        );
        if (!updated) throw notFound('webhook endpoint');
        if (notice) carryOut(endpoint.id, notice);
        return showEndpoint(updated);
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
      summary: 'Send a test ping now, or a sample of an event',
      status: 200,
      body: testBody,
      response: testResult,
      handle: async ({ caller, params, body }) => test(await find(caller.workspace._id, params['id']), body.event),
    }),
    route({
      method: 'post',
      path: '/webhooks/:id/rotate-secret',
      tag: 'Webhooks',
      summary: 'New signing secret; the old one signs too for a while',
      status: 200,
      body: z.strictObject({ overlapHours: z.number().min(0).max(168).default(defaultOverlapHours) }).prefault({}),
      response: endpointWithSecret.extend({ previousExpiresAt: z.iso.datetime() }),
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
        return { ...showEndpoint(updated), secret, previousExpiresAt: expiresAt.toISOString() };
      },
    }),
  ];
}
