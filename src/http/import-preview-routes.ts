import { z } from 'zod';
import { CsvRefused, csvLimits } from '../imports/csv-records';
import { previewCsv } from '../imports/preview-csv';
import type { ContactStore } from '../mongo/contacts';
import { csvOf, refused } from './csv-body';
import { columnSchema, nameOfField, readingQuery, readMappings } from './import-schema';
import { route, type Route } from './route';

const previewQuery = z.object({
  ...readingQuery,
  part: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('false')
    .describe('true: the body is the beginning of a file, and its last line may be half of one'),
});
const previewSchema = z.object({
  delimiter: z.enum(['comma', 'semicolon', 'tab']),
  columns: z.array(columnSchema),
  problem: z.string().nullable().describe('Why nothing can be imported so'),
  rows: z.array(
    z.object({
      line: z.int(),
      cells: z.array(z.string()),
      problem: z.string().nullable().describe('Why the line would be refused'),
      isKnown: z.boolean().describe('There is a contact with this address already'),
    }),
  ),
  isCut: z.boolean().describe('Only the beginning of the file was looked at'),
});

/** How a file would be imported. */
export function importPreviewRoutes({ contacts }: { contacts: ContactStore }): Route[] {
  return [
    route({
      method: 'post',
      path: '/contacts/import/preview',
      tag: 'Contacts',
      summary:
        'How a CSV file would be read: its columns, its first lines and what is wrong with them; nothing is kept',
      status: 200,
      query: previewQuery,
      stream: 'text/csv',
      response: previewSchema,
      async handle({ caller, query, request }) {
        const { delimiter } = query;
        const options = { map: readMappings(query.map), delimiter, isPart: query.part === 'true' };
        const found = await previewCsv(csvOf(request, csvLimits), options).catch((error: unknown) => {
          throw error instanceof CsvRefused ? refused(error) : error;
        });
        const emails = found.rows.flatMap(({ email }) => email ?? []);
        const known = await contacts.find(caller.workspace._id, { emails, userIds: [] });
        const knownEmails = new Set(known.map(({ email }) => email));
        return {
          ...{ delimiter: found.delimiter, problem: found.problem ?? null, isCut: found.isCut },
          columns: found.columns.map(({ column, field }) => ({ column, field: nameOfField(field) })),
          rows: found.rows.map(({ line, cells, email, problem }) => ({
            ...{ line, cells, problem: problem ?? null },
            isKnown: email !== undefined && knownEmails.has(email),
          })),
        };
      },
    }),
  ];
}
