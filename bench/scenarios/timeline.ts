import type { Api, DeliveryDetail } from '../system/api';
import { distribution, type Distribution } from '../stats';

/** How exactly retries stood on their timeline. */
export interface TimelineCheck {
  deliveries: number;
  retries: number;
  /** Deliveries that are not delivered in the end. */
  undelivered: number;
  /** How far each retry was from its moment, early or late. */
  deviationMs: Distribution;
}

/** Reads the delivery log of an endpoint and compares each retry with the moment that the one before it had set. */
export async function checkTimeline(
  api: Pick<Api, 'deliveryIds' | 'delivery'>,
  endpointId: string,
  delaysMs: readonly number[],
): Promise<TimelineCheck> {
  const deviationsMs: number[] = [];
  let deliveries = 0;
  let undelivered = 0;
  for await (const id of api.deliveryIds(endpointId)) {
    const delivery = await api.delivery(id);
    deliveries++;
    if (delivery.status !== 'delivered') undelivered++;
    deviationsMs.push(...deviations(delivery.attempts, delaysMs));
  }
  return {
    deliveries,
    retries: deviationsMs.length,
    undelivered,
    deviationMs: distribution(deviationsMs.map(Math.abs)),
  };
}

/** A wait is counted from the end of the failed attempt. */
export function deviations(attempts: DeliveryDetail['attempts'], delaysMs: readonly number[]): number[] {
  return attempts.slice(1).map(({ at }, index) => {
    const failed = attempts[index];
    const dueAtMs = Date.parse(failed?.at ?? '') + (failed?.durationMs ?? NaN) + (delaysMs[index] ?? NaN);
    return Date.parse(at) - dueAtMs;
  });
}
