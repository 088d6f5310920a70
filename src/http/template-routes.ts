import { z } from 'zod';
import { contentShape, type Template } from '../../domain/template';
import { newId } from '../mongo/new-id';
import type { TemplateStore, TemplateSummary } from '../mongo/templates';
import { bodyOf, nameField } from './body-schema';
import { refuseBrokenContent } from './content-problems';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound } from './problem';
import { route, type Route } from './route';

const summarySchema = z.object({
  id: z.string(),
  name: z.string(),
  subject: z.string(),
  preheader: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
const templateSchema = summarySchema.extend({
  html: z.string(),
  text: z.string().nullable().describe('null: made from the HTML'),
});

const newBody = bodyOf({
  name: nameField,
  ...contentShape,
  preheader: contentShape.preheader.nullish(),
  text: contentShape.text.nullish(),
});
const changeBody = bodyOf({
  name: nameField.optional(),
  subject: contentShape.subject.optional(),
  preheader: contentShape.preheader.nullish().describe('null takes it away'),
  html: contentShape.html.optional(),
  text: contentShape.text.nullish().describe('null takes it away: the text is made from the HTML again'),
});

export interface TemplateRouteDeps {
  templates: TemplateStore;
  now: () => number;
}

/** Content that is kept under a name. */
export function templateRoutes({ templates, now }: TemplateRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/templates',
      tag: 'Templates',
      summary: 'Templates, newest first; without their html and text',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(summarySchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await templates.page(caller.workspace._id, page);
        return toPage(rows, query.limit, (row) => ({ at: new Date(row.createdAtMs), id: row.id }), showSummary);
      },
    }),
    route({
      method: 'post',
      path: '/templates',
      tag: 'Templates',
      summary: 'Add a template',
      status: 201,
      body: newBody,
      response: templateSchema,
      idempotent: { secrets: [] },
      async handle({ caller, body: { preheader, text, ...body } }) {
        const nowMs = now();
        const template: Template = {
          id: newId('template'),
          workspaceId: caller.workspace._id,
          ...body,
          ...(preheader == null ? {} : { preheader }),
          ...(text == null ? {} : { text }),
          createdAtMs: nowMs,
          updatedAtMs: nowMs,
        };
        refuseBrokenContent(template);
        await templates.insert(template);
        return show(template);
      },
    }),
    route({
      method: 'get',
      path: '/templates/:id',
      tag: 'Templates',
      summary: 'One template',
      status: 200,
      response: templateSchema,
      async handle({ caller, params }) {
        const template = await templates.get(caller.workspace._id, params['id'] ?? '');
        if (!template) throw notFound('template');
        return show(template);
      },
    }),
    route({
      method: 'patch',
      path: '/templates/:id',
      tag: 'Templates',
      summary: 'Change a template; what is not sent yet is sent as it then is',
      status: 200,
      body: changeBody,
      response: templateSchema,
      async handle({ caller, params, body }) {
        refuseBrokenContent(body);
        const changed = await templates.change(caller.workspace._id, params['id'] ?? '', body, new Date(now()));
        if (!changed) throw notFound('template');
        return show(changed);
      },
    }),
    route({
      method: 'delete',
      path: '/templates/:id',
      tag: 'Templates',
      summary: 'Delete a template; what would be sent with it fails, with that reason',
      status: 204,
      async handle({ caller, params }) {
        if (!(await templates.delete(caller.workspace._id, params['id'] ?? ''))) throw notFound('template');
        return undefined;
      },
    }),
  ];
}

function showSummary(template: TemplateSummary): z.infer<typeof summarySchema> {
  return {
    id: template.id,
    name: template.name,
    subject: template.subject,
    preheader: template.preheader ?? null,
    createdAt: new Date(template.createdAtMs).toISOString(),
    updatedAt: new Date(template.updatedAtMs).toISOString(),
  };
}

function show(template: Template): z.infer<typeof templateSchema> {
  return { ...showSummary(template), html: template.html, text: template.text ?? null };
}
