import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import { inTime } from './connect';

/** A key as it is stored: the SHA-256 of its text, never the text. `display` is its beginning and its last four characters. */
export interface ApiKeyDocument {
  _id: string;
  workspaceId: string;
  name: string;
  hash: string;
  display: string;
  createdAt: Date;
  lastUsedAt?: Date;
  revokedAt?: Date;
}

export const apiKeyIndexes: IndexDescription[] = [
  { key: { hash: 1 }, name: 'hash', unique: true },
  { key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
];

export class ApiKeyStore {
  readonly collection: Collection<ApiKeyDocument>;
  private readonly workspaces: Collection<{ _id: string; apiKeyWrites?: number }>;

  constructor(db: Db) {
    this.collection = db.collection('apiKeys');
    this.workspaces = db.collection('workspaces');
  }

  async insert(key: ApiKeyDocument): Promise<void> {
    await this.collection.insertOne(key);
  }

  async byHash(hash: string): Promise<ApiKeyDocument | undefined> {
    return (await inTime(this.collection.findOne({ hash }))) ?? undefined;
  }

  async list(workspaceId: string): Promise<ApiKeyDocument[]> {
    return this.collection.find({ workspaceId }).sort({ createdAt: -1, _id: -1 }).toArray();
  }

  /** Revokes a live key unless no other one lives. */
  async revokeUnlessLast(
    workspaceId: string,
    id: string,
    at: Date,
    session: ClientSession,
  ): Promise<'revoked' | 'unknown' | 'last'> {
    // Both sides of a race write this field, so that one of them runs again and counts what the other left.
    await this.workspaces.updateOne({ _id: workspaceId }, { $inc: { apiKeyWrites: 1 } }, { session });
    const live = await this.collection.find({ workspaceId, revokedAt: { $exists: false } }, { session }).toArray();
    if (!live.some(({ _id }) => _id === id)) return 'unknown';
    if (live.length === 1) return 'last';
    await this.collection.updateOne({ _id: id, workspaceId }, { $set: { revokedAt: at } }, { session });
    return 'revoked';
  }

  /** Not durable on purpose: when a key was last used is worth no wait. */
  async touch(id: string, at: Date): Promise<void> {
    await this.collection.updateOne(
      { _id: id },
      { $max: { lastUsedAt: at } },
      { writeConcern: { w: 1, journal: false } },
    );
  }
}
