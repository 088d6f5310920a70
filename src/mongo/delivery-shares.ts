import type { Collection, Db, IndexDescription } from 'mongodb';

/** A link to one delivery that works without a key. Of its token only the hash is kept. */
export interface DeliveryShare {
  _id: string;
  workspaceId: string;
  deliveryId: string;
  tokenHash: string;
  createdAt: Date;
  expiresAt: Date;
}

/** Of one delivery, at a time. */
export const maxShares = 20;

export const deliveryShareIndexes: IndexDescription[] = [
  { key: { tokenHash: 1 }, name: 'byToken', unique: true },
  { key: { deliveryId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
  { key: { expiresAt: 1 }, name: 'expiry', expireAfterSeconds: 0 },
];

export class DeliveryShareStore {
  private readonly collection: Collection<DeliveryShare>;

  constructor(db: Db) {
    this.collection = db.collection('deliveryShares');
  }

  async insert(share: DeliveryShare): Promise<void> {
    await this.collection.insertOne(share);
  }

  /** The share of that token, if it has not expired: the database removes what has expired a little later. */
  async byToken(tokenHash: string, now: Date): Promise<DeliveryShare | undefined> {
    const share = await this.collection.findOne({ tokenHash });
    return share && share.expiresAt > now ? share : undefined;
  }

  /** Those of one delivery that have not expired, newest first. */
  async ofDelivery(deliveryId: string, now: Date): Promise<DeliveryShare[]> {
    const shares = await this.collection
      .find({ deliveryId })
      .sort({ createdAt: -1, _id: -1 })
      .limit(2 * maxShares)
      .toArray();
    return shares.filter(({ expiresAt }) => expiresAt > now);
  }

  /** Returns whether there was one. */
  async revoke(share: Pick<DeliveryShare, '_id' | 'deliveryId' | 'workspaceId'>): Promise<boolean> {
    return (await this.collection.deleteOne(share)).deletedCount === 1;
  }
}
