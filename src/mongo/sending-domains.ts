import type { Collection, Db, IndexDescription } from 'mongodb';
import { newestFirst, type PageStart } from './page';
import type { SecretBox } from './secret-box';

/** What a look at the DNS has found of one record. */
export interface RecordCheck {
  kind: 'dkim' | 'spf' | 'dmarc' | 'returnPath';
  found: string[];
  ok: boolean;
  /** Why it could not be looked up. */
  error?: string;
}

/** A domain that a workspace sends from, with the key that its mail is signed with. */
export interface SendingDomain {
  id: string;
  workspaceId: string;
  /** Lower case, as DNS knows it. */
  domain: string;
  selector: string;
  /** DER in base64, as it stands in the DNS. */
  publicKey: string;
  createdAt: Date;
  /** The last look at the DNS. */
  checks: RecordCheck[];
  checkedAt?: Date;
  /** Since when the DNS has its key; absent when the last look did not find it. */
  verifiedAt?: Date;
}

interface SendingDomainDocument extends Omit<SendingDomain, 'id'> {
  _id: string;
  sealedPrivateKey: string;
}

export const sendingDomainIndexes: IndexDescription[] = [
  // Another workspace may have the same domain, with a key of its own: only its DNS tells whose it is.
  { key: { workspaceId: 1, domain: 1 }, name: 'domain', unique: true },
  { key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
];

export class SendingDomainStore {
  readonly collection: Collection<SendingDomainDocument>;

  constructor(
    db: Db,
    private readonly box: SecretBox,
  ) {
    this.collection = db.collection('sendingDomains');
  }

  /** Throws a duplicate key error when the workspace has the domain already. */
  async insert({ id, ...rest }: SendingDomain, privateKey: string): Promise<void> {
    await this.collection.insertOne({ _id: id, ...rest, sealedPrivateKey: this.box.seal(privateKey) });
  }

  async get(workspaceId: string, id: string): Promise<SendingDomain | undefined> {
    const document = await this.collection.findOne({ _id: id, workspaceId });
    return document ? fromDocument(document) : undefined;
  }

  async byDomain(workspaceId: string, domain: string): Promise<SendingDomain | undefined> {
    const document = await this.collection.findOne({ workspaceId, domain });
    return document ? fromDocument(document) : undefined;
  }

  /** What the workspace's mail from that domain is signed with; undefined where it has none. */
  async signingKey(
    workspaceId: string,
    domain: string,
  ): Promise<{ domain: string; selector: string; privateKey: string } | undefined> {
    const document = await this.collection.findOne({ workspaceId, domain });
    if (!document) return undefined;
    return { domain, selector: document.selector, privateKey: this.box.open(document.sealedPrivateKey) };
  }

  async page(workspaceId: string, page: { after?: PageStart | undefined; limit: number }): Promise<SendingDomain[]> {
    return (await newestFirst(this.collection, { workspaceId }, 'createdAt', page)).map(fromDocument);
  }

  /** Notes what a look at the DNS has found. */
  async saveChecks(
    workspaceId: string,
    id: string,
    checks: RecordCheck[],
    at: Date,
    isVerified: boolean,
  ): Promise<SendingDomain | undefined> {
    const verifiedAt = isVerified ? { $ifNull: ['$verifiedAt', at] } : '$$REMOVE';
    const document = await this.collection.findOneAndUpdate(
      { _id: id, workspaceId },
      // As a literal: what stands in a stranger's DNS must not be read as an expression.
      [{ $set: { checks: { $literal: checks }, checkedAt: at, verifiedAt } }],
      { returnDocument: 'after' },
    );
    return document ? fromDocument(document) : undefined;
  }

  async delete(workspaceId: string, id: string): Promise<boolean> {
    return (await this.collection.deleteOne({ _id: id, workspaceId })).deletedCount === 1;
  }
}

function fromDocument({ _id, sealedPrivateKey: _sealed, ...rest }: SendingDomainDocument): SendingDomain {
  return { id: _id, ...rest };
}
