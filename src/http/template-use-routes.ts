import { z } from 'zod';
import { allSteps, automationStatuses } from '../../domain/automation';
import { campaignStatuses } from '../../domain/campaign';
import type { AutomationStore } from '../mongo/automations';
import type { CampaignStore } from '../mongo/campaigns';
import type { TemplateStore } from '../mongo/templates';
import { notFound } from './problem';
import { route, type Route } from './route';

const maxShown = 50;
/** A workspace has some; their steps are looked through. */
const maxAutomations = 1_000;
const usesSchema = z.object({
  campaigns: z
    .array(z.object({ id: z.string(), name: z.string(), status: z.enum(campaignStatuses) }))
    .describe(`Newest first, ${maxShown} at most; one that has begun keeps the template as it was then`),
  automations: z
    .array(z.object({ id: z.string(), name: z.string(), status: z.enum(automationStatuses) }))
    .describe(`Newest first, ${maxShown} at most; each email is made of the template as it then is`),
});

export interface TemplateUseDeps {
  templates: TemplateStore;
  campaigns: CampaignStore;
  automations: AutomationStore;
}

export function templateUseRoutes({ templates, campaigns, automations }: TemplateUseDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/templates/:id/uses',
      tag: 'Templates',
      summary: 'The campaigns and automations that send a template',
      status: 200,
      response: usesSchema,
      async handle({ caller, params }) {
        const workspaceId = caller.workspace._id;
        const template = await templates.get(workspaceId, params['id'] ?? '');
        if (!template) throw notFound('template');
        const [sending, all] = await Promise.all([
          campaigns.ofTemplate(workspaceId, template.id, maxShown),
          automations.page(workspaceId, { limit: maxAutomations }),
        ]);
        const using = all.filter(({ steps }) =>
          allSteps(steps).some((step) => step.type === 'sendEmail' && step.templateId === template.id),
        );
        const shown = <Status extends string>({ id, name, status }: { id: string; name: string; status: Status }) => {
          return { id, name, status };
        };
        return { campaigns: sending.map(shown), automations: using.slice(0, maxShown).map(shown) };
      },
    }),
  ];
}
