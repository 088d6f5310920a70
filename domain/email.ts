import type { ContactStatus } from './contact';
import type { WebhookEvent } from './webhook-events';
import { envelope } from './webhook-events';

/**
 * queued: stored, not handed over · sending: a mailer has it under way · sent: an SMTP server has taken it · delivered:
 * the recipient's server has, as far as is known · bounced · complained · failed: refused for good, or never accepted
 * within its time · skipped: held back at the moment of sending, with the reason.
 */
export const emailStatuses = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'bounced',
  'complained',
  'failed',
  'skipped',
] as const;
export type EmailStatus = (typeof emailStatuses)[number];

/** What an email is sent by. A confirmation asks for a double opt-in, a test shows a template to its author. */
export const emailKinds = ['campaign', 'automation', 'transactional', 'confirmation', 'test'] as const;
export type EmailKind = (typeof emailKinds)[number];

/** What is rendered for each recipient: Liquid in every part. A text part that is absent is derived from the HTML. */
export interface EmailContent {
  subject: string;
  preheader?: string;
  html: string;
  text?: string;
}

/** One email to one person: one row, with everything that is known of it. */
export interface Email {
  id: string;
  workspaceId: string;
  kind: EmailKind;
  /** What webhook events name as the campaign: the campaign, the automation, the template, or `transactional`. */
  campaignId: string;
  campaignName?: string;
  /** The automation's run, where one sends it. */
  runKey?: string;
  /** Absent where the recipient is no contact: confirmations and tests. */
  contactId?: string;
  to: string;
  /** As rendered; known once it was sent. */
  subject?: string;
  status: EmailStatus;
  /** Why it was skipped, or what the server said when it refused. */
  reason?: string;
  createdAtMs: number;
  sentAtMs?: number;
  deliveredAtMs?: number;
  /** The email.delivered event, so that a redo finds what the first try has made. */
  deliveredEventId?: string;
  bouncedAtMs?: number;
  bounceType?: BounceType;
  complainedAtMs?: number;
  unsubscribedAtMs?: number;
  /** The first open and click; `opens` and `clicks` count all. */
  openedAtMs?: number;
  clickedAtMs?: number;
  opens: number;
  clicks: number;
}

export const bounceTypes = ['hard', 'soft'] as const;
export type BounceType = (typeof bounceTypes)[number];

export const unsubscribeMethods = ['link', 'one-click'] as const;
export type UnsubscribeMethod = (typeof unsubscribeMethods)[number];

/**
 * Why nothing is sent to an address any more, whoever holds it: outlives the contact. `unsubscribed`: whoever had left
 * when the contact was deleted stays out of lists, however the address comes in again.
 */
export const suppressionReasons = ['unsubscribed', 'manual', 'bounced', 'complained'] as const;
export type SuppressionReason = (typeof suppressionReasons)[number];

/** A suppression keeps the gravest of its reasons, in the order above. */
export function graverReason(one: SuppressionReason, other: SuppressionReason): SuppressionReason {
  return suppressionReasons.indexOf(one) >= suppressionReasons.indexOf(other) ? one : other;
}

/**
 * Why an email is held back at the moment of sending; undefined when it may go. A transactional one (a receipt, a
 * password) goes to people who have unsubscribed, too: they have left the lists, and still are customers.
 */
export function reasonToSkip(
  email: Pick<Email, 'kind'>,
  contact: { status: ContactStatus } | undefined,
  suppression: { reason: SuppressionReason } | undefined,
): string | undefined {
  const isToLists = email.kind === 'campaign' || email.kind === 'automation';
  if (suppression && (suppression.reason !== 'unsubscribed' || isToLists))
    return `the address is suppressed: ${suppression.reason}`;
  if (email.kind === 'confirmation' || email.kind === 'test') return undefined;
  if (!contact) return 'the contact was deleted';
  if (contact.status === 'bounced' || contact.status === 'complained') return `the contact has ${contact.status}`;
  if (contact.status === 'unsubscribed' && isToLists) return 'the contact has unsubscribed';
  return undefined;
}

/** The email.delivered event of an email that a server has taken. Undefined where no contact stands behind it. */
export function emailDelivered(eventId: string, email: Email, deliveredAtMs: number): WebhookEvent | undefined {
  if (email.contactId === undefined) return undefined;
  const body = envelope('email.delivered', email.workspaceId, deliveredAtMs, {
    ...emailRefOf(email, email.contactId),
    campaignName: email.campaignName ?? email.subject ?? email.campaignId,
    sentAt: new Date(email.sentAtMs ?? deliveredAtMs).toISOString(),
    deliveredAt: new Date(deliveredAtMs).toISOString(),
  });
  return webhookEvent(eventId, 'email.delivered', email, body, deliveredAtMs);
}

/** What every event about an email says of it. */
export function emailRefOf(
  email: Pick<Email, 'id' | 'campaignId' | 'to'>,
  contactId: string,
): { emailId: string; campaignId: string; contactId: string; contactEmail: string } {
  return { emailId: email.id, campaignId: email.campaignId, contactId, contactEmail: email.to };
}

export function webhookEvent(
  id: string,
  type: WebhookEvent['type'],
  email: Pick<Email, 'workspaceId' | 'contactId'>,
  body: string,
  createdAtMs: number,
): WebhookEvent {
  return {
    ...{ id, workspaceId: email.workspaceId, type, body, createdAtMs },
    ...(email.contactId === undefined ? {} : { contactId: email.contactId }),
  };
}
