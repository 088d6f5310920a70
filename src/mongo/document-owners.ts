import type { Db } from 'mongodb';

/** Whose documents are, whatever they are. */
export class DocumentOwnerStore {
  constructor(private readonly db: Db) {}

  /** The workspaces of documents by their keys; those that are gone are left out. */
  async of(collection: string, keys: string[]): Promise<Map<string, string>> {
    if (keys.length === 0) return new Map();
    const rows = await this.db
      .collection<{ _id: string; workspaceId: string }>(collection)
      .find({ _id: { $in: keys } })
      .project<{ _id: string; workspaceId: string }>({ workspaceId: 1 })
      .toArray();
    return new Map(rows.map(({ _id, workspaceId }) => [_id, workspaceId]));
  }
}
