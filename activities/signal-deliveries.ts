import type { Delivery, DeliveryStatus } from '../domain/delivery';
import { assertNever } from '../domain/assert-never';
import { workflowIds } from '../domain/ids';
import type { DispatchStarter } from './first-attempts';
import type { CarrierStarter } from './hand-over';
import { inTurns } from './in-turns';

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
  /** Makes a workflow the carrier of those of the deliveries that have failed for good. */
  claimFailed(deliveryIds: string[], workflowId: string): Promise<void>;
  /** Gives deliveries that were never attempted to their endpoint's lane. */
  moveToDispatch(deliveryIds: string[], workflowId: string, nowMs: number): Promise<void>;
  receiver(endpointId: string): Promise<{ id: string; workspaceId: string; url: string } | undefined>;
  clearNotice(endpointId: string, since: Date): Promise<void>;
}
/** Needs: src/temporal/start.ts. */
export interface DeliverySignaller extends Pick<CarrierStarter, 'startRetryGroup'>, DispatchStarter {
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

/** So many of a page may be signalled one by one, since each costs a workflow; others go on together. */
const maxAlone = 25;
/** Fewer than that are not worth a group. */
const minTogether = 4;

/** Signals one page of an endpoint's deliveries; the workflow around it sets the pace and remembers the place. */
export function createSignalDeliveries(deps: {
  deliveries: EndpointDeliveries;
  signaller: DeliverySignaller;
  now: () => number;
  ownRunId: () => string | undefined;
}) {
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
  /**
   * Deliveries that no workflow of their own holds: a group carried them to the end of their timeline, or they were
   * never attempted. They go on together, for the price of one workflow.
   */
  const goOnTogether = async (input: SignalPageInput, deliveries: [Delivery, ...Delivery[]]): Promise<void> => {
    const { endpointId, action } = input;
    const ids = deliveries.map(({ id }) => id);
    if (action === 'resume') {
      const receiver = await deps.deliveries.receiver(endpointId);
      // Before, so that a lane is there whatever happens after the move; and after, should it have ended meanwhile.
      if (receiver) await deps.signaller.startDispatch(receiver);
      await deps.deliveries.moveToDispatch(ids, workflowIds.webhookDispatch(endpointId), deps.now());
      return receiver && deps.signaller.startDispatch(receiver);
    }
    // Claimed by an earlier try of this page, whose worker may have been killed before it started their group.
    const prefix = `${workflowIds.webhookRetryGroup({ endpointId, groupId: deps.ownRunId() ?? '' })}-`;
    const byCarrier = new Map<string, Delivery[]>();
    for (const delivery of deliveries) {
      const carrier = delivery.workflowId.startsWith(prefix) ? delivery.workflowId : '';
      byCarrier.set(carrier, [...(byCarrier.get(carrier) ?? []), delivery]);
    }
    for (const [carrier, [first, ...rest]] of byCarrier) {
      if (!first) continue;
      const workflowId = carrier === '' ? `${prefix}${first.id}` : carrier;
      const group: [Delivery, ...Delivery[]] = [first, ...rest];
      await deps.deliveries.claimFailed(
        group.map(({ id }) => id),
        workflowId,
      );
      const rounds = group.map(({ id, round }) => ({ id, round: round + 1 }));
      await deps.signaller.startRetryGroup({
        groupId: workflowId.slice(workflowId.lastIndexOf('/') + 1),
        deliveries: group,
        together: { deliveries: rounds, slot: 0, dueAtMs: deps.now(), isManual: true },
      });
    }
  };

  /** Whether a workflow of its own may still be open for it. */
  const isAlone = (action: DeliveryAction, delivery: Delivery): boolean =>
    action === 'cancel' ||
    delivery.workflowId === workflowIds.webhookDelivery(delivery) ||
    (action === 'resume' && delivery.attemptCount > 0);

  return {
    async signalDeliveries(input: SignalPageInput): Promise<{ signalled: number; lastId?: string }> {
      const { endpointId, action, since, until, afterId, limit } = input;
      const found = await deps.deliveries.ofEndpoint(
        endpointId,
        {
          statuses: statusesFor[action],
          ...(since === undefined ? {} : { since: new Date(since) }),
          ...(until === undefined ? {} : { until: new Date(until) }),
          ...(afterId === undefined ? {} : { afterId }),
        },
        limit,
      );
      let signals = 0;
      const end = found.findIndex((delivery) => isAlone(action, delivery) && ++signals > maxAlone);
      const page = end < 0 ? found : found.slice(0, end);
      const [first, ...rest] = page.filter((delivery) => !isAlone(action, delivery));
      const isTogether = first !== undefined && rest.length + 1 >= minTogether;
      if (isTogether) await goOnTogether(input, [first, ...rest]);
      const alone = page.filter((delivery) => !isTogether || isAlone(action, delivery));
      await inTurns(alone, (delivery) => signal(action, delivery));
      const last = found.length === limit || end >= 0 ? page.at(-1) : undefined;
      return { signalled: page.length, ...(last ? { lastId: last.id } : {}) };
    },

    async clearNotice(input: { endpointId: string; since: string }): Promise<void> {
      await deps.deliveries.clearNotice(input.endpointId, new Date(input.since));
    },
  };
}
