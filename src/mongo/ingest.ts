import { MongoError, MongoInvalidArgumentError, MongoServerError, type ClientSession } from 'mongodb';
import { eventKey } from '../../domain/event-name';
import type { Fold, InboxMessage, Known, Outcome } from '../../domain/ingest';
import { readMessage, type Message } from '../../domain/message';
import type { AutomationRunStore } from './automation-runs';
import type { AutomationStore } from './automations';
import type { Database } from './connect';
import type { ContactStore } from './contacts';
import type { ListStore } from './lists';
import type { MessageDocument, MessageStore } from './messages';
import { contactRefs, type WaiterStore } from './waiters';
import type { WebhookEventStore } from './webhook-events';

/** A message with its outcome, if it has one by now, and the refs under which others may wait for its contact. */
export interface CommittedMessage {
  key: string;
  outcome?: Outcome;
  refs: string[];
  /** Whether its effects are the caller's to start. */
  isOwn: boolean;
}

/** Transactions of one group at a time: those of different workspaces have nothing in common. */
const workspacesAtOnce = 8;

/** The transaction that a message's outcome and its effect are written in: both, or neither. */
export class IngestTransaction {
  constructor(
    private readonly database: Database,
    private readonly stores: {
      messages: MessageStore;
      contacts: ContactStore;
      automations: AutomationStore;
      runs: AutomationRunStore;
      lists: ListStore;
      events: WebhookEventStore;
      waiters: WaiterStore;
    },
  ) {}

  /**
   * Folds those of the messages that have no outcome yet and writes the result in one transaction for each workspace.
   * Outcomes that were written before are read back: whoever comes second changes nothing.
   */
  async commit(
    keys: string[],
    by: { nowMs: number; workflowId?: string },
    fold: (messages: InboxMessage[], known: Known) => Fold,
  ): Promise<CommittedMessage[]> {
    const byWorkspace = new Map<string, string[]>();
    for (const key of keys) {
      const workspaceId = key.slice(0, key.indexOf('/'));
      byWorkspace.set(workspaceId, [...(byWorkspace.get(workspaceId) ?? []), key]);
    }
    const committed: CommittedMessage[] = [];
    const groups = [...byWorkspace];
    for (let start = 0; start < groups.length; start += workspacesAtOnce) {
      const results = await Promise.allSettled(
        groups
          .slice(start, start + workspacesAtOnce)
          .map(([workspaceId, workspaceKeys]) => this.commitOrSingleOut(workspaceId, workspaceKeys, by, fold)),
      );
      for (const result of results) {
        if (result.status === 'rejected') throw result.reason;
        committed.push(...result.value);
      }
    }
    return committed;
  }

  /** Keys of the tracks that wait for a contact that one of these messages made known. */
  async waitingFor(messages: CommittedMessage[]): Promise<string[]> {
    return this.stores.waiters.waitingFor(messages.flatMap(({ refs }) => refs));
  }

  /**
   * One message that can never be written must not hold its neighbours up for ever: where a commit fails for good, each
   * message is committed alone, and the one that fails alone gets that as its outcome.
   */
  private async commitOrSingleOut(
    workspaceId: string,
    keys: string[],
    by: { nowMs: number; workflowId?: string },
    fold: (messages: InboxMessage[], known: Known) => Fold,
  ): Promise<CommittedMessage[]> {
    try {
      return await this.commitWorkspace(workspaceId, keys, by, fold);
    } catch (error) {
      const [key] = keys;
      if (!isPermanent(error) || key === undefined) throw error;
      if (keys.length === 1) {
        const reason = `it cannot be written: ${error instanceof Error ? error.name : 'unknown error'}; send less in one event`;
        const outcome: Outcome = { status: 'failed', reason };
        await this.database.transaction((session) =>
          this.stores.messages.finish(new Map([[key, outcome]]), by, session),
        );
        return [{ key, outcome, refs: [], isOwn: true }];
      }
      const alone: CommittedMessage[] = [];
      for (const each of keys) alone.push(...(await this.commitOrSingleOut(workspaceId, [each], by, fold)));
      return alone;
    }
  }

