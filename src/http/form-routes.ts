import { z } from 'zod';
import { maxTraitNameLength } from '../../domain/contact';
import { honeypotField, type Form } from '../../domain/form';
import type { FormStore } from '../mongo/forms';
import type { ListStore } from '../mongo/lists';
import { newId } from '../mongo/new-id';
import { bodyOf, nameField } from './body-schema';
import { checkedLists, listIdsField } from './checked-lists';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound } from './problem';
import { route, type Route } from './route';
import { embedOf } from './sign-up-inputs';

/** One line: what stands in a header of an email must not begin a second one. */
const line = (max: number) =>
  z
    .string({ error: 'must be a text' })
    .trim()
    .min(1, { error: 'must not be empty' })
    .max(max, { error: `must have at most ${max} characters` })
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u, { error: 'must be one line, without control characters' });
const webAddress = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .max(2_048, { error: 'must have at most 2048 characters' });
const keyField = z
  .string({ error: 'must be firstName, lastName or metadata.NAME' })
  .max(maxTraitNameLength)
  .regex(/^(firstName|lastName|metadata\.[^\p{Cc}]+)$/u, { error: 'must be firstName, lastName or metadata.NAME' })
  .refine((key) => key !== honeypotField);
const fieldsField = z
  .array(
    z.strictObject({
      key: keyField.describe('firstName, lastName or metadata.NAME'),
      label: line(200),
      required: z.boolean().default(false),
    }),
  )
  .max(30, { error: 'may hold at most 30 fields' })
  .refine((fields) => new Set(fields.map(({ key }) => key)).size === fields.length, {
    error: 'names a field twice; each key may stand once',
  })
  .describe('What the form asks for besides the email');

const newBody = bodyOf({
  name: nameField.pipe(line(200)).describe('Also the heading of the page'),
  listIds: listIdsField.default([]),
  fields: fieldsField.default([]),
  doubleOptIn: z.boolean().default(true).describe('Whoever signs up confirms it by a link in an email'),
  redirectUrl: webAddress.optional().describe('Where a browser goes afterwards'),
  confirmSubject: line(200).optional().describe('Subject of the email that asks for the confirmation'),
});
const changeBody = bodyOf({
  name: nameField.pipe(line(200)).optional(),
  listIds: listIdsField.optional(),
  fields: fieldsField.optional(),
  doubleOptIn: z.boolean().optional(),
  redirectUrl: webAddress.nullable().optional(),
  confirmSubject: line(200).nullable().optional(),
});
const formSchema = z.object({
  id: z.string(),
  name: z.string(),
  listIds: z.array(z.string()),
  fields: z.array(z.object({ key: z.string(), label: z.string(), required: z.boolean() })),
  doubleOptIn: z.boolean(),
  redirectUrl: z.string().nullable(),
  confirmSubject: z.string().nullable(),
  url: z.string().describe('The hosted page; a page of your own may POST to it, as JSON too'),
  embed: z.string().describe('HTML to put into a page of your own'),
  counts: z.object({
    asked: z.int().describe('Who was asked by email to confirm'),
    joined: z.int().describe('Who has joined: confirmed it, or needed no confirmation'),
  }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

export interface FormRouteDeps {
  forms: FormStore;
  lists: ListStore;
  publicUrl: () => string;
  now: () => number;
}

/** Sign-up forms. */
export function formRoutes(deps: FormRouteDeps): Route[] {
  const { forms } = deps;
  const urlOf = ({ id }: Form): string => `${deps.publicUrl()}/f/${id}`;
  const find = async (workspaceId: string, id: string | undefined): Promise<Form> => {
    const form = await forms.get(workspaceId, id ?? '');
    if (!form) throw notFound('form');
    return form;
  };
  const show = (form: Form): z.infer<typeof formSchema> => ({
    id: form.id,
    name: form.name,
    listIds: form.listIds,
    fields: form.fields.map(({ key, label, isRequired }) => ({ key, label, required: isRequired })),
    doubleOptIn: form.doubleOptIn,
    redirectUrl: form.redirectUrl ?? null,
    confirmSubject: form.confirmSubject ?? null,
    url: urlOf(form),
    embed: embedOf(form, urlOf(form)),
    counts: form.counts,
    createdAt: new Date(form.createdAtMs).toISOString(),
    updatedAt: new Date(form.updatedAtMs).toISOString(),
  });

  return [
    route({
      method: 'get',
      path: '/forms',
      tag: 'Forms',
      summary: 'Sign-up forms, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(formSchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await forms.page(caller.workspace._id, page);
        return toPage(rows, query.limit, (row) => ({ at: new Date(row.createdAtMs), id: row.id }), show);
      },
    }),
    route({
      method: 'post',
      path: '/forms',
      tag: 'Forms',
      summary: 'Add a sign-up form',
      status: 201,
      body: newBody,
      response: formSchema,
      idempotent: { secrets: [] },
      async handle({ caller, body }) {
        const workspaceId = caller.workspace._id;
        const { name, doubleOptIn, redirectUrl, confirmSubject } = body;
        const form: Form = {
          ...{ id: newId('form'), workspaceId, name, doubleOptIn, fields: body.fields.map(readField) },
          listIds: await checkedLists(deps.lists, workspaceId, body.listIds),
          ...(redirectUrl === undefined ? {} : { redirectUrl }),
          ...(confirmSubject === undefined ? {} : { confirmSubject }),
          ...{ counts: { asked: 0, joined: 0 }, createdAtMs: deps.now(), updatedAtMs: deps.now() },
        };
        await forms.save(form);
        return show(form);
      },
    }),
    route({
      method: 'get',
      path: '/forms/:id',
      tag: 'Forms',
      summary: 'One sign-up form',
      status: 200,
      response: formSchema,
      handle: async ({ caller, params }) => show(await find(caller.workspace._id, params['id'])),
    }),
    route({
      method: 'patch',
      path: '/forms/:id',
      tag: 'Forms',
      summary: 'Change a sign-up form',
      status: 200,
      body: changeBody,
      response: formSchema,
      async handle({ caller, params, body }) {
        const workspaceId = caller.workspace._id;
        const { redirectUrl, confirmSubject, ...before } = await find(workspaceId, params['id']);
        const nextUrl = body.redirectUrl === undefined ? redirectUrl : (body.redirectUrl ?? undefined);
        const nextSubject = body.confirmSubject === undefined ? confirmSubject : (body.confirmSubject ?? undefined);
        const form: Form = {
          ...before,
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.doubleOptIn === undefined ? {} : { doubleOptIn: body.doubleOptIn }),
          ...(body.fields === undefined ? {} : { fields: body.fields.map(readField) }),
          ...(body.listIds === undefined ? {} : { listIds: await checkedLists(deps.lists, workspaceId, body.listIds) }),
          ...(nextUrl === undefined ? {} : { redirectUrl: nextUrl }),
          ...(nextSubject === undefined ? {} : { confirmSubject: nextSubject }),
          updatedAtMs: deps.now(),
        };
        await forms.save(form);
        return show(form);
      },
    }),
    route({
      method: 'delete',
      path: '/forms/:id',
      tag: 'Forms',
      summary: 'Delete a sign-up form; who has signed up stays',
      status: 204,
      async handle({ caller, params }) {
        if (!(await forms.delete(caller.workspace._id, params['id'] ?? ''))) throw notFound('form');
        return undefined;
      },
    }),
  ];
}

function readField({
  key,
  label,
  required,
}: {
  key: string;
  label: string;
  required: boolean;
}): Form['fields'][number] {
  return { key, label, isRequired: required };
}
