import type { Collection, Db, IndexDescription, UpdateFilter } from 'mongodb';
import type { WebhookEventType } from '../../domain/webhook-events';
import { z } from 'zod';
import type { Database } from './connect';
import type { SecretBox } from './secret-box';
import { newestFirst, type PageStart } from './page';

/** Source: the webhooks document, "Setting Up a Webhook". */
export const maxEndpoints = 10;
const headersSchema = z.record(z.string(), z.string());
export const endpointStatuses = ['active', 'paused', 'disabled'] as const;
export type EndpointStatus = (typeof endpointStatuses)[number];

/** Something the endpoint's open deliveries have yet to be told; the sweep repeats it until it is done. */
export interface EndpointNotice {
  kind: 'resume' | 'cancel';
  since: Date;
}

/** A customer's receiver. The newest secret stands first; older ones sign too until they expire. */
export interface WebhookEndpoint {
  id: string;
  workspaceId: string;
  url: string;
  description: string;
  events: WebhookEventType[];
  headers: Record<string, string>;
  secrets: { secret: string; expiresAt?: Date }[];
  /** deleted: kept as a tombstone, so that open deliveries find out why they end. */
  status: EndpointStatus | 'deleted';
  statusReason?: string;
  notice?: EndpointNotice;
  /** It is slow, or fails everything: its first attempts are made in a lane of its own. */
  slowSince?: Date;
  createdAt: Date;
  updatedAt: Date;
}

interface EndpointDocument extends Omit<WebhookEndpoint, 'id' | 'headers' | 'secrets'> {
  _id: string;
  sealedHeaders: string;
  secrets: { sealed: string; expiresAt?: Date }[];
}

export const endpointIndexes: IndexDescription[] = [
  // Subscribers, the ten of a workspace, and its list: tombstones are passed over.
  { key: { workspaceId: 1, status: 1, createdAt: -1, _id: -1 }, name: 'newest' },
  // The sweep. The condition is on the field that is asked for: MongoDB does not conclude from a part to its whole.
  {
    key: { 'notice.since': 1 },
    name: 'notice',
    partialFilterExpression: { 'notice.since': { $exists: true } },
  },
];

export class WebhookEndpointStore {
  readonly collection: Collection<EndpointDocument>;
  private readonly workspaces: Collection<{ _id: string; endpointWrites?: number }>;

  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
  ) {
    const db: Db = database.db;
    this.collection = db.collection('webhookEndpoints');
    this.workspaces = db.collection('workspaces');
  }

  /** Adds an endpoint unless the workspace has its ten; false then. */
  async insert(endpoint: WebhookEndpoint): Promise<boolean> {
    return this.database.transaction(async (session) => {
      // Both sides of a race write this field, so that one of them waits and counts again.
      await this.workspaces.updateOne({ _id: endpoint.workspaceId }, { $inc: { endpointWrites: 1 } }, { session });
      const count = await this.collection.countDocuments(
        { workspaceId: endpoint.workspaceId, status: { $in: [...endpointStatuses] } },
        { session },
      );
      if (count >= maxEndpoints) return false;
      await this.collection.insertOne(this.toDocument(endpoint), { session });
      return true;
    });
  }

  /** The endpoint, tombstones included. */
  async find(id: string): Promise<WebhookEndpoint | undefined> {
    const document = await this.collection.findOne({ _id: id });
    return document ? this.fromDocument(document) : undefined;
  }

  async get(workspaceId: string, id: string): Promise<WebhookEndpoint | undefined> {
    const endpoint = await this.find(id);
    return endpoint?.workspaceId === workspaceId && endpoint.status !== 'deleted' ? endpoint : undefined;
  }

  /** All endpoints of these workspaces that are not deleted. */
  async subscribers(workspaceIds: string[]): Promise<WebhookEndpoint[]> {
    const documents = await this.collection
      .find({ workspaceId: { $in: workspaceIds }, status: { $in: [...endpointStatuses] } })
      .toArray();
    return documents.map((document) => this.fromDocument(document));
  }

  async markSlow(id: string, at: Date): Promise<void> {
    await this.collection.updateOne({ _id: id, slowSince: { $exists: false } }, { $set: { slowSince: at } });
  }

  async clearSlow(id: string): Promise<void> {
    await this.collection.updateOne({ _id: id }, { $unset: { slowSince: true } });
  }

  async page(workspaceId: string, page: { after?: PageStart | undefined; limit: number }): Promise<WebhookEndpoint[]> {
    const filter = { workspaceId, status: { $in: [...endpointStatuses] } };
    return (await newestFirst(this.collection, filter, 'createdAt', page)).map((document) =>
      this.fromDocument(document),
    );
  }

  /** Changes an endpoint; a `notice` travels in the same write as the status that calls for it. */
  async update(
    id: string,
    change: Partial<
      Pick<
        WebhookEndpoint,
        'url' | 'description' | 'events' | 'headers' | 'secrets' | 'status' | 'statusReason' | 'notice'
      >
    >,
    at: Date,
  ): Promise<WebhookEndpoint | undefined> {
    const { headers, secrets, ...plain } = change;
    const set: UpdateFilter<EndpointDocument>['$set'] = {
      ...plain,
      ...(headers ? { sealedHeaders: this.box.seal(JSON.stringify(headers)) } : {}),
      ...(secrets ? { secrets: this.sealSecrets(secrets) } : {}),
      updatedAt: at,
    };
    const update: UpdateFilter<EndpointDocument> = { $set: set };
    if (change.status === 'active') update.$unset = { statusReason: true };
    const document = await this.collection.findOneAndUpdate({ _id: id, status: { $ne: 'deleted' } }, update, {
      returnDocument: 'after',
    });
    return document ? this.fromDocument(document) : undefined;
  }

  /** Switches an active endpoint off because of its receiver's own answer; someone has to switch it on again. */
  async disable(id: string, reason: string, at: Date): Promise<void> {
    await this.collection.updateOne(
      { _id: id, status: 'active' },
      { $set: { status: 'disabled', statusReason: reason, updatedAt: at } },
    );
  }

  /** Endpoints whose open deliveries still wait to be told something, oldest first. */
  async withNotice(before: Date, limit: number): Promise<{ id: string; notice: EndpointNotice }[]> {
    const documents = await this.collection
      .find({ 'notice.since': { $lt: before } })
      .limit(limit)
      .toArray();
    return documents.flatMap(({ _id, notice }) => (notice ? [{ id: _id, notice }] : []));
  }

  /** Takes a notice off once it was carried out, unless a newer one has come meanwhile. */
  async clearNotice(id: string, since: Date): Promise<void> {
    await this.collection.updateOne({ _id: id, 'notice.since': since }, { $unset: { notice: true } });
  }

  private sealSecrets(secrets: WebhookEndpoint['secrets']): EndpointDocument['secrets'] {
    return secrets.map(({ secret, ...rest }) => ({ sealed: this.box.seal(secret), ...rest }));
  }

  private toDocument({ id, headers, secrets, ...rest }: WebhookEndpoint): EndpointDocument {
    return {
      _id: id,
      ...rest,
      sealedHeaders: this.box.seal(JSON.stringify(headers)),
      secrets: this.sealSecrets(secrets),
    };
  }

  private fromDocument({ _id, sealedHeaders, secrets, ...rest }: EndpointDocument): WebhookEndpoint {
    return {
      id: _id,
      ...rest,
      headers: headersSchema.parse(JSON.parse(this.box.open(sealedHeaders))),
      secrets: secrets.map(({ sealed, ...other }) => ({ secret: this.box.open(sealed), ...other })),
    };
  }
}
