import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import { newId } from './new-id';

export const personRoles = ['owner', 'member'] as const;
export type PersonRole = (typeof personRoles)[number];

/** Somebody who signs in to a workspace. */
export interface Person {
  id: string;
  workspaceId: string;
  /** Lower case. */
  email: string;
  name: string;
  role: PersonRole;
  createdAt: Date;
  updatedAt: Date;
}

// The three collections are better-auth's as well: fields and index names are as it knows them, see auth/sign-in.ts.
interface PersonDocument extends Omit<Person, 'id'> {
  _id: string;
  emailVerified: boolean;
}
interface CredentialDocument {
  _id: string;
  userId: string;
  accountId: string;
  providerId: 'credential';
  /** A salted scrypt hash. */
  password: string;
  createdAt: Date;
  updatedAt: Date;
}
interface SessionDocument {
  _id: string;
  userId: string;
  token: string;
  expiresAt: Date;
}

export const personIndexes: IndexDescription[] = [
  { key: { email: 1 }, name: 'people_email_uidx', unique: true },
  { key: { workspaceId: 1, role: 1, createdAt: 1 }, name: 'byRole' },
];
export const credentialIndexes: IndexDescription[] = [{ key: { userId: 1 }, name: 'credentials_userId_idx' }];
export const sessionIndexes: IndexDescription[] = [
  { key: { token: 1 }, name: 'sessions_token_uidx', unique: true },
  { key: { userId: 1 }, name: 'sessions_userId_idx' },
  { key: { expiresAt: 1 }, name: 'expiry', expireAfterSeconds: 0 },
];

/** The people of a workspace, what they sign in with, and where they are signed in. */
export class PersonStore {
  readonly collection: Collection<PersonDocument>;
  private readonly credentials: Collection<CredentialDocument>;
  private readonly sessions: Collection<SessionDocument>;
  private readonly workspaces: Collection<{ _id: string; peopleWrites?: number }>;

  constructor(db: Db) {
    this.collection = db.collection('people');
    this.credentials = db.collection('credentials');
    this.sessions = db.collection('sessions');
    this.workspaces = db.collection('workspaces');
  }

  /** Owners first, then by when they joined. */
  async list(workspaceId: string): Promise<Person[]> {
    const people = await Promise.all(
      personRoles.map((role) => this.collection.find({ workspaceId, role }).sort({ createdAt: 1 }).toArray()),
    );
    return people.flat().map(fromDocument);
  }

  async get(workspaceId: string, id: string): Promise<Person | undefined> {
    const document = await this.collection.findOne({ _id: id, workspaceId });
    return document ? fromDocument(document) : undefined;
  }

  async byEmail(email: string): Promise<Person | undefined> {
    const document = await this.collection.findOne({ email });
    return document ? fromDocument(document) : undefined;
  }

  async hasOwner(workspaceId: string): Promise<boolean> {
    return (await this.collection.findOne({ workspaceId, role: 'owner' })) !== null;
  }

  /** Throws a duplicate key error when somebody has the address already. */
  async insert({ id, ...rest }: Person, passwordHash: string, session: ClientSession): Promise<void> {
    await this.collection.insertOne({ _id: id, ...rest, emailVerified: true }, { session });
    await this.credentials.insertOne(
      {
        ...{ _id: newId('credential'), userId: id, accountId: id, providerId: 'credential', password: passwordHash },
        ...{ createdAt: rest.createdAt, updatedAt: rest.createdAt },
      },
      { session },
    );
  }

  async rename(workspaceId: string, id: string, name: string, at: Date): Promise<Person | undefined> {
    const document = await this.collection.findOneAndUpdate(
      { _id: id, workspaceId },
      { $set: { name, updatedAt: at } },
      { returnDocument: 'after' },
    );
    return document ? fromDocument(document) : undefined;
  }

  /** Gives a role, unless that would leave the workspace without an owner. */
  async changeRole(
    workspaceId: string,
    id: string,
    role: PersonRole,
    at: Date,
    session: ClientSession,
  ): Promise<Person | 'unknown' | 'last owner'> {
    const state = await this.stateOf(workspaceId, id, session);
    if (state === 'unknown' || (state === 'last owner' && role !== 'owner')) return state;
    const document = await this.collection.findOneAndUpdate(
      { _id: id, workspaceId },
      { $set: { role, updatedAt: at } },
      { session, returnDocument: 'after' },
    );
    return document ? fromDocument(document) : 'unknown';
  }

  /** Removes a person with all that lets them in, unless that would leave the workspace without an owner. */
  async remove(workspaceId: string, id: string, session: ClientSession): Promise<'removed' | 'unknown' | 'last owner'> {
    const state = await this.stateOf(workspaceId, id, session);
    if (state !== 'removable') return state;
    await this.collection.deleteOne({ _id: id, workspaceId }, { session });
    await this.credentials.deleteMany({ userId: id }, { session });
    await this.sessions.deleteMany({ userId: id }, { session });
    return 'removed';
  }

  /** A new password ends every session that the old one has begun. False where the person is gone. */
  async setPassword(id: string, passwordHash: string, at: Date, session: ClientSession): Promise<boolean> {
    const change = { $set: { password: passwordHash, updatedAt: at } };
    const { matchedCount } = await this.credentials.updateOne({ userId: id }, change, { session });
    await this.sessions.deleteMany({ userId: id }, { session });
    return matchedCount === 1;
  }

  private async stateOf(
    workspaceId: string,
    id: string,
    session: ClientSession,
  ): Promise<'removable' | 'unknown' | 'last owner'> {
    // Both sides of a race write this field, so that one of them runs again and counts whom the other left.
    await this.workspaces.updateOne({ _id: workspaceId }, { $inc: { peopleWrites: 1 } }, { session });
    const person = await this.collection.findOne({ _id: id, workspaceId }, { session });
    if (!person) return 'unknown';
    if (person.role !== 'owner') return 'removable';
    const two = await this.collection.find({ workspaceId, role: 'owner' }, { session }).limit(2).toArray();
    return two.length === 1 ? 'last owner' : 'removable';
  }
}

function fromDocument({ _id, emailVerified: _verified, ...rest }: PersonDocument): Person {
  return { id: _id, ...rest };
}
