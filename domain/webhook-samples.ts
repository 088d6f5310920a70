import type { z } from 'zod';
import { envelope, type webhookEventData, type WebhookEventType } from './webhook-events';

type DataOf<Type extends WebhookEventType> = z.infer<(typeof webhookEventData)[Type]>;

/** What each event looks like, of a contact and an email that do not exist. */
function sampleData(at: string): { [Type in WebhookEventType]: DataOf<Type> } {
  const contact = { contactId: 'con_sample', contactEmail: 'ada@example.com' };
  const email = { emailId: 'eml_sample', campaignId: 'cmp_sample', ...contact };
  const reader = { userAgent: 'Mozilla/5.0 (sample)', ip: '203.0.113.42' };
  return {
    'email.delivered': { ...email, campaignName: 'Sample newsletter', sentAt: at, deliveredAt: at },
    'email.opened': { ...email, ...reader, openedAt: at },
    'email.clicked': { ...email, ...reader, clickedAt: at, url: 'https://example.com/news' },
    'email.bounced': { ...email, bouncedAt: at, bounceType: 'hard', bounceMessage: '550 5.1.1 no such user' },
    'email.complained': { ...email, complainedAt: at },
    'email.unsubscribed': { ...email, unsubscribedAt: at, method: 'one-click' },
    'contact.created': { ...contact, firstName: 'Ada', lastName: 'Lovelace', source: 'api', createdAt: at },
    'contact.updated': {
      ...contact,
      changes: [{ field: 'metadata.plan', oldValue: 'starter', newValue: 'pro' }],
      updatedAt: at,
    },
    'campaign.sent': {
      ...{ campaignId: 'cmp_sample', campaignName: 'Sample newsletter', subject: 'Hello', totalRecipients: 100 },
      ...{ sentAt: at, estimatedDeliveryRate: 0.98 },
    },
  };
}

/** A webhook's body with made-up data of that event. */
export function sampleBody(event: WebhookEventType, workspaceId: string, atMs: number): string {
  return envelope(event, workspaceId, atMs, sampleData(new Date(atMs).toISOString())[event]);
}
