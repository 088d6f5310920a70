import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import type { StepPosition } from '../../domain/automation';
import type { NewRun } from '../../domain/ingest';
import { positionText } from '../../domain/step-place';
import { newestFirst, type PageStart } from './page';

export const runStatuses = ['running', 'completed', 'stopped'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** Counts of runs end here: an installation with more learns that it is more. */
export const countLimit = 100_000;

/** A step of a version, as the running runs at it are found by. */
export interface StandsAt {
  version: number;
  standsAt: string;
}

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
  /** The step that it is at, or was at when it ended: `2.then.0`. */
  standsAt?: string;
  log: RunLogEntry[];
  startedAt: Date;
  endedAt?: Date;
}

export const automationRunIndexes: IndexDescription[] = [
  // The list, of one status or of all of them: every list names its statuses. Their counts read nothing but keys.
  { key: { workspaceId: 1, automationId: 1, status: 1, startedAt: -1, _id: -1 }, name: 'byAutomation' },
  // Who stands where: counted by keys alone, and the list of a step. The status stands in it so that keys are enough.
  {
    key: { workspaceId: 1, automationId: 1, status: 1, version: 1, standsAt: 1, startedAt: -1, _id: -1 },
    name: 'standing',
    partialFilterExpression: { status: 'running' },
  },
  // What happened to a contact, and the removal of it.
  { key: { contactId: 1, startedAt: -1, _id: -1 }, name: 'byContact' },
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
      standsAt: '0',
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

  /** Notes a finished step once, with the step that the run stands at by it; false when it was noted before. */
  async logStep(key: string, entry: RunLogEntry, next?: StepPosition, session?: ClientSession): Promise<boolean> {
    const result = await this.collection.updateOne(
      { _id: key, 'log.position': { $ne: entry.position } },
      { $push: { log: entry }, $set: { standsAt: positionText(next ?? entry.position) } },
      session ? { session } : {},
    );
    return result.modifiedCount === 1;
  }

  async standAt(key: string, position: StepPosition): Promise<void> {
    await this.collection.updateOne({ _id: key }, { $set: { standsAt: positionText(position) } });
  }

  async end(key: string, status: RunStatus, at: Date, reason?: string): Promise<void> {
    await this.collection.updateOne(
      { _id: key, status: 'running' },
      { $set: { status, endedAt: at, ...(reason === undefined ? {} : { reason }) } },
    );
  }

  /** The runs for a contact, newest first. */
  async ofContact(
    contactId: string,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<AutomationRunDocument[]> {
    return newestFirst(this.collection, { contactId }, 'startedAt', page, 'byContact');
  }

  async page(
    wanted: { workspaceId: string; automationId: string; status?: RunStatus | undefined; at?: StandsAt | undefined },
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<AutomationRunDocument[]> {
    const { status, at, ...which } = wanted;
    if (at) return newestFirst(this.collection, { ...which, status: 'running', ...at }, 'startedAt', page, 'standing');
    const statuses = status === undefined ? [...runStatuses] : [status];
    return newestFirst(this.collection, { ...which, status: { $in: statuses } }, 'startedAt', page, 'byAutomation');
  }

  /** How many runs stand at each step of each version; of the first hundred thousand. */
  async standing(workspaceId: string, automationId: string): Promise<(StandsAt & { runs: number })[]> {
    const rows = await this.collection
      .aggregate<{ _id: { version: number; standsAt?: string }; runs: number }>(
        [
          { $match: { workspaceId, automationId, status: 'running' } },
          { $limit: countLimit },
          { $group: { _id: { version: '$version', standsAt: '$standsAt' }, runs: { $sum: 1 } } },
        ],
        { hint: 'standing' },
      )
      .toArray();
    return rows.map(({ _id, runs }) => ({ version: _id.version, standsAt: _id.standsAt ?? '0', runs }));
  }

  /** How many runs there are of a status, or of any, begun since; a hundred thousand at most. */
  count(which: { workspaceId: string; automationId: string; status?: RunStatus; since?: Date }): Promise<number> {
    const { workspaceId, automationId, status, since } = which;
    return this.collection.countDocuments(
      {
        ...{ workspaceId, automationId, status: { $in: status === undefined ? [...runStatuses] : [status] } },
        ...(since ? { startedAt: { $gte: since } } : {}),
      },
      { limit: countLimit, hint: 'byAutomation' },
    );
  }

  /** When the newest run of an automation began. */
  async lastStart(workspaceId: string, automationId: string): Promise<Date | undefined> {
    const filter = { workspaceId, automationId, status: { $in: [...runStatuses] } };
    const keys = { _id: 0, startedAt: 1 };
    const [newest] = await newestFirst(this.collection, filter, 'startedAt', { limit: 1 }, 'byAutomation', keys);
    return newest?.startedAt;
  }

  /** How many runs of each of these automations are running, of the first hundred thousand. */
  async runningByAutomation(workspaceId: string, automationIds: string[]): Promise<Map<string, number>> {
    const rows = await this.collection
      .aggregate<{ _id: string; runs: number }>(
        [
          { $match: { workspaceId, automationId: { $in: automationIds }, status: 'running' } },
          { $limit: countLimit },
          { $group: { _id: '$automationId', runs: { $sum: 1 } } },
        ],
        { hint: 'standing' },
      )
      .toArray();
    return new Map(rows.map(({ _id, runs }) => [_id, runs]));
  }
}
