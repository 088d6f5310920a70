import { assertNever } from './assert-never';
import { eventKey } from './event-name';
import { evaluate, type Facts } from './condition';
import type { Listener } from './automation';
import {
  applyPatch,
  isMetadataTooLarge,
  newContact,
  maxTraitNameLength,
  patchFromTraits,
  type Contact,
} from './contact';
import { automationRunKey, type IdKind } from './ids';
import { People } from './people';
import type { Identify, Message, Track } from './message';
import { contactCreated, contactUpdated, type WebhookEvent } from './webhook-events';

/** A received message as the inbox hands it to the fold. */
export interface InboxMessage {
  key: string;
  workspaceId: string;
  message: Message;
  listId?: string;
  occurredAtMs: number;
}

/** Whether one automation that listens to the event's name ran, and if not, why. */
export interface AutomationTrace {
  automationId: string;
  name: string;
  ran: boolean;
  reason?: string;
  runKey?: string;
}

/** What became of a message; written once, in the transaction of its effect. `notes` say what was passed over. */
export type Outcome =
  | {
      status: 'created' | 'updated' | 'unchanged';
      contactId: string;
      changes: string[];
      eventIds: string[];
      notes: string[];
    }
  | { status: 'recorded'; contactId: string; eventKey: string; automations: AutomationTrace[] }
  | { status: 'unresolved'; reason: string }
  | { status: 'failed'; reason: string };

/** A run to start: the steps are those of the automation's version at this moment. */
export interface NewRun {
  key: string;
  workspaceId: string;
  automationId: string;
  automationName: string;
  version: number;
  contactId: string;
  messageKey: string;
}

/** What the stores know before the fold. `automations` holds those of any status that listen to the tracks' names. */
export interface Known {
  contacts: Contact[];
  automations: Listener[];
  listIds: ReadonlySet<string>;
}

/** Everything that a list of messages changes; one transaction writes it. */
export interface Fold {
  outcomes: Map<string, Outcome>;
  created: Contact[];
  changed: Contact[];
  /** Contacts that lost an external id to another one: the writer clears theirs first, since external ids are unique. */
  robbedIds: string[];
  events: WebhookEvent[];
  runs: NewRun[];
  /** Tracks whose contact is not known yet and may still come. */
  waiting: string[];
}

/**
 * Applies messages of one workspace in their order to what is known. Pure: the same messages, contacts and clock give
 * the same writes. A track that stands before the identify which makes its contact is looked at once more at the end.
 */
export function foldMessages(
  messages: readonly InboxMessage[],
  known: Known,
  options: { nowMs: number; newId: (kind: IdKind) => string; mayWait: boolean },
): Fold {
  const people = new People(known.contacts);
  const fold: Fold = {
    outcomes: new Map(),
    created: [],
    changed: [],
    robbedIds: [],
    events: [],
    runs: [],
    waiting: [],
  };
  const early: { inbox: InboxMessage; track: Track }[] = [];

  for (const inbox of messages) {
    const { message } = inbox;
    switch (message.type) {
      case 'identify':
        fold.outcomes.set(inbox.key, identify(inbox, message, people, known, fold, options));
        break;
      case 'track': {
        const contact = people.find(message);
        if (contact) fold.outcomes.set(inbox.key, track(inbox, message, contact, known, fold));
        else early.push({ inbox, track: message });
        break;
      }
      default:
        assertNever(message);
    }
  }
  for (const { inbox, track: message } of early) {
    const contact = people.find(message);
    if (contact) fold.outcomes.set(inbox.key, track(inbox, message, contact, known, fold));
    else if (options.mayWait && (message.userId !== undefined || message.email !== undefined))
      fold.waiting.push(inbox.key);
    else fold.outcomes.set(inbox.key, { status: 'unresolved', reason: unresolvedTrack(message) });
  }

  fold.created = people.created();
  fold.changed = people.changed();
  fold.robbedIds = people.robbed();
  return fold;
}

/** The facts that filters and conditions see. */
export function factsOf(contact: Contact, properties: Facts['properties']): Facts {
  const { email, firstName, lastName, status, metadata, listIds } = contact;
  return { contact: { email, firstName, lastName, status, metadata, listIds }, properties };
}

