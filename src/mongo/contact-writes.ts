import { applyPatch, isMetadataTooLarge, newContact, type Contact, type ContactPatch } from '../../domain/contact';
import { contactCreated, contactUpdated } from '../../domain/webhook-events';
import type { Database } from './connect';
import { newId } from './new-id';
import type { Stores } from './stores';

/** What a write by hand came to. `eventIds` are the webhook events that were committed with it. */
export type ContactWrite =
  | { kind: 'saved'; contact: Contact; eventIds: string[] }
  | { kind: 'emailTaken'; contactId: string }
  | { kind: 'metadataTooLarge' }
  | { kind: 'unknown' };

/** Contacts written through the API: each write and the webhook event that it causes are one transaction. */
export function createContactWrites(
  database: Database,
  stores: Pick<Stores, 'contacts' | 'events' | 'erasures' | 'suppressions'>,
) {
  return {
    /** Makes a contact. A user id that another contact holds moves to the new one, as an identify would move it. */
    create(
      wanted: {
        workspaceId: string;
        email: string;
        userId?: string;
        listIds: string[];
        patch: ContactPatch;
        /** `api` where nothing is said. */
        source?: 'api' | 'manual';
      },
      nowMs: number,
    ): Promise<ContactWrite> {
      const { workspaceId, email, listIds } = wanted;
      const userIds = wanted.userId === undefined ? [] : [wanted.userId];
      return database.transaction(async (session): Promise<ContactWrite> => {
        const known = await stores.contacts.find(workspaceId, { emails: [email], userIds }, session);
        const taken = known.find((contact) => contact.email === email);
        if (taken) return { kind: 'emailTaken', contactId: taken.id };
        const blank = newContact({ id: newId('contact'), workspaceId, email, source: wanted.source ?? 'api' }, nowMs);
        const { contact } = applyPatch(blank, wanted.patch, nowMs, nowMs);
        if (isMetadataTooLarge(contact.metadata)) return { kind: 'metadataTooLarge' };
        const created = { ...contact, listIds, externalIds: userIds.map((id) => ({ id, atMs: nowMs })) };
        const robbed = known.map((owner) => ({
          ...owner,
          externalIds: owner.externalIds.filter(({ id }) => id !== wanted.userId),
        }));
        const event = contactCreated(newId('event'), created);
        const robbedIds = robbed.map(({ id }) => id);
        await stores.contacts.save({ created: [created], changed: robbed, robbedIds }, session);
        await stores.events.insert([event], session);
        return { kind: 'saved', contact: created, eventIds: [event.id] };
      });
    },

    /** Changes a contact. Being put on a list is no change that webhooks tell of, here as in automations. */
    change(
      wanted: { workspaceId: string; id: string; patch: ContactPatch; listIds?: string[] },
      nowMs: number,
    ): Promise<ContactWrite> {
      return database.transaction(async (session): Promise<ContactWrite> => {
        const before = await stores.contacts.get(wanted.workspaceId, wanted.id, session);
        if (!before) return { kind: 'unknown' };
        const { contact, changes } = applyPatch(before, wanted.patch, nowMs, nowMs);
        if (isMetadataTooLarge(contact.metadata)) return { kind: 'metadataTooLarge' };
        const next = { ...contact, listIds: wanted.listIds ?? contact.listIds };
        const events = changes.length > 0 ? [contactUpdated(newId('event'), next, changes)] : [];
        await stores.contacts.save({ created: [], changed: [next], robbedIds: [] }, session);
        await stores.events.insert(events, session);
        return { kind: 'saved', contact: next, eventIds: events.map(({ id }) => id) };
      });
    },

    /** Removes a contact at once, and notes that everything else about the person is to be removed. False: there is none. */
    remove(workspaceId: string, id: string, nowMs: number): Promise<boolean> {
      return database.transaction(async (session) => {
        const contact = await stores.contacts.get(workspaceId, id, session);
        if (!contact) return false;
        const userIds = contact.externalIds.map((tie) => tie.id);
        const person = { workspaceId, contactId: id, emails: [contact.email], userIds };
        await stores.erasures.insert(person, new Date(nowMs), session);
        // The next import must not bring back who had left.
        if (contact.status === 'unsubscribed') {
          const left = { email: contact.email, reason: 'unsubscribed' as const };
          await stores.suppressions.add(workspaceId, [left], new Date(nowMs), session);
        }
        return stores.contacts.delete(workspaceId, id, session);
      });
    },
  };
}
export type ContactWrites = ReturnType<typeof createContactWrites>;
