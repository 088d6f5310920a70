import type { AnyBulkWriteOperation, ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import type { EmailEvent, EmailEventOutcome } from '../../domain/email-event';
import { inTime } from './connect';
import { Gathering } from './gathering';
import { insertNew } from './insert-new';
import { newestFirst, type PageStart } from './page';
import { claimUnfinished } from './unfinished';

/** received → done, with what became of it. */
export interface EmailEventDocument extends Omit<EmailEvent, 'key' | 'atMs'> {
  _id: string;
  at: Date;
  receivedAt: Date;
  state: 'received' | 'done';
  /** Where a provider's report came in: the email must be of the same workspace. */
  workspaceId?: string;
  /** A provider's name, `smtp` for what the server said at once, `mail` for a mailed report; absent for our own links. */
  source?: string;
  doneAt?: Date;
  /** The workflow that gave it its outcome. */
  workflowId?: string;
  sweptAt?: Date;
  outcome?: EmailEventOutcome;
}

export const emailEventIndexes: IndexDescription[] = [
  // What happened to an email, and the removal of it.
  { key: { emailId: 1, receivedAt: -1, _id: -1 }, name: 'byEmail' },
  { key: { receivedAt: 1, _id: 1 }, name: 'unfinished', partialFilterExpression: { state: 'received' } },
];

/** What news say of persons, by kind; blank. */
export const newsOfPersons = [
  ['opened', { 'news.userAgent': '', 'news.ip': '' }],
  ['clicked', { 'news.userAgent': '', 'news.ip': '', 'news.url': '' }],
  ['bounced', { 'news.bounceMessage': '' }],
] as const;

/** The inbox of what is heard about emails: durable before anyone is answered. */
export class EmailEventStore {
  readonly collection: Collection<EmailEventDocument>;
  private readonly inserts = new Gathering<EmailEventDocument, boolean>(
    (events) => inTime(insertNew(this.collection, events)),
    {
      maxItems: 500,
      maxInFlight: 2,
      maxWaiting: 5_000,
    },
  );

  constructor(db: Db) {
    this.collection = db.collection('emailEvents');
  }

  /**
   * Stores events durably; returns the keys of those that were there already. Those of concurrent requests are written
   * together. Throws an OverloadedError when too many wait.
   */
  async insert(events: EmailEventDocument[]): Promise<Set<string>> {
    if (events.length === 0) return new Set();
    const isKnown = await inTime(this.inserts.add(events));
    return new Set(events.flatMap(({ _id }, index) => (isKnown[index] ? [_id] : [])));
  }

  async byKeys(keys: string[], session?: ClientSession): Promise<EmailEventDocument[]> {
    return this.collection.find({ _id: { $in: keys } }, session ? { session } : {}).toArray();
  }

  /** Those of the events whose commit is done. */
  async done(keys: string[]): Promise<Set<string>> {
    const rows = await this.collection
      .find({ _id: { $in: keys }, state: 'done' })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return new Set(rows.map(({ _id }) => _id));
  }

  /** Writes outcomes in the transaction of their effects; an event that is done already is left as it is. */
  async finish(
    outcomes: ReadonlyMap<string, EmailEventOutcome>,
    by: { nowMs: number; workflowId?: string },
    session: ClientSession,
  ): Promise<void> {
    const done = { doneAt: new Date(by.nowMs), ...(by.workflowId === undefined ? {} : { workflowId: by.workflowId }) };
    const writes = [...outcomes].flatMap(([key, outcome]): AnyBulkWriteOperation<EmailEventDocument>[] => [
      { updateOne: { filter: { _id: key, state: 'received' }, update: { $set: { state: 'done', outcome, ...done } } } },
      // Nobody is known whose it is, or somebody who was erased: what it says of a person is kept for nothing.
      ...(outcome.status === 'ignored'
        ? newsOfPersons.map(([kind, blank]) => ({
            updateOne: { filter: { _id: key, 'news.kind': kind }, update: { $set: blank } },
          }))
        : []),
    ]);
    if (writes.length > 0) await this.collection.bulkWrite(writes, { session, ordered: false });
  }

  /** Keys of unfinished events stored before `before`, oldest first; each is handed out once a minute at most. */
  claimUnfinished(before: Date, now: Date, limit: number): Promise<string[]> {
    return claimUnfinished(this.collection, before, now, limit);
  }

  /** What was heard about an email, newest first. */
  async ofEmail(
    emailId: string,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<EmailEventDocument[]> {
    return newestFirst(this.collection, { emailId }, 'receivedAt', page);
  }
}
