import {
  applyPatch,
  isMetadataTooLarge,
  maxTraitNameLength,
  newContact,
  type Contact,
  type ContactPatch,
} from './contact';
import { normalizeEmail } from './email-address';
import type { IdKind } from './ids';
import type { JsonObject } from './json';
import { oneLine } from './one-line';
import { contactCreated, contactUpdated, type WebhookEvent } from './webhook-events';

/** pending: stored · running: its workflow is at work · completed: every line is done · cancelled: the rest was left out. */
export const importStatuses = ['pending', 'running', 'completed', 'cancelled'] as const;
export type ImportStatus = (typeof importStatuses)[number];

/** What becomes of a column. `name` is the metadata's key. */
export type ImportField = { kind: 'email' | 'firstName' | 'lastName' | 'ignored' } | { kind: 'metadata'; name: string };

/** A line that can be applied. An empty cell says nothing: what the contact has there stays. */
export interface ImportRow {
  line: number;
  email: string;
  firstName?: string;
  lastName?: string;
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

const maxColumns = 500;
const maxNameLength = 1_000;
export const maxRawLength = 1_000;

/** Names under which the fields of a contact are found, without regard to case, spaces and separators. */
const knownColumns: Record<string, 'email' | 'firstName' | 'lastName'> = {
  ...{ email: 'email', emailaddress: 'email', mail: 'email' },
  ...{ firstname: 'firstName', givenname: 'firstName', lastname: 'lastName', surname: 'lastName' },
};

/** What each column is; or what is wrong with the header. `map` says it of columns by their name. */
export function readHeader(
  columns: readonly string[],
  map: ReadonlyMap<string, string>,
): { fields: ImportField[] } | { problem: string } {
  if (columns.length > maxColumns) return { problem: `the header has ${columns.length} columns; send at most 500` };
  const names = columns.map((column) => column.trim());
  for (const column of map.keys()) {
    if (!names.includes(column)) return { problem: `map names the column ${column}, which the header does not have` };
  }
  const fields: ImportField[] = [];
  const taken = new Set<string>();
  for (const name of names) {
    const field = fieldOf(name, map.get(name));
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

function fieldOf(name: string, wanted: string | undefined): ImportField | { problem: string } {
  if (wanted === undefined) {
    const kind = knownColumns[name.toLowerCase().replace(/[\s_.-]+/g, '')];
    if (kind !== undefined) return { kind };
    // Spreadsheets like to add empty columns at the right.
    if (name === '') return { kind: 'ignored' };
    return metadataField(name);
  }
  if (wanted === 'email' || wanted === 'firstName' || wanted === 'lastName') return { kind: wanted };
  if (wanted === 'ignore') return { kind: 'ignored' };
  const [, key] = /^metadata\.(.+)$/s.exec(wanted) ?? [];
  if (key !== undefined) return metadataField(key);
  return { problem: `map gives ${name} to ${wanted}; give email, firstName, lastName, metadata.NAME or ignore` };
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
    return refuse(`it has ${cells.length} cells, and the header has ${fields.length}`);
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

export interface ImportFold {
  created: Contact[];
  changed: Contact[];
  events: WebhookEvent[];
  refusals: ImportRefusal[];
  counts: ImportCounts;
}

/**
 * Applies lines in their order to the contacts that are known by their emails. Pure. A line is as old as its upload: what
 * a contact has learned since stays. A status is never touched, so who has unsubscribed stays unsubscribed.
 */
export function foldImport(
  rows: readonly ImportRow[],
  known: readonly Contact[],
  options: {
    workspaceId: string;
    /** Those that exist. */
    listIds: readonly string[];
    uploadedAtMs: number;
    nowMs: number;
    newId: (kind: IdKind) => string;
  },
): ImportFold {
  const { workspaceId, listIds, uploadedAtMs, nowMs, newId } = options;
  const people = new Map(known.map((contact) => [contact.email, contact]));
  const created = new Set<string>();
  const changed = new Set<string>();
  const fold: ImportFold = {
    ...{ created: [], changed: [], events: [], refusals: [] },
    counts: { created: 0, updated: 0, unchanged: 0, refused: 0 },
  };
  for (const row of rows) {
    const { line, email, firstName, lastName, metadata } = row;
    const before = people.get(email);
    const patch: ContactPatch = {
      ...(firstName === undefined ? {} : { firstName }),
      ...(lastName === undefined ? {} : { lastName }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    const base = before ?? newContact({ id: newId('contact'), workspaceId, email, source: 'import' }, nowMs);
    const { contact, changes } = applyPatch(base, patch, uploadedAtMs, nowMs);
    if (isMetadataTooLarge(contact.metadata)) {
      const cells = [email, firstName ?? '', lastName ?? '', ...Object.values(metadata ?? {}).map(String)];
      fold.refusals.push({ line, reason: 'the contact would hold more than 256 KB of metadata', raw: rawOf(cells) });
      fold.counts.refused++;
      continue;
    }
    const missing = listIds.filter((id) => !contact.listIds.includes(id));
    const next = missing.length === 0 ? contact : { ...contact, listIds: [...contact.listIds, ...missing] };
    people.set(email, next);
    if (!before) {
      created.add(email);
      fold.counts.created++;
      fold.events.push(contactCreated(newId('event'), next));
      continue;
    }
    // A value that stays is dated anew all the same, so that it is written.
    if (!created.has(email)) changed.add(email);
    if (changes.length > 0) fold.events.push(contactUpdated(newId('event'), next, changes));
    if (changes.length > 0 || missing.length > 0) fold.counts.updated++;
    else fold.counts.unchanged++;
  }
  const those = (emails: ReadonlySet<string>): Contact[] => [...emails].flatMap((email) => people.get(email) ?? []);
  return { ...fold, created: those(created), changed: those(changed) };
}
