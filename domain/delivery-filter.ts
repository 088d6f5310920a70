import { deliveryStatuses, type Delivery, type DeliveryStatus } from './delivery';
import type { WebhookEventType } from './webhook-events';

/** The last answer by the first digit of its status code; `none`: none came. */
export const answerClasses = ['2xx', '3xx', '4xx', '5xx', 'none'] as const;
export type AnswerClass = (typeof answerClasses)[number];

/** What the delivery log is narrowed down to; what is absent does not matter. */
export interface DeliveryFilter {
  statuses?: DeliveryStatus[] | undefined;
  events?: WebhookEventType[] | undefined;
  endpointId?: string | undefined;
  answer?: AnswerClass | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** Where the last answer was not a success, or where none was had. */
export const unsuccessfulStatuses = ['retrying', 'failed', 'held', 'cancelled'] as const satisfies DeliveryStatus[];

/** The statuses in which the last answer may be of that class: `delivered` is what a 2xx makes of a delivery. */
export function statusesOf({ statuses = [...deliveryStatuses], answer }: DeliveryFilter): DeliveryStatus[] {
  if (answer === undefined) return statuses;
  const possible: readonly DeliveryStatus[] = answer === '2xx' ? ['delivered'] : unsuccessfulStatuses;
  return statuses.filter((status) => possible.includes(status));
}

/** The status codes of a class: from the first to the one after the last. */
export function codesOf(answer: Exclude<AnswerClass, 'none'>): { from: number; to: number } {
  const from = Number(answer[0]) * 100;
  return { from, to: from + 100 };
}

/** Whether a delivery is among those that the filter asks for. */
export function isWanted(delivery: Delivery, filter: DeliveryFilter): boolean {
  const { status, eventType, endpointId, createdAtMs, lastStatusCode, lastError } = delivery;
  const { events, answer, since, until } = filter;
  if (!statusesOf(filter).includes(status)) return false;
  if (events && !events.includes(eventType)) return false;
  if (filter.endpointId !== undefined && filter.endpointId !== endpointId) return false;
  if (since && createdAtMs < since.getTime()) return false;
  if (until && createdAtMs >= until.getTime()) return false;
  if (answer === undefined || answer === '2xx') return true;
  if (answer === 'none') return lastError !== undefined;
  const { from, to } = codesOf(answer);
  return lastStatusCode !== undefined && lastStatusCode >= from && lastStatusCode < to;
}
