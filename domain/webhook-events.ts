import { z } from 'zod';
import { contactSources, type Contact, type ContactChange } from './contact';

const isoTime = z.iso.datetime().describe('ISO 8601, UTC');
/** What every event about one email carries; the campaign's fields are absent where no campaign caused the email. */
const emailRef = {
  emailId: z.string().describe('This individual email'),
  campaignId: z.string().optional().describe('The campaign (or automation) that caused it'),
  contactId: z.string(),
  contactEmail: z.string(),
};
const fromRequest = { userAgent: z.string(), ip: z.string() };

/** The nine webhook events and the fields of their `data`. Source: the event reference. */
export const webhookEventData = {
  'email.delivered': z.object({
    ...emailRef,
    campaignName: z.string().optional(),
    sentAt: isoTime,
    deliveredAt: isoTime,
  }),
  'email.opened': z.object({ ...emailRef, openedAt: isoTime, ...fromRequest }),
  'email.clicked': z.object({ ...emailRef, clickedAt: isoTime, url: z.string(), ...fromRequest }),
  'email.bounced': z.object({
    ...emailRef,
    bouncedAt: isoTime,
    bounceType: z.enum(['hard', 'soft']),
    bounceMessage: z.string(),
  }),
  'email.complained': z.object({ ...emailRef, complainedAt: isoTime }),
  'email.unsubscribed': z.object({ ...emailRef, unsubscribedAt: isoTime, method: z.enum(['link', 'one-click']) }),
  'contact.created': z.object({
    contactId: z.string(),
    contactEmail: z.string(),
    firstName: z.string().optional(),
    lastName: z.string().optional(),
    source: z.enum(contactSources),
    createdAt: isoTime,
  }),
  'contact.updated': z.object({
    contactId: z.string(),
    contactEmail: z.string(),
    changes: z.array(z.object({ field: z.string(), oldValue: z.json(), newValue: z.json() })),
    updatedAt: isoTime,
  }),
  'campaign.sent': z.object({
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
