import type { ChangeStream, ClientSession, Collection, Db, IndexDescription } from 'mongodb';
import type { WebhookEvent, WebhookEventType } from '../../domain/webhook-events';
import { newestFirst, type PageStart } from './page';
import { longerMs } from './retention';

export interface WebhookEventDocument extends Omit<WebhookEvent, 'id' | 'createdAtMs'> {
  _id: string;
  createdAt: Date;
  /** Set once its deliveries exist and their workflows are started. */
  dispatchedAt?: Date;
  isDispatched: boolean;
  /** The person was removed: there is no body any more, and nothing is delivered. */
  isErased?: true;
}

/** What a change stream tells of an event that was inserted. */
export interface NewWebhookEvent {
  documentKey: { _id: string };
}

export const webhookEventIndexes: IndexDescription[] = [
  // The sweep.
  { key: { createdAt: 1 }, name: 'undispatched', partialFilterExpression: { isDispatched: false } },
  // What happened to a contact, and the removal of it.
  {
    key: { contactId: 1, createdAt: -1, _id: -1 },
    name: 'byContact',
    partialFilterExpression: { contactId: { $exists: true } },
  },
];

function fromDocument({
  _id,
  createdAt,
  dispatchedAt: _at,
  isDispatched: _is,
  isErased: _erased,
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
    await this.write(events, { isDispatched: false }, session);
  }

  /** Events that no endpoint has asked for: kept like the others, with nothing to be dispatched. */
  async insertUnasked(events: WebhookEvent[], at: Date, session: ClientSession): Promise<void> {
    await this.write(events, { isDispatched: true, dispatchedAt: at }, session);
  }

  private async write(
    events: WebhookEvent[],
    dispatch: Pick<WebhookEventDocument, 'isDispatched' | 'dispatchedAt'>,
    session: ClientSession,
  ): Promise<void> {
    if (events.length === 0) return;
    const documents = events.map(({ id, createdAtMs, ...rest }): WebhookEventDocument => ({
      ...{ _id: id, ...rest, createdAt: new Date(createdAtMs), ...dispatch },
    }));
    await this.collection.insertMany(documents, { session });
  }

  async get(id: string): Promise<WebhookEvent | undefined> {
    const document = await this.collection.findOne({ _id: id });
    return document && !document.isErased ? fromDocument(document) : undefined;
  }

  /**
   * A workspace's events as they are committed. A change stream: it costs only while somebody follows, where a poll
   * would need one more index on what is written most, and ids do not grow with time.
   */
  watch(
    workspaceId: string,
    types: WebhookEventType[],
    place?: string,
  ): ChangeStream<WebhookEventDocument, NewWebhookEvent> {
    const inserted = { operationType: 'insert', 'fullDocument.workspaceId': workspaceId };
    return this.collection.watch<WebhookEventDocument, NewWebhookEvent>(
      [{ $match: { ...inserted, 'fullDocument.type': { $in: types } } }, { $project: { documentKey: 1 } }],
      place === undefined ? {} : { resumeAfter: { _data: place } },
    );
  }

  /** Events by id, without what was sent. */
  async headsOf(ids: string[]): Promise<Pick<WebhookEventDocument, '_id' | 'type' | 'createdAt' | 'isDispatched'>[]> {
    return this.collection
      .find({ _id: { $in: ids } })
      .project<Pick<WebhookEventDocument, '_id' | 'type' | 'createdAt' | 'isDispatched'>>({
        ...{ type: 1, createdAt: 1, isDispatched: 1 },
      })
      .toArray();
  }

  /** Those of these events that have no deliveries yet. */
  async undispatched(ids: string[]): Promise<WebhookEvent[]> {
    return (await this.collection.find({ _id: { $in: ids }, isDispatched: false }).toArray()).map(fromDocument);
  }

  /** Bodies by event id, to be sent. An event that is sent this late is dated anew: it must outlive its deliveries. */
  async bodies(ids: string[]): Promise<Map<string, string>> {
    const rows = await this.collection
      .find({ _id: { $in: ids } })
      .project<Pick<WebhookEventDocument, '_id' | 'body' | 'dispatchedAt' | 'isErased'>>({
        ...{ body: 1, dispatchedAt: 1, isErased: 1 },
      })
      .toArray();
    const now = new Date();
    const lateMs = now.getTime() - longerMs;
    const late = rows.filter(({ dispatchedAt }) => dispatchedAt !== undefined && dispatchedAt.getTime() < lateMs);
    if (late.length > 0)
      await this.markDispatched(
        late.map(({ _id }) => _id),
        now,
      );
    return new Map(rows.flatMap(({ _id, body, isErased }) => (isErased ? [] : [[_id, body] as const])));
  }

  /** Blanks what was sent about a person. The row stays, so that a delivery of it is known to be erased. */
  async erase(ids: string[], at: Date): Promise<void> {
    if (ids.length === 0) return;
    await this.collection.updateMany(
      { _id: { $in: ids }, isErased: { $exists: false } },
      { $set: { body: '', isErased: true, isDispatched: true, dispatchedAt: at } },
    );
  }

  async markDispatched(ids: string[], at: Date): Promise<void> {
    if (ids.length === 0) return;
    await this.collection.updateMany({ _id: { $in: ids } }, { $set: { isDispatched: true, dispatchedAt: at } });
  }

  /** What was told of a contact, newest first. */
  async ofContact(contactId: string, page: { after?: PageStart | undefined; limit: number }): Promise<WebhookEvent[]> {
    const rows = await newestFirst(this.collection, { contactId }, 'createdAt', page, 'byContact');
    return rows.map(fromDocument);
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
