import { z } from 'zod';
import type { ContactStore } from '../mongo/contacts';
import type { ListDocument, ListStore } from '../mongo/lists';
import { newId } from '../mongo/new-id';
import type { WorkspaceStore } from '../mongo/workspaces';
import type { Authenticator } from './auth';
import { bodyOf, nameField } from './body-schema';
import { contactSchema, placeOfContact, showContact } from './contact-schema';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound } from './problem';
import { route, type Route } from './route';

const listSchema = z.object({
  id: z.string(),
  name: z.string(),
  contactCount: z.int().describe('Counted up to some ten thousand in the list of lists, wholly for one list'),
  isCountExact: z.boolean().describe('False: there are more'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

/** A page of lists must not count millions of keys. */
const countedInLists = 10_001;

export interface ListRouteDeps {
  lists: ListStore;
  contacts: ContactStore;
  workspaces: WorkspaceStore;
  auth: Pick<Authenticator, 'forget'>;
  now: () => number;
}

/** Lists of contacts. */
export function listRoutes(deps: ListRouteDeps): Route[] {
  const find = async (workspaceId: string, id: string | undefined): Promise<ListDocument> => {
    const list = await deps.lists.get(workspaceId, id ?? '');
    if (!list) throw notFound('list');
    return list;
  };
  const show = async (list: ListDocument, most = Infinity): Promise<z.infer<typeof listSchema>> => {
    const { _id: id, workspaceId, name, createdAt, updatedAt } = list;
    const count = await deps.contacts.listSize(workspaceId, id, most);
    return {
      ...{ id, name, contactCount: Math.min(count, most - 1), isCountExact: count < most },
      ...{ createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() },
    };
  };

  return [
    route({
      method: 'get',
      path: '/lists',
      tag: 'Lists',
      summary: 'Lists, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(listSchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await deps.lists.page(caller.workspace._id, page);
        const shown = toPage(
          rows,
          query.limit,
          (row) => ({ at: row.createdAt, id: row._id }),
          (row) => show(row, countedInLists),
        );
        return { ...shown, data: await Promise.all(shown.data) };
      },
    }),
    route({
      method: 'post',
      path: '/lists',
      tag: 'Lists',
      summary: 'Add a list',
      status: 201,
      body: bodyOf({ name: nameField }),
      response: listSchema,
      idempotent: { secrets: [] },
      async handle({ caller, body }) {
        const at = new Date(deps.now());
        const workspaceId = caller.workspace._id;
        const list = { _id: newId('list'), workspaceId, name: body.name, createdAt: at, updatedAt: at };
        await deps.lists.insert(list);
        return show(list);
      },
    }),
    route({
      method: 'get',
      path: '/lists/:id',
      tag: 'Lists',
      summary: 'One list',
      status: 200,
      response: listSchema,
      handle: async ({ caller, params }) => show(await find(caller.workspace._id, params['id'])),
    }),
    route({
      method: 'patch',
      path: '/lists/:id',
      tag: 'Lists',
      summary: 'Rename a list',
      status: 200,
      body: bodyOf({ name: nameField }),
      response: listSchema,
      async handle({ caller, params, body }) {
        const at = new Date(deps.now());
        const renamed = await deps.lists.rename(caller.workspace._id, params['id'] ?? '', body.name, at);
        if (!renamed) throw notFound('list');
        return show(renamed);
      },
    }),
    route({
      method: 'delete',
      path: '/lists/:id',
      tag: 'Lists',
      summary: 'Delete a list; its contacts stay',
      status: 204,
      async handle({ caller, params }) {
        const workspaceId = caller.workspace._id;
        const list = await find(workspaceId, params['id']);
        await deps.workspaces.clearDefaultList(workspaceId, list._id, new Date(deps.now()));
        deps.auth.forget();
        // Before the list goes, so that a call which was cut off can be made again; after it, for those who were put
        // on it meanwhile. Not one transaction: a list may hold more contacts than a transaction has time for.
        await deps.contacts.takeOffList(workspaceId, list._id);
        await deps.lists.delete(workspaceId, list._id);
        await deps.contacts.takeOffList(workspaceId, list._id);
        return undefined;
      },
    }),
    route({
      method: 'get',
      path: '/lists/:id/contacts',
      tag: 'Lists',
      summary: 'The contacts on a list, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(contactSchema),
      async handle({ caller, params, query }) {
        const list = await find(caller.workspace._id, params['id']);
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await deps.contacts.page(caller.workspace._id, { listId: list._id }, page);
        return toPage(rows, query.limit, placeOfContact, showContact);
      },
    }),
  ];
}
