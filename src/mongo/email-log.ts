import type { Collection, Db, Document, Filter, IndexDescription } from 'mongodb';
import { emailKinds, type EmailKind } from '../../domain/email';
import {
  doings,
  isDoing,
  settledStatuses,
  unsentStatuses,
  type Doing,
  type EmailOutcome,
  type SettledStatus,
} from '../../domain/email-outcome';
import type { EmailDocument } from './emails';
import { newestFirst, type PageStart } from './page';

const isSettled = { status: { $in: [...settledStatuses] } };

/** What the log is filtered by. Of states that every email goes through in a moment nothing is written here. */
export const emailLogIndexes: IndexDescription[] = [
  // Every list names its kinds: their ranges are merged.
  { key: { workspaceId: 1, kind: 1, createdAt: -1, _id: -1 }, name: 'byKind' },
  {
    key: { workspaceId: 1, status: 1, kind: 1, createdAt: -1, _id: -1 },
    name: 'byStatus',
    partialFilterExpression: isSettled,
  },
  {
    key: { workspaceId: 1, campaignId: 1, status: 1, createdAt: -1, _id: -1 },
    name: 'byOutcome',
    partialFilterExpression: isSettled,
  },
  // Who has done what in a campaign, the last one first; also counted by the hour, from the keys alone.
  ...(['opened', 'clicked', 'unsubscribed'] as const).map((doing) => ({
    key: { workspaceId: 1, campaignId: 1, [doings[doing]]: -1, _id: -1 } as const,
    name: doing,
    partialFilterExpression: { [doings[doing]]: { $gt: 0 } },
  })),
  // Counted from the keys alone.
  {
    key: { workspaceId: 1, campaignId: 1, status: 1, reason: 1 },
    name: 'skipped',
    partialFilterExpression: { status: 'skipped' },
  },
];

/** A person's emails are few: any outcome is looked for among them. Elsewhere it takes an index. */
export type EmailLogFilter =
  | {
      by: 'person';
      contactId?: string | undefined;
      to?: string | undefined;
      campaignId?: string | undefined;
      kind?: EmailKind | undefined;
      outcome?: EmailOutcome | undefined;
    }
  | { by: 'campaign'; campaignId: string; outcome?: EmailOutcome | undefined }
  | { by: 'workspace'; kind?: EmailKind | undefined; outcome?: SettledStatus | undefined };

/** What became of emails, newest first: of a workspace, a person or a campaign. */
export class EmailLogStore {
  readonly collection: Collection<EmailDocument>;

  constructor(db: Db) {
    this.collection = db.collection('emails');
  }

  async page(
    workspaceId: string,
    filter: EmailLogFilter,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<EmailDocument[]> {
    switch (filter.by) {
      case 'person': {
        const { contactId, to, campaignId, kind, outcome } = filter;
        const where: Filter<EmailDocument> = {
          workspaceId,
          ...(contactId === undefined ? {} : { contactId }),
          ...(to === undefined ? {} : { to }),
          ...(campaignId === undefined ? {} : { campaignId }),
          ...(kind === undefined ? {} : { kind }),
          ...statusOf(outcome),
        };
        return newestFirst(this.collection, where, 'createdAt', page, contactId ? 'byContact' : 'byRecipient');
      }
      case 'campaign':
        return this.ofCampaign(workspaceId, filter.campaignId, filter.outcome, page);
      case 'workspace': {
        const { kind, outcome: status } = filter;
        const where = { workspaceId, kind: kind ?? { $in: [...emailKinds] }, ...(status ? { status } : {}) };
        return newestFirst(this.collection, where, 'createdAt', page, status ? 'byStatus' : 'byKind');
      }
    }
  }

  /** Where the page after this row begins. */
  placeOf(row: EmailDocument, filter: EmailLogFilter): PageStart {
    const doing = filter.by === 'campaign' && filter.outcome && isDoing(filter.outcome) ? filter.outcome : undefined;
    const doneMs = doing && row[doings[doing]];
    return { at: doneMs === undefined ? row.createdAt : new Date(doneMs), id: row._id };
  }

  private async ofCampaign(
    workspaceId: string,
    campaignId: string,
    outcome: EmailOutcome | undefined,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<EmailDocument[]> {
    if (outcome === undefined) {
      return newestFirst(this.collection, { workspaceId, campaignId }, 'createdAt', page, 'byCampaign');
    }
    // Those that an author has sent to look at are nobody's.
    const own: Filter<EmailDocument> = { workspaceId, campaignId, kind: { $ne: 'test' } };
    if (isDoing(outcome)) return this.lastToHave(outcome, own, page);
    if (outcome !== 'waiting') {
      return newestFirst(this.collection, { ...own, status: outcome }, 'createdAt', page, 'byOutcome');
    }
    return this.collection
      .find(
        { ...own, ...statusOf(outcome), ...(page.after ? { _id: { $lt: page.after.id } } : {}) },
        { hint: 'unsent' },
      )
      .sort({ campaignId: 1, _id: -1 })
      .limit(page.limit)
      .toArray();
  }

  private async lastToHave(
    doing: Doing,
    own: Filter<EmailDocument>,
    { after, limit }: { after?: PageStart | undefined; limit: number },
  ): Promise<EmailDocument[]> {
    const field = doings[doing];
    const range: Document = { $gt: 0, ...(after ? { $lte: after.at.getTime() } : {}) };
    const passed: Document = after ? { $nor: [{ [field]: after.at.getTime(), _id: { $gte: after.id } }] } : {};
    return this.collection
      .find({ $and: [own, { [field]: range }, passed] }, { hint: doing })
      .sort({ [field]: -1, _id: -1 })
      .limit(limit)
      .toArray();
  }
}

function statusOf(outcome: EmailOutcome | undefined): Filter<EmailDocument> {
  if (outcome === undefined) return {};
  if (isDoing(outcome)) return { [doings[outcome]]: { $gt: 0 } };
  return { status: outcome === 'waiting' ? { $in: [...unsentStatuses] } : outcome };
}