  private async commitWorkspace(
    workspaceId: string,
    keys: string[],
    by: { nowMs: number; workflowId?: string },
    fold: (messages: InboxMessage[], known: Known) => Fold,
  ): Promise<CommittedMessage[]> {
    const { messages, contacts, runs, events } = this.stores;
    return this.database.transaction(async (session) => {
      const stored = new Map((await messages.byKeys(keys, session)).map((document) => [document._id, document]));
      const ordered = keys.flatMap((key) => stored.get(key) ?? []);
      const bodies = new Map(ordered.map((document) => [document._id, messageOf(document)]));
      const open: InboxMessage[] = [];
      const outcomes = new Map<string, Outcome>();
      for (const document of ordered.filter(({ state }) => state !== 'done')) {
        const message = bodies.get(document._id);
        if (message) open.push(inboxMessage(document, message));
        else outcomes.set(document._id, { status: 'failed', reason: 'its stored text cannot be read any more' });
      }
      if (open.length > 0) {
        const result = fold(open, await this.known(workspaceId, open, session));
        await contacts.save(result, session);
        await events.insert(result.events, session);
        await runs.insert(result.runs, new Date(by.nowMs), session);
        for (const [key, outcome] of result.outcomes) outcomes.set(key, outcome);
      }
      await messages.finish(outcomes, by, session);
      // Their workflow takes its row away by itself, unless it was killed and began anew when they were done.
      const waited = ordered.filter(({ _id, state }) => state === 'waiting' && outcomes.has(_id));
      await this.stores.waiters.remove(
        waited.map(({ _id }) => _id),
        session,
      );
      return ordered.map((document) => {
        const outcome = outcomes.get(document._id) ?? document.outcome;
        return {
          key: document._id,
          refs: refsOf(document.workspaceId, bodies.get(document._id)),
          // Committed now, or before by an earlier try of the same workflow.
          isOwn: document.state !== 'done' || document.workflowId === by.workflowId,
          ...(outcome ? { outcome } : {}),
        };
      });
    });
  }

  private async known(workspaceId: string, messages: InboxMessage[], session: ClientSession): Promise<Known> {
    const all = messages.map(({ message }) => message);
    const emails = [...new Set(all.flatMap(({ email }) => email ?? []))].sort();
    const userIds = [...new Set(all.flatMap(({ userId }) => userId ?? []))].sort();
    const eventKeys = [...new Set(all.flatMap((message) => (message.type === 'track' ? eventKey(message.event) : [])))];
    const listIds = [...new Set(messages.flatMap(({ listId }) => listId ?? []))];
    const contacts = await this.stores.contacts.find(workspaceId, { emails, userIds }, session);
    const automations = await this.stores.automations.listeningTo(workspaceId, eventKeys, session);
    return { contacts, automations, listIds: await this.stores.lists.existing(workspaceId, listIds, session) };
  }
}

/** The stored event in the form that the fold takes. */
function inboxMessage(document: MessageDocument, message: Message): InboxMessage {
  return {
    key: document._id,
    workspaceId: document.workspaceId,
    message,
    occurredAtMs: document.occurredAt.getTime(),
    ...(document.listId === undefined ? {} : { listId: document.listId }),
  };
}

/** The message inside a stored event; undefined only when its text was altered in the database. */
export function messageOf(document: MessageDocument): Message | undefined {
  try {
    const result = readMessage(JSON.parse(document.body), { atMs: document.receivedAt.getTime() });
    return result.kind === 'message' ? result.message : undefined;
  } catch {
    return undefined;
  }
}

/** An identify makes a contact known under these; a track waits under them. */
export function refsOf(workspaceId: string, message: Message | undefined): string[] {
  return contactRefs(workspaceId, {
    userIds: message?.userId === undefined ? [] : [message.userId],
    emails: message?.email === undefined ? [] : [message.email],
  });
}

/** MongoDB's codes for a document or a command that is too large. */
const tooLargeCodes: ReadonlySet<unknown> = new Set([10334, 17280, 17419, 17420]);

/** Whether the same write would fail again: what is not MongoDB's error comes from the data, or from a bug of ours. */
function isPermanent(error: unknown): boolean {
  if (error instanceof MongoServerError) return tooLargeCodes.has(error.code);
  // The driver itself refuses a document that is too large.
  return error instanceof MongoInvalidArgumentError || !(error instanceof MongoError);
}
