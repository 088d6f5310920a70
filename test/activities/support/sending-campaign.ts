import { noCounts, noProgress, type Campaign } from '../../../domain/campaign';
import { newContact, type Contact } from '../../../domain/contact';
import { newId } from '../../../src/mongo/new-id';
import type { TestDatabase } from '../../mongo/support/database';
import { createScriptedMailer, type ScriptedMailer } from '../../workflows/support/scripted-mailer';

/** A campaign that is sending to so many new contacts, as fast as it goes, with a mailer of its own. */
export async function addSendingCampaign(
  { database, stores }: Pick<TestDatabase, 'database' | 'stores'>,
  count: number,
  wanted: Partial<Campaign> = {},
): Promise<{ campaign: Campaign; contacts: Contact[]; mailer: ScriptedMailer }> {
  const workspaceId = newId('workspace');
  const listId = newId('list');
  const contacts = Array.from({ length: count }, (): Contact => {
    const id = newId('contact');
    const contact = newContact({ id, workspaceId, email: `${id}@example.com`, source: 'api' }, Date.now());
    return { ...contact, listIds: [listId] };
  });
  await database.transaction((session) =>
    stores.contacts.save({ created: contacts, changed: [], robbedIds: [] }, session),
  );
  const nowMs = Date.now();
  const campaign: Campaign = {
    ...{ id: newId('campaign'), workspaceId, name: 'April', subject: 'Hi', html: '<p>Hi</p>', listIds: [listId] },
    ...{ ratePerSecond: 10_000, status: 'sending', createdAtMs: nowMs, updatedAtMs: nowMs },
    ...{ progress: noProgress, counts: noCounts, ...wanted },
  };
  await stores.campaigns.insert(campaign);
  return { campaign, contacts, mailer: createScriptedMailer(stores.emails, Date.now) };
}
