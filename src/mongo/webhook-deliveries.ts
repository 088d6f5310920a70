import { type Collection, type Db, type Filter, type IndexDescription, type UpdateFilter } from 'mongodb';
import type { DeliveryChange } from '../../activities/attempt-delivery';
import type { Delivery, DeliveryStatus } from '../../domain/delivery';
import { unsuccessfulStatuses } from '../../domain/delivery-filter';
import { insertNew } from './insert-new';
import { oldestFirst, type PageStart } from './page';

export interface DeliveryDocument extends Omit<Delivery, 'id' | 'createdAtMs' | 'updatedAtMs' | 'nextAttemptAtMs'> {
  _id: string;
  createdAt: Date;
  updatedAt: Date;
  nextAttemptAt?: Date;
  /** Its first attempt waits in the endpoint's lane; absent elsewhere, so that its index holds nothing else. */
  inDispatch?: true;
  /** In the lane: an attempt is under way until then at most. */
  attemptUntil?: Date;
}

export const deliveryIndexes: IndexDescription[] = [
  // One delivery for each pair; look-ups by pair.
  { key: { endpointId: 1, eventId: 1 }, name: 'once', unique: true },
  // The log with any of its filters: every list names its types and statuses, and their ranges are merged.
  { key: { workspaceId: 1, eventType: 1, status: 1, createdAt: -1, _id: -1 }, name: 'newest' },
  { key: { workspaceId: 1, endpointId: 1, eventType: 1, status: 1, createdAt: -1, _id: -1 }, name: 'byEndpoint' },
  // The log by the last answer, where that was no success: success at once costs nothing.
  {
    key: {
      ...{ workspaceId: 1, eventType: 1, status: 1, createdAt: -1, _id: -1 },
      ...{ lastStatusCode: 1, lastError: 1, endpointId: 1 },
    },
    name: 'byAnswer',
    partialFilterExpression: { status: { $in: [...unsuccessfulStatuses] } },
  },
  // Recovery, resume and cancel go through an endpoint by id; counting reads keys alone. Success at once costs nothing.
  {
    key: { endpointId: 1, status: 1, _id: 1, createdAt: 1 },
    name: 'open',
    partialFilterExpression: { status: { $in: ['pending', 'retrying', 'held', 'failed'] } },
  },
  // Lanes: page by page, and with all that is needed to find those left behind without reading a document.
  {
    key: { endpointId: 1, inDispatch: 1, _id: 1, updatedAt: 1 },
    name: 'inDispatch',
    partialFilterExpression: { inDispatch: true },
  },
  // Whose events must not expire yet; and those of no lane that were never attempted, oldest first.
  {
    key: { status: 1, inDispatch: 1, createdAt: 1, _id: 1 },
    name: 'stillOpen',
    partialFilterExpression: { status: { $in: ['pending', 'retrying', 'held'] } },
  },
  // Those of no lane whose next attempt is late, oldest first.
  {
    key: { inDispatch: 1, nextAttemptAt: 1, _id: 1 },
    name: 'nextAttempt',
    partialFilterExpression: { status: 'retrying' },
  },
  // When the next attempt at an endpoint is due.
  {
    key: { endpointId: 1, nextAttemptAt: 1 },
    name: 'nextOfEndpoint',
    partialFilterExpression: { status: 'retrying' },
  },
];

export function toDocument({ id, createdAtMs, updatedAtMs, nextAttemptAtMs, ...rest }: Delivery): DeliveryDocument {
  return {
    _id: id,
    ...rest,
    createdAt: new Date(createdAtMs),
    updatedAt: new Date(updatedAtMs),
    ...(nextAttemptAtMs === undefined ? {} : { nextAttemptAt: new Date(nextAttemptAtMs) }),
  };
}

export function fromDocument(document: DeliveryDocument): Delivery {
  const { _id, createdAt, updatedAt, nextAttemptAt, inDispatch: _in, attemptUntil: _until, ...rest } = document;
  return {
    id: _id,
    ...rest,
    createdAtMs: createdAt.getTime(),
    updatedAtMs: updatedAt.getTime(),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAtMs: nextAttemptAt.getTime() }),
  };
}

