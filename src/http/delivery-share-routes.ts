import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import { z } from 'zod';
import { maxShares, type DeliveryShare, type DeliveryShareStore } from '../mongo/delivery-shares';
import { newId } from '../mongo/new-id';
import type { WebhookDeliveryStore } from '../mongo/webhook-deliveries';
import type { Starter } from '../temporal/start';
import { sha256Hex } from '../sha256';
import { bodyOf } from './body-schema';
import { createDeliveryReader } from './delivery-detail';
import { notFound, Problem } from './problem';
import type { RateLimit } from './rate-limit';
import { route, type Route } from './route';
import { sharedView, sharedViewSchema } from './shared-view';
import { visitorOf } from './visitor';

const hourMs = 3_600_000;
const shareSchema = z.object({ id: z.string(), createdAt: z.iso.datetime(), expiresAt: z.iso.datetime() });
const hours = z
  .int({ error: 'must be whole hours, 1 to 168' })
  .min(1, { error: 'must be 1 hour or more' })
  .max(168, { error: 'must be 168 hours, a week, or less' })
  .default(24)
  .describe('How long the link works');

type SharedParts = Parameters<typeof createDeliveryReader>[0] & {
  deliveries: WebhookDeliveryStore;
  deliveryShares: DeliveryShareStore;
  starter: Pick<Starter, 'retryDelaysMs'>;
  now: () => number;
};

/** Links to one delivery for people without an account. */
export function deliveryShareRoutes(deps: SharedParts & { publicUrl: () => string }): Route[] {
  const { deliveryShares, now } = deps;
  const find = async (workspaceId: string, id: string | undefined) => {
    const delivery = await deps.deliveries.get(workspaceId, id ?? '');
    if (!delivery) throw notFound('delivery');
    return delivery;
  };

  return [
    route({
      method: 'get',
      path: '/webhook-deliveries/:id/shares',
      tag: 'Deliveries',
      summary: 'Links to this delivery that work now, newest first',
      status: 200,
      response: z.object({ data: z.array(shareSchema) }),
      async handle({ caller, params }) {
        const delivery = await find(caller.workspace._id, params['id']);
        return { data: (await deliveryShares.ofDelivery(delivery.id, new Date(now()))).map(show) };
      },
    }),
    route({
      method: 'post',
      path: '/webhook-deliveries/:id/shares',
      tag: 'Deliveries',
      summary: 'Make a link that shows this delivery to whoever has it, with personal data masked',
      status: 201,
      body: bodyOf({ hours }).prefault({}),
      response: shareSchema.extend({ url: z.string().describe('Shown now and never again') }),
      idempotent: { secrets: ['url'] },
      async handle({ caller, params, body }) {
        const { id: deliveryId, workspaceId } = await find(caller.workspace._id, params['id']);
        const createdAt = new Date(now());
        if ((await deliveryShares.ofDelivery(deliveryId, createdAt)).length >= maxShares) {
          const detail = `${maxShares} links to this delivery work already; revoke one of them first.`;
          throw new Problem(409, 'too_many_shares', detail);
        }
        const token = randomBytes(32).toString('base64url');
        const expiresAt = new Date(createdAt.getTime() + body.hours * hourMs);
        const share = {
          _id: newId('share'),
          workspaceId,
          deliveryId,
          tokenHash: sha256Hex(token),
          createdAt,
          expiresAt,
        };
        await deliveryShares.insert(share);
        return { ...show(share), url: `${deps.publicUrl()}/shared/${token}` };
      },
    }),
    route({
      method: 'delete',
      path: '/webhook-deliveries/:id/shares/:shareId',
      tag: 'Deliveries',
      summary: 'Revoke a link',
      status: 204,
      async handle({ caller, params }) {
        const share = {
          _id: params['shareId'] ?? '',
          deliveryId: params['id'] ?? '',
          workspaceId: caller.workspace._id,
        };
        if (!(await deliveryShares.revoke(share))) throw notFound('link to this delivery');
        return undefined;
      },
    }),
  ];
}

export const sharedDescriptions: Omit<Route, 'handle'>[] = [
  {
    ...{ method: 'get', path: '/api/shared/:token', tag: 'Deliveries', status: 200 },
    summary: 'What a link to a delivery shows, without a key',
    response: sharedViewSchema,
  },
];

/** What a link shows, at /api/shared. The link is the permission. */
export function sharedRoutes(deps: SharedParts & { /** By the visitor's address. */ limit: RateLimit }): Router {
  const router = Router();
  const read = createDeliveryReader(deps);

  router.get('/api/shared/:token', async (request, response) => {
    await deps.limit.consume(visitorOf(request), 1, response);
    const nowMs = deps.now();
    const share = await deps.deliveryShares.byToken(sha256Hex(request.params.token), new Date(nowMs));
    const delivery = share && (await deps.deliveries.get(share.workspaceId, share.deliveryId));
    if (!share || !delivery) {
      const detail = 'This link has expired or was revoked; ask whoever sent it for another.';
      throw new Problem(404, 'share_gone', detail);
    }
    const { expiresAt } = share;
    const view = sharedView(await read(delivery), deps.starter.retryDelaysMs, { nowMs, expiresAt });
    response.set({ 'Cache-Control': 'no-store', 'X-Robots-Tag': 'noindex', 'X-Content-Type-Options': 'nosniff' });
    response.json(view);
  });
  return router;
}

function show({ _id, createdAt, expiresAt }: DeliveryShare): z.infer<typeof shareSchema> {
  return { id: _id, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}
