import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import { newestFirst, type PageStart } from './page';

export interface ListDocument {
  _id: string;
  workspaceId: string;
  name: string;
  createdAt: Date;
  updatedAt: Date;
}

export const listIndexes: IndexDescription[] = [{ key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' }];

export class ListStore {
  readonly collection: Collection<ListDocument>;

  constructor(db: Db) {
    this.collection = db.collection('lists');
  }

  async insert(list: ListDocument): Promise<void> {
    await this.collection.insertOne(list);
  }

  async get(workspaceId: string, id: string): Promise<ListDocument | undefined> {
    return (await this.collection.findOne({ _id: id, workspaceId })) ?? undefined;
  }

  /** Which of these lists the workspace has. */
  async existing(workspaceId: string, ids: string[], session?: ClientSession): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const rows = await this.collection
      .find({ _id: { $in: ids }, workspaceId }, session ? { session } : {})
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return new Set(rows.map(({ _id }) => _id));
  }

  async rename(workspaceId: string, id: string, name: string, at: Date): Promise<ListDocument | undefined> {
    const list = await this.collection.findOneAndUpdate(
      { _id: id, workspaceId },
      { $set: { name, updatedAt: at } },
      { returnDocument: 'after' },
    );
    return list ?? undefined;
  }

  async delete(workspaceId: string, id: string): Promise<boolean> {
    return (await this.collection.deleteOne({ _id: id, workspaceId })).deletedCount === 1;
  }

  async page(workspaceId: string, page: { after?: PageStart | undefined; limit: number }): Promise<ListDocument[]> {
    return newestFirst(this.collection, { workspaceId }, 'createdAt', page);
  }
}
