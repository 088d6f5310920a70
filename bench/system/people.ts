import type { Db } from 'mongodb';
import { newContact, type Contact } from '../../domain/contact';
import { ContactStore } from '../../src/mongo/contacts';
import { EmailStore } from '../../src/mongo/emails';
import { newId } from '../../src/mongo/new-id';
import { createSecretBox } from '../../src/mongo/secret-box';

const rowsAtOnce = 1_000;

/** Puts contacts straight into the database, `<prefix>-<number>@bench.example`, as if they had come before the measurement. */
export async function insertContacts(
  db: Db,
  people: { workspaceId: string; prefix: string; count: number; listIds?: string[] },
): Promise<Contact[]> {
  const { workspaceId, prefix, count, listIds = [] } = people;
  const contacts = Array.from({ length: count }, (_, number): Contact => {
    const email = `${prefix}-${number}@bench.example`;
    const contact = newContact({ id: newId('contact'), workspaceId, email, source: 'import' }, Date.now());
    return { ...contact, firstName: `Morgan ${number}`, listIds };
  });
  const store = new ContactStore(db);
  for (let done = 0; done < count; done += rowsAtOnce) {
    const created = contacts.slice(done, done + rowsAtOnce);
    await db.client.withSession((session) =>
      session.withTransaction(() => store.save({ created, changed: [], robbedIds: [] }, session)),
    );
  }
  return contacts;
}

/** Puts an email to each of the contacts into the database, as if it had been delivered a while ago; returns their ids. */
export async function insertDeliveredEmails(db: Db, contacts: readonly Contact[]): Promise<string[]> {
  const atMs = Date.now() - 60_000;
  const emails = contacts.map(({ id: contactId, workspaceId, email: to }) => ({
    ...{ id: newId('email'), workspaceId, kind: 'transactional' as const, campaignId: 'transactional', contactId, to },
    ...{ subject: 'News', status: 'delivered' as const, createdAtMs: atMs, sentAtMs: atMs, deliveredAtMs: atMs },
    ...{ opens: 0, clicks: 0 },
  }));
  const store = new EmailStore(db, createSecretBox('nothing is sealed here'));
  for (let done = 0; done < emails.length; done += rowsAtOnce)
    await store.insert(emails.slice(done, done + rowsAtOnce));
  return emails.map(({ id }) => id);
}
