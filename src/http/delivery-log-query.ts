import { z } from 'zod';
import { deliveryStatuses } from '../../domain/delivery';
import { answerClasses, type DeliveryFilter } from '../../domain/delivery-filter';
import { webhookEventTypes } from '../../domain/webhook-events';

/** One or more of these words: repeated, or with commas between. */
function severalOf<const Word extends string>(words: readonly Word[]) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((text) => text.split(',').map((word) => word.trim())))
    .pipe(z.array(z.enum(words, { error: `must be one or more of ${words.join(', ')}` })))
    .optional()
    .describe(`One or more, repeated or with commas between: ${words.join(', ')}`);
}
const moment = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time, such as 2026-04-15T10:00:00Z' })
  .transform((text) => new Date(text))
  .optional();

/** Filters of the delivery log. */
export const deliveryFilterQuery = {
  status: severalOf(deliveryStatuses),
  endpointId: z.string().optional(),
  event: severalOf(webhookEventTypes),
  answer: z
    .enum(answerClasses, { error: `must be one of ${answerClasses.join(', ')}` })
    .optional()
    .describe('The last answer by its first digit; none: no answer came'),
  eventId: z.string().optional().describe('The webhook-id header'),
  contactId: z.string().optional().describe('What was told of this contact'),
  since: moment.describe('Made at that moment or later'),
  until: moment.describe('Made before that moment'),
};
export type DeliveryFilterQuery = z.output<z.ZodObject<typeof deliveryFilterQuery>>;

export function filterOf({ status, event, endpointId, answer, since, until }: DeliveryFilterQuery): DeliveryFilter {
  return { statuses: status, events: event, endpointId, answer, since, until };
}
