import { z } from 'zod';
import { importPolicies, importStatuses, type ImportField } from '../../domain/contact-import';
import type { ImportDocument } from '../mongo/imports';
import { Problem } from './problem';

const several = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) => (value === undefined ? [] : [value].flat()));

/** How a file is to be read. */
export const readingQuery = {
  map: several.describe(
    'COLUMN:FIELD, where a name does not say it; FIELD is email, firstName, lastName, userId, metadata.NAME or ignore; may come more than once',
  ),
  delimiter: z
    .enum(['comma', 'semicolon', 'tab'], { error: 'must be comma, semicolon or tab' })
    .optional()
    .describe('What stands between the cells; seen by itself where it is left out'),
};
export const importQuery = z.object({
  ...readingQuery,
  listId: several.describe('A list that every contact of the file is put on; may come more than once'),
  policy: z
    .enum(importPolicies, { error: `must be ${importPolicies.join(' or ')}` })
    .default('update')
    .describe('A contact that is there already takes the values of the line, or is left as it is: skip'),
  fileName: z.string().trim().max(200, { error: 'must have at most 200 characters' }).optional(),
});

const time = z.iso.datetime();
export const columnSchema = z.object({ column: z.string(), field: z.string() });
export const importSchema = z.object({
  id: z.string(),
  fileName: z.string().nullable(),
  status: z.enum(importStatuses),
  policy: z.enum(importPolicies),
  listIds: z.array(z.string()),
  columns: z.array(columnSchema),
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

/** What stands in `map`, by column. */
export function readMappings(texts: string[]): Map<string, string> {
  return new Map(texts.map(readMapping));
}

function readMapping(text: string): [string, string] {
  const end = text.lastIndexOf(':');
  if (end > 0 && end < text.length - 1) return [text.slice(0, end).trim(), text.slice(end + 1).trim()];
  throw new Problem(400, 'invalid_query', 'map must be COLUMN:FIELD, such as map=E-Mail:email (in a URL, + is %2B).', {
    errors: [{ pointer: '/map', detail: 'must be COLUMN:FIELD' }],
  });
}

export function nameOfField(field: ImportField): string {
  return field.kind === 'metadata' ? `metadata.${field.name}` : field.kind;
}

export function showImport(found: ImportDocument): z.infer<typeof importSchema> {
  const { total, processed, created, updated, unchanged, refused, listIds } = found;
  return {
    id: found._id,
    fileName: found.fileName ?? null,
    // An upload that is under way is shown to nobody.
    status: found.status === 'uploading' ? 'pending' : found.status,
    policy: found.policy ?? 'update',
    listIds,
    columns: found.columns.map(({ column, field }) => ({ column, field: nameOfField(field) })),
    ...{ total, processed, created, updated, unchanged, refused },
    createdAt: found.createdAt.toISOString(),
    startedAt: found.startedAt?.toISOString() ?? null,
    endedAt: found.endedAt?.toISOString() ?? null,
  };
}
