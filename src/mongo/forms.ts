import type { Collection, Db, IndexDescription } from 'mongodb';
import type { Form } from '../../domain/form';
import { newestFirst, type PageStart } from './page';

interface FormDocument extends Omit<Form, 'id' | 'createdAtMs' | 'updatedAtMs'> {
  _id: string;
  createdAt: Date;
  updatedAt: Date;
}

export const formIndexes: IndexDescription[] = [{ key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' }];

function toDocument({ id, createdAtMs, updatedAtMs, ...rest }: Form): FormDocument {
  return { _id: id, ...rest, createdAt: new Date(createdAtMs), updatedAt: new Date(updatedAtMs) };
}
function fromDocument({ _id, createdAt, updatedAt, ...rest }: FormDocument): Form {
  return { id: _id, ...rest, createdAtMs: createdAt.getTime(), updatedAtMs: updatedAt.getTime() };
}

/** Sign-up forms. */
export class FormStore {
  private readonly collection: Collection<FormDocument>;

  constructor(db: Db) {
    this.collection = db.collection('forms');
  }

  /** New, or as it is now. */
  async save(form: Form): Promise<void> {
    await this.collection.replaceOne({ _id: form.id }, toDocument(form), { upsert: true });
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
