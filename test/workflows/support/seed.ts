import type { Automation, Step, Trigger } from '../../../domain/automation';
import { newContact, type Contact } from '../../../domain/contact';
import type { Delivery } from '../../../domain/delivery';
import { eventKey } from '../../../domain/event-name';
import { messageKey } from '../../../domain/ids';
import type { JsonObject } from '../../../domain/json';
import { contactCreated, type WebhookEventType } from '../../../domain/webhook-events';
import { newId } from '../../../src/mongo/new-id';
import { deliveryOf } from './look';
import type { Scene } from './scene';

export const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** An active endpoint of the scene's workspace. */
export async function addEndpoint(
  { place, workspaceId }: Scene,
  wanted: { url?: string; events?: WebhookEventType[]; status?: 'active' | 'paused' } = {},
): Promise<string> {
  const id = newId('endpoint');
  const { url = `https://${id.replace('_', '-')}.example.com/hook`, events = ['contact.created'] } = wanted;
  const at = new Date(place.now());
  await place.stores.endpoints.insert({
    ...{ id, workspaceId, url, description: '', events, headers: {}, secrets: [{ secret }] },
    ...{ status: wanted.status ?? 'active', createdAt: at, updatedAt: at },
  });
  return id;
}

export async function addContact(
  { place, workspaceId }: Scene,
  wanted: { email?: string; userId?: string; metadata?: JsonObject } = {},
): Promise<Contact> {
  const id = newId('contact');
  const { email = `${id}@example.com`, userId, metadata = {} } = wanted;
  const contact: Contact = {
    ...newContact({ id, workspaceId, email, source: 'api' }, place.now()),
    metadata,
    externalIds: userId === undefined ? [] : [{ id: userId, atMs: place.now() }],
  };
  await place.database.transaction((session) =>
    place.stores.contacts.save({ created: [contact], changed: [], robbedIds: [] }, session),
  );
  return contact;
}

/** A contact.created event, dispatched to every endpoint that listens to it; its deliveries in the order of their ids. */
export async function dispatchEvent(scene: Scene): Promise<Delivery[]> {
  const { place, workspaceId } = scene;
  await place.readClock();
  const id = newId('contact');
  const contact = newContact({ id, workspaceId, email: `${id}@example.com`, source: 'api' }, place.now());
  const event = contactCreated(newId('event'), contact);
  await place.database.transaction((session) => place.stores.events.insert([event], session));
  await scene.activities.dispatchEvents({ eventIds: [event.id] });
  const rows = await place.stores.deliveries.collection.find({ eventId: event.id }).sort({ _id: 1 }).toArray();
  return Promise.all(rows.map(({ _id }) => deliveryOf(scene, _id)));
}

/** One endpoint, one event and so one delivery. */
export async function startDelivery(scene: Scene): Promise<Delivery> {
  await addEndpoint(scene);
  const [delivery] = await dispatchEvent(scene);
  if (!delivery) throw new Error('no delivery was made');
  return delivery;
}

export async function addList({ place, workspaceId }: Scene): Promise<string> {
  const id = newId('list');
  const at = new Date(place.now());
  await place.stores.lists.insert({ _id: id, workspaceId, name: 'Customers', createdAt: at, updatedAt: at });
  return id;
}

type Sender = { userId?: string; anonymousId?: string; traits?: JsonObject };
type Received =
  | ({ type: 'identify' } & Sender)
  | ({ type: 'track'; event: string; properties?: JsonObject } & Omit<Sender, 'traits'>);
let messages = 0;

/** Puts a message into the inbox as the gateway does, and returns its key. */
export async function receive(
  { place, workspaceId }: Scene,
  event: Received,
  options: { listId?: string } = {},
): Promise<string> {
  await place.readClock();
  const messageId = `message-${++messages}`;
  const key = messageKey(workspaceId, messageId, (text) => text);
  const at = new Date(place.now());
  await place.stores.messages.insert([
    {
      ...{ _id: key, workspaceId, messageId, type: event.type, source: 'segment', receivedAt: at, occurredAt: at },
      body: JSON.stringify({ ...event, messageId }),
      ...(options.listId === undefined ? {} : { listId: options.listId }),
      state: 'received',
    },
  ]);
  return key;
}

/** An active automation; saved again under the same id with `version` it is an edited one. */
export async function saveAutomation(
  { place, workspaceId }: Scene,
  wanted: { id?: string; version?: number; eventName?: string; steps: Step[]; filter?: Trigger['filter'] },
): Promise<Automation> {
  const { id = newId('automation'), version = 1, eventName = 'Purchase Completed', steps, filter } = wanted;
  const automation: Automation = {
    ...{ id, workspaceId, name: 'After a purchase', status: 'active', steps, version },
    trigger: { type: 'CUSTOM_EVENT', eventName, ...(filter === undefined ? {} : { filter }) },
    eventKey: eventKey(eventName),
    createdAtMs: place.now(),
    updatedAtMs: place.now(),
  };
  await place.stores.automations.save(automation);
  return automation;
}

/** A run of an automation with these steps for a new contact, stored and not started yet. */
export async function prepareRun(
  scene: Scene,
  steps: Step[],
  wanted: { metadata?: JsonObject; properties?: JsonObject } = {},
): Promise<{ key: string; automation: Automation; contact: Contact }> {
  const { metadata = {}, properties = {} } = wanted;
  const contact = await addContact(scene, { userId: `user-${newId('contact')}`, metadata });
  const automation = await saveAutomation(scene, { steps });
  const userId = contact.externalIds[0]?.id ?? '';
  const message = await receive(scene, { type: 'track', userId, event: automation.trigger.eventName, properties });
  const { runs } = await scene.activities.commitMessages({ keys: [message], mayWait: false });
  const [run] = runs;
  if (!run) throw new Error('the track started no run');
  return { key: run.key, automation, contact };
}
