import type { Collection, Db, IndexDescription } from 'mongodb';
import { isDuplicateKey } from './connect';
import { newestFirst, type PageStart } from './page';

/** A mail that the local SMTP server has taken. */
export interface MailboxMail {
  /** The same for the same mail: it may be handed over twice, and is kept once. */
  id: string;
  /** Whose email it is; absent for what somebody else has sent. */
  workspaceId?: string;
  emailId?: string;
  from: string;
  to: string[];
  subject: string;
  /** As it came, up to a bound. */
  raw: string;
  isTruncated: boolean;
  receivedAt: Date;
}
interface MailboxDocument extends Omit<MailboxMail, 'id'> {
  _id: string;
}

/** Kept of a mail: the largest page of them must not fill the memory. Mail programs cut off at less than half of it. */
const maxKeptBytes = 256 * 1024;
const keptSeconds = 7 * 86_400;

export const mailboxIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, receivedAt: -1, _id: -1 }, name: 'newest' },
  { key: { workspaceId: 1, to: 1, receivedAt: -1, _id: -1 }, name: 'byRecipient' },
  { key: { receivedAt: 1 }, name: 'expiry', expireAfterSeconds: keptSeconds },
];

/** The mail of an installation without SMTP_URL. */
export class MailboxStore {
  readonly collection: Collection<MailboxDocument>;

  constructor(db: Db) {
    this.collection = db.collection('mailbox');
  }

  /** Keeps a mail; false when it was here already. */
  async insert({ id, raw, ...rest }: Omit<MailboxMail, 'raw' | 'isTruncated'> & { raw: Buffer }): Promise<boolean> {
    const text = raw.subarray(0, maxKeptBytes).toString('utf8');
    try {
      await this.collection.insertOne({ _id: id, ...rest, raw: text, isTruncated: raw.length > maxKeptBytes });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async get(workspaceId: string, id: string): Promise<MailboxMail | undefined> {
    const document = await this.collection.findOne({ _id: id, workspaceId });
    return document ? mailFrom(document) : undefined;
  }

  /** A page of what a workspace has sent, newest first. */
  async page(
    { workspaceId, to }: { workspaceId: string; to?: string },
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<MailboxMail[]> {
    const filter = to === undefined ? { workspaceId } : { workspaceId, to };
    return (await newestFirst(this.collection, filter, 'receivedAt', page)).map(mailFrom);
  }

  /** The same without the mails themselves, which may be large. */
  async heads(
    { workspaceId, to }: { workspaceId: string; to?: string },
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<Omit<MailboxMail, 'raw'>[]> {
    const filter = to === undefined ? { workspaceId } : { workspaceId, to };
    return (await newestFirst(this.collection, filter, 'receivedAt', page, undefined, { raw: 0 })).map(mailFrom);
  }

  /** Empties it for a workspace. */
  async clear(workspaceId: string): Promise<void> {
    await this.collection.deleteMany({ workspaceId });
  }

  /** Removes what was sent to a person. */
  async forget(workspaceId: string, to: string): Promise<void> {
    await this.collection.deleteMany({ workspaceId, to });
  }
}

function mailFrom({ _id, ...rest }: MailboxDocument): MailboxMail {
  return { id: _id, ...rest };
}
