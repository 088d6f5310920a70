import type { Delivery } from '../../domain/delivery';
import type { WebhookDeliveryStore } from '../mongo/webhook-deliveries';
import type { WebhookEndpointStore } from '../mongo/webhook-endpoints';
import type { WebhookEventStore } from '../mongo/webhook-events';
import type { Starter } from '../temporal/start';
import { notFound, Problem } from './problem';
import { notActive } from './webhook-schema';

export interface DeliveryActionDeps {
  deliveries: WebhookDeliveryStore;
  endpoints: WebhookEndpointStore;
  events: WebhookEventStore;
  starter: Pick<Starter, 'retrigger' | 'cancelDelivery'>;
  now: () => number;
}

/** What a person does to deliveries. Each answers with what was asked for, and throws a Problem that says why not. */
export function createDeliveryActions(deps: DeliveryActionDeps) {
  const find = async (workspaceId: string, id: string | undefined): Promise<Delivery> => {
    const delivery = await deps.deliveries.get(workspaceId, id ?? '');
    if (!delivery) throw notFound('delivery');
    return delivery;
  };
  return {
    find,

    async retrigger(workspaceId: string, id: string | undefined): Promise<string> {
      const delivery = await find(workspaceId, id);
      const endpoint = await deps.endpoints.get(workspaceId, delivery.endpointId);
      if (!endpoint)
        throw new Problem(
          409,
          'endpoint_deleted',
          'The endpoint of this delivery was deleted; nothing can be delivered to it any more.',
        );
      if (!(await deps.events.get(delivery.eventId))) {
        throw new Problem(
          409,
          'delivery_erased',
          'The person of this delivery was erased, and its payload with them; nothing can be delivered any more.',
        );
      }
      if (endpoint.status !== 'active') throw notActive(endpoint);
      await deps.starter.retrigger(delivery);
      return 'An attempt was asked for; its result will stand in the delivery log.';
    },

    async cancel(workspaceId: string, id: string | undefined): Promise<string> {
      const delivery = await find(workspaceId, id);
      if (delivery.status === 'delivered' || delivery.status === 'cancelled') {
        throw new Problem(409, 'delivery_closed', `The delivery is ${delivery.status}; there is nothing to cancel.`);
      }
      if (!(await deps.starter.cancelDelivery(delivery))) {
        await deps.deliveries.cancel(delivery.id, new Date(deps.now()));
      }
      return 'An attempt under way is finished; no further one is made.';
    },
  };
}
export type DeliveryActions = ReturnType<typeof createDeliveryActions>;
