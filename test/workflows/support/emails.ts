import type { Contact } from '../../../domain/contact';
import type { Email } from '../../../domain/email';
import type { EmailDocument } from '../../../src/mongo/emails';
import { newId } from '../../../src/mongo/new-id';
import type { Scene } from './scene';
import { addContact } from './seed';
import { until } from './until';

/** A stored transactional email to a new contact, that nothing has started yet. */
export async function queueEmail(
  scene: Scene,
  change: Partial<Email> = {},
): Promise<{ id: string; workflowId: string; contact: Contact }> {
  const { place, workspaceId } = scene;
  await place.readClock();
  const contact = await addContact(scene);
  const id = newId('email');
  await place.stores.emails.insert([
    {
      ...{
        id,
        workspaceId,
        kind: 'transactional',
        campaignId: 'transactional',
        contactId: contact.id,
        to: contact.email,
      },
      ...{ status: 'queued', createdAtMs: place.now(), opens: 0, clicks: 0 },
      content: { subject: 'Hello', html: '<p>Hi</p>' },
      ...change,
    },
  ]);
  return { id, workflowId: `email/${id}`, contact };
}

export async function addTemplate({ place, workspaceId }: Scene, html = '<p>Hi</p>'): Promise<string> {
  const id = newId('template');
  const times = { createdAtMs: place.now(), updatedAtMs: place.now() };
  await place.stores.templates.insert({ id, workspaceId, name: 'Welcome', subject: 'Hello', html, ...times });
  return id;
}

export async function emailOf({ place, workspaceId }: Scene, id: string): Promise<EmailDocument> {
  const email = await place.stores.emails.get(workspaceId, id);
  if (!email) throw new Error(`no email ${id}`);
  return email;
}

/** The email once its row shows the status. */
export function untilEmail(scene: Scene, id: string, status: Email['status']): Promise<EmailDocument> {
  return until(`email ${id} is ${status}`, async () => {
    const email = await emailOf(scene, id);
    return email.status === status && email;
  });
}
