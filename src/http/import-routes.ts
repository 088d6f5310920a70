import type { Logger } from 'pino';
import { z } from 'zod';
import { importStatuses, type ImportField } from '../../domain/contact-import';
import { CsvRefused, csvLimits, readCsv, type CsvLimits } from '../imports/read-csv';
import type { ImportDocument, ImportStore } from '../mongo/imports';
import type { ListStore } from '../mongo/lists';
import { newId } from '../mongo/new-id';
import type { Starter } from '../temporal/start';
import { checkedLists } from './checked-lists';
import { csvOf, refused } from './csv-body';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { drained, report } from './refusal-report';
import { route, type Route } from './route';

const several = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) => (value === undefined ? [] : [value].flat()));
const importQuery = z.object({
  listId: several.describe('A list that every contact of the file is put on; may come more than once'),
  map: several.describe(
    'COLUMN:FIELD, where a name does not say it; FIELD is email, firstName, lastName, metadata.NAME or ignore; may come more than once',
  ),
});
const time = z.iso.datetime();
const importSchema = z.object({
  id: z.string(),
  status: z.enum(importStatuses),
  listIds: z.array(z.string()),
  columns: z.array(z.object({ column: z.string(), field: z.string() })),
  total: z.int().describe('Lines below the header'),
  processed: z.int(),
  created: z.int(),
  updated: z.int().describe('Contacts with a new value, or put on a list'),
  unchanged: z.int(),
  refused: z.int(),
  createdAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
});
const refusalSchema = z.object({ line: z.int(), reason: z.string(), raw: z.string().describe('The line, bounded') });

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
        const listIds = await checkedLists(deps.lists, workspaceId, query.listId);
        const map = new Map(query.map.map(readMapping));
        const body = csvOf(request, limits);
        const id = newId('import');
        const at = new Date(deps.now());
        let isBegun = false;
        try {
          const sizes = await readCsv(
            body,
            { map, limits },
            {
              async header({ columns }) {
                isBegun = true;
                await imports.begin({
                  ...{ _id: id, workspaceId, status: 'uploading', listIds, columns, total: 0, processed: 0, chunks: 0 },
                  ...{ created: 0, updated: 0, unchanged: 0, refused: 0, createdAt: at, touchedAt: at },
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
          return show(stored);
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
        return toPage(rows, query.limit, (row) => ({ at: row.createdAt, id: row._id }), show);
      },
    }),
    route({
      method: 'get',
      path: '/imports/:id',
      tag: 'Contacts',
      summary: 'How far an import has come',
      status: 200,
      response: importSchema,
      handle: async ({ caller, params }) => show(await find(caller.workspace._id, params['id'])),
    }),
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
          response.type('text/csv; charset=utf-8').attachment(`${id}-refusals.csv`);
          for await (const text of report(imports, id)) {
            if (!response.write(text)) await drained(response);
          }
          response.end();
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
        return show(await find(caller.workspace._id, id));
      },
    }),
  ];
}

function readMapping(text: string): [string, string] {
  const end = text.lastIndexOf(':');
  if (end > 0 && end < text.length - 1) return [text.slice(0, end).trim(), text.slice(end + 1).trim()];
  throw new Problem(400, 'invalid_query', 'map must be COLUMN:FIELD, such as map=E-Mail:email (in a URL, + is %2B).', {
    errors: [{ pointer: '/map', detail: 'must be COLUMN:FIELD' }],
  });
}

function nameOf(field: ImportField): string {
  return field.kind === 'metadata' ? `metadata.${field.name}` : field.kind;
}

function show(found: ImportDocument): z.infer<typeof importSchema> {
  const { total, processed, created, updated, unchanged, refused: refusedLines, listIds } = found;
  return {
    id: found._id,
    // An upload that is under way is shown to nobody.
    status: found.status === 'uploading' ? 'pending' : found.status,
    listIds,
    columns: found.columns.map(({ column, field }) => ({ column, field: nameOf(field) })),
    ...{ total, processed, created, updated, unchanged, refused: refusedLines },
    createdAt: found.createdAt.toISOString(),
    startedAt: found.startedAt?.toISOString() ?? null,
    endedAt: found.endedAt?.toISOString() ?? null,
  };
}
