import type { CampaignLog } from '../../activities/send-campaign';
import { campaignSent, estimateDeliveryRate, type Campaign } from '../../domain/campaign';
import type { Email } from '../../domain/email';
import type { Database } from './connect';
import { emailFrom } from './emails';
import { newId } from './new-id';
import type { PageStart } from './page';
import type { Stores } from './stores';

/** How far the workspace's own record reaches back. */
const recordMs = 90 * 86_400_000;
const untoldPageSize = 200;

/** What sending campaigns reads and notes, over the stores that hold it. */
export function createCampaignLog(
  database: Database,
  stores: Pick<Stores, 'campaigns' | 'contacts' | 'emails' | 'events' | 'templates'>,
): CampaignLog {
  const { campaigns, contacts, emails } = stores;
  const over = { lookAt: undefined, problem: undefined };

  return {
    find: (campaignId) => campaigns.find(campaignId),
    isSending: async (campaignId) => (await campaigns.statusOf(campaignId)) === 'sending',

    async begin(campaign, nowMs) {
      const { id, workspaceId, listIds, templateId } = campaign;
      // Kept as it is now: who opens the campaign later sees what was sent.
      const template = templateId === undefined ? undefined : await stores.templates.get(workspaceId, templateId);
      if (templateId !== undefined && !template) {
        const problem = `The template ${templateId} was deleted before the campaign began.`;
        await campaigns.change(id, [campaign.status], { status: 'cancelled', updatedAtMs: nowMs, ...over, problem });
        return;
      }
      const { preheader = template?.preheader, html = template?.html, text = template?.text } = campaign;
      const audience = await contacts.audienceSize(workspaceId, listIds);
      await campaigns.begin(campaign, { preheader, html, text, progress: { ...campaign.progress, audience } }, nowMs);
    },

    async queue(campaign, afterId, limit, nowMs) {
      const people = await contacts.audiencePage(campaign.workspaceId, campaign.listIds, afterId, limit);
      const queued = people.map((contact) => emailOf(emails.idFor(campaign.id, contact.id), campaign, contact, nowMs));
      await emails.insert(queued);
      const last = people.at(-1);
      return { emails: queued, ...(last ? { lastId: last.id } : {}) };
    },

    async unsent(campaignId, afterId, limit) {
      const rows = await emails.unsentOf(campaignId, afterId, limit);
      const last = rows.at(-1);
      return { emails: rows, ...(last ? { lastId: last.id } : {}) };
    },
    async *untold({ id, workspaceId }) {
      for (let after: PageStart | undefined; ;) {
        const rows = await emails.untoldOf(workspaceId, id, { after, limit: untoldPageSize });
        if (rows.length > 0) yield rows.map(emailFrom);
        const last = rows.at(-1);
        if (!last || rows.length < untoldPageSize) return;
        after = { at: last.createdAt, id: last._id };
      }
    },
    skipUnsent: async (campaignId, reason) => void (await emails.skipUnsentOf(campaignId, reason)),

    setProgress: (campaignId, progress, nextAtMs) => campaigns.setProgress(campaignId, progress, new Date(nextAtMs)),
    setProblem: (campaignId, problem) => campaigns.setProblem(campaignId, problem),

    async finish(campaignId, counted, nowMs) {
      const before = await campaigns.find(campaignId);
      if (before?.status === 'sent') return before.sentEventId;
      // What another mailer has ended was counted by nobody: the emails themselves tell.
      const isUncounted = before !== undefined && counted.retrying > 0;
      const progress = isUncounted
        ? { ...counted, ...(await emails.tallyOf(before.workspaceId, campaignId)), retrying: 0 }
        : counted;
      return database.transaction(async (session) => {
        const sentEventId = newId('event');
        const sent = await campaigns.change(
          campaignId,
          // Everyone was worked off: there is nothing left to pause.
          ['sending', 'paused'],
          { ...{ status: 'sent', sentAtMs: nowMs, updatedAtMs: nowMs, sentEventId, progress }, ...over },
          session,
        );
        if (!sent) return (await campaigns.find(campaignId))?.sentEventId;
        const record = await campaigns.recordOf(sent.workspaceId, new Date(nowMs - recordMs), session);
        const event = campaignSent(sentEventId, sent, {
          totalRecipients: progress.sent,
          sentAtMs: nowMs,
          // Bounces hold those, too, that servers refused at once.
          estimatedDeliveryRate: estimateDeliveryRate({ sent: record.sent + record.failed, bounced: record.bounced }),
        });
        await stores.events.insert([event], session);
        return sentEventId;
      });
    },

    async cancel(campaignId, nowMs) {
      const from = ['scheduled', 'sending', 'paused'] as const;
      await campaigns.change(campaignId, from, { status: 'cancelled', updatedAtMs: nowMs, ...over });
    },
  };
}

function emailOf(id: string, campaign: Campaign, contact: { id: string; email: string }, nowMs: number): Email {
  return {
    ...{
      id,
      workspaceId: campaign.workspaceId,
      kind: 'campaign',
      campaignId: campaign.id,
      campaignName: campaign.name,
    },
    ...{ contactId: contact.id, to: contact.email, status: 'queued', createdAtMs: nowMs, opens: 0, clicks: 0 },
  };
}
