import { z } from 'zod';
import { defaultRatePerSecond, noCounts, noProgress, type Campaign } from '../../domain/campaign';
import type { CampaignStore } from '../mongo/campaigns';
import type { ListStore } from '../mongo/lists';
import { newId } from '../mongo/new-id';
import type { TemplateStore } from '../mongo/templates';
import {
  campaignChangeBody,
  campaignSchema,
  campaignSummarySchema,
  newCampaignBody,
  showCampaign,
  showCampaignSummary,
  wrongState,
} from './campaign-schema';
import { checkedLists } from './checked-lists';
import { refuseBrokenContent } from './content-problems';
import { vetFrom, type FromCheck } from './from-check';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

export interface CampaignRouteDeps {
  campaigns: CampaignStore;
  lists: ListStore;
  templates: TemplateStore;
  checkSender: FromCheck;
  /** Tells the campaign's workflow of the change; never rejects, since the sweep does it too. */
  tellCampaign: (campaign: Campaign, lookAt: Date) => Promise<void>;
  temporalUrl: (workflowId: string) => string | null;
  now: () => number;
}
type Wanted = Pick<Campaign, 'workspaceId' | 'subject' | 'listIds'> & {
  [Field in 'preheader' | 'html' | 'text' | 'templateId' | 'from']?: string | undefined;
};

/** Throws a Problem for what could not be sent as it is. */
export async function vetCampaign(
  deps: Pick<CampaignRouteDeps, 'lists' | 'templates' | 'checkSender'>,
  campaign: Wanted,
): Promise<string[]> {
  const { workspaceId, templateId, html, text, from } = campaign;
  if (templateId !== undefined) {
    if (html !== undefined) throw invalid('templateId', 'send either html or templateId');
    if (text !== undefined) throw invalid('text', 'comes from the template; leave it out');
    if (!(await deps.templates.get(workspaceId, templateId))) {
      throw invalid('templateId', 'is not a template of this workspace; take an id from GET /templates');
    }
  } else if (html === undefined) throw invalid('html', 'is missing; send html or templateId');
  refuseBrokenContent(campaign);
  if (from !== undefined) await vetFrom(deps.checkSender, workspaceId, from);
  return checkedLists(deps.lists, workspaceId, campaign.listIds);
}

