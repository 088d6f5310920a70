import { z } from 'zod';
import { contactSources, type Contact, type ContactChange } from './contact';

const isoTime = z.iso.datetime().describe('ISO 8601, UTC');
/** What every event about one email carries. */
const emailRef = {
  emailId: z.string().describe('This individual email'),
  campaignId: z
    .string()
    .describe('What it was sent by: the campaign, the automation or the template, or `transactional`'),
  contactId: z.string(),
  contactEmail: z.string(),
};
const fromRequest = { userAgent: z.string(), ip: z.string() };

/** The nine webhook events and the fields of their `data`. Source: the event reference. */
export const webhookEventData = {
  'email.delivered': z.strictObject({
    ...emailRef,
    campaignName: z.string().describe('The name of what it was sent by; the subject, where that has none'),
    sentAt: isoTime,
    deliveredAt: isoTime,
  }),
  'email.opened': z.strictObject({ ...emailRef, openedAt: isoTime, ...fromRequest }),
  'email.clicked': z.strictObject({ ...emailRef, clickedAt: isoTime, url: z.string(), ...fromRequest }),
  'email.bounced': z.strictObject({
    ...emailRef,
    bouncedAt: isoTime,
    bounceType: z.enum(['hard', 'soft']),
    bounceMessage: z.string(),
  }),
  'email.complained': z.strictObject({ ...emailRef, complainedAt: isoTime }),
  'email.unsubscribed': z.strictObject({ ...emailRef, unsubscribedAt: isoTime, method: z.enum(['link', 'one-click']) }),
  'contact.created': z.strictObject({
    contactId: z.string(),
    contactEmail: z.string(),
    firstName: z.string().optional(),
    lastName: z.string().optional(),
    source: z.enum(contactSources),
    createdAt: isoTime,
  }),
  'contact.updated': z.strictObject({
    contactId: z.string(),
    contactEmail: z.string(),
    changes: z.array(z.strictObject({ field: z.string(), oldValue: z.json(), newValue: z.json() })),
    updatedAt: isoTime,
  }),
  'campaign.sent': z.strictObject({
    campaignId: z.string(),
    campaignName: z.string(),
    subject: z.string(),
    totalRecipients: z.int(),
    sentAt: isoTime,
    estimatedDeliveryRate: z.number(),
  }),
} as const;

export type WebhookEventType = keyof typeof webhookEventData;
export const webhookEventTypes = [
  'email.delivered',
  'email.opened',
  'email.clicked',
  'email.bounced',
  'email.complained',
  'email.unsubscribed',
  'contact.created',
  'contact.updated',
  'campaign.sent',
] as const satisfies readonly WebhookEventType[];

/** What is posted, as receivers may check it. */
export function webhookEnvelope<Type extends WebhookEventType>(event: Type) {
  return z.strictObject({
    event: z.literal(event),
    workspaceId: z.string(),
    timestamp: isoTime,
    data: webhookEventData[event],
  });
}

/** What is posted: exactly these four fields. The event's id travels in the `webhook-id` header. */
export function envelope<Type extends WebhookEventType>(
  event: Type,
  workspaceId: string,
  atMs: number,
  data: z.infer<(typeof webhookEventData)[Type]>,
): string {
  return JSON.stringify({ event, workspaceId, timestamp: new Date(atMs).toISOString(), data });
}

/** An event as the stores keep it: the body is fixed for ever, every attempt posts these bytes. */
export interface WebhookEvent {
  id: string;
  workspaceId: string;
  type: WebhookEventType;
  contactId?: string;
  body: string;
  createdAtMs: number;
}

export function contactCreated(id: string, contact: Contact): WebhookEvent {
  const body = envelope('contact.created', contact.workspaceId, contact.createdAtMs, {
    contactId: contact.id,
    contactEmail: contact.email,
    ...(contact.firstName === null ? {} : { firstName: contact.firstName }),
    ...(contact.lastName === null ? {} : { lastName: contact.lastName }),
    source: contact.source,
    createdAt: new Date(contact.createdAtMs).toISOString(),
  });
  return {
    id,
    workspaceId: contact.workspaceId,
    type: 'contact.created',
    contactId: contact.id,
    body,
    createdAtMs: contact.createdAtMs,
  };
}

export function contactUpdated(id: string, contact: Contact, changes: ContactChange[]): WebhookEvent {
  const body = envelope('contact.updated', contact.workspaceId, contact.updatedAtMs, {
    contactId: contact.id,
    contactEmail: contact.email,
    changes,
    updatedAt: new Date(contact.updatedAtMs).toISOString(),
  });
  return {
    id,
    workspaceId: contact.workspaceId,
    type: 'contact.updated',
    contactId: contact.id,
    body,
    createdAtMs: contact.updatedAtMs,
  };
}
