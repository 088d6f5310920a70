import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import { z } from 'zod';
import { stepSchema, type Automation, type Exit, type Listener, type Step } from '../../domain/automation';
import { newestFirst, type PageStart } from './page';

/** `steps` are kept as JSON text: their traits have names that MongoDB could misread. */
export interface AutomationDocument extends Omit<Automation, 'id' | 'steps' | 'createdAtMs' | 'updatedAtMs'> {
  _id: string;
  steps: string;
  createdAt: Date;
  updatedAt: Date;
}

/** The steps of one version, kept as long as runs may need them: a run never changes its steps under way. */
interface VersionDocument {
  _id: string;
  steps: string;
  exitOn?: Exit[];
}

const stepsSchema = z.array(stepSchema);

function readSteps(text: string): Step[] {
  return stepsSchema.parse(JSON.parse(text));
}

export const automationIndexes: IndexDescription[] = [
  // Each track; the names for "did you mean". With the id, that the order is the index's own.
  { key: { workspaceId: 1, eventKey: 1, _id: 1 }, name: 'byEvent' },
  { key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
];

function toDocument({ id, steps, createdAtMs, updatedAtMs, ...rest }: Automation): AutomationDocument {
  return {
    _id: id,
    ...rest,
    steps: JSON.stringify(steps),
    createdAt: new Date(createdAtMs),
    updatedAt: new Date(updatedAtMs),
  };
}

function fromDocument({ steps, ...rest }: AutomationDocument): Automation {
  return { ...listenerFrom(rest), steps: readSteps(steps) };
}

function listenerFrom({ _id, createdAt, updatedAt, ...rest }: Omit<AutomationDocument, 'steps'>): Listener {
  return { id: _id, ...rest, createdAtMs: createdAt.getTime(), updatedAtMs: updatedAt.getTime() };
}

export class AutomationStore {
  readonly collection: Collection<AutomationDocument>;
  private readonly versions: Collection<VersionDocument>;

  constructor(db: Db) {
    this.collection = db.collection('automations');
    this.versions = db.collection('automationVersions');
  }

  /** Automations of any status that listen to one of these event keys: the trace names those that did not run too. */
  async listeningTo(workspaceId: string, eventKeys: string[], session?: ClientSession): Promise<Listener[]> {
    if (eventKeys.length === 0) return [];
    const documents = await this.collection
      .find({ workspaceId, eventKey: { $in: eventKeys } }, session ? { session } : {})
      .project<Omit<AutomationDocument, 'steps'>>({ steps: 0 })
      .sort({ _id: 1 })
      .toArray();
    return documents.map(listenerFrom);
  }

  async get(workspaceId: string, id: string, session?: ClientSession): Promise<Automation | undefined> {
    const document = await this.collection.findOne({ _id: id, workspaceId }, session ? { session } : {});
    return document ? fromDocument(document) : undefined;
  }

  /**
   * Saves the automation; its steps are written first under their version, so that no run finds them missing. A change
   * is saved in the transaction that read what it changes: else two changes at once would share a version.
   */
  async save(automation: Automation, session?: ClientSession): Promise<void> {
    const options = { upsert: true, ...(session ? { session } : {}) };
    const { steps, exitOn } = automation;
    const kept = { steps: JSON.stringify(steps), ...(exitOn === undefined ? {} : { exitOn }) };
    const version = { _id: `${automation.id}/${automation.version}` };
    await this.versions.updateOne(version, { $setOnInsert: kept }, options);
    await this.collection.replaceOne({ _id: automation.id }, toDocument(automation), options);
  }

  /** Since when the automation is not active at the earliest; undefined while it is, and where there is none. */
  async pausedSince(id: string): Promise<Date | undefined> {
    const found = await this.collection.findOne(
      { _id: id, status: { $ne: 'active' } },
      { projection: { updatedAt: 1 } },
    );
    return found?.updatedAt;
  }

  /** What runs of that version go by. */
  async versionOf(automationId: string, version: number): Promise<{ steps: Step[]; exitOn?: Exit[] } | undefined> {
    const found = await this.versions.findOne({ _id: `${automationId}/${version}` });
    if (!found) return undefined;
    return { steps: readSteps(found.steps), ...(found.exitOn === undefined ? {} : { exitOn: found.exitOn }) };
  }

  /** Deletes the automation with the steps of all its versions, so that runs under way stop at their next step. */
  async delete(workspaceId: string, id: string, session: ClientSession): Promise<boolean> {
    const { deletedCount } = await this.collection.deleteOne({ _id: id, workspaceId }, { session });
    if (deletedCount === 1) await this.versions.deleteMany({ _id: { $gte: `${id}/`, $lt: `${id}0` } }, { session });
    return deletedCount === 1;
  }

  async page(workspaceId: string, page: { after?: PageStart | undefined; limit: number }): Promise<Automation[]> {
    return (await newestFirst(this.collection, { workspaceId }, 'createdAt', page)).map(fromDocument);
  }

  /** Distinct event keys that some automation of the workspace listens to, for "did you mean". */
  async eventKeys(workspaceId: string): Promise<string[]> {
    return this.collection.distinct('eventKey', { workspaceId });
  }
}
