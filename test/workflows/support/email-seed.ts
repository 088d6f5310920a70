import type { Contact } from '../../../domain/contact';
import type { Email } from '../../../domain/email';
import type { EmailEventOutcome, EmailNews } from '../../../domain/email-event';
import { newId } from '../../../src/mongo/new-id';
import { untilExecution } from './look';
import type { Scene } from './scene';
import { addContact } from './seed';

export const openedNews: EmailNews = { kind: 'opened', userAgent: 'Mail', ip: '203.0.113.42', flags: [] };
export const unsubscribedNews: EmailNews = { kind: 'unsubscribed', method: 'one-click' };

/** An email that was sent, to a contact of its own unless one is named. */
export async function addSentEmail(
  scene: Scene,
  wanted: Partial<Pick<Email, 'kind' | 'campaignId' | 'runKey'>> & { contact?: Contact } = {},
): Promise<Email & { contactId: string }> {
  const { contact = await addContact(scene), ...more } = wanted;
  const sentAtMs = scene.place.now() - 60_000;
  const email = {
    ...{ id: newId('email'), workspaceId: scene.workspaceId, kind: 'campaign' as const, campaignId: newId('campaign') },
    ...{ campaignName: 'April', contactId: contact.id, to: contact.email, status: 'sent' as const },
    ...{ createdAtMs: sentAtMs, sentAtMs, opens: 0, clicks: 0, ...more },
  };
  await scene.place.stores.emails.insert([email]);
  return email;
}

/** Puts what was heard about an email into the inbox as the gateway does, and returns its key. */
export async function hear({ place }: Scene, emailId: string, news: EmailNews = openedNews): Promise<string> {
  await place.readClock();
  const key = newId('emailEvent');
  const at = new Date(place.now());
  await place.stores.emailEvents.insert([{ _id: key, emailId, news, at, receivedAt: at, state: 'received' }]);
  return key;
}

/** Starts email events as the gateway does and returns their workflow, which has run to its end. */
export async function runEmailEvents(scene: Scene, keys: [string, ...string[]]): Promise<string> {
  const before = new Set(scene.startedIds());
  await scene.starter.startEmailEvents(keys);
  const workflowId = scene.startedIds().find((id) => id.startsWith('email-event/') && !before.has(id));
  if (workflowId === undefined) throw new Error('no emailEvent was started');
  await untilExecution(scene, workflowId, 'COMPLETED');
  return workflowId;
}

export async function outcomeOf({ place }: Scene, key: string): Promise<EmailEventOutcome | undefined> {
  const [document] = await place.stores.emailEvents.byKeys([key]);
  return document?.outcome;
}
