import type { Collection, Db, IndexDescription } from 'mongodb';
import { isDuplicateKey } from './connect';
import { newestFirst, type PageStart } from './page';
import type { SecretBox } from './secret-box';

export const providerNames = ['ses', 'sendgrid', 'postmark', 'mailgun', 'resend'] as const;
export type ProviderName = (typeof providerNames)[number];

/** A sending service that reports what becomes of a workspace's email. */
export interface Provider {
  id: string;
  workspaceId: string;
  provider: ProviderName;
  /** What its requests are verified with: a key, a password, a signing secret. SES needs none: Amazon's certificate does it. */
  secret?: string;
  /** SES: the one topic that is listened to. */
  topicArn?: string;
  /** pending: SES has not asked yet whether it may send here. */
  status: 'pending' | 'active';
  /** Its notice, and not the SMTP server's 2xx, makes email.delivered. */
  reportsDeliveries: boolean;
  createdAt: Date;
  updatedAt: Date;
}
interface ProviderDocument extends Omit<Provider, 'id' | 'secret'> {
  _id: string;
  sealedSecret?: string;
}

export const providerIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
];

/** A workspace has few; more would be a mistake. */
export const maxProviders = 10;

export class ProviderStore {
  readonly collection: Collection<ProviderDocument>;

  constructor(
    db: Db,
    private readonly box: SecretBox,
  ) {
    this.collection = db.collection('providers');
  }

  async insert({ id, secret, ...rest }: Provider): Promise<void> {
    const sealed = secret === undefined ? {} : { sealedSecret: this.box.seal(secret) };
    await this.collection.insertOne({ _id: id, ...rest, ...sealed });
  }

  /** Whose requests come in under this id. */
  async find(id: string): Promise<Provider | undefined> {
    const document = await this.collection.findOne({ _id: id });
    return document ? this.fromDocument(document) : undefined;
  }

  async get(workspaceId: string, id: string): Promise<Provider | undefined> {
    const provider = await this.find(id);
    return provider?.workspaceId === workspaceId ? provider : undefined;
  }

  async setStatus(id: string, status: Provider['status'], at: Date): Promise<void> {
    await this.collection.updateOne({ _id: id, status: { $ne: status } }, { $set: { status, updatedAt: at } });
  }

  async delete(workspaceId: string, id: string): Promise<boolean> {
    return (await this.collection.deleteOne({ _id: id, workspaceId })).deletedCount === 1;
  }

  async count(workspaceId: string): Promise<number> {
    return this.collection.countDocuments({ workspaceId }, { limit: maxProviders });
  }

  /** The providers of a workspace that report at the moment, each once. */
  async active(workspaceId: string): Promise<ProviderName[]> {
    const rows = await this.collection.find({ workspaceId, status: 'active' }).limit(maxProviders).toArray();
    return [...new Set(rows.map(({ provider }) => provider))];
  }

  /** Whether email.delivered waits for a provider's notice. */
  async awaitsNotice(workspaceId: string): Promise<boolean> {
    const filter = { workspaceId, status: 'active', reportsDeliveries: true } as const;
    return (await this.collection.findOne(filter, { projection: { _id: 1 } })) !== null;
  }

  async page(workspaceId: string, page: { after?: PageStart | undefined; limit: number }): Promise<Provider[]> {
    const rows = await newestFirst(this.collection, { workspaceId }, 'createdAt', page);
    return rows.map((row) => this.fromDocument(row));
  }

  private fromDocument({ _id, sealedSecret, ...rest }: ProviderDocument): Provider {
    return { id: _id, ...rest, ...(sealedSecret === undefined ? {} : { secret: this.box.open(sealedSecret) }) };
  }
}

/** A token that a request was signed with, and the body that came with it, which the signature does not cover. */
interface ProviderTokenDocument {
  _id: string;
  bodyHash: string;
  at: Date;
}

/** Longer than any request with its timestamp is taken. */
const keptSeconds = 86_400;
export const providerTokenIndexes: IndexDescription[] = [
  { key: { at: 1 }, name: 'expiry', expireAfterSeconds: keptSeconds },
];

/** Tokens that were used: each signs one body. */
export class ProviderTokenStore {
  readonly collection: Collection<ProviderTokenDocument>;

  constructor(db: Db) {
    this.collection = db.collection('providerTokens');
  }

  /** `new`: never seen. `same`: it came before with this body. `other`: with another one. */
  async use(key: string, bodyHash: string, at: Date): Promise<'new' | 'same' | 'other'> {
    try {
      await this.collection.insertOne({ _id: key, bodyHash, at });
      return 'new';
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const known = await this.collection.findOne({ _id: key });
      return known?.bodyHash === bodyHash ? 'same' : 'other';
    }
  }
}
