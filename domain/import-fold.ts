import { applyPatch, isMetadataTooLarge, newContact, type Contact, type ContactPatch } from './contact';
import { rawOf, type ImportCounts, type ImportPolicy, type ImportRefusal, type ImportRow } from './contact-import';
import type { IdKind } from './ids';
import { maxExternalIds } from './people';
import { contactCreated, contactUpdated, type WebhookEvent } from './webhook-events';

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
    policy: ImportPolicy;
    newId: (kind: IdKind) => string;
  },
): ImportFold {
  const { workspaceId, listIds, uploadedAtMs, nowMs, policy, newId } = options;
  const people = new Map(known.map((contact) => [contact.email, contact]));
  const owners = new Map(known.flatMap(({ email, externalIds }) => externalIds.map(({ id }) => [id, email] as const)));
  const created = new Set<string>();
  const changed = new Set<string>();
  const fold: ImportFold = {
    ...{ created: [], changed: [], events: [], refusals: [] },
    counts: { created: 0, updated: 0, unchanged: 0, refused: 0 },
  };
  for (const row of rows) {
    const { line, email, firstName, lastName, userId, metadata } = row;
    const before = people.get(email);
    if (before && policy === 'skip') {
      fold.counts.unchanged++;
      continue;
    }
    const refuse = (reason: string): void => {
      const cells = [
        email,
        firstName ?? '',
        lastName ?? '',
        userId ?? '',
        ...Object.values(metadata ?? {}).map(String),
      ];
      fold.refusals.push({ line, reason, raw: rawOf(cells) });
      fold.counts.refused++;
    };
    if (userId !== undefined && (owners.get(userId) ?? email) !== email) {
      refuse('the userId belongs to another contact');
      continue;
    }
    const patch: ContactPatch = {
      ...(firstName === undefined ? {} : { firstName }),
      ...(lastName === undefined ? {} : { lastName }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    const base = before ?? newContact({ id: newId('contact'), workspaceId, email, source: 'import' }, nowMs);
    const { contact, changes } = applyPatch(base, patch, uploadedAtMs, nowMs);
    if (isMetadataTooLarge(contact.metadata)) {
      refuse('the contact would hold more than 256 KB of metadata');
      continue;
    }
    const missing = listIds.filter((id) => !contact.listIds.includes(id));
    const isTied = userId === undefined || owners.get(userId) === email;
    const next: Contact = {
      ...contact,
      ...(missing.length === 0 ? {} : { listIds: [...contact.listIds, ...missing] }),
      ...(isTied ? {} : { externalIds: withTie(contact, userId, uploadedAtMs) }),
    };
    if (userId !== undefined) owners.set(userId, email);
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
    if (changes.length > 0 || missing.length > 0 || !isTied) fold.counts.updated++;
    else fold.counts.unchanged++;
  }
  const those = (emails: ReadonlySet<string>): Contact[] => [...emails].flatMap((email) => people.get(email) ?? []);
  return { ...fold, created: those(created), changed: those(changed) };
}

function withTie({ externalIds }: Contact, id: string, atMs: number): Contact['externalIds'] {
  return [...externalIds, { id, atMs }].slice(-maxExternalIds);
}
