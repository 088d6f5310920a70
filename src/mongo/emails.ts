import {
  type AnyBulkWriteOperation,
  type ClientSession,
  type Collection,
  type Db,
  type Filter,
  type IndexDescription,
} from 'mongodb';
import type { Email, EmailContent, EmailKind, EmailStatus } from '../../domain/email';
import { emailIdOf, idPrefixes } from '../../domain/ids';
import { insertNew } from './insert-new';
import { newestFirst, type PageStart } from './page';
import type { SecretBox } from './secret-box';

/** How an email that was not a campaign's gets its content: its own, or a template's with data. */
export interface EmailSource {
  content?: EmailContent;
  templateId?: string;
  /** JSON text, so that nothing in it can be misread. */
  data?: string;
  /** `News <news@acme.com>`; absent: MAIL_FROM. */
  from?: string;
}

export interface EmailDocument extends Omit<Email, 'id' | 'createdAtMs'>, EmailSource {
  _id: string;
  createdAt: Date;
  /** The mailer that has it under way, and since when. */
  claim?: { by: string; at: Date };
  /** Tries that a server has put off. */
  tries?: number;
  /** What the server said that has taken it, or that has refused it. */
  smtpResponse?: string;
  sweptAt?: Date;
}

/** A claim that its mailer has not renewed for so long is a dead mailer's. */
export const claimLeaseMs = 90_000;
const heardOfStatuses: EmailStatus[] = ['delivered', 'bounced', 'complained'];

const unsentStatuses: EmailStatus[] = ['queued', 'sending'];
/** Those that have a workflow of their own. */
const aloneKinds: EmailKind[] = ['automation', 'transactional', 'confirmation', 'test'];

export const emailIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, campaignId: 1, createdAt: -1, _id: -1 }, name: 'byCampaign' },
  // A person's page, and the removal of everything about a person.
  { key: { workspaceId: 1, contactId: 1, createdAt: -1, _id: -1 }, name: 'byContact' },
  // Reports that name a recipient and no email.
  { key: { workspaceId: 1, to: 1, createdAt: -1, _id: -1 }, name: 'byRecipient' },
  // The later tries of a campaign. Without the status, which every email goes through in a moment.
  { key: { campaignId: 1, _id: 1 }, name: 'unsent', partialFilterExpression: { status: { $in: unsentStatuses } } },
  // The sweep, which leaves those of campaigns to them.
  {
    key: { createdAt: 1 },
    name: 'leftBehind',
    partialFilterExpression: { status: { $in: unsentStatuses }, kind: { $in: aloneKinds } },
  },
  // What dead mailers had under way.
  { key: { 'claim.at': 1 }, name: 'claimed', partialFilterExpression: { status: 'sending' } },
];

export function emailFrom({
  _id,
  createdAt,
  claim: _claim,
  tries: _tries,
  content: _content,
  templateId: _templateId,
  data: _data,
  from: _from,
  smtpResponse: _smtpResponse,
  sweptAt: _sweptAt,
  ...rest
}: EmailDocument): Email {
  return { id: _id, ...rest, createdAtMs: createdAt.getTime() };
}

/** What came of handing an email to a server. */
export type Settlement =
  | { emailId: string; status: 'sent'; response: string; subject: string; atMs: number }
  /** Put off: it is queued again, one try later. */
  | { emailId: string; status: 'queued'; reason: string }
  /** `response`: what a server has refused it with for good. */
  | { emailId: string; status: 'failed' | 'skipped'; reason: string; response?: string };

/** Every email, one row for each, from the moment at which it is to be sent. */
export class EmailStore {
  readonly collection: Collection<EmailDocument>;

  constructor(
    db: Db,
    private readonly box: Pick<SecretBox, 'digest'>,
  ) {
    this.collection = db.collection('emails');
  }

  /** The id of what this cause sends to this contact: the same in each try, and nobody else can tell it. */
  idFor(cause: string, contactId: string): string {
    return emailIdOf(cause, contactId, (text) => this.box.digest(text));
  }

