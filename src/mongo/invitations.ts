import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import type { PersonRole } from './people';

export type InvitationKind =
  /** Of the one who starts the product for the first time; whoever has the link becomes the owner. */
  | 'first owner'
  | 'invite'
  /** A new password for somebody who is here already. */
  | 'reset';

/** A link that lets somebody in once. Its token is stored as a hash only. */
export interface Invitation {
  id: string;
  workspaceId: string;
  kind: InvitationKind;
  role: PersonRole;
  /** Absent for the first owner, who says it. */
  email?: string;
  /** Of a reset. */
  personId?: string;
  /** SHA-256 in hex. */
  tokenHash: string;
  /** Who asked for it, by name; absent for what was made at the start, or with a key. */
  invitedBy?: string;
  /** Their id: a link does not outlast the rights of who has made it. */
  invitedById?: string;
  createdAt: Date;
  expiresAt: Date;
}

type InvitationDocument = Omit<Invitation, 'id'> & { _id: string };

export const invitationIndexes: IndexDescription[] = [
  { key: { tokenHash: 1 }, name: 'token', unique: true },
  { key: { workspaceId: 1, kind: 1, createdAt: -1 }, name: 'newest' },
  { key: { workspaceId: 1, kind: 1, email: 1 }, name: 'byEmail' },
  {
    key: { workspaceId: 1, invitedById: 1 },
    name: 'byInviter',
    partialFilterExpression: { invitedById: { $exists: true } },
  },
  { key: { expiresAt: 1 }, name: 'expiry', expireAfterSeconds: 0 },
];

export class InvitationStore {
  readonly collection: Collection<InvitationDocument>;

  constructor(db: Db) {
    this.collection = db.collection('invitations');
  }

  /** Takes the place of an earlier one for the same: its link holds no longer. */
  async insert({ id, ...rest }: Invitation, session: ClientSession): Promise<void> {
    const { workspaceId, kind, email } = rest;
    await this.collection.deleteMany({ workspaceId, kind, ...(email === undefined ? {} : { email }) }, { session });
    await this.collection.insertOne({ _id: id, ...rest }, { session });
  }

  async byToken(tokenHash: string, at: Date): Promise<Invitation | undefined> {
    const document = await this.collection.findOne({ tokenHash, expiresAt: { $gt: at } });
    return document ? fromDocument(document) : undefined;
  }

  /** Those that nobody has followed yet. */
  async pending(workspaceId: string, at: Date): Promise<Invitation[]> {
    const filter = { workspaceId, kind: 'invite' as const, expiresAt: { $gt: at } };
    return (await this.collection.find(filter).sort({ createdAt: -1 }).toArray()).map(fromDocument);
  }

  /** Uses it up: of two that come at once, one gets it. */
  async take(tokenHash: string, at: Date, session: ClientSession): Promise<Invitation | undefined> {
    const document = await this.collection.findOneAndDelete({ tokenHash, expiresAt: { $gt: at } }, { session });
    return document ? fromDocument(document) : undefined;
  }

  async revoke(workspaceId: string, id: string): Promise<boolean> {
    return (await this.collection.deleteOne({ _id: id, workspaceId, kind: 'invite' })).deletedCount === 1;
  }

  /** What somebody has made who may make it no longer: they know the links. */
  async removeMadeBy(workspaceId: string, personId: string, session: ClientSession): Promise<void> {
    await this.collection.deleteMany({ workspaceId, invitedById: personId }, { session });
  }

  /** The links to become the first owner, once there is one. */
  async removeFirst(workspaceId: string, session: ClientSession): Promise<void> {
    await this.collection.deleteMany({ workspaceId, kind: 'first owner' }, { session });
  }
}

function fromDocument({ _id, ...rest }: InvitationDocument): Invitation {
  return { id: _id, ...rest };
}
