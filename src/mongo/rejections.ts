import type { Collection, Db, IndexDescription } from 'mongodb';
import { newestFirst, type PageStart } from './page';
import type { MessageSource } from './messages';

/** A message that was refused: no CDP sends it again, so what came is kept, bounded. */
export interface RejectionDocument {
  _id: string;
  workspaceId: string;
  source: MessageSource;
  reason: string;
  pointer: string;
  messageId?: string;
  body: string;
  isTruncated: boolean;
  listId?: string;
  receivedAt: Date;
  resentAt?: Date;
}

export const rejectionIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, receivedAt: -1, _id: -1 }, name: 'newest' },
];

export class RejectionStore {
  private readonly collection: Collection<RejectionDocument>;

  constructor(db: Db) {
    this.collection = db.collection('rejections');
  }

  async insert(rejections: RejectionDocument[]): Promise<void> {
    if (rejections.length > 0) await this.collection.insertMany(rejections, { ordered: false });
  }

  async get(workspaceId: string, id: string): Promise<RejectionDocument | undefined> {
    return (await this.collection.findOne({ _id: id, workspaceId })) ?? undefined;
  }

  async markResent(workspaceId: string, id: string, at: Date): Promise<void> {
    await this.collection.updateOne({ _id: id, workspaceId }, { $set: { resentAt: at } });
  }

  async page(
    workspaceId: string,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<RejectionDocument[]> {
    return newestFirst(this.collection, { workspaceId }, 'receivedAt', page);
  }
}