  /** Stores emails; one that exists already is left as it is. */
  async insert(emails: (Email & EmailSource)[], session?: ClientSession): Promise<void> {
    if (emails.length === 0) return;
    const rows = emails.map(({ id, createdAtMs, ...rest }) => ({ _id: id, ...rest, createdAt: new Date(createdAtMs) }));
    // One that exists would end a transaction; without one, plain inserts are half as dear.
    if (!session) return void (await insertNew(this.collection, rows));
    const writes = rows.map(({ _id, ...rest }): AnyBulkWriteOperation<EmailDocument> => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: rest }, upsert: true },
    }));
    await this.collection.bulkWrite(writes, { ordered: false, session });
  }

  async get(workspaceId: string, id: string): Promise<EmailDocument | undefined> {
    return (await this.collection.findOne({ _id: id, workspaceId })) ?? undefined;
  }

  async byIds(ids: string[], session?: ClientSession): Promise<EmailDocument[]> {
    if (ids.length === 0) return [];
    return this.collection.find({ _id: { $in: ids } }, session ? { session } : {}).toArray();
  }

  /** The last email to an address: what a report means that names nothing else. */
  async latestTo(workspaceId: string, to: string): Promise<EmailDocument | undefined> {
    const [email] = await this.collection
      .find({ workspaceId, to })
      .sort({ workspaceId: 1, to: 1, createdAt: -1, _id: -1 })
      .limit(1)
      .toArray();
    return email;
  }

  /** Writes what was heard about emails, in the transaction of its effects. */
  async save(emails: Iterable<Email>, session: ClientSession): Promise<void> {
    const writes = [...emails].map(
      ({ id, createdAtMs: _createdAtMs, ...rest }): AnyBulkWriteOperation<EmailDocument> => ({
        updateOne: { filter: { _id: id }, update: { $set: rest } },
      }),
    );
    if (writes.length > 0) await this.collection.bulkWrite(writes, { ordered: false, session });
  }

  /**
   * Takes queued emails for a mailer; returns the ids of those that are its own now. What another one has under way is
   * not among them.
   */
  async claim(ids: string[], by: string, at: Date): Promise<Set<string>> {
    const { modifiedCount } = await this.collection.updateMany(
      { _id: { $in: ids }, status: 'queued' },
      { $set: { status: 'sending', claim: { by, at } } },
    );
    const asked = new Set(ids);
    if (modifiedCount === asked.size) return asked;
    const rows = await this.collection
      .find({ _id: { $in: ids }, status: 'sending', 'claim.by': by })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return new Set(rows.map(({ _id }) => _id));
  }

  /** Gives back what a mailer has claimed and not begun. */
  async release(ids: string[], by: string): Promise<void> {
    await this.collection.updateMany(
      { _id: { $in: ids }, status: 'sending', 'claim.by': by },
      { $set: { status: 'queued' }, $unset: { claim: true } },
    );
  }

  /** Says that a mailer is still at work on these; returns those that are its own yet. */
  async renewClaims(ids: string[], by: string, at: Date): Promise<Set<string>> {
    const own: Filter<EmailDocument> = { _id: { $in: ids }, status: 'sending', 'claim.by': by };
    await this.collection.updateMany(own, { $set: { 'claim.at': at } });
    const rows = await this.collection.find(own).project<{ _id: string }>({ _id: 1 }).toArray();
    return new Set(rows.map(({ _id }) => _id));
  }

  /**
   * Queues again what dead mailers had under way: claims that nobody has renewed since `before`. This is the one case
   * in which a server may be given the same Message-ID twice: the machine died in the middle of a conversation, and
   * nobody knows whether the server had taken the mail.
   */
  async reclaim(before: Date): Promise<number> {
    const { modifiedCount } = await this.collection.updateMany(
      { status: 'sending', 'claim.at': { $lt: before } },
      { $set: { status: 'queued' }, $unset: { claim: true } },
    );
    return modifiedCount;
  }

  /** Notes what servers have said, of emails that are under way or were not begun. */
  async settle(settlements: Settlement[]): Promise<void> {
    const writes = settlements.map((settlement): AnyBulkWriteOperation<EmailDocument> => {
      const filter: Filter<EmailDocument> = { _id: settlement.emailId, status: { $in: unsentStatuses } };
      const { status } = settlement;
      switch (status) {
        case 'sent': {
          const { response: smtpResponse, subject, atMs: sentAtMs } = settlement;
          return {
            updateOne: {
              filter,
              update: { $set: { status, smtpResponse, subject, sentAtMs }, $unset: { claim: true, reason: true } },
            },
          };
        }
        case 'queued':
          return {
            updateOne: {
              filter,
              update: { $set: { status, reason: settlement.reason }, $inc: { tries: 1 }, $unset: { claim: true } },
            },
          };
        case 'failed':
        case 'skipped':
          return {
            updateOne: {
              filter,
              update: {
                $set: {
                  ...{ status, reason: settlement.reason },
                  ...(settlement.response === undefined ? {} : { smtpResponse: settlement.response }),
                },
                $unset: { claim: true },
              },
            },
          };
      }
    });
    if (writes.length === 0) return;
    const { matchedCount } = await this.collection.bulkWrite(writes, { ordered: false });
    if (matchedCount < writes.length) await this.noteTaken(settlements);
  }

  /** Of what was heard before its server's answer was written: that stays, and the email was taken all the same. */
  private async noteTaken(settlements: Settlement[]): Promise<void> {
    const writes = settlements.flatMap((settlement): AnyBulkWriteOperation<EmailDocument>[] => {
      if (settlement.status !== 'sent') return [];
      const { emailId: _id, response: smtpResponse, subject, atMs: sentAtMs } = settlement;
      const isHeardOf = { status: { $in: heardOfStatuses } };
      const hasNoAnswer = { sentAtMs: { $exists: false }, smtpResponse: { $exists: false } };
      const update = { $set: { smtpResponse, subject, sentAtMs }, $unset: { claim: true as const } };
      return [{ updateOne: { filter: { _id, ...isHeardOf, ...hasNoAnswer }, update } }];
    });
    if (writes.length > 0) await this.collection.bulkWrite(writes, { ordered: false });
  }

  /** Emails that were sent are delivered, each with the event that its id names: one write for all of them. */
  async markSentDelivered(ids: string[], session: ClientSession): Promise<void> {
    if (ids.length === 0) return;
    const hex = { $substrCP: ['$_id', idPrefixes.email.length + 1, 24] };
    const deliveredEventId = { $concat: [`${idPrefixes.event}_`, hex] };
    await this.collection.updateMany(
      { _id: { $in: ids }, status: 'sent' },
      [{ $set: { status: 'delivered', deliveredAtMs: '$sentAtMs', deliveredEventId } }],
      { session },
    );
  }

  /** Notes deliveries, in the transaction that has read the emails and tells of it. */
  async markDelivered(
    deliveries: Pick<EmailDocument, '_id' | 'status' | 'deliveredAtMs' | 'deliveredEventId'>[],
    session: ClientSession,
  ): Promise<void> {
    const writes = deliveries.map(({ _id, ...change }): AnyBulkWriteOperation<EmailDocument> => ({
      updateOne: { filter: { _id }, update: { $set: change } },
    }));
    if (writes.length > 0) await this.collection.bulkWrite(writes, { ordered: false, session });
  }

  /** Emails of a campaign that have no end yet, in the order of their ids. */
  async unsentOf(campaignId: string, afterId: string | undefined, limit: number): Promise<Email[]> {
    const rows = await this.collection
      .find(
        {
          ...{ campaignId, status: { $in: unsentStatuses }, kind: 'campaign' },
          ...(afterId === undefined ? {} : { _id: { $gt: afterId } }),
        },
        { hint: 'unsent' },
      )
      .sort({ _id: 1 })
      .limit(limit)
      .toArray();
    return rows.map(emailFrom);
  }

  /** A campaign's emails that a server has taken or refused and that nobody has told of; newest first. */
  async untoldOf(
    workspaceId: string,
    campaignId: string,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<EmailDocument[]> {
    const isTaken = { status: 'sent' as const, deliveredAtMs: { $exists: false } };
    const isRefused = { status: 'failed' as const, smtpResponse: { $exists: true } };
    const filter: Filter<EmailDocument> = { workspaceId, campaignId, kind: 'campaign', $or: [isTaken, isRefused] };
    return newestFirst(this.collection, filter, 'createdAt', page, 'byCampaign');
  }

  /** Ends those of a campaign's emails that were not begun. */
  async skipUnsentOf(campaignId: string, reason: string): Promise<number> {
    const { modifiedCount } = await this.collection.updateMany(
      { campaignId, status: 'queued', kind: 'campaign' },
      { $set: { status: 'skipped', reason } },
      { hint: 'unsent' },
    );
    return modifiedCount;
  }

  /** What has become of a campaign's emails, read from all of them. */
  async tallyOf(workspaceId: string, campaignId: string): Promise<{ sent: number; skipped: number; failed: number }> {
    const accepted = { $or: [{ $gt: ['$sentAtMs', null] }, { $gt: ['$deliveredAtMs', null] }] };
    const skipped = { $eq: ['$status', 'skipped'] };
    const [tally] = await this.collection
      .aggregate<{ sent: number; skipped: number; all: number }>([
        { $match: { workspaceId, campaignId, kind: 'campaign' } },
        {
          $group: {
            _id: null,
            sent: { $sum: { $cond: [accepted, 1, 0] } },
            skipped: { $sum: { $cond: [skipped, 1, 0] } },
            all: { $sum: 1 },
          },
        },
      ])
      .toArray();
    if (!tally) return { sent: 0, skipped: 0, failed: 0 };
    return { sent: tally.sent, skipped: tally.skipped, failed: tally.all - tally.sent - tally.skipped };
  }

  /**
   * Emails without a campaign that were stored before `before` and have no end yet, oldest first; each is handed out
   * every two minutes at most, since those that a server has put off are among them.
   */
  async claimLeftBehind(before: Date, now: Date, limit: number): Promise<string[]> {
    const rows = await this.collection
      .find({
        ...{ status: { $in: unsentStatuses }, kind: { $in: aloneKinds } },
        createdAt: { $lt: before },
        sweptAt: { $not: { $gt: new Date(now.getTime() - 120_000) } },
      })
      .sort({ createdAt: 1 })
      .limit(limit)
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    const ids = rows.map(({ _id }) => _id);
    if (ids.length > 0) await this.collection.updateMany({ _id: { $in: ids } }, { $set: { sweptAt: now } });
    return ids;
  }
}
