import type { Logger } from 'pino';
import { z } from 'zod';
import { CsvRefused, csvLimits, type CsvLimits } from '../imports/csv-records';
import { readCsv } from '../imports/read-csv';
import type { ImportDocument, ImportStore } from '../mongo/imports';
import type { ListStore } from '../mongo/lists';
import { newId } from '../mongo/new-id';
import type { Starter } from '../temporal/start';
import { checkedLists } from './checked-lists';
import { csvOf, refused } from './csv-body';
import { importQuery, importSchema, readMappings, showImport } from './import-schema';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

export interface ImportRouteDeps {
  imports: ImportStore;
  lists: ListStore;
  starter: Pick<Starter, 'startContactImport'>;
  /** Those of readCsv, where nothing is said. */
  limits?: CsvLimits;
  now: () => number;
  logger: Logger;
}

/** CSV files of contacts. */
export function importRoutes(deps: ImportRouteDeps): Route[] {
  const { imports, limits = csvLimits } = deps;
  const find = async (workspaceId: string, id: string | undefined): Promise<ImportDocument> => {
    const found = await imports.get(workspaceId, id ?? '');
    if (!found) throw notFound('import');
    return found;
  };
  /** Best effort: what is stored and not started is started by the sweep. */
  const start = (importId: string): void => {
    deps.starter.startContactImport(importId).catch((error: unknown) => {
      deps.logger.warn({ err: error, importId }, 'import.left_to_sweep');
    });
  };

  return [
    route({
      method: 'post',
      path: '/contacts/import',
      tag: 'Contacts',
      summary: 'Import contacts from a CSV file, which is the body; with gzip or without',
      status: 202,
      query: importQuery,
      stream: 'text/csv',
      response: importSchema,
      idempotent: { secrets: [] },
      async handle({ caller, query, request }) {
        const workspaceId = caller.workspace._id;
        const { policy, delimiter, fileName } = query;
        const listIds = await checkedLists(deps.lists, workspaceId, query.listId);
        const map = readMappings(query.map);
        const body = csvOf(request, limits);
        const id = newId('import');
        const at = new Date(deps.now());
        let isBegun = false;
        try {
          const sizes = await readCsv(
            body,
            { map, delimiter, limits },
            {
              async header({ columns }) {
                isBegun = true;
                await imports.begin({
                  ...{ _id: id, workspaceId, status: 'uploading', listIds, columns, total: 0, processed: 0, chunks: 0 },
                  ...{ created: 0, updated: 0, unchanged: 0, refused: 0, createdAt: at, touchedAt: at },
                  policy,
                  ...(fileName ? { fileName } : {}),
                });
              },
              chunk: (chunk) => imports.addChunk(id, workspaceId, chunk, at),
            },
          );
          if (sizes.total === 0) throw new CsvRefused('unreadable', 'the file has no line below its header');
          const stored = await imports.finishUpload(id, sizes);
          if (!stored)
            throw new Problem(503, 'upload_cut_off', 'The upload took too long; send the file again, in parts.');
          start(id);
          return showImport(stored);
        } catch (error) {
          // What cannot be cleared away now, since the database is away, is found by the sweep.
          if (isBegun) await imports.drop(id).catch(() => undefined);
          throw error instanceof CsvRefused ? refused(error) : error;
        }
      },
    }),
    route({
      method: 'get',
      path: '/imports',
      tag: 'Contacts',
      summary: 'Imports with their progress, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(importSchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await imports.page(caller.workspace._id, page);
        return toPage(rows, query.limit, (row) => ({ at: row.createdAt, id: row._id }), showImport);
      },
    }),
    route({
      method: 'get',
      path: '/imports/:id',
      tag: 'Contacts',
      summary: 'How far an import has come',
      status: 200,
      response: importSchema,
      handle: async ({ caller, params }) => showImport(await find(caller.workspace._id, params['id'])),
    }),
    route({
      method: 'post',
      path: '/imports/:id/cancel',
      tag: 'Contacts',
      summary: 'Leave out the lines that are not imported yet',
      status: 200,
      response: importSchema,
      async handle({ caller, params }) {
        const { _id: id, status } = await find(caller.workspace._id, params['id']);
        if (status !== 'cancelled' && !(await imports.cancel(id, new Date(deps.now())))) {
          throw new Problem(409, 'import_over', 'The import is completed; there is nothing to cancel.');
        }
        await imports.dropOpen(id);
        return showImport(await find(caller.workspace._id, id));
      },
    }),
  ];
}
