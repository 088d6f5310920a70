import type { AnyBulkWriteOperation, ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import type { Campaign, CampaignProgress, CampaignStatus } from '../../domain/campaign';
import type { EmailCount } from '../../domain/email-event';
import { newestFirst, type PageStart } from './page';

export interface CampaignDocument extends Omit<Campaign, 'id' | 'createdAtMs'> {
  _id: string;
  createdAt: Date;
  /** When the sweep tells its workflow how it stands, unless the workflow has shown by then that it knows. */
  lookAt?: Date;
}

export const campaignIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
  // The workspace's record.
  { key: { workspaceId: 1, startedAtMs: 1 }, name: 'started', partialFilterExpression: { startedAtMs: { $gt: 0 } } },
  {
    key: { workspaceId: 1, templateId: 1, createdAt: -1, _id: -1 },
    name: 'byTemplate',
    partialFilterExpression: { templateId: { $exists: true } },
  },
  // The sweep.
  { key: { lookAt: 1 }, name: 'leftBehind', partialFilterExpression: { lookAt: { $exists: true } } },
];

/** Longer than a chunk takes, and the waits between the tries of one that fails. */
const quietMs = 600_000;
/** A scheduled one has begun so long after its time. */
const startGraceMs = 30_000;

type CampaignChange = {
  [Field in keyof Omit<Campaign, 'id' | 'workspaceId' | 'createdAtMs' | 'counts'>]?: Campaign[Field] | undefined;
};
/** What a list shows: without the parts that may be large. */
export type CampaignSummary = Omit<Campaign, 'html' | 'text'>;
export interface LeftBehindCampaign extends Pick<Campaign, 'id' | 'workspaceId' | 'name' | 'status'> {
  lookAt: Date;
}

function fromDocument({ _id, createdAt, lookAt: _lookAt, ...rest }: CampaignDocument): Campaign {
  return { id: _id, ...rest, createdAtMs: createdAt.getTime() };
}

export class CampaignStore {
  readonly collection: Collection<CampaignDocument>;

  constructor(db: Db) {
    this.collection = db.collection('campaigns');
  }

  async insert({ id, createdAtMs, ...rest }: Campaign): Promise<void> {
    await this.collection.insertOne({ _id: id, ...rest, createdAt: new Date(createdAtMs) });
  }

  async get(workspaceId: string, id: string): Promise<Campaign | undefined> {
    const document = await this.collection.findOne({ _id: id, workspaceId });
    return document ? fromDocument(document) : undefined;
  }

  /** For what knows its id alone: its workflow. */
  async find(id: string): Promise<Campaign | undefined> {
    const document = await this.collection.findOne({ _id: id });
    return document ? fromDocument(document) : undefined;
  }

  async statusOf(id: string): Promise<CampaignStatus | undefined> {
    const row = await this.collection.findOne({ _id: id }, { projection: { status: 1 } });
    return row?.status;
  }

  /**
   * Changes a campaign that is in one of these states; undefined when it is not. A field that is undefined is removed.
   * `lookAt`: its workflow has to be told of the change.
   */
  async change(
    id: string,
    from: readonly CampaignStatus[],
    change: CampaignChange & { lookAt?: Date | undefined },
    session?: ClientSession,
  ): Promise<Campaign | undefined> {
    const removed = Object.entries(change).flatMap(([field, value]) => (value === undefined ? [field] : []));
    const document = await this.collection.findOneAndUpdate(
      { _id: id, status: { $in: [...from] } },
      // Undefined values are left out by the driver.
      {
        $set: change as Partial<CampaignDocument>,
        ...(removed.length > 0 ? { $unset: Object.fromEntries(removed.map((field) => [field, true])) } : {}),
      },
      { returnDocument: 'after', ...(session ? { session } : {}) },
    );
    return document ? fromDocument(document) : undefined;
  }

  /** Makes one that is due a sending one, unless it has changed since it was read. */
  async begin(campaign: Campaign, change: CampaignChange, atMs: number): Promise<void> {
    const { id: _id, status, updatedAtMs } = campaign;
    const begun = { status: 'sending' as const, startedAtMs: atMs, lookAt: new Date(atMs + quietMs) };
    const update = { $set: { ...(change as Partial<CampaignDocument>), ...begun } };
    await this.collection.updateOne({ _id, status, updatedAtMs }, update);
  }

