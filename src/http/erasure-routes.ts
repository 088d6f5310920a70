import { z } from 'zod';
import { erasedKinds, erasureStatuses } from '../../domain/erasure';
import type { ErasureDocument, ErasureStore } from '../mongo/erasures';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound } from './problem';
import { route, type Route } from './route';

const erasureSchema = z.object({
  contactId: z.string(),
  status: z.enum(erasureStatuses),
  removed: z
    .object(Object.fromEntries(erasedKinds.map((kind) => [kind, z.int().optional()])))
    .describe('What was found of the person, by kind'),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});

/** The removal of persons, which DELETE /contacts/:id begins. */
export function erasureRoutes({ erasures }: { erasures: ErasureStore }): Route[] {
  return [
    route({
      method: 'get',
      path: '/erasures',
      tag: 'Contacts',
      summary: 'Removals of persons with their progress, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(erasureSchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await erasures.page(caller.workspace._id, page);
        return toPage(rows, query.limit, (row) => ({ at: row.createdAt, id: row._id }), show);
      },
    }),
    route({
      method: 'get',
      path: '/erasures/:contactId',
      tag: 'Contacts',
      summary: 'How far the removal of a person has come',
      status: 200,
      response: erasureSchema,
      async handle({ caller, params }) {
        const found = await erasures.get(caller.workspace._id, params['contactId'] ?? '');
        if (!found) throw notFound('removal of a contact');
        return show(found);
      },
    }),
  ];
}

function show({ _id, status, removed, createdAt, endedAt }: ErasureDocument): z.infer<typeof erasureSchema> {
  return {
    contactId: _id,
    status,
    removed,
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}