/** Why each automation that listens to the name runs or does not. Used for real, and by simulate without effects. */
export function matchAutomations(
  automations: readonly Listener[],
  name: string,
  facts: Facts,
): { automation: Listener; ran: boolean; reason?: string }[] {
  const wanted = eventKey(name);
  return automations
    .filter((automation) => automation.eventKey === wanted)
    .map((automation) => {
      if (automation.status !== 'active')
        return { automation, ran: false, reason: `the automation is ${automation.status}; activate it` };
      if (automation.trigger.filter === undefined) return { automation, ran: true };
      const result = evaluate(automation.trigger.filter, facts);
      return result.holds ? { automation, ran: true } : { automation, ran: false, reason: `filter: ${result.failed}` };
    });
}

function identify(
  inbox: InboxMessage,
  message: Identify,
  people: People,
  known: Known,
  fold: Fold,
  options: { nowMs: number; newId: (kind: IdKind) => string },
): Outcome {
  const existing = message.email === undefined ? people.byUserId(message.userId) : people.byEmail(message.email);
  if (!existing && message.email === undefined) {
    return {
      status: 'unresolved',
      reason:
        'no email in traits.email, context.traits.email or userId, and no contact is known for the userId; send the email once with this userId',
    };
  }
  const before =
    existing ??
    newContact(
      { id: options.newId('contact'), workspaceId: inbox.workspaceId, email: message.email ?? '', source: 'api' },
      options.nowMs,
    );
  const { contact, changes } = applyPatch(before, patchFromTraits(message.traits), inbox.occurredAtMs, options.nowMs);
  if (isMetadataTooLarge(contact.metadata)) {
    return {
      status: 'failed',
      reason: 'the contact would hold more than 256 KB of traits; remove some by sending them as null',
    };
  }

  const notes: string[] = [];
  if (Object.keys(message.traits).some((name) => name.length > maxTraitNameLength)) {
    notes.push(`traits whose names are longer than ${maxTraitNameLength} characters were passed over`);
  }
  if (inbox.listId !== undefined) {
    if (!known.listIds.has(inbox.listId))
      notes.push(`list ${inbox.listId} does not exist; the contact was put on no list`);
    else if (!contact.listIds.includes(inbox.listId)) contact.listIds = [...contact.listIds, inbox.listId];
  }
  people.put(contact, existing === undefined);
  if (message.userId !== undefined) people.claim(contact.id, message.userId, inbox.occurredAtMs);

  const result = { contactId: contact.id, changes: changes.map((change) => change.field), notes };
  if (!existing) {
    const event = contactCreated(options.newId('event'), contact);
    fold.events.push(event);
    return { status: 'created', ...result, eventIds: [event.id] };
  }
  if (changes.length === 0) return { status: 'unchanged', ...result, eventIds: [] };
  const event = contactUpdated(options.newId('event'), contact, changes);
  fold.events.push(event);
  return { status: 'updated', ...result, eventIds: [event.id] };
}

function track(inbox: InboxMessage, message: Track, contact: Contact, known: Known, fold: Fold): Outcome {
  const matches = matchAutomations(known.automations, message.event, factsOf(contact, message.properties));
  const automations = matches.map(({ automation, ran, reason }): AutomationTrace => {
    const trace = { automationId: automation.id, name: automation.name, ran };
    if (!ran) return { ...trace, ...(reason === undefined ? {} : { reason }) };
    const key = automationRunKey({ automationId: automation.id, contactId: contact.id, messageKey: inbox.key });
    fold.runs.push({
      key,
      workspaceId: inbox.workspaceId,
      automationId: automation.id,
      automationName: automation.name,
      version: automation.version,
      contactId: contact.id,
      messageKey: inbox.key,
    });
    return { ...trace, runKey: key };
  });
  return { status: 'recorded', contactId: contact.id, eventKey: eventKey(message.event), automations };
}

function unresolvedTrack(message: Track): string {
  if (message.userId === undefined && message.email === undefined) {
    return 'only an anonymousId came with this track; a contact is found by userId or email';
  }
  return 'no contact is known for this userId or email; send an identify with the email for it';
}
