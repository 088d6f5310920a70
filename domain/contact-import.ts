import { maxTraitNameLength } from './contact';
import { normalizeEmail } from './email-address';
import type { JsonObject } from './json';
import { oneLine } from './one-line';

/** pending: stored · running: its workflow is at work · completed: every line is done · cancelled: the rest was left out. */
export const importStatuses = ['pending', 'running', 'completed', 'cancelled'] as const;
export type ImportStatus = (typeof importStatuses)[number];

/** What becomes of a column. `name` is the metadata's key. */
export type ImportField =
  { kind: 'email' | 'firstName' | 'lastName' | 'userId' | 'ignored' } | { kind: 'metadata'; name: string };

/** What becomes of a contact that is there already: it takes the values of the line, or stays as it is. */
export const importPolicies = ['update', 'skip'] as const;
export type ImportPolicy = (typeof importPolicies)[number];

/** A line that can be applied. An empty cell says nothing: what the contact has there stays. */
export interface ImportRow {
  line: number;
  email: string;
  firstName?: string;
  lastName?: string;
  userId?: string;
  metadata?: JsonObject;
}
/** A line that was not applied. `raw` is its text, bounded. */
export interface ImportRefusal {
  line: number;
  reason: string;
  raw: string;
}
export interface ImportCounts {
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
}

export const maxColumns = 500;
const maxNameLength = 1_000;
export const maxRawLength = 1_000;

/** Names under which the fields of a contact are found, without regard to case, spaces and separators. */
const knownColumns = new Map<string, 'email' | 'firstName' | 'lastName' | 'userId'>([
  ['email', 'email'],
  ['emailaddress', 'email'],
  ['mail', 'email'],
  ['firstname', 'firstName'],
  ['givenname', 'firstName'],
  ['lastname', 'lastName'],
  ['surname', 'lastName'],
  ['userid', 'userId'],
  ['externalid', 'userId'],
]);

/** What each column is; or what is wrong with the header. `map` says it of columns by their name. */
export function readHeader(
  columns: readonly string[],
  map: ReadonlyMap<string, string>,
): { fields: ImportField[] } | { problem: string } {
  if (columns.length > maxColumns)
    return { problem: `the header has ${columns.length} columns; send at most ${maxColumns}` };
  const names = columns.map((column) => column.trim());
  for (const column of map.keys()) {
    if (!names.includes(column)) return { problem: `map names the column ${column}, which the header does not have` };
  }
  const fields: ImportField[] = [];
  const taken = new Set<string>();
  for (const name of names) {
    const field = readColumn(name, map.get(name));
    if ('problem' in field) return field;
    fields.push(field);
    if (field.kind === 'ignored') continue;
    const target = field.kind === 'metadata' ? `metadata.${field.name}` : field.kind;
    if (taken.has(target)) return { problem: `more than one column is ${target}; map all but one to ignore` };
    taken.add(target);
  }
  if (!taken.has('email')) {
    return { problem: 'no column is called email; name one so, or say which it is with map=COLUMN:email' };
  }
  return { fields };
}

/** What a column is, by its name or by what is said of it. */
export function readColumn(name: string, wanted: string | undefined): ImportField | { problem: string } {
  if (wanted === undefined) {
    const kind = knownColumns.get(name.toLowerCase().replace(/[\s_.-]+/g, ''));
    if (kind !== undefined) return { kind };
    // Spreadsheets like to add empty columns at the right.
    if (name === '') return { kind: 'ignored' };
    return metadataField(name);
  }
  if (wanted === 'email' || wanted === 'firstName' || wanted === 'lastName' || wanted === 'userId') {
    return { kind: wanted };
  }
  if (wanted === 'ignore') return { kind: 'ignored' };
  const [, key] = /^metadata\.(.+)$/s.exec(wanted) ?? [];
  if (key !== undefined) return metadataField(key);
  return {
    problem: `map gives ${name} to ${wanted}; give email, firstName, lastName, userId, metadata.NAME or ignore`,
  };
}

function metadataField(name: string): ImportField | { problem: string } {
  return name.length > maxTraitNameLength
    ? { problem: `the column ${name.slice(0, 40)}… has a name of more than ${maxTraitNameLength} characters` }
    : { kind: 'metadata', name };
}

/** A line as it stands in the file: a cell that is no UTF-8 is undefined. */
export function readRow(
  line: number,
  cells: readonly (string | undefined)[],
  fields: readonly ImportField[],
): ImportRow | ImportRefusal {
  const refuse = (reason: string): ImportRefusal => ({ line, reason, raw: rawOf(cells) });
  if (cells.some((cell) => cell === undefined)) return refuse('it is not UTF-8; save the file as CSV in UTF-8');
  if (cells.length !== fields.length) {
    return refuse(
      `it has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, and the header has ${fields.length}`,
    );
  }
  const row: ImportRow = { line, email: '' };
  const metadata: [string, string][] = [];
  for (const [index, field] of fields.entries()) {
    const cell = cells[index]?.trim() ?? '';
    if (cell === '') continue;
    switch (field.kind) {
      case 'ignored':
        break;
      case 'email': {
        const email = normalizeEmail(cell);
        if (email === undefined) return refuse('the email is no address, such as ada@example.com');
        row.email = email;
        break;
      }
      case 'firstName':
      case 'lastName': {
        if (cell.length > maxNameLength) return refuse(`${field.kind} has more than ${maxNameLength} characters`);
        const name = oneLine(cell);
        if (name !== '') row[field.kind] = name;
        break;
      }
      case 'userId':
        if (cell.length > maxNameLength) return refuse(`userId has more than ${maxNameLength} characters`);
        row.userId = cell;
        break;
      case 'metadata':
        metadata.push([field.name, cell]);
    }
  }
  if (row.email === '') return refuse('the email is missing');
  if (metadata.length > 0) row.metadata = Object.fromEntries(metadata);
  return row;
}

/** A line's text, bounded, with commas between its cells. */
export function rawOf(cells: readonly (string | undefined)[]): string {
  const text = cells.map((cell) => (cell === undefined ? '\u{fffd}' : csvCell(cell))).join(',');
  return text.length > maxRawLength ? `${text.slice(0, maxRawLength)}…` : text;
}

/** A cell of a CSV file (RFC 4180). */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
