import { z } from 'zod';
import { emailStatuses, emailKinds, bounceTypes } from '../../domain/email';
import { workflowIds } from '../../domain/ids';
import type { EmailEventDocument } from '../mongo/email-events';
import type { EmailDocument } from '../mongo/emails';

const time = z.iso.datetime().nullable();

/** An email as lists show it. */
export const emailSchema = z.object({
  id: z.string(),
  kind: z.enum(emailKinds),
  campaignId: z
    .string()
    .describe('The campaign, the automation or the template that it is sent by, or "transactional"'),
  campaignName: z.string().nullable(),
  contactId: z.string().nullable(),
  to: z.string(),
  subject: z.string().nullable().describe('As rendered; null before it was sent'),
  status: z.enum(emailStatuses),
  reason: z.string().nullable().describe('Why it was skipped or put off, or what the server said when it refused'),
  bounceType: z.enum(bounceTypes).nullable(),
  opens: z.int(),
  clicks: z.int(),
  createdAt: z.iso.datetime(),
  sentAt: time,
  deliveredAt: time,
  openedAt: time.describe('The first time'),
  clickedAt: time.describe('The first time'),
  bouncedAt: time,
  complainedAt: time,
  unsubscribedAt: time,
});

const heardSchema = z.object({
  kind: z.enum(['opened', 'clicked', 'unsubscribed', 'delivered', 'bounced', 'complained']),
  at: z.iso.datetime(),
  source: z.string().nullable().describe('The provider that reported it, smtp, mail, or null for links of ours'),
  status: z
    .enum(['received', 'counted', 'repeated', 'ignored'])
    .describe('received: stored, not worked off yet; only what is counted has effects'),
  reason: z.string().nullable(),
  url: z.string().optional(),
  userAgent: z.string().optional(),
  ip: z.string().optional(),
  flags: z.array(z.string()).optional().describe('Proxies and scanners that load and click by themselves'),
  method: z.string().optional(),
  bounceType: z.enum(bounceTypes).optional(),
  bounceMessage: z.string().optional(),
});

/** An email with what it is made of and what was heard about it. */
export const emailDetailSchema = emailSchema.extend({
  content: z
    .object({
      subject: z.string(),
      preheader: z.string().optional(),
      html: z.string(),
      text: z.string().optional(),
    })
    .nullable()
    .describe('Its own content, where it has no template'),
  templateId: z.string().nullable(),
  data: z.record(z.string(), z.json()).nullable(),
  from: z.string().nullable().describe("Null: the installation's sender"),
  smtpResponse: z.string().nullable().describe('What the server said that has taken or refused it'),
  tries: z.int().describe('How often a server has put it off'),
  events: z.array(heardSchema).describe('What was heard about it, newest first, 100 at most'),
  workflowId: z.string().nullable(),
  temporalUrl: z.string().nullable(),
});

export function showEmail(email: EmailDocument): z.infer<typeof emailSchema> {
  return {
    id: email._id,
    kind: email.kind,
    campaignId: email.campaignId,
    campaignName: email.campaignName ?? null,
    contactId: email.contactId ?? null,
    to: email.to,
    subject: email.subject ?? null,
    status: email.status,
    reason: email.reason ?? null,
    bounceType: email.bounceType ?? null,
    opens: email.opens,
    clicks: email.clicks,
    createdAt: email.createdAt.toISOString(),
    sentAt: isoOf(email.sentAtMs),
    deliveredAt: isoOf(email.deliveredAtMs),
    openedAt: isoOf(email.openedAtMs),
    clickedAt: isoOf(email.clickedAtMs),
    bouncedAt: isoOf(email.bouncedAtMs),
    complainedAt: isoOf(email.complainedAtMs),
    unsubscribedAt: isoOf(email.unsubscribedAtMs),
  };
}

export function showEmailDetail(
  email: EmailDocument,
  events: EmailEventDocument[],
  temporalUrl: (workflowId: string) => string | null,
): z.infer<typeof emailDetailSchema> {
  const workflowId =
    email.kind === 'campaign' ? workflowIds.campaignSend(email.campaignId) : workflowIds.emailSend(email._id);
  const { content } = email;
  return {
    ...showEmail(email),
    content: content
      ? {
          subject: content.subject,
          html: content.html,
          ...(content.preheader === undefined ? {} : { preheader: content.preheader }),
          ...(content.text === undefined ? {} : { text: content.text }),
        }
      : null,
    templateId: email.templateId ?? null,
    data: email.data === undefined ? null : z.record(z.string(), z.json()).parse(JSON.parse(email.data)),
    from: email.from ?? null,
    smtpResponse: email.smtpResponse ?? null,
    tries: email.tries ?? 0,
    events: events.map(showEvent),
    workflowId,
    temporalUrl: temporalUrl(workflowId),
  };
}

function showEvent({ at, source, state, outcome, news }: EmailEventDocument): z.infer<typeof heardSchema> {
  const reason = outcome && outcome.status !== 'counted' ? outcome.reason : null;
  const flags = [
    ...('flags' in news ? news.flags : []),
    ...(outcome?.status === 'counted' ? (outcome.flags ?? []) : []),
  ];
  const { whom: _whom, ...shown } = 'whom' in news ? news : { ...news, whom: undefined };
  return {
    ...shown,
    ...(flags.length > 0 || 'flags' in news ? { flags } : {}),
    at: at.toISOString(),
    source: source ?? null,
    status: state === 'done' && outcome ? outcome.status : 'received',
    reason,
  };
}

function isoOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