/** Campaigns: one email to everyone on some lists. */
export function campaignRoutes(deps: CampaignRouteDeps): Route[] {
  const { campaigns, temporalUrl } = deps;
  const find = async (workspaceId: string, id: string | undefined): Promise<Campaign> => {
    const campaign = await campaigns.get(workspaceId, id ?? '');
    if (!campaign) throw notFound('campaign');
    return campaign;
  };

  return [
    route({
      method: 'get',
      path: '/campaigns',
      tag: 'Campaigns',
      summary: 'Campaigns, newest first; without their html and text',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(campaignSummarySchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await campaigns.page(caller.workspace._id, page);
        const place = (row: { id: string; createdAtMs: number }) => ({ at: new Date(row.createdAtMs), id: row.id });
        return toPage(rows, query.limit, place, (row) => showCampaignSummary(row, temporalUrl));
      },
    }),
    route({
      method: 'post',
      path: '/campaigns',
      tag: 'Campaigns',
      summary: 'Add a campaign, as a draft: POST /campaigns/:id/send sends it',
      status: 201,
      body: newCampaignBody,
      response: campaignSchema,
      idempotent: { secrets: [] },
      async handle({ caller, body }) {
        const nowMs = deps.now();
        const { preheader, text, from, html, templateId, scheduledAt, ...rest } = body;
        const campaign: Campaign = {
          id: newId('campaign'),
          workspaceId: caller.workspace._id,
          ...rest,
          ...(preheader == null ? {} : { preheader }),
          ...(html === undefined ? {} : { html }),
          ...(text == null ? {} : { text }),
          ...(templateId === undefined ? {} : { templateId }),
          ...(from == null ? {} : { from }),
          ...(scheduledAt == null ? {} : { scheduledAtMs: Date.parse(scheduledAt) }),
          ratePerSecond: body.ratePerSecond ?? defaultRatePerSecond,
          ...{ status: 'draft', createdAtMs: nowMs, updatedAtMs: nowMs, progress: noProgress, counts: noCounts },
        };
        campaign.listIds = await vetCampaign(deps, campaign);
        await campaigns.insert(campaign);
        return showCampaign(campaign, temporalUrl);
      },
    }),
    route({
      method: 'get',
      path: '/campaigns/:id',
      tag: 'Campaigns',
      summary: 'One campaign, with its progress and what was heard about its emails',
      status: 200,
      response: campaignSchema,
      handle: async ({ caller, params }) => showCampaign(await find(caller.workspace._id, params['id']), temporalUrl),
    }),
    route({
      method: 'patch',
      path: '/campaigns/:id',
      tag: 'Campaigns',
      summary: 'Change a campaign that has not begun yet',
      status: 200,
      body: campaignChangeBody,
      response: campaignSchema,
      async handle({ caller, params, body }) {
        const before = await find(caller.workspace._id, params['id']);
        if (!isOpen(before)) throw wrongState(before, 'changed');
        if (body.scheduledAt === null && before.status === 'scheduled')
          throw wrongState(before, 'taken off its schedule');
        const change = changeOf(body);
        const listIds = await vetCampaign(deps, { ...before, ...change });
        // Later than the last change, by which it is recognised.
        const updatedAtMs = Math.max(deps.now(), before.updatedAtMs + 1);
        const lookAt = new Date(updatedAtMs);
        const isRescheduled = before.status === 'scheduled' && 'scheduledAtMs' in change;
        const changed = await campaigns.change(before.id, [before.status], {
          ...{ ...change, listIds, updatedAtMs },
          ...(isRescheduled ? { lookAt } : {}),
        });
        if (!changed) throw wrongState(await find(caller.workspace._id, before.id), 'changed');
        if (isRescheduled) void deps.tellCampaign(changed, lookAt);
        return showCampaign(changed, temporalUrl);
      },
    }),
    route({
      method: 'delete',
      path: '/campaigns/:id',
      tag: 'Campaigns',
      summary: 'Delete a draft or a cancelled campaign',
      status: 204,
      async handle({ caller, params }) {
        const campaign = await find(caller.workspace._id, params['id']);
        if (!(await campaigns.delete(campaign.id))) throw wrongState(campaign, 'deleted');
        return undefined;
      },
    }),
  ];
}

function isOpen({ status }: Campaign): boolean {
  return status === 'draft' || status === 'scheduled';
}

/** Undefined takes a field away. What the content is made of is either its own or a template's. */
function changeOf(body: z.output<typeof campaignChangeBody>) {
  const { name, subject, ratePerSecond, listIds, html, templateId, preheader, text, from, scheduledAt } = body;
  return {
    ...(name === undefined ? {} : { name }),
    ...(subject === undefined ? {} : { subject }),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(listIds === undefined ? {} : { listIds }),
    ...(preheader === undefined ? {} : { preheader: preheader ?? undefined }),
    ...(from === undefined ? {} : { from: from ?? undefined }),
    ...(scheduledAt === undefined ? {} : { scheduledAtMs: scheduledAt === null ? undefined : Date.parse(scheduledAt) }),
    ...(html === undefined ? {} : { html, templateId: undefined }),
    ...(templateId === undefined ? {} : { templateId, html, text: undefined }),
    ...(text === undefined ? {} : { text: text ?? undefined }),
  };
}

function invalid(field: string, what: string): Problem {
  return new Problem(422, 'invalid_body', `${field}: ${what}`, { errors: [{ pointer: `/${field}`, detail: what }] });
}
