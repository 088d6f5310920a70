import type { Collection, Db } from 'mongodb';
import type { HourCount } from '../../domain/campaign-results';
import { doings } from '../../domain/email-outcome';
import type { EmailEventDocument } from './email-events';
import type { EmailDocument } from './emails';

const hourMs = 3_600_000;
const clickersPerRound = 1_000;
/** Links that are told apart: where each recipient has links of their own, there may be any number of them. */
const maxLinks = 1_000;
const maxReasons = 50;

export interface LinkClicks {
  url: string;
  /** Emails in which it was clicked. */
  unique: number;
  total: number;
}

/** What a campaign has come to, read from its emails. */
export class CampaignResultStore {
  readonly collection: Collection<EmailDocument>;
  private readonly events: Collection<EmailEventDocument>;

  constructor(db: Db) {
    this.collection = db.collection('emails');
    this.events = db.collection('emailEvents');
  }

  /** Why emails were held back, most frequent first. */
  async skippedBy(workspaceId: string, campaignId: string): Promise<{ reason: string; count: number }[]> {
    return this.collection
      .aggregate<{ reason: string; count: number }>(
        [
          { $match: { workspaceId, campaignId, status: 'skipped' } },
          { $group: { _id: '$reason', count: { $sum: 1 } } },
          { $sort: { count: -1, _id: 1 } },
          { $limit: maxReasons },
          { $project: { _id: 0, reason: { $ifNull: ['$_id', ''] }, count: 1 } },
        ],
        { hint: 'skipped' },
      )
      .toArray();
  }

  /** Emails that were opened or clicked for the first time, by the hour since the start. */
  async byHour(
    workspaceId: string,
    campaignId: string,
    doing: 'opened' | 'clicked',
    startedAtMs: number,
  ): Promise<HourCount[]> {
    const field = doings[doing];
    return this.collection
      .aggregate<HourCount>(
        [
          { $match: { workspaceId, campaignId, [field]: { $gt: 0 } } },
          {
            $group: {
              _id: { $floor: { $divide: [{ $subtract: [`$${field}`, startedAtMs] }, hourMs] } },
              count: { $sum: 1 },
            },
          },
          { $project: { _id: 0, hour: '$_id', count: 1 } },
        ],
        { hint: doing },
      )
      .toArray();
  }

  /** Emails that were handed over since a moment; each is stored in the moment in which it is. */
  async handedOverSince(workspaceId: string, campaignId: string, since: Date): Promise<number> {
    const filter = { workspaceId, campaignId, createdAt: { $gte: since } };
    return this.collection.countDocuments(filter, { hint: 'byCampaign' });
  }

  /** The links that were clicked, most clicked first; `others`: how many there are beside those that are told apart. */
  async links(workspaceId: string, campaignId: string): Promise<{ links: LinkClicks[]; others: number }> {
    const links = new Map<string, LinkClicks>();
    let others = 0;
    for await (const emailIds of this.clickers(workspaceId, campaignId)) {
      for (const { _id: url, unique, total } of await this.clicksIn(emailIds)) {
        const known = links.get(url);
        if (known) {
          known.unique += unique;
          known.total += total;
        } else if (links.size < maxLinks) links.set(url, { url, unique, total });
        else others++;
      }
    }
    return {
      links: [...links.values()].sort((one, other) => other.unique - one.unique || other.total - one.total),
      others,
    };
  }

  /** Those who have clicked, by some at a time: an email's clicks are never apart. */
  private async *clickers(workspaceId: string, campaignId: string): AsyncGenerator<string[]> {
    const rows = this.collection
      .find({ workspaceId, campaignId, clickedAtMs: { $gt: 0 } }, { hint: 'clicked' })
      .project<{ _id: string }>({ _id: 1 })
      .batchSize(clickersPerRound);
    let emailIds: string[] = [];
    for await (const { _id } of rows) {
      emailIds.push(_id);
      if (emailIds.length < clickersPerRound) continue;
      yield emailIds;
      emailIds = [];
    }
    if (emailIds.length > 0) yield emailIds;
  }

  private async clicksIn(emailIds: string[]): Promise<{ _id: string; unique: number; total: number }[]> {
    return this.events
      .aggregate<{ _id: string; unique: number; total: number }>(
        [
          // The addresses of people who were erased are blank.
          {
            $match: {
              emailId: { $in: emailIds },
              'news.kind': 'clicked',
              'outcome.status': 'counted',
              'news.url': { $gt: '' },
            },
          },
          { $group: { _id: { emailId: '$emailId', url: '$news.url' }, total: { $sum: 1 } } },
          { $group: { _id: '$_id.url', unique: { $sum: 1 }, total: { $sum: '$total' } } },
        ],
        { hint: 'byEmail' },
      )
      .toArray();
  }
}
