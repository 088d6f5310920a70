import type { ClientSession, Collection, Db } from 'mongodb';
import type { Attempt } from '../../domain/delivery';
import { isDuplicateKey } from './connect';

export interface AttemptDocument extends Omit<Attempt, 'atMs'> {
  /** `<deliveryId>/<number>`. */
  _id: string;
  at: Date;
}

/** The delivery log: every attempt, kept beside its delivery since closed workflows leave the Temporal Web UI. */
export class WebhookAttemptStore {
  private readonly collection: Collection<AttemptDocument>;

  constructor(db: Db) {
    this.collection = db.collection('webhookAttempts');
  }

  /**
   * Stores an attempt and returns it as stored: where another workflow has used its number meanwhile, it takes the
   * next. The same attempt (by its key) is stored once.
   */
  async insert(attempt: Attempt): Promise<Attempt> {
    for (let { number } = attempt; ; number++) {
      const numbered = { ...attempt, number };
      try {
        await this.collection.insertOne(toDocument(numbered));
        return numbered;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const before = await this.collection.findOne({ _id: attemptId(attempt.deliveryId, number) });
        if (before?.key === attempt.key) return fromDocument(before);
      }
    }
  }

  /** In the caller's transaction, which ends when a number was used already. */
  async insertMany(attempts: Attempt[], session: ClientSession): Promise<void> {
    await this.collection.insertMany(attempts.map(toDocument), { session });
  }

  /** The newest attempt of a delivery. */
  async last(deliveryId: string): Promise<Attempt | undefined> {
    return (await this.read(deliveryId, -1, 1))[0];
  }

  /** All attempts of a delivery, oldest first. */
  async list(deliveryId: string, limit = 1000): Promise<Attempt[]> {
    return this.read(deliveryId, 1, limit);
  }

  private async read(deliveryId: string, direction: 1 | -1, limit: number): Promise<Attempt[]> {
    const documents = await this.collection
      .find({ _id: { $gte: `${deliveryId}/`, $lt: `${deliveryId}0` } })
      .sort({ _id: direction })
      .limit(limit)
      .toArray();
    return documents.map(fromDocument);
  }
}

function toDocument({ atMs, ...attempt }: Attempt): AttemptDocument {
  return { _id: attemptId(attempt.deliveryId, attempt.number), ...attempt, at: new Date(atMs) };
}

function fromDocument({ _id, at, ...rest }: AttemptDocument): Attempt {
  return { ...rest, atMs: at.getTime() };
}

/** The number is padded, so that the ids of a delivery's attempts sort in their order and need no second index. */
export function attemptId(deliveryId: string, number: number): string {
  return `${deliveryId}/${String(number).padStart(6, '0')}`;
}
