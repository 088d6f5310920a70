import { isSearchedField, type SearchPlace } from '../mongo/contact-search';
import { invalidCursor } from './page';

/** Where a search goes on, from its opaque cursor. */
export function readSearchCursor(cursor: string | undefined): SearchPlace | undefined {
  if (cursor === undefined) return undefined;
  const [, field, id, value] = /^(\w+):(\w+):(.*)$/s.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (!isSearchedField(field) || id === undefined || value === undefined) throw invalidCursor();
  return { field, id, value };
}

export function writeSearchCursor({ field, id, value }: SearchPlace): string {
  return Buffer.from(`${field}:${id}:${value}`).toString('base64url');
}
