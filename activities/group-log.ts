import type { Delivery } from '../domain/delivery';
import type { DueDelivery } from './attempt-group';
import type { Receiver } from './make-attempt';

/** What workflows that carry many deliveries read and write. Needs: src/mongo/group-log.ts. */
export interface GroupLog {
  receiver(endpointId: string): Promise<Receiver | undefined>;
  find(deliveryIds: string[]): Promise<Delivery[]>;
  /** Bodies by event id. */
  bodies(eventIds: string[]): Promise<Map<string, string>>;
  /** Closes or holds what this workflow carries and is not closed. */
  setStatus(deliveryIds: string[], carrier: string, status: 'held' | 'cancelled', nowMs: number): Promise<void>;
  /** Undoes a hold of what this workflow still carries. */
  unhold(deliveryIds: string[], carrier: string, nowMs: number): Promise<void>;
}

/** Ends or holds deliveries whose endpoint is not active. Returns whether it has become active meanwhile. */
export async function holdOrCancel(
  log: GroupLog,
  deliveries: readonly Delivery[],
  carrier: string,
  receiver: Receiver | undefined,
  nowMs: number,
): Promise<boolean> {
  const ids = deliveries.map(({ id }) => id);
  const isGone = receiver === undefined || receiver.status === 'deleted';
  await log.setStatus(ids, carrier, isGone ? 'cancelled' : 'held', nowMs);
  // A resume in between looked for held deliveries and did not find these: look once more.
  if (isGone || (await log.receiver(receiver.id))?.status !== 'active') return false;
  await log.unhold(ids, carrier, nowMs);
  return true;
}

/** Deliveries with what is to be sent; one whose event was erased is closed. */
export async function readyOf(
  log: GroupLog,
  deliveries: readonly Delivery[],
  carrier: string,
  nowMs: number,
  place: (delivery: Delivery) => Pick<DueDelivery, 'round' | 'slot' | 'isManual'>,
): Promise<DueDelivery[]> {
  const bodies = await log.bodies(deliveries.map(({ eventId }) => eventId));
  const erased = deliveries.filter(({ eventId }) => !bodies.has(eventId)).map(({ id }) => id);
  if (erased.length > 0) await log.setStatus(erased, carrier, 'cancelled', nowMs);
  return deliveries.flatMap((delivery): DueDelivery[] => {
    const body = bodies.get(delivery.eventId);
    return body === undefined ? [] : [{ delivery, body, ...place(delivery), isNew: false }];
  });
}
