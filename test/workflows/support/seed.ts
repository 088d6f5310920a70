import type { Automation, Exit, Step, Trigger } from '../../../domain/automation';
import { newContact, type Contact } from '../../../domain/contact';
import type { Delivery } from '../../../domain/delivery';
import { eventKey } from '../../../domain/event-name';
import { messageKey } from '../../../domain/ids';
import type { JsonObject } from '../../../domain/json';
import { contactCreated, type WebhookEventType } from '../../../domain/webhook-events';
import { newId } from '../../../src/mongo/new-id';
import { deliveriesOf, untilExecution } from './look';
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

/** The ids of so many contact.created events that nothing has dispatched yet. */
export async function insertEvents({ place, workspaceId }: Scene, count: number): Promise<string[]> {
  await place.readClock();
  const events = Array.from({ length: count }, () => {
    const id = newId('contact');
    const contact = newContact({ id, workspaceId, email: `${id}@example.com`, source: 'api' }, place.now());
    return contactCreated(newId('event'), contact);
  });
  await place.database.transaction((session) => place.stores.events.insert(events, session));
  return events.map(({ id }) => id);
}

/** A contact.created event, dispatched to every endpoint that listens to it; its deliveries in the order of their ids. */
export async function dispatchEvent(scene: Scene): Promise<Delivery[]> {
  const eventIds = await insertEvents(scene, 1);
  await scene.activities.dispatchEvents({ eventIds });
  return (await deliveriesOf(scene)).filter(({ eventId }) => eventIds.includes(eventId));
}

/** One endpoint, one event and so one delivery. */
export async function startDelivery(scene: Scene): Promise<Delivery> {
  await addEndpoint(scene);
  const [delivery] = await dispatchEvent(scene);
  if (!delivery) throw new Error('no delivery was made');
  return delivery;
}

/** Identifies of new contacts, each of which causes a contact.created, in the inbox. */
export async function receiveIdentifies(scene: Scene, count: number): Promise<string[]> {
  const keys: string[] = [];
  for (let index = 0; index < count; index++) {
    const userId = `user-${newId('contact')}`;
    keys.push(await receive(scene, { type: 'identify', userId, traits: { email: `${userId}@example.com` } }));
  }
  return keys;
}

/** Starts messages as one group and returns its workflow id. */
export async function startBatch(scene: Scene, keys: string[]): Promise<string> {
  const before = new Set(scene.startedIds());
  await scene.starter.startBatch(keys);
  const workflowId = scene.startedIds().find((id) => id.startsWith('batch/') && !before.has(id));
  if (workflowId === undefined) throw new Error('no batch was started');
  return workflowId;
}

/** Runs messages as one group, to its end. */
export async function runBatch(scene: Scene, keys: string[]): Promise<string> {
  const workflowId = await startBatch(scene, keys);
  await untilExecution(scene, workflowId, 'COMPLETED');
  return workflowId;
}

/** A group of so many identifies that has run to its end: its workflow id, and the deliveries it has made. */
export async function runGroup(scene: Scene, count: number): Promise<{ workflowId: string; deliveries: Delivery[] }> {
  const before = new Set((await deliveriesOf(scene)).map(({ id }) => id));
  const workflowId = await runBatch(scene, await receiveIdentifies(scene, count));
  return { workflowId, deliveries: (await deliveriesOf(scene)).filter(({ id }) => !before.has(id)) };
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
  wanted: {
    id?: string;
    version?: number;
    eventName?: string;
    steps: Step[];
    filter?: Trigger['filter'];
    exitOn?: Exit[];
  },
): Promise<Automation> {
  const { id = newId('automation'), version = 1, eventName = 'Purchase Completed', steps, filter, exitOn } = wanted;
  const automation: Automation = {
    ...{ id, workspaceId, name: 'After a purchase', status: 'active', steps, version },
    trigger: { type: 'CUSTOM_EVENT', eventName, ...(filter === undefined ? {} : { filter }) },
    eventKey: eventKey(eventName),
    ...(exitOn === undefined ? {} : { exitOn }),
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
  wanted: { metadata?: JsonObject; properties?: JsonObject; exitOn?: Exit[]; eventName?: string } = {},
): Promise<{ key: string; automation: Automation; contact: Contact }> {
  const { metadata = {}, properties = {}, ...more } = wanted;
  const contact = await addContact(scene, { userId: `user-${newId('contact')}`, metadata });
  const automation = await saveAutomation(scene, { steps, ...more });
  const userId = contact.externalIds[0]?.id ?? '';
  const message = await receive(scene, { type: 'track', userId, event: automation.trigger.eventName, properties });
  const { runs } = await scene.activities.commitMessages({ keys: [message], mayWait: false });
  const [run] = runs;
  if (!run) throw new Error('the track started no run');
  return { key: run.key, automation, contact };
}
