import type { Attempt } from '../../domain/delivery';
import type { DeliveryChange } from '../../activities/attempt-delivery';
import type { Stores } from './stores';

/** What an attempt reads and writes, over the stores that hold it. */
export function createDeliveryLog(stores: Pick<Stores, 'deliveries' | 'events' | 'endpoints' | 'attempts'>) {
  return {
    async load(deliveryId: string) {
      const delivery = await stores.deliveries.find(deliveryId);
      if (!delivery) return undefined;
      const [event, endpoint] = await Promise.all([
        stores.events.get(delivery.eventId),
        stores.endpoints.find(delivery.endpointId),
      ]);
      return event && endpoint ? { delivery, body: event.body, endpoint } : undefined;
    },
    lastAttempt: (deliveryId: string) => stores.attempts.last(deliveryId),
    insertAttempt: (attempt: Attempt) => stores.attempts.insert(attempt),
    update: (deliveryId: string, change: DeliveryChange, nowMs: number) =>
      stores.deliveries.update(deliveryId, change, new Date(nowMs)),
    disableEndpoint: (endpointId: string, reason: string, nowMs: number) =>
      stores.endpoints.disable(endpointId, reason, new Date(nowMs)),
  };
}

/** What the dispatch of events reads and writes, over the stores that hold it. */
export function createDispatchStore(stores: Pick<Stores, 'deliveries' | 'events' | 'endpoints' | 'workspaces'>) {
  return {
    undispatched: (eventIds: string[]) => stores.events.undispatched(eventIds),
    async subscribers(workspaceIds: string[]) {
      const paying = await stores.workspaces.withWebhooks(workspaceIds);
      return paying.length === 0 ? [] : stores.endpoints.subscribers(paying);
    },
    ensureDeliveries: stores.deliveries.ensure.bind(stores.deliveries),
    markDispatched: (eventIds: string[], nowMs: number) => stores.events.markDispatched(eventIds, new Date(nowMs)),
  };
}
