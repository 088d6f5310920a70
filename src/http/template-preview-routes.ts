import type { Logger } from 'pino';
import { z } from 'zod';
import type { EmailRenderer, RenderContext, RenderedEmail } from '../../activities/send-emails';
import { normalizeEmail } from '../../domain/email-address';
import type { EmailContent } from '../../domain/email';
import { contentShape, type Template } from '../../domain/template';
import { RenderingError } from '../email/render';
import type { ContactStore } from '../mongo/contacts';
import type { EmailStore } from '../mongo/emails';
import { newId } from '../mongo/new-id';
import type { TemplateStore } from '../mongo/templates';
import type { Starter } from '../temporal/start';
import { bodyOf } from './body-schema';
import { jsonObjectField } from './contact-schema';
import { contentProblem, refuseBrokenContent } from './content-problems';
import { noEmailId, previewSchema } from './email-preview-routes';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const shortText = z.string({ error: 'must be a text' }).max(1_000, { error: 'must have at most 1000 characters' });
const data = jsonObjectField.optional().describe('{{ data.… }}');
const previewShape = {
  contactId: shortText.optional().describe('A contact to show it for'),
  contact: bodyOf({
    email: shortText.optional(),
    firstName: shortText.nullish(),
    lastName: shortText.nullish(),
    metadata: jsonObjectField.optional(),
  })
    .optional()
    .describe('Or somebody who is none'),
  data,
  event: bodyOf({ name: shortText, properties: jsonObjectField.optional() }).optional().describe('{{ event.… }}'),
};
const previewBody = bodyOf(previewShape).prefault({});
const contentPreviewBody = bodyOf({
  ...contentShape,
  preheader: contentShape.preheader.optional(),
  text: contentShape.text.optional(),
  ...previewShape,
});

const testBody = bodyOf({
  to: z.string({ error: 'must be an email address, such as ada@example.com' }).transform((text, context) => {
    const address = normalizeEmail(text);
    if (address !== undefined) return address;
    context.addIssue({ code: 'custom', message: 'must be an email address, such as ada@example.com' });
    return z.NEVER;
  }),
  data,
});
const testSchema = z.object({ emailId: z.string(), status: z.literal('queued') });

export interface TemplatePreviewDeps {
  templates: TemplateStore;
  contacts: ContactStore;
  emails: EmailStore;
  renderer: EmailRenderer;
  starter: Pick<Starter, 'startEmailSend'>;
  now: () => number;
  logger: Pick<Logger, 'warn'>;
}

/** Looking at a template before it is sent. */
export function templatePreviewRoutes(deps: TemplatePreviewDeps): Route[] {
  const find = async (workspaceId: string, id: string | undefined): Promise<Template> => {
    const template = await deps.templates.get(workspaceId, id ?? '');
    if (!template) throw notFound('template');
    return template;
  };
  const contactOf = async (
    workspaceId: string,
    { contactId, contact }: z.output<typeof previewBody>,
  ): Promise<Required<RenderContext>['contact']> => {
    if (contactId !== undefined) {
      const found = await deps.contacts.get(workspaceId, contactId);
      if (found) return found;
      const detail = `There is no contact ${contactId} in this workspace. Take the id from GET /contacts.`;
      throw new Problem(422, 'unknown_contact', detail, { errors: [{ pointer: '/contactId', detail }] });
    }
    const { email = 'ada@example.com', firstName = null, lastName = null, metadata = {} } = contact ?? {};
    return { id: '', email, firstName, lastName, metadata };
  };
  const preview = async (
    workspaceId: string,
    content: EmailContent,
    wanted: z.output<typeof previewBody>,
  ): Promise<RenderedEmail> => {
    const { data: values, event } = wanted;
    const contact = await contactOf(workspaceId, wanted);
    try {
      return await deps.renderer.render(content, {
        ...{ emailId: noEmailId, workspaceId, campaignId: 'preview' },
        isMarketing: false,
        isTracked: false,
        contact,
        ...(values ? { data: values } : {}),
        ...(event ? { event: { name: event.name, properties: event.properties ?? {} } } : {}),
      });
    } catch (error) {
      throw error instanceof RenderingError ? contentProblem([error.problem]) : error;
    }
  };

  return [
    route({
      method: 'post',
      path: '/templates/preview',
      tag: 'Templates',
      summary: 'Show content that is not saved, as its recipient would get it',
      status: 200,
      body: contentPreviewBody,
      response: previewSchema,
      async handle({ caller, body: { subject, preheader, html, text, ...wanted } }) {
        const content = { subject, html, ...(preheader ? { preheader } : {}), ...(text ? { text } : {}) };
        refuseBrokenContent(content);
        return shown(await preview(caller.workspace._id, content, wanted));
      },
    }),
    route({
      method: 'post',
      path: '/templates/:id/preview',
      tag: 'Templates',
      summary: 'Show a template as its recipient would get it; links are not tracked in it',
      status: 200,
      body: previewBody,
      response: previewSchema,
      async handle({ caller, params, body }) {
        const workspaceId = caller.workspace._id;
        return shown(await preview(workspaceId, await find(workspaceId, params['id']), body));
      },
    }),
    route({
      method: 'post',
      path: '/templates/:id/test',
      tag: 'Templates',
      summary: 'Send a template to one address',
      status: 202,
      body: testBody,
      response: testSchema,
      idempotent: { secrets: [] },
      async handle({ caller, params, body }) {
        const workspaceId = caller.workspace._id;
        const template = await find(workspaceId, params['id']);
        const emailId = newId('email');
        await deps.emails.insert([
          {
            ...{ id: emailId, workspaceId, kind: 'test', to: body.to, status: 'queued' },
            ...{ campaignId: template.id, campaignName: template.name, templateId: template.id },
            ...(body.data ? { data: JSON.stringify(body.data) } : {}),
            ...{ createdAtMs: deps.now(), opens: 0, clicks: 0 },
          },
        ]);
        // Stored is enough: the sweep starts what this leaves behind.
        deps.starter
          .startEmailSend(emailId)
          .catch((error: unknown) => deps.logger.warn({ err: error, emailId }, 'email.left_to_sweep'));
        return { emailId, status: 'queued' as const };
      },
    }),
  ];
}

function shown({ subject, html, text }: RenderedEmail): z.infer<typeof previewSchema> {
  return { subject, html, text };
}
