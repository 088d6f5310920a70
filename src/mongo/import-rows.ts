import type { ImportRow } from '../../domain/contact-import';
import type { ImportChunkDocument } from './imports';

/** What can be applied of a chunk; nothing once it was. */
export function rowsOf({ rows }: Pick<ImportChunkDocument, 'rows'>): ImportRow[] {
  const stored: unknown = rows === '' ? [] : JSON.parse(rows);
  return Array.isArray(stored) ? stored.filter(isRow) : [];
}

/** As readRow has written it. */
function isRow(value: unknown): value is ImportRow {
  return typeof value === 'object' && value !== null && 'line' in value && 'email' in value;
}

/** The chunk with the person's lines taken out: each is a refused line without a text. */
export function withoutPerson(
  chunk: ImportChunkDocument,
  emails: readonly string[],
): { change: Partial<ImportChunkDocument>; count: number } {
  const rows = rowsOf(chunk);
  const isTheirs = (text: string): boolean => emails.some((email) => text.toLowerCase().includes(email));
  const theirs = rows.filter(({ email }) => emails.includes(email));
  const refused = chunk.refusals.filter(({ raw }) => isTheirs(raw));
  const refusals = [
    ...chunk.refusals.map((refusal) => (isTheirs(refusal.raw) ? { ...refusal, raw: '' } : refusal)),
    ...theirs.map(({ line }) => ({ line, reason: 'the person was erased', raw: '' })),
  ].sort((a, b) => a.line - b.line);
  const last = refusals.at(-1);
  return {
    count: theirs.length + refused.length,
    change: {
      rows: chunk.rows === '' ? '' : JSON.stringify(rows.filter(({ email }) => !emails.includes(email))),
      refusals,
      emails: chunk.emails.filter((email) => !emails.includes(email)),
      ...(last ? { lastRefusedLine: last.line } : {}),
    },
  };
}
