import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import type { StepPosition } from '../../domain/automation';
import type { NewRun } from '../../domain/ingest';
import { newestFirst, type PageStart } from './page';

export const runStatuses = ['running', 'completed', 'stopped'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** One finished step of a run, keyed by its position: a step that is there is never done again. */
export interface RunLogEntry {
  position: StepPosition;
  step: string;
  at: Date;
  result: string;
  /** Webhook events that the step caused. */
  eventIds?: string[];
  /** The email that the step has sent. */
  emailId?: string;
}

export interface AutomationRunDocument extends Omit<NewRun, 'key'> {
  _id: string;
  status: RunStatus;
  reason?: string;
  log: RunLogEntry[];
  startedAt: Date;
  endedAt?: Date;
}

export const automationRunIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, automationId: 1, startedAt: -1, _id: -1 }, name: 'byAutomation' },
  // The removal of a person.
  { key: { contactId: 1, _id: 1 }, name: 'byContact' },
  // Those of a contact that leaves.
  { key: { contactId: 1 }, name: 'runningOf', partialFilterExpression: { status: 'running' } },
  // Whose messages must not expire yet.
  { key: { startedAt: 1 }, name: 'running', partialFilterExpression: { status: 'running' } },
];

export class AutomationRunStore {
  readonly collection: Collection<AutomationRunDocument>;

  constructor(db: Db) {
    this.collection = db.collection('automationRuns');
  }

  /** Written with the track that caused them, in its transaction. */
  async insert(runs: NewRun[], at: Date, session: ClientSession): Promise<void> {
    if (runs.length === 0) return;
    const documents = runs.map(({ key, ...run }): AutomationRunDocument => ({
      _id: key,
      ...run,
      status: 'running',
      log: [],
      startedAt: at,
    }));
    await this.collection.insertMany(documents, { session });
  }

  async get(key: string, session?: ClientSession): Promise<AutomationRunDocument | undefined> {
    return (await this.collection.findOne({ _id: key }, session ? { session } : {})) ?? undefined;
  }

  /** Keys of the runs of these contacts that are not over. */
  async runningOf(contactIds: string[]): Promise<string[]> {
    if (contactIds.length === 0) return [];
    const rows = await this.collection
      .find({ contactId: { $in: contactIds }, status: 'running' })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return rows.map(({ _id }) => _id);
  }

  /** Notes a finished step once; false when it was noted before. */
  async logStep(key: string, entry: RunLogEntry, session?: ClientSession): Promise<boolean> {
    const result = await this.collection.updateOne(
      { _id: key, 'log.position': { $ne: entry.position } },
      { $push: { log: entry } },
      session ? { session } : {},
    );
    return result.modifiedCount === 1;
  }

  async end(key: string, status: RunStatus, at: Date, reason?: string): Promise<void> {
    await this.collection.updateOne(
      { _id: key, status: 'running' },
      { $set: { status, endedAt: at, ...(reason === undefined ? {} : { reason }) } },
    );
  }

  async page(
    filter: { workspaceId: string; automationId?: string },
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<AutomationRunDocument[]> {
    return newestFirst(this.collection, filter, 'startedAt', page);
  }
}
