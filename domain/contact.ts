import { jsonEquals, type Json, type JsonObject } from './json';

export const contactStatuses = ['active', 'unsubscribed', 'bounced', 'complained'] as const;
export type ContactStatus = (typeof contactStatuses)[number];
export const contactSources = ['api', 'import', 'form', 'manual'] as const;
export type ContactSource = (typeof contactSources)[number];

/** A person in a workspace; the email (normalised) is unique there, and so is each external id. */
export interface Contact {
  id: string;
  workspaceId: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  status: ContactStatus;
  source: ContactSource;
  metadata: JsonObject;
  /** When each field (`firstName`, `metadata.plan`) last got its value, by the sender's corrected clock. */
  changedAtMs: Record<string, number>;
  /** The CDP's user ids, each with the time of the identify that tied it to this contact. */
  externalIds: { id: string; atMs: number }[];
  listIds: string[];
  createdAtMs: number;
  updatedAtMs: number;
}

/** One entry of contact.updated: `field` is `firstName`, `status`, `metadata.plan`, …; an absent value is null. */
export interface ContactChange {
  field: string;
  oldValue: Json;
  newValue: Json;
}

/** What an identify, an API call or an automation's step wants a contact to be. */
export interface ContactPatch {
  firstName?: string | null;
  lastName?: string | null;
  status?: ContactStatus;
  /** A null removes the key. A value is replaced as a whole. */
  metadata?: JsonObject;
}

/** The largest metadata of one contact, as JSON: a document that outgrew MongoDB's limit could never be written again. */
export const maxMetadataBytes = 256 * 1024;
/** Removed keys whose time is kept, the newest of them: without a bound they would outgrow the document unseen. */
const maxRemovedKeys = 1_000;

export function newContact(
  identity: { id: string; workspaceId: string; email: string; source: ContactSource },
  nowMs: number,
): Contact {
  return {
    ...identity,
    firstName: null,
    lastName: null,
    status: 'active',
    metadata: {},
    changedAtMs: {},
    externalIds: [],
    listIds: [],
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** A longer trait name is passed over: names are kept even of removed traits, so they have to be bounded. */
export const maxTraitNameLength = 200;

/** Traits of a CDP as a patch: the name fields in both spellings, the email left out, every other trait as metadata. */
export function patchFromTraits(traits: JsonObject): ContactPatch {
  const patch: ContactPatch = {};
  const metadata = new Map<string, Json>();
  for (const [key, value] of Object.entries(traits)) {
    const field =
      key === 'firstName' || key === 'first_name'
        ? 'firstName'
        : key === 'lastName' || key === 'last_name'
          ? 'lastName'
          : undefined;
    if (key === 'email' || key.length > maxTraitNameLength) continue;
    // A name that is an object or a list is no name, but is not thrown away either.
    if (field === undefined || (typeof value === 'object' && value !== null)) metadata.set(key, value);
    else {
      const name = value === null || value === '' ? null : String(value);
      // Where both spellings come, the first one wins unless it is empty, whatever their order in the JSON.
      if ((key === field && name !== null) || patch[field] == null) patch[field] = name;
    }
  }
  // fromEntries defines own properties, so that a trait named `__proto__` stays a trait.
  if (metadata.size > 0) patch.metadata = Object.fromEntries(metadata);
  return patch;
}

/**
 * The contact with the patch applied, and what changed by it. A value older than the one in place is passed over; on
 * a tie the later arrival wins. Times are kept even where the value stays, and for removed keys too, so that an older
 * message which arrives late cannot bring an outdated value back.
 */
export function applyPatch(
  contact: Contact,
  patch: ContactPatch,
  atMs: number,
  nowMs: number,
): { contact: Contact; changes: ContactChange[] } {
  const changedAtMs = new Map(Object.entries(contact.changedAtMs));
  const metadata = new Map(Object.entries(contact.metadata));
  const next = { ...contact };
  const changes: ContactChange[] = [];
  const isOutdated = (field: string): boolean => (changedAtMs.get(field) ?? -Infinity) > atMs;
  const record = (field: string, oldValue: Json, newValue: Json): void => {
    changedAtMs.set(field, atMs);
    if (!jsonEquals(oldValue, newValue)) changes.push({ field, oldValue, newValue });
  };

  for (const field of ['firstName', 'lastName'] as const) {
    const value = patch[field];
    if (value === undefined || isOutdated(field)) continue;
    record(field, contact[field], value);
    next[field] = value;
  }
  if (patch.status !== undefined && !isOutdated('status')) {
    record('status', contact.status, patch.status);
    next.status = patch.status;
  }
  for (const [key, value] of Object.entries(patch.metadata ?? {})) {
    const field = `metadata.${key}`;
    if (isOutdated(field)) continue;
    record(field, metadata.get(key) ?? null, value);
    if (value === null) metadata.delete(key);
    else metadata.set(key, value);
  }
  next.metadata = Object.fromEntries(metadata);
  forgetOldestRemoved(changedAtMs, metadata);
  next.changedAtMs = Object.fromEntries(changedAtMs);
  if (changes.length > 0) next.updatedAtMs = nowMs;
  return { contact: next, changes };
}

/** Whether the contact's metadata has grown past what is kept. */
export function isMetadataTooLarge(metadata: JsonObject): boolean {
  return new TextEncoder().encode(JSON.stringify(metadata)).length > maxMetadataBytes;
}

function forgetOldestRemoved(changedAtMs: Map<string, number>, metadata: ReadonlyMap<string, Json>): void {
  const prefix = 'metadata.';
  const removed = [...changedAtMs].filter(
    ([field]) => field.startsWith(prefix) && !metadata.has(field.slice(prefix.length)),
  );
  if (removed.length <= maxRemovedKeys) return;
  removed.sort(([, aMs], [, bMs]) => bMs - aMs);
  for (const [field] of removed.slice(maxRemovedKeys)) changedAtMs.delete(field);
}
