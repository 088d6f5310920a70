import { z } from 'zod';
import { workflowIds } from '../../domain/ids';
import { contentShape } from '../../domain/template';
import type { EmailEventStore } from '../mongo/email-events';
import type { EmailLogStore } from '../mongo/email-log';
import type { EmailWrites } from '../mongo/email-writes';
import type { EmailSource, EmailStore } from '../mongo/emails';
import type { TemplateStore } from '../mongo/templates';
import type { AfterCommit } from './after-commit';
import { bodyOf } from './body-schema';
import { jsonObjectField } from './contact-schema';
import { refuseBrokenContent } from './content-problems';
import { addressField, emailLogFilterOf, emailLogQuery } from './email-log-query';
import { emailDetailSchema, emailSchema, showEmail, showEmailDetail } from './email-schema';
import { vetFrom, type FromCheck } from './from-check';
import { pageOf, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const maxDataBytes = 256 * 1024;
const maxEventsShown = 100;
/** What an email without a campaign is booked under. */
const noCampaign = 'transactional';

const newBody = bodyOf({
  to: addressField.describe('One address; it becomes a contact, if it is none yet'),
  templateId: z.string({ error: 'must be the id of a template' }).optional().describe('Instead of subject and html'),
  data: jsonObjectField
    .refine((data) => Buffer.byteLength(JSON.stringify(data)) <= maxDataBytes, { error: 'must have at most 256 KB' })
    .optional()
    .describe('What the content can name as {{ data.… }}'),
  subject: contentShape.subject.optional(),
  preheader: contentShape.preheader.optional(),
  html: contentShape.html.optional(),
  text: contentShape.text.optional(),
  from: z
    .string({ error: 'must be an address such as News <news@acme.com>' })
    .max(320, { error: 'must have at most 320 characters' })
    .optional()
    .describe("An address of a sending domain; absent: the installation's sender"),
});
type NewEmail = z.output<typeof newBody>;

export interface EmailRouteDeps {
  emails: EmailStore;
  emailLog: EmailLogStore;
  emailEvents: EmailEventStore;
  templates: TemplateStore;
  emailWrites: EmailWrites;
  checkSender: FromCheck;
  afterCommit: AfterCommit;
  /** Starts the email's workflow; never rejects, since the sweep does it too. */
  startEmail: (emailId: string) => Promise<void>;
  temporalUrl: (workflowId: string) => string | null;
  now: () => number;
}

/** Single emails, and the record of all. */
export function emailRoutes(deps: EmailRouteDeps): Route[] {
  const sourceOf = async (workspaceId: string, body: NewEmail): Promise<{ source: EmailSource; name?: string }> => {
    const { templateId, subject, preheader, html, text } = body;
    const own = {
      ...(body.data === undefined ? {} : { data: JSON.stringify(body.data) }),
      ...(body.from === undefined ? {} : { from: body.from }),
    };
    if (body.from !== undefined) await vetFrom(deps.checkSender, workspaceId, body.from);
    if (templateId !== undefined) {
      const extra = Object.entries({ subject, preheader, html, text }).find(([, value]) => value !== undefined);
      if (extra) throw invalid(extra[0], 'comes from the template; send either this or templateId');
      const template = await deps.templates.get(workspaceId, templateId);
      if (!template) throw invalid('templateId', 'is not a template of this workspace; take an id from GET /templates');
      return { source: { ...own, templateId }, name: template.name };
    }
    if (subject === undefined) throw invalid('subject', 'is missing; send subject and html, or templateId');
    if (html === undefined) throw invalid('html', 'is missing; send subject and html, or templateId');
    const content = {
      ...{ subject, html },
      ...(preheader === undefined ? {} : { preheader }),
      ...(text === undefined ? {} : { text }),
    };
    refuseBrokenContent(content);
    return { source: { ...own, content } };
  };

  return [
    route({
      method: 'post',
      path: '/emails',
      tag: 'Emails',
      summary: 'Send one email; whether it may go is checked when it goes',
      status: 202,
      body: newBody,
      response: z.object({
        id: z.string(),
        status: z.literal('queued'),
        workflowId: z.string(),
        temporalUrl: z.string().nullable(),
      }),
      idempotent: { secrets: [] },
      async handle({ caller, body }) {
        const workspaceId = caller.workspace._id;
        const { source, name } = await sourceOf(workspaceId, body);
        const campaign = {
          campaignId: body.templateId ?? noCampaign,
          ...(name === undefined ? {} : { campaignName: name }),
        };
        const queued = await deps.emailWrites.queue({ workspaceId, to: body.to, ...campaign, source }, deps.now());
        // Not awaited: the email is durable, and an absent Temporal must not hold its answer up.
        void deps.startEmail(queued.emailId);
        if (queued.eventIds.length > 0) void deps.afterCommit(queued);
        const workflowId = workflowIds.emailSend(queued.emailId);
        const temporalUrl = deps.temporalUrl(workflowId);
        return { id: queued.emailId, status: 'queued' as const, workflowId, temporalUrl };
      },
    }),
    route({
      method: 'get',
      path: '/emails',
      tag: 'Emails',
      summary: 'Emails, newest first',
      status: 200,
      query: emailLogQuery,
      response: pageOf(emailSchema),
      async handle({ caller, query }) {
        const filter = emailLogFilterOf(query);
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await deps.emailLog.page(caller.workspace._id, filter, page);
        return toPage(rows, query.limit, (row) => deps.emailLog.placeOf(row, filter), showEmail);
      },
    }),
    route({
      method: 'get',
      path: '/emails/:id',
      tag: 'Emails',
      summary: 'One email, with its content and what was heard about it',
      status: 200,
      response: emailDetailSchema,
      async handle({ caller, params }) {
        const email = await deps.emails.get(caller.workspace._id, params['id'] ?? '');
        if (!email) throw notFound('email');
        const events = await deps.emailEvents.ofEmail(email._id, { limit: maxEventsShown });
        return showEmailDetail(email, events, deps.temporalUrl);
      },
    }),
  ];
}

function invalid(field: string, what: string): Problem {
  return new Problem(422, 'invalid_body', `${field}: ${what}`, { errors: [{ pointer: `/${field}`, detail: what }] });
}
