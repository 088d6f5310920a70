import { z } from 'zod';
import type { PageStart } from '../mongo/page';
import { Problem } from './problem';

const maxLimit = 250;

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(maxLimit).default(50).describe(`Rows in a page, 1 to ${maxLimit}`),
  cursor: z.string().optional().describe('nextCursor of the page before'),
};

export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({ data: z.array(row), nextCursor: z.string().nullable() });
}

/** Where a page starts, from its opaque cursor. */
export function readCursor(cursor: string | undefined): PageStart | undefined {
  if (cursor === undefined) return undefined;
  const [time, id] = Buffer.from(cursor, 'base64url').toString('utf8').split(/:(.*)/s);
  const at = new Date(Number(time));
  if (time === '' || Number.isNaN(at.getTime()) || !id) throw invalidCursor();
  return { at, id };
}

export function writeCursor({ at, id }: PageStart): string {
  return Buffer.from(`${at.getTime()}:${id}`).toString('base64url');
}

export function invalidCursor(): Problem {
  return new Problem(
    400,
    'invalid_cursor',
    'The cursor is not one of ours; send nextCursor of the page before, or none for the first page.',
  );
}

/** The answer for a page that was read with one row more than it shows. */
export function toPage<Row, Shown>(
  rows: Row[],
  limit: number,
  place: (row: Row) => PageStart,
  show: (row: Row) => Shown,
): { data: Shown[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const start = last === undefined ? undefined : place(last);
  return {
    data: shown.map(show),
    nextCursor: start ? writeCursor(start) : null,
  };
}
