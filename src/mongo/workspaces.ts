import type { Collection, Db, UpdateFilter } from 'mongodb';
import { inTime } from './connect';
import type { MessageSource } from './messages';

export const plans = ['hobby', 'starter', 'pro'] as const;
export type Plan = (typeof plans)[number];

export interface WorkspaceDocument {
  _id: string;
  name: string;
  plan: Plan;
  defaultListId?: string;
  /** When each source was last heard of, to the minute. */
  lastMessageAt?: { [Source in MessageSource]?: Date };
  createdAt: Date;
  updatedAt: Date;
}

export class WorkspaceStore {
  readonly collection: Collection<WorkspaceDocument>;

  constructor(db: Db) {
    this.collection = db.collection('workspaces');
  }

  async get(id: string): Promise<WorkspaceDocument | undefined> {
    return (await inTime(this.collection.findOne({ _id: id }))) ?? undefined;
  }

  /** Those of the workspaces whose plan includes webhooks. Source: the webhooks document. */
  async withWebhooks(ids: string[]): Promise<string[]> {
    const rows = await this.collection
      .find({ _id: { $in: ids }, plan: { $ne: 'hobby' } })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return rows.map(({ _id }) => _id);
  }

  async insert(workspace: WorkspaceDocument): Promise<void> {
    await this.collection.insertOne(workspace);
  }

  /** A null removes the default list. */
  async update(
    id: string,
    change: { name?: string; plan?: Plan; defaultListId?: string | null },
    at: Date,
  ): Promise<WorkspaceDocument | undefined> {
    const { defaultListId, ...rest } = change;
    const set = { ...rest, ...(typeof defaultListId === 'string' ? { defaultListId } : {}), updatedAt: at };
    const update: UpdateFilter<WorkspaceDocument> = { $set: set };
    if (defaultListId === null) update.$unset = { defaultListId: true };
    return (await this.collection.findOneAndUpdate({ _id: id }, update, { returnDocument: 'after' })) ?? undefined;
  }

  /** Not durable on purpose, as the last use of an API key is not. */
  async noteSource(id: string, source: MessageSource, at: Date): Promise<void> {
    await this.collection.updateOne(
      { _id: id },
      { $max: { [`lastMessageAt.${source}`]: at } },
      { writeConcern: { w: 1, journal: false } },
    );
  }

  /** Removes the default list if it is this one. */
  async clearDefaultList(id: string, listId: string, at: Date): Promise<void> {
    await this.collection.updateOne(
      { _id: id, defaultListId: listId },
      { $unset: { defaultListId: true }, $set: { updatedAt: at } },
    );
  }
}
