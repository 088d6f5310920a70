import { z } from 'zod';
import { contentOf, type Campaign, type CampaignStatus } from '../../domain/campaign';
import { normalizeEmail } from '../../domain/email-address';
import type { ContactStore } from '../mongo/contacts';
import type { EmailStore } from '../mongo/emails';
import { newId } from '../mongo/new-id';
import type { SuppressionStore } from '../mongo/suppressions';
import { bodyOf } from './body-schema';
import { audienceOf, audienceSchema } from './campaign-audience';
import { vetCampaign, type CampaignRouteDeps } from './campaign-routes';
import { campaignListIdsField, campaignSchema, scheduledAtField, showCampaign, wrongState } from './campaign-schema';
import { checkedLists } from './checked-lists';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const sendBody = bodyOf({
  scheduledAt: scheduledAtField.nullish().describe("Absent: the campaign's own time, if it has one; null: at once"),
}).prefault({});
const testBody = bodyOf({
  to: z.string({ error: 'must be an email address, such as ada@example.com' }).transform((text, context) => {
    const address = normalizeEmail(text);
    if (address !== undefined) return address;
    context.addIssue({ code: 'custom', message: 'must be an email address, such as ada@example.com' });
    return z.NEVER;
  }),
});
const audienceBody = bodyOf({ listIds: campaignListIdsField });

export interface CampaignActionDeps extends CampaignRouteDeps {
  contacts: ContactStore;
  suppressions: SuppressionStore;
  emails: EmailStore;
  /** Starts the email's workflow; never rejects, since the sweep does it too. */
  startEmail: (emailId: string) => Promise<void>;
}

/** What is done with campaigns. Each state stands in the campaign's row first, then its workflow is told. */
export function campaignActionRoutes(deps: CampaignActionDeps): Route[] {
  const { campaigns, temporalUrl } = deps;
  const find = async (workspaceId: string, id: string | undefined): Promise<Campaign> => {
    const campaign = await campaigns.get(workspaceId, id ?? '');
    if (!campaign) throw notFound('campaign');
    return campaign;
  };
  const put = async (
    campaign: Campaign,
    from: readonly CampaignStatus[],
    change: { status: CampaignStatus; scheduledAtMs?: number | undefined },
    what: string,
  ): Promise<Campaign> => {
    const updatedAtMs = Math.max(deps.now(), campaign.updatedAtMs + 1);
    const lookAt = new Date(updatedAtMs);
    const changed = await campaigns.change(campaign.id, from, { ...change, updatedAtMs, lookAt, problem: undefined });
    if (!changed) throw wrongState(await find(campaign.workspaceId, campaign.id), what);
    // Not awaited: it is durable, and an absent Temporal must not hold the answer up.
    void deps.tellCampaign(changed, lookAt);
    return changed;
  };
  /** A call without a body that brings a campaign from one of these states to another. */
  const action = (
    name: string,
    summary: string,
    from: readonly CampaignStatus[],
    to: (campaign: Campaign) => CampaignStatus,
    what: string,
  ): Route =>
    route({
      method: 'post',
      path: `/campaigns/:id/${name}`,
      tag: 'Campaigns',
      summary,
      status: 202,
      response: campaignSchema,
      async handle({ caller, params }) {
        const campaign = await find(caller.workspace._id, params['id']);
        return showCampaign(await put(campaign, from, { status: to(campaign) }, what), temporalUrl);
      },
    });

  return [
    route({
      method: 'post',
      path: '/campaigns/:id/send',
      tag: 'Campaigns',
      summary: 'Send a draft, now or at a time; a scheduled one gets another time',
      status: 202,
      body: sendBody,
      response: campaignSchema,
      async handle({ caller, params, body }) {
        const campaign = await find(caller.workspace._id, params['id']);
        if (campaign.status !== 'draft' && campaign.status !== 'scheduled') throw wrongState(campaign, 'sent');
        // What it was made of may have gone since.
        await vetCampaign(deps, campaign);
        const { scheduledAt } = body;
        const own = campaign.scheduledAtMs;
        const scheduledAtMs =
          scheduledAt === undefined ? own : scheduledAt === null ? undefined : Date.parse(scheduledAt);
        const status: CampaignStatus = isLater(scheduledAtMs, deps.now()) ? 'scheduled' : 'sending';
        const change = { status, scheduledAtMs };
        return showCampaign(await put(campaign, ['draft', 'scheduled'], change, 'sent'), temporalUrl);
      },
    }),
    route({
      method: 'post',
      path: '/campaigns/:id/test',
      tag: 'Campaigns',
      summary: 'Send the campaign to one address; it counts nowhere',
      status: 202,
      body: testBody,
      response: z.object({ emailId: z.string(), status: z.literal('queued') }),
      idempotent: { secrets: [] },
      async handle({ caller, params, body }) {
        const { id, workspaceId, name, from, ...campaign } = await find(caller.workspace._id, params['id']);
        const template =
          campaign.templateId === undefined ? undefined : await deps.templates.get(workspaceId, campaign.templateId);
        const content = contentOf({ ...template, ...campaign });
        if (!content) throw new Problem(422, 'no_content', 'The template was deleted; PATCH the campaign first.');
        const emailId = newId('email');
        await deps.emails.insert([
          {
            ...{ id: emailId, workspaceId, kind: 'test', to: body.to, status: 'queued', content },
            ...{ campaignId: id, campaignName: name, ...(from === undefined ? {} : { from }) },
            ...{ createdAtMs: deps.now(), opens: 0, clicks: 0 },
          },
        ]);
        void deps.startEmail(emailId);
        return { emailId, status: 'queued' as const };
      },
    }),
    route({
      method: 'get',
      path: '/campaigns/:id/audience',
      tag: 'Campaigns',
      summary: 'Whom the campaign would go to now; takes a second for each 100,000 contacts',
      status: 200,
      response: audienceSchema,
      handle: async ({ caller, params }) => audienceOf(deps, await find(caller.workspace._id, params['id'])),
    }),
    route({
      method: 'post',
      path: '/campaigns/audience',
      tag: 'Campaigns',
      summary: 'Whom a campaign to these lists would go to now',
      status: 200,
      body: audienceBody,
      response: audienceSchema,
      async handle({ caller, body }) {
        const workspaceId = caller.workspace._id;
        const listIds = await checkedLists(deps.lists, workspaceId, body.listIds);
        return audienceOf(deps, { workspaceId, listIds });
      },
    }),
    action('pause', 'Hold a campaign; emails under way go out', ['scheduled', 'sending'], () => 'paused', 'paused'),
    action(
      'resume',
      'Go on where a campaign was paused',
      ['paused'],
      ({ startedAtMs, scheduledAtMs }) =>
        startedAtMs === undefined && isLater(scheduledAtMs, deps.now()) ? 'scheduled' : 'sending',
      'resumed',
    ),
    action(
      'cancel',
      'End a campaign for good; emails under way go out',
      ['draft', 'scheduled', 'sending', 'paused'],
      () => 'cancelled',
      'cancelled',
    ),
  ];
}

function isLater(atMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && atMs > nowMs;
}
