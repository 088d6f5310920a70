import type { AnyBulkWriteOperation, ClientSession, Collection, Db, Filter, IndexDescription } from 'mongodb';
import { MongoBulkWriteError, type WriteError } from 'mongodb';
import type { Outcome } from '../../domain/ingest';
import { inTime } from './connect';
import { newestFirst, type PageStart } from './page';

export const messageSources = ['segment', 'rudderstack', 'sdk'] as const;
export type MessageSource = (typeof messageSources)[number];

/**
 * A received message. `body` is the event's JSON text as it came: nothing in it can be misread by MongoDB.
 * received → done, or received → waiting → done for a track whose contact is not known yet.
 */
export interface MessageDocument {
  _id: string;
  workspaceId: string;
  messageId: string;
  type: 'identify' | 'track';
  source: MessageSource;
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

export const messageIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, receivedAt: -1, _id: -1 }, name: 'newest' },
  { key: { workspaceId: 1, 'outcome.contactId': 1, receivedAt: -1, _id: -1 }, name: 'byContact' },
  {
    key: { workspaceId: 1, 'outcome.status': 1, receivedAt: -1, _id: -1 },
    name: 'problems',
    // Only what people look for and what is rare: an entry for every message would cost each of them a write.
    partialFilterExpression: { 'outcome.status': { $in: ['unresolved', 'failed'] } },
  },
  { key: { receivedAt: 1 }, name: 'unfinished', partialFilterExpression: { state: 'received' } },
];

/** The inbox: what was accepted, keyed by workspace and messageId. */
export class MessageStore {
  readonly collection: Collection<MessageDocument>;

  constructor(db: Db) {
    this.collection = db.collection('messages');
  }

  /** Stores messages durably; returns the keys of those that were there already. */
  async insert(messages: MessageDocument[]): Promise<Set<string>> {
    if (messages.length === 0) return new Set();
    try {
      await inTime(this.collection.insertMany(messages, { ordered: false }));
      return new Set();
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error;
      const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
      // The driver wraps a lost connection in the same class, without a single write error: nothing is known to be stored.
      if (failures.length === 0) throw error;
      if (error.result.getWriteConcernError() !== undefined || failures.some(({ code }) => code !== 11000)) throw error;
      return new Set(failures.flatMap((failure: WriteError) => messages[failure.index]?._id ?? []));
    }
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
  async claimUnfinished(before: Date, now: Date, limit: number): Promise<string[]> {
    const rows = await this.collection
      .find({
        state: 'received',
        receivedAt: { $lt: before },
        sweptAt: { $not: { $gt: new Date(now.getTime() - 60_000) } },
      })
      .sort({ receivedAt: 1 })
      .limit(limit)
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    const keys = rows.map(({ _id }) => _id);
    if (keys.length > 0) await this.collection.updateMany({ _id: { $in: keys } }, { $set: { sweptAt: now } });
    return keys;
  }

  /** A page of messages, newest first. */
  async page(
    filter: Filter<MessageDocument>,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<MessageDocument[]> {
    return newestFirst(this.collection, filter, 'receivedAt', page);
  }
}
