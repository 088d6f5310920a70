import type { ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import type { WebhookEvent } from '../../domain/webhook-events';

export interface WebhookEventDocument extends Omit<WebhookEvent, 'id' | 'createdAtMs'> {
  _id: string;
  createdAt: Date;
  /** Set once its deliveries exist and their workflows are started. */
  dispatchedAt?: Date;
  isDispatched: boolean;
}

export const webhookEventIndexes: IndexDescription[] = [
  { key: { createdAt: 1 }, name: 'undispatched', partialFilterExpression: { isDispatched: false } },
  { key: { contactId: 1 }, name: 'byContact', sparse: true },
];

function fromDocument({
  _id,
  createdAt,
  dispatchedAt: _at,
  isDispatched: _is,
  ...rest
}: WebhookEventDocument): WebhookEvent {
  return { id: _id, ...rest, createdAtMs: createdAt.getTime() };
}

export class WebhookEventStore {
  readonly collection: Collection<WebhookEventDocument>;

  constructor(db: Db) {
    this.collection = db.collection('webhookEvents');
  }

  /** Written with the change that caused them, in its transaction. */
  async insert(events: WebhookEvent[], session: ClientSession): Promise<void> {
    if (events.length === 0) return;
    const documents = events.map(({ id, createdAtMs, ...rest }): WebhookEventDocument => ({
      _id: id,
      ...rest,
      createdAt: new Date(createdAtMs),
      isDispatched: false,
    }));
    await this.collection.insertMany(documents, { session });
  }

  async get(id: string): Promise<WebhookEvent | undefined> {
    const document = await this.collection.findOne({ _id: id });
    return document ? fromDocument(document) : undefined;
  }

  /** Those of these events that have no deliveries yet, without their bodies. */
  async undispatched(ids: string[]): Promise<Omit<WebhookEvent, 'body'>[]> {
    const documents = await this.collection
      .find({ _id: { $in: ids }, isDispatched: false })
      .project<Omit<WebhookEventDocument, 'body'>>({ body: 0 })
      .toArray();
    return documents.map(({ _id, createdAt, workspaceId, type, contactId }) => ({
      id: _id,
      workspaceId,
      type,
      ...(contactId === undefined ? {} : { contactId }),
      createdAtMs: createdAt.getTime(),
    }));
  }

  async markDispatched(ids: string[], at: Date): Promise<void> {
    if (ids.length === 0) return;
    await this.collection.updateMany({ _id: { $in: ids } }, { $set: { isDispatched: true, dispatchedAt: at } });
  }

  /** Ids of events made before `before` that still have no deliveries, oldest first. */
  async leftBehind(before: Date, limit: number): Promise<string[]> {
    const rows = await this.collection
      .find({ isDispatched: false, createdAt: { $lt: before } })
      .sort({ createdAt: 1 })
      .limit(limit)
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return rows.map(({ _id }) => _id);
  }
}