  /** How far it has come, unless it is over; `next`: when it goes on. What was in its way is gone. */
  async setProgress(id: string, progress: CampaignProgress, next = new Date()): Promise<void> {
    const lookAt = { $cond: [{ $eq: ['$status', 'sending'] }, new Date(next.getTime() + quietMs), '$lookAt'] };
    await this.collection.updateOne({ _id: id, status: { $ne: 'sent' } }, [
      { $set: { progress, lookAt } },
      { $unset: 'problem' },
    ]);
  }

  async setProblem(id: string, problem: string): Promise<void> {
    await this.collection.updateOne({ _id: id, status: 'sending' }, { $set: { problem } });
  }

  /** Adds what was heard about its emails, in the transaction that counts it. */
  async addCounts(
    counts: ReadonlyMap<string, Partial<Record<EmailCount, number>>>,
    session: ClientSession,
  ): Promise<void> {
    const writes = [...counts].map(([id, added]): AnyBulkWriteOperation<CampaignDocument> => ({
      updateOne: {
        filter: { _id: id },
        update: { $inc: Object.fromEntries(Object.entries(added).map(([name, by]) => [`counts.${name}`, by])) },
      },
    }));
    if (writes.length > 0) await this.collection.bulkWrite(writes, { session });
  }

  /** What the workspace's campaigns since a moment have come to. */
  async recordOf(
    workspaceId: string,
    since: Date,
    session: ClientSession,
  ): Promise<{ sent: number; failed: number; bounced: number }> {
    const [record] = await this.collection
      .aggregate<{ sent: number; failed: number; bounced: number }>(
        [
          { $match: { workspaceId, startedAtMs: { $gte: since.getTime() } } },
          {
            $group: {
              _id: null,
              sent: { $sum: '$progress.sent' },
              failed: { $sum: '$progress.failed' },
              bounced: { $sum: '$counts.bounced' },
            },
          },
        ],
        { session },
      )
      .toArray();
    return record ?? { sent: 0, failed: 0, bounced: 0 };
  }

  async delete(id: string): Promise<boolean> {
    return (await this.collection.deleteOne({ _id: id, status: { $in: ['draft', 'cancelled'] } })).deletedCount === 1;
  }

  /** Campaigns whose workflow was to be told before that moment, the longest first. */
  async leftBehind(before: Date, limit: number): Promise<LeftBehindCampaign[]> {
    const rows = await this.collection
      .find({ lookAt: { $lt: before } })
      .sort({ lookAt: 1 })
      .limit(limit)
      .project<Omit<LeftBehindCampaign, 'id'> & { _id: string }>({ workspaceId: 1, name: 1, status: 1, lookAt: 1 })
      .toArray();
    return rows.map(({ _id, ...rest }) => ({ id: _id, ...rest }));
  }

  /** Its workflow was told; `due`: the moment for which it was, unless that has changed since. */
  async told(id: string, due: Date, at: Date): Promise<void> {
    const laterThan = (ms: unknown, byMs: number): object => ({ $toDate: { $add: [ms, byMs] } });
    const next = {
      $switch: {
        branches: [
          { case: { $eq: ['$status', 'sending'] }, then: laterThan(at.getTime(), quietMs) },
          {
            case: { $eq: ['$status', 'scheduled'] },
            then: laterThan({ $max: ['$scheduledAtMs', at.getTime()] }, startGraceMs),
          },
        ],
        default: '$$REMOVE',
      },
    };
    await this.collection.updateOne({ _id: id, lookAt: due }, [{ $set: { lookAt: next } }]);
  }

  async page(workspaceId: string, page: { after?: PageStart | undefined; limit: number }): Promise<CampaignSummary[]> {
    const short = { html: 0, text: 0 };
    return (await newestFirst(this.collection, { workspaceId }, 'createdAt', page, undefined, short)).map(fromDocument);
  }

  /** Those that a template is or was sent by, newest first. */
  async ofTemplate(workspaceId: string, templateId: string, limit: number): Promise<CampaignSummary[]> {
    const short = { html: 0, text: 0 };
    const filter = { workspaceId, templateId };
    return (await newestFirst(this.collection, filter, 'createdAt', { limit }, 'byTemplate', short)).map(fromDocument);
  }
}
