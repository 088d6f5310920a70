import type { Collection, Db, IndexDescription } from 'mongodb';

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

  constructor(db: Db) {
    this.collection = db.collection('apiKeys');
  }

  async insert(key: ApiKeyDocument): Promise<void> {
    await this.collection.insertOne(key);
  }

  async byHash(hash: string): Promise<ApiKeyDocument | undefined> {
    return (await this.collection.findOne({ hash })) ?? undefined;
  }

  async list(workspaceId: string): Promise<ApiKeyDocument[]> {
    return this.collection.find({ workspaceId }).sort({ createdAt: -1, _id: -1 }).toArray();
  }

  async revoke(workspaceId: string, id: string, at: Date): Promise<ApiKeyDocument | undefined> {
    const key = await this.collection.findOneAndUpdate({ _id: id, workspaceId, revokedAt: { $exists: false } }, { $set: { revokedAt: at } });
    return key ?? undefined;
  }

  /** Not durable on purpose: when a key was last used is worth no wait. */
  async touch(id: string, at: Date): Promise<void> {
    await this.collection.updateOne({ _id: id }, { $max: { lastUsedAt: at } }, { writeConcern: { w: 1, journal: false } });
  }
}
