import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import type {
  ImportCounts,
  ImportField,
  ImportPolicy,
  ImportRefusal,
  ImportRow,
  ImportStatus,
} from '../../domain/contact-import';
import { newestFirst, type PageStart } from './page';

/** One CSV file. uploading: not all of it is stored, and nobody was told that it is. */
export interface ImportDocument extends ImportCounts {
  _id: string;
  workspaceId: string;
  status: ImportStatus | 'uploading';
  /** As its owner calls it. */
  fileName?: string;
  /** Absent: update. */
  policy?: ImportPolicy;
  listIds: string[];
  columns: { column: string; field: ImportField }[];
  /** Lines below the header that are not empty. */
  total: number;
  processed: number;
  chunks: number;
  createdAt: Date;
  /** When it last came on. */
  touchedAt: Date;
  startedAt?: Date;
  endedAt?: Date;
}

/** Lines of a file that are applied together, in one transaction. */
export interface ImportChunkDocument {
  /** `<importId>/<number>`, padded. */
  _id: string;
  importId: string;
  workspaceId: string;
  state: 'open' | 'done';
  /** JSON text of what can be applied, so that nothing in a column's name can be misread; empty once it was. */
  rows: string;
  refusals: ImportRefusal[];
  /** The addresses in rows and refusals, by which a person is found who is to be erased. */
  emails: string[];
  /** Absent where nothing was refused, so that the index of refusals holds nothing else. */
  lastRefusedLine?: number;
  /** What a redo reads back. */
  outcome?: { counts: ImportCounts; eventIds: string[] };
  createdAt: Date;
  doneAt?: Date;
}

export const importIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
  // What nobody may be at work on, and uploads that were cut off.
  {
    key: { status: 1, touchedAt: 1 },
    name: 'leftBehind',
    partialFilterExpression: { status: { $in: ['pending', 'running', 'uploading'] } },
  },
];
export const importChunkIndexes: IndexDescription[] = [
  {
    key: { importId: 1, lastRefusedLine: 1 },
    name: 'refusals',
    partialFilterExpression: { lastRefusedLine: { $exists: true } },
  },
  { key: { workspaceId: 1, emails: 1 }, name: 'byEmail', partialFilterExpression: { emails: { $gt: '' } } },
];

export function chunkId(importId: string, number: number): string {
  return `${importId}/${String(number).padStart(6, '0')}`;
}
/** Ids of an import's chunks from that number on. */
function chunkRange(importId: string, from = 0): { $gte: string; $lt: string } {
  return { $gte: chunkId(importId, from), $lt: `${importId}0` };
}

const shown: ImportDocument['status'][] = ['pending', 'running', 'completed', 'cancelled'];

/** CSV files on their way into the contacts. */
export class ImportStore {
  readonly collection: Collection<ImportDocument>;
  readonly chunks: Collection<ImportChunkDocument>;

  constructor(db: Db) {
    this.collection = db.collection('imports');
    this.chunks = db.collection('importChunks');
  }

  /** Before its first chunk. */
  async begin(document: ImportDocument): Promise<void> {
    await this.collection.insertOne(document);
  }

  async addChunk(importId: string, workspaceId: string, chunk: NewChunk, at: Date): Promise<void> {
    const { rows, refusals, emails, number } = chunk;
    const last = refusals.at(-1);
    await this.chunks.insertOne({
      ...{ _id: chunkId(importId, number), importId, workspaceId, state: 'open' },
      ...{ rows: JSON.stringify(rows), refusals, emails, createdAt: at },
      ...(last ? { lastRefusedLine: last.line } : {}),
    });
  }

  /** Everything is stored: from now on the import exists for its owner. */
  async finishUpload(importId: string, sizes: { total: number; chunks: number }): Promise<ImportDocument | undefined> {
    const stored = await this.collection.findOneAndUpdate(
      { _id: importId, status: 'uploading' },
      { $set: { status: 'pending', ...sizes } },
      { returnDocument: 'after' },
    );
    return stored ?? undefined;
  }

  /** An upload that was refused or cut off leaves nothing. */
  async drop(importId: string): Promise<void> {
    await this.chunks.deleteMany({ _id: chunkRange(importId) });
    await this.collection.deleteOne({ _id: importId });
  }

  async get(workspaceId: string, id: string): Promise<ImportDocument | undefined> {
    return (await this.collection.findOne({ _id: id, workspaceId, status: { $ne: 'uploading' } })) ?? undefined;
  }

