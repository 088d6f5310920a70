import type { Collection, Db, IndexDescription } from 'mongodb';
import { isDuplicateKey } from './connect';

interface IdempotencyKeyDocument {
  _id: string;
  fingerprint: string;
  isDone: boolean;
  /** JSON text of the first answer. */
  answer?: string;
  createdAt: Date;
}

const keptSeconds = 86_400;
/** A first request that a crash cut off must not hold its key for a day. */
const abandonedAfterMs = 60_000;

export const idempotencyKeyIndexes: IndexDescription[] = [
  { key: { createdAt: 1 }, name: 'expiry', expireAfterSeconds: keptSeconds },
];

export class IdempotencyKeyStore {
  private readonly collection: Collection<IdempotencyKeyDocument>;

  constructor(db: Db) {
    this.collection = db.collection('idempotencyKeys');
  }

  /** Takes the key, or returns what was done under it before. */
  async begin(
    id: string,
    fingerprint: string,
    at: Date,
  ): Promise<{ fingerprint: string; isDone: boolean; answer?: unknown } | undefined> {
    await this.collection.deleteOne({
      _id: id,
      isDone: false,
      createdAt: { $lt: new Date(at.getTime() - abandonedAfterMs) },
    });
    try {
      await this.collection.insertOne({ _id: id, fingerprint, isDone: false, createdAt: at });
      return undefined;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const earlier = await this.collection.findOne({ _id: id });
      if (!earlier) return this.begin(id, fingerprint, at);
      const { answer, isDone } = earlier;
      return {
        fingerprint: earlier.fingerprint,
        isDone,
        ...(answer === undefined ? {} : { answer: JSON.parse(answer) }),
      };
    }
  }

  async finish(id: string, answer: unknown): Promise<void> {
    await this.collection.updateOne({ _id: id }, { $set: { isDone: true, answer: JSON.stringify(answer ?? null) } });
  }

  async abandon(id: string): Promise<void> {
    await this.collection.deleteOne({ _id: id, isDone: false });
  }
}
