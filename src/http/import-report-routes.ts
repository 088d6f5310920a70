import { z } from 'zod';
import type { ImportDocument, ImportStore } from '../mongo/imports';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound } from './problem';
import { sendReport } from './refusal-report';
import { route, type Route } from './route';

const refusalSchema = z.object({ line: z.int(), reason: z.string(), raw: z.string().describe('The line, bounded') });

/** The lines of a file that were not imported. */
export function importReportRoutes({ imports }: { imports: ImportStore }): Route[] {
  const find = async (workspaceId: string, id: string | undefined): Promise<ImportDocument> => {
    const found = await imports.get(workspaceId, id ?? '');
    if (!found) throw notFound('import');
    return found;
  };

  return [
    route({
      method: 'get',
      path: '/imports/:id/refusals',
      tag: 'Contacts',
      summary: 'The lines that were not imported, and why; all of them as CSV with Accept: text/csv',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(refusalSchema),
      async handle({ caller, params, query, request, response }) {
        const { _id: id } = await find(caller.workspace._id, params['id']);
        if (request.accepts(['application/json', 'text/csv']) === 'text/csv') {
          await sendReport(imports, id, response);
          return { data: [], nextCursor: null };
        }
        // A line stands in its place: its number takes the part of a time.
        const after = readCursor(query.cursor)?.at.getTime() ?? 0;
        const rows = await imports.refusals(id, after, query.limit + 1);
        return toPage(
          rows,
          query.limit,
          ({ line }) => ({ at: new Date(line), id }),
          (row) => row,
        );
      },
    }),
    route({
      method: 'get',
      path: '/imports/:id/refused.csv',
      tag: 'Contacts',
      summary: 'The same lines as a file to download',
      status: 200,
      file: 'text/csv',
      async handle({ caller, params, response }) {
        const { _id: id } = await find(caller.workspace._id, params['id']);
        await sendReport(imports, id, response);
        return undefined;
      },
    }),
  ];
}
