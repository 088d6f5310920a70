import { createHash } from 'node:crypto';
import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import { graverReason, type SuppressionReason } from '../../domain/email';
import { newestFirst, type PageStart } from './page';

/** An address that nothing is sent to. The key holds a hash, so that it stays in force when the person was erased. */
export interface SuppressionDocument {
  _id: string;
  workspaceId: string;
  /** Absent once the person was erased. */
  email?: string;
  reason: SuppressionReason;
  createdAt: Date;
}

export const suppressionIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
];

function keyOf(workspaceId: string, email: string): string {
  return `${workspaceId}/${createHash('sha256').update(email).digest('hex')}`;
}

export class SuppressionStore {
  readonly collection: Collection<SuppressionDocument>;

  constructor(db: Db) {
    this.collection = db.collection('suppressions');
  }

  /** Suppresses addresses; one that is suppressed already keeps the graver reason. */
  async add(
    workspaceId: string,
    addresses: { email: string; reason: SuppressionReason }[],
    at: Date,
    session?: ClientSession,
  ): Promise<void> {
    const inSession = session ? { session } : {};
    for (const { email, reason } of addresses) {
      const key = keyOf(workspaceId, email);
      const before = await this.collection.findOne({ _id: key }, inSession);
      await this.collection.updateOne(
        { _id: key },
        {
          $setOnInsert: { workspaceId, email, createdAt: at },
          $set: { reason: before ? graverReason(before.reason, reason) : reason },
        },
        { upsert: true, ...inSession },
      );
    }
  }

  /** Whoever signs up again, and confirms it, is back on the lists. */
  async liftUnsubscribed(workspaceId: string, email: string, session: ClientSession): Promise<void> {
    await this.collection.deleteOne({ _id: keyOf(workspaceId, email), reason: 'unsubscribed' }, { session });
  }

  /** Those of the addresses that are suppressed. */
  async among(workspaceId: string, emails: string[]): Promise<Map<string, SuppressionDocument>> {
    const byKey = new Map(emails.map((email) => [keyOf(workspaceId, email), email]));
    const rows = await this.collection.find({ _id: { $in: [...byKey.keys()] } }).toArray();
    return new Map(rows.flatMap((row) => [[byKey.get(row._id) ?? '', row] as const]));
  }

  async remove(workspaceId: string, email: string): Promise<boolean> {
    return (await this.collection.deleteOne({ _id: keyOf(workspaceId, email) })).deletedCount === 1;
  }

  /** Forgets the address and stays in force. */
  async forget(workspaceId: string, email: string): Promise<void> {
    await this.collection.updateOne({ _id: keyOf(workspaceId, email) }, { $unset: { email: true } });
  }

  async page(
    workspaceId: string,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<SuppressionDocument[]> {
    return newestFirst(this.collection, { workspaceId }, 'createdAt', page);
  }
}
