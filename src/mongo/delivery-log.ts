import type { Attempt } from '../../domain/delivery';
import type { DeliveryChange } from '../../activities/attempt-delivery';
import type { Stores } from './stores';

/** What an attempt reads and writes, over the stores that hold it. */
export function createDeliveryLog(stores: Pick<Stores, 'deliveries' | 'events' | 'endpoints' | 'attempts'>) {
  return {
    async load(deliveryId: string) {
      const delivery = await stores.deliveries.find(deliveryId);
      if (!delivery) return undefined;
      const [bodies, endpoint] = await Promise.all([
        stores.events.bodies([delivery.eventId]),
        stores.endpoints.find(delivery.endpointId),
      ]);
      const body = bodies.get(delivery.eventId);
      return body !== undefined && endpoint ? { delivery, body, endpoint } : undefined;
    },
    lastAttempt: (deliveryId: string) => stores.attempts.last(deliveryId),
    insertAttempt: (attempt: Attempt) => stores.attempts.insert(attempt),
    takeOver: (deliveryId: string, workflowId: string) => stores.deliveries.takeOver(deliveryId, workflowId),
    update: (deliveryId: string, change: DeliveryChange, nowMs: number) =>
      stores.deliveries.update(deliveryId, change, new Date(nowMs)),
    clearSlow: (endpointId: string) => stores.endpoints.clearSlow(endpointId),
    disableEndpoint: (endpointId: string, reason: string, nowMs: number) =>
      stores.endpoints.disable(endpointId, reason, new Date(nowMs)),
  };
}

/** What the dispatch of events reads and writes, over the stores that hold it. */
export function createDispatchStore(stores: Pick<Stores, 'deliveries' | 'events' | 'endpoints' | 'workspaces'>) {
  return {
    undispatched: (eventIds: string[]) => stores.events.undispatched(eventIds),
    async subscribers(workspaceIds: string[]) {
      const [paying, endpoints] = await Promise.all([
        stores.workspaces.withWebhooks(workspaceIds),
        stores.endpoints.subscribers(workspaceIds),
      ]);
      // Deleted ones are not among them.
      return endpoints.flatMap(({ status, ...rest }) =>
        status !== 'deleted' && paying.includes(rest.workspaceId) ? [{ ...rest, status }] : [],
      );
    },
    ensureDeliveries: stores.deliveries.ensure.bind(stores.deliveries),
    insertForDispatch: stores.deliveries.insertForDispatch.bind(stores.deliveries),
    markDispatched: (eventIds: string[], nowMs: number) => stores.events.markDispatched(eventIds, new Date(nowMs)),
  };
}
