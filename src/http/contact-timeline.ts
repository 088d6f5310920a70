import { z } from 'zod';
import type { WebhookEvent, WebhookEventType } from '../../domain/webhook-events';
import type { AutomationRunDocument } from '../mongo/automation-runs';
import type { EmailDocument } from '../mongo/emails';
import { messageOf } from '../mongo/ingest';
import type { MessageDocument } from '../mongo/messages';
import type { SignupDocument } from '../mongo/signups';

/** What can happen to a contact, in the words of the list that tells it. */
export const timelineKinds = [
  'identify',
  'track',
  'created',
  'updated',
  'email',
  'delivered',
  'opened',
  'clicked',
  'bounced',
  'complained',
  'unsubscribed',
  'automation',
  'signUp',
] as const;
type TimelineKind = (typeof timelineKinds)[number];

const text = z.string();
export const timelineItemSchema = z.object({
  id: text,
  at: z.iso.datetime(),
  kind: z.enum(timelineKinds),
  title: text,
  detail: text.nullable().describe('Why, or what came of it'),
  status: text.nullable().describe('Of a message, an email or a run: as its own list names it'),
  changes: z.array(z.object({ field: text, oldValue: z.json(), newValue: z.json() })),
  links: z
    .object({
      messageId: text.optional(),
      webhookEventId: text.optional(),
      emailId: text.optional(),
      campaignId: text.optional(),
      automationId: text.optional(),
      runId: text.optional(),
      formId: text.optional(),
    })
    .describe('Where there is more of it: ids for the other calls'),
});
export type TimelineItem = z.infer<typeof timelineItemSchema>;

const bare = { detail: null, status: null, changes: [], links: {} };

/** A received identify or track. */
export function itemOfMessage(document: MessageDocument): TimelineItem {
  const { _id: key, type, source, receivedAt, outcome, state } = document;
  const message = messageOf(document);
  const id = key.slice(key.indexOf('/') + 1);
  return {
    ...{ ...bare, id, at: receivedAt.toISOString(), kind: type, links: { messageId: id } },
    title: message?.type === 'track' ? message.event : 'Identified',
    detail: `from ${source}${outcome && 'changes' in outcome && outcome.changes.length > 0 ? `, changed ${outcome.changes.join(', ')}` : ''}`,
    status: outcome?.status ?? state,
  };
}

const kindOfEvent: Record<WebhookEventType, TimelineKind> = {
  'contact.created': 'created',
  'contact.updated': 'updated',
  'email.delivered': 'delivered',
  'email.opened': 'opened',
  'email.clicked': 'clicked',
  'email.bounced': 'bounced',
  'email.complained': 'complained',
  'email.unsubscribed': 'unsubscribed',
  // Of no contact.
  'campaign.sent': 'email',
};
const titleOfEvent: Record<WebhookEventType, string> = {
  'contact.created': 'Contact created',
  'contact.updated': 'Contact changed',
  'email.delivered': 'Email delivered',
  'email.opened': 'Email opened',
  'email.clicked': 'Link clicked',
  'email.bounced': 'Email bounced',
  'email.complained': 'Complained about an email',
  'email.unsubscribed': 'Unsubscribed',
  'campaign.sent': 'Campaign sent',
};
/** What the bodies of contact.* and email.* events hold, each its part. */
const toldSchema = z.object({
  data: z.object({
    changes: timelineItemSchema.shape.changes.default([]),
    source: text.optional(),
    emailId: text.optional(),
    campaignName: text.optional(),
    url: text.optional(),
    userAgent: text.optional(),
    bounceType: text.optional(),
    bounceMessage: text.optional(),
    method: text.optional(),
  }),
});

/** What webhooks were told, or would have been. */
export function itemOfEvent({ id, type, body, createdAtMs }: WebhookEvent): TimelineItem {
  const item = {
    ...{ ...bare, id, at: new Date(createdAtMs).toISOString(), kind: kindOfEvent[type], title: titleOfEvent[type] },
    links: { webhookEventId: id },
  };
  // An erased one has no body.
  const told = body === '' ? undefined : toldSchema.safeParse(JSON.parse(body)).data?.data;
  if (!told) return item;
  const { changes, source, emailId, campaignName, url, userAgent, bounceType, bounceMessage, method } = told;
  const said = bounceType === undefined ? undefined : `${bounceType}: ${bounceMessage ?? ''}`;
  const how = source === undefined ? undefined : `by ${source}`;
  const by = method === undefined ? undefined : `by ${method}`;
  return {
    ...item,
    detail: how ?? url ?? said ?? by ?? campaignName ?? userAgent ?? null,
    changes,
    links: { ...item.links, ...(emailId === undefined ? {} : { emailId }) },
  };
}

/** An email, from the moment at which it was to be sent. */
export function itemOfEmail(email: EmailDocument): TimelineItem {
  const { _id: id, kind, campaignId, campaignName, status, reason, subject, createdAt } = email;
  const from = campaignName === undefined ? kind : `${kind} ${campaignName}`;
  return {
    ...{ ...bare, id, at: createdAt.toISOString(), kind: 'email', status },
    title: `Email${subject === undefined ? '' : `: ${subject}`}`,
    detail: reason === undefined ? from : `${from}: ${reason}`,
    links: {
      emailId: id,
      ...(kind === 'campaign' ? { campaignId } : {}),
      ...(kind === 'automation' ? { automationId: campaignId } : {}),
    },
  };
}

/** A run of an automation, from its start. */
export function itemOfRun(run: AutomationRunDocument): TimelineItem {
  const { _id: id, automationId, automationName, messageKey, status, reason, log, startedAt } = run;
  return {
    ...{ ...bare, id, at: startedAt.toISOString(), kind: 'automation', status },
    title: `Automation: ${automationName}`,
    detail: reason ?? `${log.length} ${log.length === 1 ? 'step' : 'steps'} done`,
    links: { automationId, runId: id, messageId: messageKey.slice(messageKey.indexOf('/') + 1) },
  };
}

/** A sign-up, and its confirmation. */
export function itemsOfSignUp({ _id, formId, createdAt, confirmedAt }: SignupDocument): TimelineItem[] {
  const item = { ...bare, kind: 'signUp' as const, links: { formId } };
  const asked = {
    ...{ ...item, id: `${_id}/asked`, at: createdAt.toISOString(), title: 'Signed up by a form' },
    detail: confirmedAt ? null : 'not confirmed yet',
  };
  if (!confirmedAt) return [asked];
  return [{ ...item, id: `${_id}/confirmed`, at: confirmedAt.toISOString(), title: 'Confirmed a sign-up' }, asked];
}
