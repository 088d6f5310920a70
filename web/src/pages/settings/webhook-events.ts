import type { WebhookEvent } from './queries';

/** The nine events, and when each is sent. */
export const webhookEvents: Record<WebhookEvent, string> = {
  'email.delivered': 'an email arrived at the server of its recipient',
  'email.opened': 'its pixel was loaded',
  'email.clicked': 'a link in it was followed',
  'email.bounced': 'it came back',
  'email.complained': 'it was reported as spam',
  'email.unsubscribed': 'somebody unsubscribed by a link or a button in it',
  'contact.created': 'a contact was made',
  'contact.updated': 'something of a contact changed',
  'campaign.sent': 'a campaign has gone out to everyone',
};

export const webhookEventNames = Object.keys(webhookEvents).filter(isWebhookEvent);

export function isWebhookEvent(name: string): name is WebhookEvent {
  return Object.hasOwn(webhookEvents, name);
}
