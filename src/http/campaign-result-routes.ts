import { z } from 'zod';
import type { Campaign } from '../../domain/campaign';
import { paceOf, rateWindowMs, timelineOf } from '../../domain/campaign-results';
import { emailOutcomes } from '../../domain/email-outcome';
import type { CampaignResultStore } from '../mongo/campaign-results';
import type { CampaignStore } from '../mongo/campaigns';
import type { EmailLogStore } from '../mongo/email-log';
import { PacedAnswers } from '../mongo/paced-answers';
import { campaignSummarySchema, showCampaignSummary } from './campaign-schema';
import { notFound } from './problem';
import { sendCsv } from './csv-file';
import { recipientColumns, recipientsCsv } from './recipients-csv';
import { route, type Route } from './route';

const maxLinksShown = 100;
const time = z.iso.datetime();
const bucketSchema = z.object({
  ...{ from: time, until: time },
  opened: z.int().describe('Emails that were opened for the first time'),
  clicked: z.int().describe('Emails that were clicked in for the first time'),
});
const linkSchema = z.object({
  url: z.string(),
  unique: z.int().describe('Emails in which it was clicked'),
  total: z.int().describe('Clicks'),
});
const resultsSchema = campaignSummarySchema.extend({
  pace: z.object({
    elapsedMs: z.number().nullable().describe('Since the start, up to the end where it is over'),
    ratePerMinute: z.number().nullable().describe('Emails handed over a minute at the moment; null unless it sends'),
    etaMs: z.number().nullable().describe('Until everyone was worked off once; null where that cannot be told'),
  }),
  skippedBy: z.array(z.object({ reason: z.string(), count: z.int() })),
  links: z.array(linkSchema).describe(`Most clicked first, ${maxLinksShown} at most`),
  otherLinks: z.int().describe('Links that were clicked beside these'),
  timeline: z.array(bucketSchema).describe('Hour by hour for 48 hours, then day by day, as long as emails are kept'),
});
const recipientsQuery = z.object({
  outcome: z.enum(emailOutcomes).optional().describe('Only those of whom this became'),
});

export interface CampaignResultDeps {
  campaigns: CampaignStore;
  campaignResults: CampaignResultStore;
  emailLog: EmailLogStore;
  temporalUrl: (workflowId: string) => string | null;
  now: () => number;
  /** The pace at which the database is asked again for what costs much. */
  clockMs?: () => number;
}

type Details = Pick<z.output<typeof resultsSchema>, 'skippedBy' | 'links' | 'otherLinks' | 'timeline'>;

/** What campaigns have come to. */
export function campaignResultRoutes(deps: CampaignResultDeps): Route[] {
  const { campaignResults } = deps;
  const details = new PacedAnswers<Details>(deps.clockMs);
  const recent = new PacedAnswers<number>(deps.clockMs);

  const find = async (workspaceId: string, id: string | undefined): Promise<Campaign> => {
    const campaign = await deps.campaigns.get(workspaceId, id ?? '');
    if (!campaign) throw notFound('campaign');
    return campaign;
  };
  const paceNow = async (campaign: Campaign) => {
    const { id, workspaceId, status } = campaign;
    const windowMs = rateWindowMs(campaign.ratePerSecond);
    const since = new Date(deps.now() - windowMs);
    const count =
      status === 'sending' ? await recent.get(id, () => campaignResults.handedOverSince(workspaceId, id, since)) : 0;
    return paceOf(campaign, { count, windowMs }, deps.now());
  };
  const readDetails = async ({ id, workspaceId, startedAtMs }: Campaign): Promise<Details> => {
    if (startedAtMs === undefined) return { skippedBy: [], links: [], otherLinks: 0, timeline: [] };
    const [skippedBy, { links, others }, opened, clicked] = await Promise.all([
      campaignResults.skippedBy(workspaceId, id),
      campaignResults.links(workspaceId, id),
      campaignResults.byHour(workspaceId, id, 'opened', startedAtMs),
      campaignResults.byHour(workspaceId, id, 'clicked', startedAtMs),
    ]);
    const timeline = timelineOf(startedAtMs, deps.now(), { opened, clicked }).map(({ fromMs, untilMs, ...counts }) => ({
      from: new Date(fromMs).toISOString(),
      until: new Date(untilMs).toISOString(),
      ...counts,
    }));
    const otherLinks = others + Math.max(0, links.length - maxLinksShown);
    return { skippedBy, links: links.slice(0, maxLinksShown), otherLinks, timeline };
  };

  return [
    route({
      method: 'get',
      path: '/campaigns/:id/results',
      tag: 'Campaigns',
      summary: 'What a campaign has come to: pace, reasons, links, and opens and clicks over time',
      status: 200,
      response: resultsSchema,
      async handle({ caller, params }) {
        const campaign = await find(caller.workspace._id, params['id']);
        const [pace, found] = await Promise.all([
          paceNow(campaign),
          details.get(campaign.id, () => readDetails(campaign)),
        ]);
        return { ...showCampaignSummary(campaign, deps.temporalUrl), pace, ...found };
      },
    }),
    route({
      method: 'get',
      path: '/campaigns/:id/recipients.csv',
      tag: 'Campaigns',
      summary: 'Every recipient of a campaign and what became of the email, as a CSV file',
      status: 200,
      query: recipientsQuery,
      file: 'text/csv',
      async handle({ caller, params, query, response }) {
        const { id } = await find(caller.workspace._id, params['id']);
        await sendCsv(response, {
          name: `${[id, query.outcome ?? 'all'].join('-')}.csv`,
          columns: recipientColumns,
          pages: recipientsCsv(deps.emailLog, caller.workspace._id, id, query.outcome),
        });
        return undefined;
      },
    }),
  ];
}
