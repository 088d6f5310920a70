import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';

/** A track that waits for its contact. `refs` are the user id and email it knows, as `<workspaceId>/u/…` and `/e/…`. */
interface WaiterDocument {
  _id: string;
  refs: string[];
  createdAt: Date;
}

export const waiterIndexes: IndexDescription[] = [{ key: { refs: 1 }, name: 'byRef' }];

/** The ways by which a contact may become known, in the form that waiters are stored under. */
export function contactRefs(workspaceId: string, who: { userIds: string[]; emails: string[] }): string[] {
  return [
    ...who.userIds.map((id) => `${workspaceId}/u/${id}`),
    ...who.emails.map((email) => `${workspaceId}/e/${email}`),
  ];
}

export class WaiterStore {
  private readonly collection: Collection<WaiterDocument>;

  constructor(db: Db) {
    this.collection = db.collection('waiters');
  }

  async add(messageKey: string, refs: string[], at: Date): Promise<void> {
    await this.collection.updateOne({ _id: messageKey }, { $setOnInsert: { refs, createdAt: at } }, { upsert: true });
  }

  async remove(messageKeys: string[], session?: ClientSession): Promise<void> {
    if (messageKeys.length === 0) return;
    await this.collection.deleteMany({ _id: { $in: messageKeys } }, session ? { session } : {});
  }

  /** Keys of the messages that wait for any of these. Read after the contact's commit, outside of its transaction. */
  async waitingFor(refs: string[]): Promise<string[]> {
    if (refs.length === 0) return [];
    const rows = await this.collection
      .find({ refs: { $in: refs } })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return rows.map(({ _id }) => _id);
  }
}
