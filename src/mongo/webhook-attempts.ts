import type { Collection, Db } from 'mongodb';
import type { Attempt } from '../../domain/delivery';

interface AttemptDocument extends Omit<Attempt, 'atMs'> {
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

  async insert({ atMs, ...attempt }: Attempt): Promise<void> {
    await this.collection.insertOne({
      _id: attemptId(attempt.deliveryId, attempt.number),
      ...attempt,
      at: new Date(atMs),
    });
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
    return documents.map(({ _id, at, ...rest }) => ({ ...rest, atMs: at.getTime() }));
  }
}

/** The number is padded, so that the ids of a delivery's attempts sort in their order and need no second index. */
function attemptId(deliveryId: string, number: number): string {
  return `${deliveryId}/${String(number).padStart(6, '0')}`;
}
