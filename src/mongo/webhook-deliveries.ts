import type { Collection, Db, Filter, IndexDescription } from 'mongodb';
import type { Delivery, DeliveryStatus } from '../../domain/delivery';
import type { WebhookEventType } from '../../domain/webhook-events';
import { newestFirst, type PageStart } from './page';

export interface DeliveryDocument extends Omit<Delivery, 'id' | 'createdAtMs' | 'updatedAtMs' | 'nextAttemptAtMs'> {
  _id: string;
  createdAt: Date;
  updatedAt: Date;
  nextAttemptAt?: Date;
}

export const deliveryIndexes: IndexDescription[] = [
  { key: { endpointId: 1, eventId: 1 }, name: 'once', unique: true },
  { key: { workspaceId: 1, createdAt: -1, _id: -1 }, name: 'newest' },
  { key: { workspaceId: 1, status: 1, createdAt: -1, _id: -1 }, name: 'byStatus' },
  { key: { workspaceId: 1, endpointId: 1, createdAt: -1, _id: -1 }, name: 'byEndpoint' },
  { key: { workspaceId: 1, eventType: 1, createdAt: -1, _id: -1 }, name: 'byEvent' },
  { key: { endpointId: 1, status: 1, _id: 1 }, name: 'open' },
];

/** Filters of the delivery log. */
export interface DeliveryFilter {
  status?: DeliveryStatus;
  endpointId?: string;
  event?: WebhookEventType;
  since?: Date;
  until?: Date;
}

function toDocument({ id, createdAtMs, updatedAtMs, nextAttemptAtMs, ...rest }: Delivery): DeliveryDocument {
  return {
    _id: id,
    ...rest,
    createdAt: new Date(createdAtMs),
    updatedAt: new Date(updatedAtMs),
    ...(nextAttemptAtMs === undefined ? {} : { nextAttemptAt: new Date(nextAttemptAtMs) }),
  };
}

function fromDocument({ _id, createdAt, updatedAt, nextAttemptAt, ...rest }: DeliveryDocument): Delivery {
  return {
    id: _id,
    ...rest,
    createdAtMs: createdAt.getTime(),
    updatedAtMs: updatedAt.getTime(),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAtMs: nextAttemptAt.getTime() }),
  };
}

export class WebhookDeliveryStore {
  readonly collection: Collection<DeliveryDocument>;

  constructor(db: Db) {
    this.collection = db.collection('webhookDeliveries');
  }

  /** Makes sure that each delivery exists, and returns them as they are stored: those of an earlier try keep their id. */
  async ensure(deliveries: Delivery[]): Promise<Delivery[]> {
    if (deliveries.length === 0) return [];
    await this.collection.bulkWrite(
      deliveries.map((delivery) => {
        const { endpointId, eventId, ...rest } = toDocument(delivery);
        return { updateOne: { filter: { endpointId, eventId }, update: { $setOnInsert: rest }, upsert: true } };
      }),
      { ordered: false },
    );
    const keys = deliveries.map(({ endpointId, eventId }) => ({ endpointId, eventId }));
    return (await this.collection.find({ $or: keys }).toArray()).map(fromDocument);
  }

  async find(id: string): Promise<Delivery | undefined> {
    const document = await this.collection.findOne({ _id: id });
    return document ? fromDocument(document) : undefined;
  }

  async get(workspaceId: string, id: string): Promise<Delivery | undefined> {
    const delivery = await this.find(id);
    return delivery?.workspaceId === workspaceId ? delivery : undefined;
  }

  /** Writes what an attempt or a signal made of the delivery; without `nextAttemptAtMs` none is planned. */
  async update(
    id: string,
    change: {
      status: DeliveryStatus;
      attemptCount?: number;
      round?: number;
      lastStatusCode?: number | undefined;
      lastError?: string | undefined;
      nextAttemptAtMs?: number;
    },
    at: Date,
  ): Promise<void> {
    const { status, attemptCount, round, nextAttemptAtMs } = change;
    const set: Partial<DeliveryDocument> = { status, updatedAt: at };
    const unset: { nextAttemptAt?: true; lastStatusCode?: true; lastError?: true } = {};
    if (attemptCount !== undefined) set.attemptCount = attemptCount;
    if (round !== undefined) set.round = round;
    if (nextAttemptAtMs === undefined) unset.nextAttemptAt = true;
    else set.nextAttemptAt = new Date(nextAttemptAtMs);
    // Present but undefined means: the last attempt had none.
    if (change.lastStatusCode !== undefined) set.lastStatusCode = change.lastStatusCode;
    else if ('lastStatusCode' in change) unset.lastStatusCode = true;
    if (change.lastError !== undefined) set.lastError = change.lastError;
    else if ('lastError' in change) unset.lastError = true;
    await this.collection.updateOne({ _id: id }, { $set: set, $unset: unset });
  }

  async page(
    workspaceId: string,
    filter: DeliveryFilter,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<Delivery[]> {
    const query: Filter<DeliveryDocument> = { workspaceId };
    if (filter.status) query.status = filter.status;
    if (filter.endpointId) query.endpointId = filter.endpointId;
    if (filter.event) query.eventType = filter.event;
    if (filter.since ?? filter.until) {
      query.createdAt = {
        ...(filter.since ? { $gte: filter.since } : {}),
        ...(filter.until ? { $lt: filter.until } : {}),
      };
    }
    return (await newestFirst(this.collection, query, 'createdAt', page)).map(fromDocument);
  }

  /** Deliveries of one endpoint in some statuses, in the order of their ids, for work that goes through all of them. */
  async ofEndpoint(
    endpointId: string,
    where: { statuses: DeliveryStatus[]; since?: Date; until?: Date; afterId?: string },
    limit: number,
  ): Promise<Delivery[]> {
    const documents = await this.collection
      .find(this.ofEndpointFilter(endpointId, where))
      .sort({ _id: 1 })
      .limit(limit)
      .toArray();
    return documents.map(fromDocument);
  }

  async countOfEndpoint(
    endpointId: string,
    where: { statuses: DeliveryStatus[]; since?: Date; until?: Date },
  ): Promise<number> {
    return this.collection.countDocuments(this.ofEndpointFilter(endpointId, where));
  }

  private ofEndpointFilter(
    endpointId: string,
    where: { statuses: DeliveryStatus[]; since?: Date; until?: Date; afterId?: string },
  ): Filter<DeliveryDocument> {
    return {
      endpointId,
      status: { $in: where.statuses },
      ...(where.since || where.until
        ? { createdAt: { ...(where.since ? { $gte: where.since } : {}), ...(where.until ? { $lt: where.until } : {}) } }
        : {}),
      ...(where.afterId === undefined ? {} : { _id: { $gt: where.afterId } }),
    };
  }
}