  /** Of whatever workspace: its workflow knows only its id. */
  async find(id: string): Promise<ImportDocument | undefined> {
    return (await this.collection.findOne({ _id: id })) ?? undefined;
  }

  async page(workspaceId: string, page: { after?: PageStart | undefined; limit: number }): Promise<ImportDocument[]> {
    return newestFirst(this.collection, { workspaceId, status: { $in: shown } }, 'createdAt', page);
  }

  /** At most so many refused lines behind that line, in their order. */
  async refusals(importId: string, afterLine: number, limit: number): Promise<ImportRefusal[]> {
    const found: ImportRefusal[] = [];
    const chunks = this.chunks
      .find({ importId, lastRefusedLine: { $gt: afterLine } })
      .sort({ lastRefusedLine: 1 })
      .limit(limit)
      .batchSize(20)
      .project<Pick<ImportChunkDocument, 'refusals'>>({ refusals: 1 });
    for await (const { refusals } of chunks) {
      found.push(...refusals.filter(({ line }) => line > afterLine));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  async start(importId: string, at: Date): Promise<ImportDocument | undefined> {
    await this.collection.updateOne(
      { _id: importId, status: 'pending' },
      { $set: { status: 'running', startedAt: at, touchedAt: at } },
    );
    return (await this.collection.findOne({ _id: importId })) ?? undefined;
  }

  async chunk(id: string, session?: ClientSession): Promise<ImportChunkDocument | undefined> {
    return (await this.chunks.findOne({ _id: id }, session ? { session } : {})) ?? undefined;
  }

  /**
   * Counts a chunk, in its transaction. False where the import is not under way any more: a cancel in between collides
   * with this, so that nothing is applied after it.
   */
  async count(importId: string, counts: ImportCounts, at: Date, session: ClientSession): Promise<boolean> {
    const processed = counts.created + counts.updated + counts.unchanged + counts.refused;
    const result = await this.collection.updateOne(
      { _id: importId, status: 'running' },
      { $inc: { ...counts, processed }, $set: { touchedAt: at } },
      { session },
    );
    return result.matchedCount === 1;
  }

  /** The rows go, the refused lines stay, with the addresses that stand in them. */
  async finishChunk(
    id: string,
    done: { refusals: ImportRefusal[]; emails: string[]; outcome: ImportChunkDocument['outcome'] & object; at: Date },
    session: ClientSession,
  ): Promise<void> {
    const { refusals, emails, outcome, at } = done;
    const last = refusals.at(-1);
    await this.chunks.updateOne(
      { _id: id },
      {
        $set: {
          ...{ state: 'done', rows: '', refusals, emails, outcome, doneAt: at },
          ...(last ? { lastRefusedLine: last.line } : {}),
        },
      },
      { session },
    );
  }

  async end(importId: string, at: Date): Promise<void> {
    await this.collection.updateOne(
      { _id: importId, status: 'running' },
      { $set: { status: 'completed', endedAt: at } },
    );
  }

  /** What was not applied yet never is. False where there is nothing to cancel. */
  async cancel(importId: string, at: Date): Promise<boolean> {
    const result = await this.collection.updateOne(
      { _id: importId, status: { $in: ['pending', 'running'] } },
      { $set: { status: 'cancelled', endedAt: at } },
    );
    return result.modifiedCount === 1;
  }

  /** Takes away the lines that a cancelled import has left; what was refused until then stays. */
  async dropOpen(importId: string): Promise<void> {
    await this.chunks.deleteMany({ _id: chunkRange(importId), state: 'open' });
  }

  /** Ids of those that have not come on since `before`: not started, or their workflow is gone. Oldest first. */
  async leftBehind(before: Date, limit: number): Promise<string[]> {
    return [...(await this.idsOf('pending', before, limit)), ...(await this.idsOf('running', before, limit))];
  }

  /** Ids of uploads that have not come on since `before`. */
  async cutOff(before: Date, limit: number): Promise<string[]> {
    return this.idsOf('uploading', before, limit);
  }

  private async idsOf(status: 'pending' | 'running' | 'uploading', before: Date, limit: number): Promise<string[]> {
    const rows = await this.collection
      .find({ status, touchedAt: { $lt: before } })
      .sort({ touchedAt: 1 })
      .limit(limit)
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return rows.map(({ _id }) => _id);
  }
}

export interface NewChunk {
  number: number;
  rows: ImportRow[];
  refusals: ImportRefusal[];
  emails: string[];
}
