import type { AnyBulkWriteOperation, ClientSession, Collection, Db, Filter, IndexDescription } from 'mongodb';
import type { Outcome } from '../../domain/ingest';
import { inTime } from './connect';
import { Gathering } from './gathering';
import { insertNew } from './insert-new';
import { newestFirst, oldestFirst, type PageStart } from './page';
import { claimUnfinished } from './unfinished';

export const messageSources = ['segment', 'rudderstack', 'sdk'] as const;
export type MessageSource = (typeof messageSources)[number];
export const messageTypes = ['identify', 'track'] as const;

/**
 * A received message. `body` is the event's JSON text as it came: nothing in it can be misread by MongoDB.
 * received → done, or received → waiting → done for a track whose contact is not known yet.
 */
export interface MessageDocument {
  _id: string;
  workspaceId: string;
  messageId: string;
  type: (typeof messageTypes)[number];
  source: MessageSource;
  /** Of a track: the name in the form that automations match it in, cut to what a list can be asked for. */
  eventKey?: string;
  body: string;
  listId?: string;
  receivedAt: Date;
  occurredAt: Date;
  state: 'received' | 'waiting' | 'done';
  doneAt?: Date;
  /** The workflow that gave it its outcome: its own, or that of the group it left with. */
  workflowId?: string;
  /** When the sweep last started it. */
  sweptAt?: Date;
  outcome?: Outcome;
}

/** Longer names are found by their beginning: no trigger of an automation has one. */
export const maxEventKeyLength = 200;

export const messageIndexes: IndexDescription[] = [
  // The list, and the list of a type or a source: every list names its types and sources.
  { key: { workspaceId: 1, type: 1, source: 1, receivedAt: -1, _id: -1 }, name: 'newest' },
  // The list by outcome. Any outcome can be the rare one; what is not done has none and costs nothing.
  {
    key: { workspaceId: 1, type: 1, 'outcome.status': 1, source: 1, receivedAt: -1, _id: -1 },
    name: 'byStatus',
    partialFilterExpression: { 'outcome.status': { $exists: true } },
  },
  // Tracks by name. Written when they come, and not again when they are done.
  {
    key: { workspaceId: 1, eventKey: 1, source: 1, receivedAt: -1, _id: -1 },
    name: 'byEvent',
    partialFilterExpression: { eventKey: { $exists: true } },
  },
  // What happened to a contact.
  {
    key: { workspaceId: 1, 'outcome.contactId': 1, receivedAt: -1, _id: -1 },
    name: 'byContact',
    partialFilterExpression: { 'outcome.contactId': { $exists: true } },
  },
  // The sweep, over all workspaces; and the list of one, which reads only keys of the others.
  {
    key: { receivedAt: 1, _id: 1, workspaceId: 1 },
    name: 'unfinished',
    partialFilterExpression: { state: 'received' },
  },
  // The same two of tracks that wait.
  { key: { receivedAt: 1, _id: 1, workspaceId: 1 }, name: 'waiting', partialFilterExpression: { state: 'waiting' } },
];

function indexFor(filter: Filter<MessageDocument>): string {
  if (filter['outcome.contactId'] !== undefined) return 'byContact';
  const status: unknown = filter['outcome.status'];
  // Nearly all tracks of a name are recorded; those of any other outcome are few.
  if (filter.eventKey !== undefined && status === 'recorded') return 'byEvent';
  if (status !== undefined) return 'byStatus';
  if (filter.state === 'received') return 'unfinished';
  if (filter.state === 'waiting') return 'waiting';
  return filter.eventKey === undefined ? 'newest' : 'byEvent';
}

/** The inbox: what was accepted, keyed by workspace and messageId. */
export class MessageStore {
  readonly collection: Collection<MessageDocument>;

  /** A body has 32 KB at most: a write carries 16 MB in the worst case, and 160 MB wait. */
  private readonly inserts = new Gathering<MessageDocument, boolean>(
    (messages) => inTime(insertNew(this.collection, messages)),
    {
      maxItems: 500,
      maxInFlight: 2,
      maxWaiting: 5_000,
    },
  );

  constructor(db: Db) {
    this.collection = db.collection('messages');
  }

  /**
   * Stores messages durably; returns the keys of those that were there already. Those of concurrent requests are
   * written together, each with a result of its own. Throws an OverloadedError when too many wait.
   */
  async insert(messages: MessageDocument[]): Promise<Set<string>> {
    const isKnown = await inTime(this.inserts.add(messages));
    return new Set(messages.flatMap(({ _id }, index) => (isKnown[index] ? [_id] : [])));
  }

  /** Those of the messages whose commit is done: they have their outcome, or wait for their contact. */
  async done(keys: string[]): Promise<Set<string>> {
    const rows = await this.collection
      .find({ _id: { $in: keys }, state: { $in: ['done', 'waiting'] } })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return new Set(rows.map(({ _id }) => _id));
  }

  async byKeys(keys: string[], session?: ClientSession): Promise<MessageDocument[]> {
    return this.collection.find({ _id: { $in: keys } }, session ? { session } : {}).toArray();
  }

  /** Writes outcomes inside the transaction of their effects; a message that is done already is left as it is. */
  async finish(
    outcomes: ReadonlyMap<string, Outcome>,
    by: { nowMs: number; workflowId?: string },
    session: ClientSession,
  ): Promise<void> {
    const done = { doneAt: new Date(by.nowMs), ...(by.workflowId === undefined ? {} : { workflowId: by.workflowId }) };
    const writes = [...outcomes].map(([key, outcome]): AnyBulkWriteOperation<MessageDocument> => ({
      updateOne: {
        filter: { _id: key, state: { $in: ['received', 'waiting'] } },
        update: { $set: { state: 'done', outcome, ...done } },
      },
    }));
    if (writes.length > 0) await this.collection.bulkWrite(writes, { session, ordered: false });
  }

  /** Marks a track as waiting for its contact, so that the sweep leaves it to its workflow. */
  async markWaiting(key: string): Promise<void> {
    await this.collection.updateOne({ _id: key, state: 'received' }, { $set: { state: 'waiting' } });
  }

  /** Keys of unfinished messages stored before `before`, oldest first; each is handed out once a minute at most. */
  claimUnfinished(before: Date, now: Date, limit: number): Promise<string[]> {
    return claimUnfinished(this.collection, before, now, limit);
  }

  /** Tracks received before a moment that wait for their contact, oldest first. */
  async waiting(page: {
    before: Date;
    after?: PageStart | undefined;
    limit: number;
  }): Promise<Pick<MessageDocument, '_id' | 'receivedAt'>[]> {
    return oldestFirst(this.collection, { state: 'waiting' }, 'receivedAt', page, 'waiting')
      .project<Pick<MessageDocument, '_id' | 'receivedAt'>>({ receivedAt: 1 })
      .toArray();
  }

  /** A page of messages, newest first. */
  async page(
    filter: Filter<MessageDocument>,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<MessageDocument[]> {
    const named: Filter<MessageDocument> = {
      ...{ type: { $in: [...messageTypes] }, source: { $in: [...messageSources] } },
      ...filter,
    };
    return newestFirst(this.collection, named, 'receivedAt', page, indexFor(filter));
  }
}
