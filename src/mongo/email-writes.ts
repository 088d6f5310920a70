import { newContact } from '../../domain/contact';
import { contactCreated } from '../../domain/webhook-events';
import type { Database } from './connect';
import type { EmailSource } from './emails';
import { newId } from './new-id';
import type { Stores } from './stores';
import { contactRefs } from './waiters';

/** What a stored email came to. `refs`: what tracks may wait for, where its recipient is a new contact. */
export interface QueuedEmail {
  emailId: string;
  eventIds: string[];
  refs: string[];
}

/** Single emails through the API: the email, its recipient as a contact, and the webhook event of that, are one transaction. */
export function createEmailWrites(database: Database, stores: Pick<Stores, 'contacts' | 'events' | 'emails'>) {
  return {
    queue(
      wanted: { workspaceId: string; to: string; campaignId: string; campaignName?: string; source: EmailSource },
      nowMs: number,
    ): Promise<QueuedEmail> {
      const { workspaceId, to, source, ...campaign } = wanted;
      return database.transaction(async (session) => {
        const [known] = await stores.contacts.find(workspaceId, { emails: [to], userIds: [] }, session);
        const contact = known ?? newContact({ id: newId('contact'), workspaceId, email: to, source: 'api' }, nowMs);
        const events = known ? [] : [contactCreated(newId('event'), contact)];
        if (!known) await stores.contacts.save({ created: [contact], changed: [], robbedIds: [] }, session);
        await stores.events.insert(events, session);
        const emailId = newId('email');
        const email = {
          ...{ id: emailId, workspaceId, kind: 'transactional' as const, ...campaign, contactId: contact.id, to },
          ...{ status: 'queued' as const, createdAtMs: nowMs, opens: 0, clicks: 0, ...source },
        };
        await stores.emails.insert([email], session);
        const refs = known ? [] : contactRefs(workspaceId, { emails: [to], userIds: [] });
        return { emailId, eventIds: events.map(({ id }) => id), refs };
      });
    },
  };
}
export type EmailWrites = ReturnType<typeof createEmailWrites>;
