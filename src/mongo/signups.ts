import { createHash } from 'node:crypto';
import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import { makeId } from '../../domain/ids';

/** A sign-up that waits for its confirmation. One for each form and address, however often it is sent. */
export interface SignupDocument {
  _id: string;
  workspaceId: string;
  formId: string;
  email: string;
  /** JSON text of [key, value] pairs, so that nothing in a key can be misread. */
  values: string;
  /** Confirmation emails that were asked for, and when the last one was. */
  mails: number;
  mailedAt: Date;
  createdAt: Date;
  confirmedAt?: Date;
}

const keptSeconds = 7 * 86_400;

export const signupIndexes: IndexDescription[] = [
  { key: { createdAt: 1 }, name: 'expiry', expireAfterSeconds: keptSeconds },
  // What somebody has signed up for, and the removal of a person.
  { key: { workspaceId: 1, email: 1 }, name: 'byEmail' },
];

export function signupId(formId: string, email: string): string {
  return makeId('signup', createHash('sha256').update(`${formId} ${email}`).digest('hex').slice(0, 24));
}

/** Sign-ups with double opt-in, until they are confirmed or a week has passed. */
export class SignupStore {
  readonly collection: Collection<SignupDocument>;

  constructor(db: Db) {
    this.collection = db.collection('signups');
  }

  async get(id: string, session?: ClientSession): Promise<SignupDocument | undefined> {
    return (await this.collection.findOne({ _id: id }, session ? { session } : {})) ?? undefined;
  }

  /** New, or as it is now. */
  async save(signup: SignupDocument, session: ClientSession): Promise<void> {
    await this.collection.replaceOne({ _id: signup._id }, signup, { upsert: true, session });
  }

  /** What was sent for an address: one for each form. */
  async ofEmail(workspaceId: string, email: string, limit: number): Promise<SignupDocument[]> {
    return this.collection.find({ workspaceId, email }).limit(limit).toArray();
  }

  /** Removes what a person has sent. Returns how many there were. */
  async forget(workspaceId: string, emails: string[]): Promise<number> {
    return (await this.collection.deleteMany({ workspaceId, email: { $in: emails } })).deletedCount;
  }
}