/** The update that writes a change. A delivery that failed in its endpoint's lane stays in it until it is handed over. */
export function changeOf(change: DeliveryChange, at: Date): UpdateFilter<DeliveryDocument> {
  const { status, attemptCount, round, attemptsInRound, nextAttemptAtMs } = change;
  const set: Partial<DeliveryDocument> = { status, updatedAt: at };
  const unset: Partial<Record<keyof DeliveryDocument, true>> = { attemptUntil: true };
  if (attemptCount !== undefined) set.attemptCount = attemptCount;
  if (round !== undefined) set.round = round;
  if (attemptsInRound !== undefined) set.attemptsInRound = attemptsInRound;
  if (nextAttemptAtMs === undefined) unset.nextAttemptAt = true;
  else set.nextAttemptAt = new Date(nextAttemptAtMs);
  if (status !== 'pending' && status !== 'retrying') unset.inDispatch = true;
  // Present but undefined means: the last attempt had none.
  if (change.lastStatusCode !== undefined) set.lastStatusCode = change.lastStatusCode;
  else if ('lastStatusCode' in change) unset.lastStatusCode = true;
  if (change.lastError !== undefined) set.lastError = change.lastError;
  else if ('lastError' in change) unset.lastError = true;
  return { $set: set, $unset: unset };
}

export class WebhookDeliveryStore {
  readonly collection: Collection<DeliveryDocument>;

  constructor(db: Db) {
    this.collection = db.collection('webhookDeliveries');
  }

  /** Makes sure that each delivery exists, and returns them as they are stored: those of an earlier try keep their id. */
  async ensure(deliveries: Delivery[]): Promise<Delivery[]> {
    if (deliveries.length === 0) return [];
    const isKnown = await insertNew(this.collection, deliveries.map(toDocument));
    return isKnown.includes(true) ? this.byPairs(deliveries) : deliveries;
  }

  async find(id: string): Promise<Delivery | undefined> {
    const document = await this.collection.findOne({ _id: id });
    return document ? fromDocument(document) : undefined;
  }

  async get(workspaceId: string, id: string): Promise<Delivery | undefined> {
    const delivery = await this.find(id);
    return delivery?.workspaceId === workspaceId ? delivery : undefined;
  }

  async byIds(ids: string[]): Promise<Delivery[]> {
    return (await this.collection.find({ _id: { $in: ids } }).toArray()).map(fromDocument);
  }

  /** Those of the deliveries that exist. Reads by the unique key, one range for each endpoint. */
  async byPairs(pairs: { endpointId: string; eventId: string }[]): Promise<Delivery[]> {
    if (pairs.length === 0) return [];
    const wanted = new Set(pairs.map(({ endpointId, eventId }) => `${endpointId}/${eventId}`));
    const documents = await this.collection
      .find({
        endpointId: { $in: [...new Set(pairs.map(({ endpointId }) => endpointId))] },
        eventId: { $in: [...new Set(pairs.map(({ eventId }) => eventId))] },
      })
      .toArray();
    return documents.filter(({ endpointId, eventId }) => wanted.has(`${endpointId}/${eventId}`)).map(fromDocument);
  }

  async byPair({ endpointId, eventId }: { endpointId: string; eventId: string }): Promise<Delivery | undefined> {
    return (await this.byPairs([{ endpointId, eventId }]))[0];
  }

  /** Stores deliveries for their endpoint's webhookDispatch; one that exists already is left as it is. */
  async insertForDispatch(rows: (Delivery & { attemptUntilMs?: number })[]): Promise<void> {
    if (rows.length === 0) return;
    const documents = rows.map(({ attemptUntilMs, ...delivery }): DeliveryDocument => ({
      ...toDocument(delivery),
      inDispatch: true,
      ...(attemptUntilMs === undefined ? {} : { attemptUntil: new Date(attemptUntilMs) }),
    }));
    await insertNew(this.collection, documents);
  }

  /** Gives stored deliveries that were not attempted yet to their endpoint's webhookDispatch. */
  async moveToDispatch(ids: string[], workflowId: string, at: Date): Promise<void> {
    await this.collection.updateMany(
      { _id: { $in: ids }, attemptCount: 0, status: { $in: ['pending', 'held'] } },
      { $set: { workflowId, inDispatch: true, status: 'pending', updatedAt: at } },
    );
  }

  /** What the endpoint's webhookDispatch carries, oldest first. */
  async inDispatch(endpointId: string, limit: number): Promise<(Delivery & { attemptUntilMs?: number })[]> {
    const documents = await this.collection
      .find({ endpointId, inDispatch: true })
      .sort({ _id: 1 })
      .limit(limit)
      .toArray();
    return documents.map((document) => ({
      ...fromDocument(document),
      ...(document.attemptUntil ? { attemptUntilMs: document.attemptUntil.getTime() } : {}),
    }));
  }

