import type { Delivery, DeliveryStatus } from '../domain/delivery';
import { assertNever } from '../domain/assert-never';

/** retrigger: what failed · resume: what is held · cancel: everything still open, its endpoint was deleted. */
export type DeliveryAction = 'retrigger' | 'resume' | 'cancel';

/** Needs: src/mongo/webhook-deliveries.ts and webhook-endpoints.ts. */
export interface EndpointDeliveries {
  ofEndpoint(
    endpointId: string,
    where: { statuses: DeliveryStatus[]; since?: Date; until?: Date; afterId?: string },
    limit: number,
  ): Promise<Delivery[]>;
  markCancelled(deliveryId: string): Promise<void>;
  clearNotice(endpointId: string, since: Date): Promise<void>;
}
/** Needs: src/temporal/start.ts. */
export interface DeliverySignaller {
  retrigger(delivery: Delivery): Promise<void>;
  resume(delivery: Delivery): Promise<void>;
  /** False when the delivery has no open workflow. */
  cancelDelivery(delivery: Delivery): Promise<boolean>;
}

export interface SignalPageInput {
  endpointId: string;
  action: DeliveryAction;
  /** ISO 8601; bounds of when the deliveries were made. */
  since?: string;
  until?: string;
  afterId?: string;
  limit: number;
}

const statusesFor: Record<DeliveryAction, DeliveryStatus[]> = {
  retrigger: ['failed'],
  resume: ['held'],
  cancel: ['pending', 'retrying', 'held', 'failed'],
};

/** Signals one page of an endpoint's deliveries; the workflow around it sets the pace and remembers the place. */
export function createSignalDeliveries(deps: { deliveries: EndpointDeliveries; signaller: DeliverySignaller }) {
  const signal = async (action: DeliveryAction, delivery: Delivery): Promise<void> => {
    switch (action) {
      case 'retrigger':
        return deps.signaller.retrigger(delivery);
      case 'resume':
        return deps.signaller.resume(delivery);
      case 'cancel':
        if (await deps.signaller.cancelDelivery(delivery)) return;
        // What is held may have no workflow yet; what has failed for good stays failed.
        return delivery.status === 'failed' ? undefined : deps.deliveries.markCancelled(delivery.id);
      default:
        return assertNever(action);
    }
  };
  return {
    async signalDeliveries(input: SignalPageInput): Promise<{ signalled: number; lastId?: string }> {
      const { endpointId, action, since, until, afterId, limit } = input;
      const page = await deps.deliveries.ofEndpoint(
        endpointId,
        {
          statuses: statusesFor[action],
          ...(since === undefined ? {} : { since: new Date(since) }),
          ...(until === undefined ? {} : { until: new Date(until) }),
          ...(afterId === undefined ? {} : { afterId }),
        },
        limit,
      );
      for (const delivery of page) await signal(action, delivery);
      const last = page.length === limit ? page.at(-1) : undefined;
      return { signalled: page.length, ...(last ? { lastId: last.id } : {}) };
    },

    async clearNotice(input: { endpointId: string; since: string }): Promise<void> {
      await deps.deliveries.clearNotice(input.endpointId, new Date(input.since));
    },
  };
}
