import { Router, type Request } from 'express';
import { isId } from '../../domain/ids';
import { RefusedNotification } from '../email/inbound/providers/notification';
import type { NotificationIntake } from '../email/inbound/receive-notification';
import type { ProviderStore } from '../mongo/providers';
import { readBody } from './body';
import { notFound, Problem } from './problem';

export interface InboundRouteDeps {
  providers: Pick<ProviderStore, 'find'>;
  intake: NotificationIntake;
}

/** Where providers report deliveries, bounces and complaints. Whoever cannot prove to be the provider is refused. */
export function inboundRoutes(deps: InboundRouteDeps): Router {
  const router = Router();
  router.post(
    '/inbound/:provider/:id',
    readBody,
    async (request: Request<{ provider: string; id: string }>, response) => {
      const { provider: name, id } = request.params;
      const provider = isId('provider', id) ? await deps.providers.find(id) : undefined;
      if (!provider || provider.provider !== name) throw notFound('provider');
      const body: unknown = request.body;
      try {
        const receipt = await deps.intake(
          { header: (wanted) => request.get(wanted), body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) },
          provider,
        );
        response.status(200).json(receipt);
      } catch (error) {
        if (!(error instanceof RefusedNotification)) throw error;
        const again = error.status === 503 ? { retryAfterSeconds: 30 } : {};
        throw new Problem(error.status, error.code, error.message, again);
      }
    },
  );
  return router;
}