  /** Makes a workflow the carrier of those that have failed for good. */
  async claimFailed(ids: string[], workflowId: string): Promise<void> {
    await this.collection.updateMany({ _id: { $in: ids }, status: 'failed' }, { $set: { workflowId } });
  }

  /** Endpoints in whose lanes something was left since before `before`. */
  async endpointsInDispatch(before: Date, limit: number): Promise<string[]> {
    const rows = await this.collection
      .aggregate<{ _id: string }>([
        // A bound that holds for all, since only a query on its first field uses an index.
        { $match: { endpointId: { $gt: '' }, inDispatch: true, updatedAt: { $lt: before } } },
        { $group: { _id: '$endpointId' } },
        { $limit: limit },
      ])
      .toArray();
    return rows.map(({ _id }) => _id);
  }

  /** Those of no lane whose next attempt, or else whose making, is older than a moment; oldest first. */
  async overdue(
    status: 'retrying' | 'pending',
    page: { before: Date; after?: PageStart | undefined; limit: number },
  ): Promise<Delivery[]> {
    const ofNoLane = { status, inDispatch: { $exists: false } };
    const [timeField, index] = status === 'retrying' ? ['nextAttemptAt', 'nextAttempt'] : ['createdAt', 'stillOpen'];
    return (await oldestFirst(this.collection, ofNoLane, timeField, page, index).toArray()).map(fromDocument);
  }

  /** Makes `to` the carrier of a delivery, if nothing has become of it since it was read. Returns whether that is so. */
  async claimOverdue({ id, status, workflowId, nextAttemptAtMs }: Delivery, to: string): Promise<boolean> {
    const nextAttemptAt = nextAttemptAtMs === undefined ? { $exists: false } : new Date(nextAttemptAtMs);
    const asItWas = { _id: id, status, workflowId, nextAttemptAt, inDispatch: { $exists: false } };
    return (await this.collection.updateOne(asItWas, { $set: { workflowId: to } })).matchedCount === 1;
  }

  async lease(ids: string[], until: Date): Promise<void> {
    if (ids.length === 0) return;
    await this.collection.updateMany(
      { _id: { $in: ids }, inDispatch: true, status: 'pending' },
      { $set: { attemptUntil: until } },
    );
  }

  /** Makes `to` the carrier of those that `from` carries. */
  async move(ids: string[], from: string, to: string): Promise<void> {
    await this.collection.updateMany(
      { _id: { $in: ids }, workflowId: from },
      { $set: { workflowId: to }, $unset: { inDispatch: true, attemptUntil: true } },
    );
  }

  /** One workflow takes one delivery over, whoever carried it. */
  async takeOver(id: string, workflowId: string): Promise<void> {
    await this.collection.updateOne(
      { _id: id },
      { $set: { workflowId }, $unset: { inDispatch: true, attemptUntil: true } },
    );
  }

  /**
   * Closes or holds those that the workflow carries and that are not closed. An attempt that is under way stays noted: a
   * resume must not make another beside it.
   */
  async setStatus(ids: string[], carrier: string, status: 'held' | 'cancelled', at: Date): Promise<void> {
    await this.collection.updateMany(
      { _id: { $in: ids }, workflowId: carrier, status: { $in: ['pending', 'retrying'] } },
      { $set: { status, updatedAt: at }, $unset: { nextAttemptAt: true, inDispatch: true } },
    );
  }

  /** Undoes a hold of those that the workflow still carries; in the lane of an endpoint they are looked for as before. */
  async unhold(ids: string[], carrier: string, at: Date): Promise<void> {
    const held = { _id: { $in: ids }, workflowId: carrier, status: 'held' as const };
    const lane = carrier.startsWith('dispatch/') ? { inDispatch: true as const } : {};
    await this.collection.updateMany(
      { ...held, attemptsInRound: { $gt: 0 } },
      { $set: { status: 'retrying', nextAttemptAt: at, updatedAt: at, ...lane } },
    );
    await this.collection.updateMany(
      { ...held, attemptsInRound: 0 },
      { $set: { status: 'pending', updatedAt: at, ...lane } },
    );
  }

  /** Writes what an attempt or a signal made of the delivery; without `nextAttemptAtMs` none is planned. */
  async update(id: string, change: DeliveryChange, at: Date): Promise<void> {
    await this.collection.updateOne({ _id: id }, changeOf(change, at));
  }

  /** Makes no further attempts. A delivery that has succeeded meanwhile stays delivered. */
  async cancel(id: string, at: Date): Promise<void> {
    await this.collection.updateOne({ _id: id, status: { $ne: 'delivered' } }, changeOf({ status: 'cancelled' }, at));
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
