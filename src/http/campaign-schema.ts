import { z } from 'zod';
import {
  campaignStatuses,
  defaultRatePerSecond,
  maxRatePerSecond,
  type Campaign,
  type CampaignStatus,
} from '../../domain/campaign';
import { workflowIds } from '../../domain/ids';
import { contentShape } from '../../domain/template';
import { bodyOf, nameField } from './body-schema';
import { listIdsField } from './checked-lists';
import { Problem } from './problem';

/** MongoDB merges so many lists in the order of their contacts. */
const maxLists = 100;
const minRatePerSecond = 0.01;

export const campaignListIdsField = listIdsField
  .min(1, { error: 'must name at least one list' })
  .max(maxLists, { error: `may hold at most ${maxLists} lists` })
  .describe('Who is on several lists gets one email');
const from = z
  .string({ error: 'must be an address such as News <news@acme.com>' })
  .max(320, { error: 'must have at most 320 characters' })
  .describe("An address of a sending domain; absent: the installation's sender");
const ratePerSecond = z
  .number({ error: 'must be a number of emails a second' })
  .min(minRatePerSecond, { error: `must be at least ${minRatePerSecond}` })
  .max(maxRatePerSecond, { error: `must be at most ${maxRatePerSecond}` })
  .describe(`Emails a second at most; ${defaultRatePerSecond} where nothing is said`);
const templateId = z
  .string({ error: 'must be the id of a template' })
  .describe('Instead of html and text; taken as it is when the campaign begins');
export const scheduledAtField = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time, such as 2026-04-15T10:00:00Z' })
  .describe('When it is to begin; a time that is past means at once');

const contentFields = {
  subject: contentShape.subject,
  html: contentShape.html.optional(),
  templateId: templateId.optional(),
};
export const newCampaignBody = bodyOf({
  name: nameField,
  ...contentFields,
  preheader: contentShape.preheader.nullish(),
  text: contentShape.text.nullish(),
  listIds: campaignListIdsField,
  from: from.nullish(),
  ratePerSecond: ratePerSecond.optional(),
  scheduledAt: scheduledAtField.nullish(),
});
export const campaignChangeBody = bodyOf({
  name: nameField.optional(),
  ...contentFields,
  subject: contentShape.subject.optional(),
  preheader: contentShape.preheader.nullish(),
  text: contentShape.text.nullish(),
  listIds: campaignListIdsField.optional(),
  from: from.nullish(),
  ratePerSecond: ratePerSecond.optional(),
  scheduledAt: scheduledAtField.nullish(),
});

const count = z.int();
const percent = z.number().describe('In percent of the emails that servers have accepted');
const time = z.iso.datetime().nullable();

/** A campaign as lists show it. */
export const campaignSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  subject: z.string(),
  status: z.enum(campaignStatuses),
  problem: z.string().nullable().describe('Why it does not get on at the moment'),
  listIds: z.array(z.string()),
  ratePerSecond: z.number(),
  scheduledAt: time,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  startedAt: time,
  sentAt: time,
  progress: z
    .object({ audience: count, sent: count, skipped: count, failed: count, retrying: count })
    .describe('How far it has come; retrying: put off by servers, and tried again at the end'),
  counts: z.object({
    ...{ delivered: count, bounced: count, complained: count, unsubscribed: count },
    ...{ opened: count.describe('Emails'), opens: count, clicked: count.describe('Emails'), clicks: count },
  }),
  rates: z.object({
    ...{ delivered: percent, opened: percent, clicked: percent },
    ...{ bounced: percent.describe('In percent of all that were handed over'), complained: percent },
    unsubscribed: percent,
  }),
  workflowId: z.string(),
  temporalUrl: z.string().nullable(),
});
export const campaignSchema = campaignSummarySchema.extend({
  preheader: z.string().nullable(),
  html: z.string().nullable().describe("A template's from the moment at which the campaign has begun"),
  text: z.string().nullable().describe('null: made from the HTML'),
  templateId: z.string().nullable(),
  from: z.string().nullable().describe("null: the installation's sender"),
});

type TemporalUrl = (workflowId: string) => string | null;

export function showCampaignSummary(
  campaign: Omit<Campaign, 'html' | 'text'>,
  temporalUrl: TemporalUrl,
): z.infer<typeof campaignSummarySchema> {
  const { counts, progress } = campaign;
  const { audience, sent, skipped, failed, retrying } = progress;
  const { delivered, bounced, complained, unsubscribed, opened, opens, clicked, clicks } = counts;
  const rate = (part: number, whole = sent): number =>
    whole === 0 ? 0 : Math.min(100, Math.round((part / whole) * 1_000) / 10);
  const workflowId = workflowIds.campaignSend(campaign.id);
  return {
    id: campaign.id,
    name: campaign.name,
    subject: campaign.subject,
    status: campaign.status,
    problem: campaign.problem ?? null,
    listIds: campaign.listIds,
    ratePerSecond: campaign.ratePerSecond,
    scheduledAt: isoOf(campaign.scheduledAtMs),
    createdAt: new Date(campaign.createdAtMs).toISOString(),
    updatedAt: new Date(campaign.updatedAtMs).toISOString(),
    startedAt: isoOf(campaign.startedAtMs),
    sentAt: isoOf(campaign.sentAtMs),
    progress: { audience, sent, skipped, failed, retrying },
    counts: { delivered, bounced, complained, unsubscribed, opened, opens, clicked, clicks },
    rates: {
      ...{ delivered: rate(delivered), opened: rate(opened), clicked: rate(clicked) },
      ...{ bounced: rate(bounced, sent + failed), complained: rate(complained), unsubscribed: rate(unsubscribed) },
    },
    workflowId,
    temporalUrl: temporalUrl(workflowId),
  };
}

export function showCampaign(campaign: Campaign, temporalUrl: TemporalUrl): z.infer<typeof campaignSchema> {
  return {
    ...showCampaignSummary(campaign, temporalUrl),
    preheader: campaign.preheader ?? null,
    html: campaign.html ?? null,
    text: campaign.text ?? null,
    templateId: campaign.templateId ?? null,
    from: campaign.from ?? null,
  };
}

/** What to do about a campaign that is not in the state which a call needs. */
const remedies: Record<CampaignStatus, string> = {
  draft: 'It is a draft: POST /campaigns/{id}/send first.',
  scheduled: 'It is scheduled: PATCH it, POST /campaigns/{id}/pause or /cancel it, or POST /send with another time.',
  sending: 'It is sending: POST /campaigns/{id}/pause or /cancel it.',
  paused: 'It is paused: POST /campaigns/{id}/resume or /cancel it.',
  sent: 'It was sent. Add another campaign with POST /campaigns.',
  cancelled: 'It was cancelled. Add another campaign with POST /campaigns.',
};

export function wrongState(campaign: Pick<Campaign, 'id' | 'status'>, what: string): Problem {
  const remedy = remedies[campaign.status].replaceAll('{id}', campaign.id);
  return new Problem(409, 'campaign_state', `The campaign cannot be ${what}. ${remedy}`);
}

function isoOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
