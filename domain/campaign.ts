import type { EmailContent } from './email';
import type { EmailCount } from './email-event';
import { envelope, type WebhookEvent } from './webhook-events';

/** draft → (scheduled →) sending ⇄ paused → sent; cancelled from any of them but sent. */
export const campaignStatuses = ['draft', 'scheduled', 'sending', 'paused', 'sent', 'cancelled'] as const;
export type CampaignStatus = (typeof campaignStatuses)[number];

/** Emails a second unless the campaign says otherwise, and at most. */
export const defaultRatePerSecond = 100;
export const maxRatePerSecond = 10_000;

/** How far a campaign has come. `retrying`: refused for now, tried again at the end. */
export interface CampaignProgress {
  /** Contacts that the lists hold, as counted at the start. */
  audience: number;
  sent: number;
  skipped: number;
  failed: number;
  retrying: number;
}
export const noProgress: CampaignProgress = { audience: 0, sent: 0, skipped: 0, failed: 0, retrying: 0 };

export const noCounts: Record<EmailCount, number> = {
  ...{ delivered: 0, opened: 0, opens: 0, clicked: 0, clicks: 0 },
  ...{ bounced: 0, complained: 0, unsubscribed: 0 },
};

/** One email to many: the contacts of its lists, each once. */
export interface Campaign {
  id: string;
  workspaceId: string;
  name: string;
  /** Liquid, like the content; the campaign.sent event shows it as it is written. */
  subject: string;
  preheader?: string;
  html?: string;
  text?: string;
  /** Instead of html and text. */
  templateId?: string;
  listIds: string[];
  /** `News <news@acme.com>`; absent: MAIL_FROM. */
  from?: string;
  ratePerSecond: number;
  status: CampaignStatus;
  scheduledAtMs?: number;
  createdAtMs: number;
  updatedAtMs: number;
  startedAtMs?: number;
  /** When the last recipient was worked off. */
  sentAtMs?: number;
  /** The campaign.sent event, so that a redo finds what the first try has made. */
  sentEventId?: string;
  /** Why it does not get on at the moment, or was given up; gone with the next emails that go out. */
  problem?: string;
  progress: CampaignProgress;
  counts: Record<EmailCount, number>;
}

/** What its emails are made of; undefined as long as that is its template's alone. */
export function contentOf(
  campaign: Pick<Campaign, 'subject' | 'preheader' | 'html' | 'text'>,
): EmailContent | undefined {
  const { subject, preheader, html, text } = campaign;
  if (html === undefined) return undefined;
  return {
    ...{ subject, html },
    ...(preheader === undefined ? {} : { preheader }),
    ...(text === undefined ? {} : { text }),
  };
}

/** The share of emails that will arrive, in percent with one decimal: what bounced so far against what was sent. */
export function estimateDeliveryRate(record: { sent: number; bounced: number }): number {
  if (record.sent <= 0) return 100;
  const share = Math.min(1, Math.max(0, (record.sent - record.bounced) / record.sent));
  return Math.round(share * 1_000) / 10;
}

export function campaignSent(
  eventId: string,
  campaign: Pick<Campaign, 'id' | 'workspaceId' | 'name' | 'subject'>,
  result: { totalRecipients: number; sentAtMs: number; estimatedDeliveryRate: number },
): WebhookEvent {
  const { sentAtMs, ...rest } = result;
  return {
    id: eventId,
    workspaceId: campaign.workspaceId,
    type: 'campaign.sent',
    body: envelope('campaign.sent', campaign.workspaceId, sentAtMs, {
      campaignId: campaign.id,
      campaignName: campaign.name,
      subject: campaign.subject,
      sentAt: new Date(sentAtMs).toISOString(),
      ...rest,
    }),
    createdAtMs: sentAtMs,
  };
}
