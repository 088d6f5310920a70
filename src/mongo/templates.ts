import type { Collection, Db, IndexDescription } from 'mongodb';
import type { Template } from '../../domain/template';
import { newestFirst, type PageStart } from './page';

export interface TemplateDocument extends Omit<Template, 'id' | 'createdAtMs' | 'updatedAtMs'> {
  _id: string;
  createdAt: Date;
  updatedAt: Date;
}
/** What a list shows: without the parts that may be large. */
export type TemplateSummary = Omit<Template, 'html' | 'text'>;

/** A field that is null is taken away. */
export type TemplateChange = { [Field in 'name' | 'subject' | 'html']?: string | undefined } & {
  [Field in 'preheader' | 'text']?: string | null | undefined;
};

export const templateIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
];

function fromDocument<Document extends { _id: string; createdAt: Date; updatedAt: Date }>({
  _id,
  createdAt,
  updatedAt,
  ...rest
}: Document) {
  return { id: _id, ...rest, createdAtMs: createdAt.getTime(), updatedAtMs: updatedAt.getTime() };
}

/** Content that is kept under a name, for campaigns, automations and single emails. */
export class TemplateStore {
  readonly collection: Collection<TemplateDocument>;

  constructor(db: Db) {
    this.collection = db.collection('templates');
  }

  async insert({ id, createdAtMs, updatedAtMs, ...rest }: Template): Promise<void> {
    const times = { createdAt: new Date(createdAtMs), updatedAt: new Date(updatedAtMs) };
    await this.collection.insertOne({ _id: id, ...rest, ...times });
  }

  async get(workspaceId: string, id: string): Promise<Template | undefined> {
    const document = await this.collection.findOne({ _id: id, workspaceId });
    return document ? fromDocument(document) : undefined;
  }

  async change(workspaceId: string, id: string, change: TemplateChange, at: Date): Promise<Template | undefined> {
    const set: Partial<TemplateDocument> = { updatedAt: at };
    const unset: { preheader?: true; text?: true } = {};
    for (const field of ['name', 'subject', 'html'] as const) {
      if (change[field] !== undefined) set[field] = change[field];
    }
    for (const field of ['preheader', 'text'] as const) {
      const value = change[field];
      if (value === null) unset[field] = true;
      else if (value !== undefined) set[field] = value;
    }
    const document = await this.collection.findOneAndUpdate(
      { _id: id, workspaceId },
      { $set: set, ...(Object.keys(unset).length > 0 ? { $unset: unset } : {}) },
      { returnDocument: 'after' },
    );
    return document ? fromDocument(document) : undefined;
  }

  async delete(workspaceId: string, id: string): Promise<boolean> {
    return (await this.collection.deleteOne({ _id: id, workspaceId })).deletedCount === 1;
  }

  async page(workspaceId: string, page: { after?: PageStart | undefined; limit: number }): Promise<TemplateSummary[]> {
    const short = { html: 0, text: 0 };
    const documents = await newestFirst(this.collection, { workspaceId }, 'createdAt', page, undefined, short);
    return documents.map(fromDocument);
  }
}
