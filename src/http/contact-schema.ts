import { z } from 'zod';
import { contactSources, contactStatuses, type Contact } from '../../domain/contact';
import { isDeeperThan, isObject, type JsonObject } from '../../domain/json';
import { maxNesting } from '../../domain/message';

/**
 * An object whose keys are the customer's own. Not a z.record, which would drop a key named `__proto__`, and not a
 * recursive schema, which a body nested very deep would overflow.
 */
export const jsonObjectField = z
  .custom<JsonObject>(isObject, { error: 'must be an object, such as {"plan":"pro"}' })
  .refine((value) => !isDeeperThan(value, maxNesting), {
    error: `nests deeper than ${maxNesting}; send a flatter object`,
  })
  .meta({ type: 'object', additionalProperties: true });

/** A contact as it is answered. */
export const contactSchema = z.object({
  id: z.string(),
  email: z.string(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  status: z.enum(contactStatuses),
  source: z.enum(contactSources),
  metadata: jsonObjectField,
  userIds: z.array(z.string()).describe('Ids that a CDP knows this person by'),
  listIds: z.array(z.string()),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

/** The answer for a contact. */
export function showContact(contact: Contact): z.infer<typeof contactSchema> {
  return {
    id: contact.id,
    email: contact.email,
    firstName: contact.firstName,
    lastName: contact.lastName,
    status: contact.status,
    source: contact.source,
    metadata: contact.metadata,
    userIds: contact.externalIds.map(({ id }) => id),
    listIds: contact.listIds,
    createdAt: new Date(contact.createdAtMs).toISOString(),
    updatedAt: new Date(contact.updatedAtMs).toISOString(),
  };
}

/** Where a contact stands in a list that is shown newest first. */
export function placeOfContact(contact: Contact): { at: Date; id: string } {
  return { at: new Date(contact.createdAtMs), id: contact.id };
}
