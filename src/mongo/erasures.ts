import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import type { ErasedCounts, ErasureStatus, Person } from '../../domain/erasure';
import { newestFirst, type PageStart } from './page';

/** The removal of one person. */
export interface ErasureDocument {
  /** The contact's id. */
  _id: string;
  workspaceId: string;
  status: ErasureStatus;
  removed: ErasedCounts;
  /** What is searched for; taken off at the end. */
  emails?: string[];
  userIds?: string[];
  createdAt: Date;
  /** When it last came on. */
  touchedAt: Date;
  endedAt?: Date;
}

export const erasureIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
  {
    key: { touchedAt: 1 },
    name: 'leftBehind',
    partialFilterExpression: { status: { $in: ['pending', 'running'] } },
  },
];

/** Who is to be removed, and how far that has come. */
export class ErasureStore {
  readonly collection: Collection<ErasureDocument>;

  constructor(db: Db) {
    this.collection = db.collection('erasures');
  }

  /** With the contact's own removal, in its transaction. */
  async insert({ contactId, ...person }: Person, at: Date, session: ClientSession): Promise<void> {
    await this.collection.insertOne(
      { _id: contactId, ...person, status: 'pending', removed: {}, createdAt: at, touchedAt: at },
      { session },
    );
  }

  async get(workspaceId: string, contactId: string): Promise<ErasureDocument | undefined> {
    return (await this.collection.findOne({ _id: contactId, workspaceId })) ?? undefined;
  }

  async page(workspaceId: string, page: { after?: PageStart | undefined; limit: number }): Promise<ErasureDocument[]> {
    return newestFirst(this.collection, { workspaceId }, 'createdAt', page);
  }

  /** The person, as long as something is left to be done. */
  async begin(contactId: string, at: Date): Promise<Person | undefined> {
    const found = await this.collection.findOneAndUpdate(
      { _id: contactId, status: { $in: ['pending', 'running'] } },
      { $set: { status: 'running', touchedAt: at } },
    );
    if (!found) return undefined;
    const { workspaceId, emails = [], userIds = [] } = found;
    return { contactId, workspaceId, emails, userIds };
  }

  async count(contactId: string, removed: ErasedCounts): Promise<void> {
    const counts = Object.entries(removed).map(([kind, count]) => [`removed.${kind}`, count] as const);
    if (counts.length === 0) return;
    await this.collection.updateOne({ _id: contactId, status: 'running' }, { $inc: Object.fromEntries(counts) });
  }

  async end(contactId: string, at: Date): Promise<void> {
    await this.collection.updateOne(
      { _id: contactId, status: 'running' },
      { $set: { status: 'completed', touchedAt: at, endedAt: at }, $unset: { emails: true, userIds: true } },
    );
  }

  /** Ids of contacts whose removal has not come on since `before`, oldest first. */
  async leftBehind(before: Date, limit: number): Promise<string[]> {
    const rows = await this.collection
      .find({ status: { $in: ['pending', 'running'] }, touchedAt: { $lt: before } })
      .sort({ touchedAt: 1 })
      .limit(limit)
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return rows.map(({ _id }) => _id);
  }
}
