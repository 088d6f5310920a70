import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import type { Form, FormCounts } from '../../domain/form';
import { newestFirst, type PageStart } from './page';

interface FormDocument extends Omit<Form, 'id' | 'createdAtMs' | 'updatedAtMs' | 'counts'> {
  _id: string;
  /** Absent until there is one. */
  counts?: Partial<FormCounts>;
  createdAt: Date;
  updatedAt: Date;
}

export const formIndexes: IndexDescription[] = [{ key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' }];

function fromDocument({ _id, createdAt, updatedAt, counts, ...rest }: FormDocument): Form {
  return {
    ...{ id: _id, ...rest, createdAtMs: createdAt.getTime(), updatedAtMs: updatedAt.getTime() },
    counts: { asked: counts?.asked ?? 0, joined: counts?.joined ?? 0 },
  };
}

/** Sign-up forms. */
export class FormStore {
  private readonly collection: Collection<FormDocument>;

  constructor(db: Db) {
    this.collection = db.collection('forms');
  }

  /** New, or as it is now. What has been counted stays: somebody may be signing up. */
  async save({ id, createdAtMs, updatedAtMs, counts: _counts, ...form }: Form): Promise<void> {
    const set = { ...form, createdAt: new Date(createdAtMs), updatedAt: new Date(updatedAtMs) };
    await this.collection.updateOne(
      { _id: id },
      {
        $set: set,
        $unset: {
          ...(form.redirectUrl === undefined ? { redirectUrl: true } : {}),
          ...(form.confirmSubject === undefined ? { confirmSubject: true } : {}),
        },
      },
      { upsert: true },
    );
  }

  /** Counts a sign-up, in its transaction. */
  async count(id: string, counted: keyof FormCounts, session: ClientSession): Promise<void> {
    await this.collection.updateOne({ _id: id }, { $inc: { [`counts.${counted}`]: 1 } }, { session });
  }

  async get(workspaceId: string, id: string): Promise<Form | undefined> {
    const form = await this.find(id);
    return form?.workspaceId === workspaceId ? form : undefined;
  }

  /** Of whatever workspace: a visitor knows only the form. */
  async find(id: string): Promise<Form | undefined> {
    const document = await this.collection.findOne({ _id: id });
    return document ? fromDocument(document) : undefined;
  }

  async delete(workspaceId: string, id: string): Promise<boolean> {
    return (await this.collection.deleteOne({ _id: id, workspaceId })).deletedCount === 1;
  }

  async page(workspaceId: string, page: { after?: PageStart | undefined; limit: number }): Promise<Form[]> {
    return (await newestFirst(this.collection, { workspaceId }, 'createdAt', page)).map(fromDocument);
  }
}
