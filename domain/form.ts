import { applyPatch, isMetadataTooLarge, newContact, type Contact, type ContactPatch } from './contact';
import type { IdKind } from './ids';
import type { JsonObject } from './json';
import { oneLine } from './one-line';
import { contactCreated, contactUpdated, type WebhookEvent } from './webhook-events';

/** What a form asks for besides the email. `key`: firstName, lastName or metadata.NAME; also the input's name. */
export interface FormField {
  key: string;
  label: string;
  isRequired: boolean;
}

/** A sign-up form that anybody may fill in. */
export interface Form {
  id: string;
  workspaceId: string;
  name: string;
  listIds: string[];
  fields: FormField[];
  /** Nobody is put on a list before a link in an email was followed. */
  doubleOptIn: boolean;
  /** Where a browser goes afterwards; absent: a page of ours. */
  redirectUrl?: string;
  confirmSubject?: string;
  counts: FormCounts;
  createdAtMs: number;
  updatedAtMs: number;
}

/** asked: sign-ups that were asked to be confirmed · joined: those that came in, confirmed or in need of none. */
export interface FormCounts {
  asked: number;
  joined: number;
}

/** Bots fill in every input; people do not see this one. */
export const honeypotField = 'website';
export const maxValueLength = 1_000;

/** What a visitor gave for the form's fields. Other fields are passed over. */
export type Submission = { values: Map<string, string> } | { problem: string };

export function readSubmission(form: Pick<Form, 'fields'>, valueOf: (name: string) => string | undefined): Submission {
  const values = new Map<string, string>();
  for (const { key, label, isRequired } of form.fields) {
    const value = oneLine(valueOf(key) ?? '');
    if (value === '' && isRequired) return { problem: `${label} is missing.` };
    if (value.length > maxValueLength) return { problem: `${label} has more than ${maxValueLength} characters.` };
    if (value !== '') values.set(key, value);
  }
  return { values };
}

export function patchFromValues(values: ReadonlyMap<string, string>): ContactPatch {
  const patch: ContactPatch = {};
  const metadata = new Map<string, string>();
  for (const [key, value] of values) {
    if (key === 'firstName' || key === 'lastName') patch[key] = value;
    else metadata.set(key.slice('metadata.'.length), value);
  }
  if (metadata.size > 0) patch.metadata = Object.fromEntries(metadata) satisfies JsonObject;
  return patch;
}

export interface SignUp {
  workspaceId: string;
  email: string;
  /** Those of the form's lists that exist. */
  listIds: string[];
  patch: ContactPatch;
  /** The owner of the address has confirmed it. */
  isConfirmed: boolean;
}

/**
 * What a sign-up makes of a contact. Anybody can type in anybody's address: so without a confirmation a contact that is
 * known gets the lists and nothing else, and who has unsubscribed stays so.
 */
export function foldSignUp(
  signUp: SignUp,
  known: Contact | undefined,
  options: { nowMs: number; newId: (kind: IdKind) => string },
): { contact: Contact; isNew: boolean; events: WebhookEvent[] } {
  const { workspaceId, email, listIds, isConfirmed } = signUp;
  const { nowMs, newId } = options;
  const onLists = (contact: Contact): Contact => ({
    ...contact,
    listIds: [...new Set([...contact.listIds, ...listIds])],
  });
  if (!known) {
    const blank = newContact({ id: newId('contact'), workspaceId, email, source: 'form' }, nowMs);
    const contact = onLists(applyPatch(blank, signUp.patch, nowMs, nowMs).contact);
    return { contact, isNew: true, events: [contactCreated(newId('event'), contact)] };
  }
  if (!isConfirmed) return { contact: onLists(known), isNew: false, events: [] };
  const patch: ContactPatch = {
    ...signUp.patch,
    // A bounce or a complaint is not undone by a click.
    ...(known.status === 'unsubscribed' ? { status: 'active' } : {}),
  };
  const applied = applyPatch(known, patch, nowMs, nowMs);
  const { contact, changes } = isMetadataTooLarge(applied.contact.metadata)
    ? applyPatch(known, { ...patch, metadata: {} }, nowMs, nowMs)
    : applied;
  const next = onLists(contact);
  return {
    contact: next,
    isNew: false,
    events: changes.length > 0 ? [contactUpdated(newId('event'), next, changes)] : [],
  };
}
