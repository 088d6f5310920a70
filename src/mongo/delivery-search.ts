import type { Collection, Db, Filter } from 'mongodb';
import type { Delivery } from '../../domain/delivery';
import { codesOf, isWanted, statusesOf, unsuccessfulStatuses, type DeliveryFilter } from '../../domain/delivery-filter';
import { webhookEventTypes } from '../../domain/webhook-events';
import { newestFirst, type PageStart } from './page';
import { fromDocument, type DeliveryDocument } from './webhook-deliveries';
import type { WebhookEventDocument } from './webhook-events';

/** A page of the log; `next` is where the following one starts, if there may be more. */
export interface DeliveryPage {
  rows: Delivery[];
  next?: PageStart;
}
interface ContactOf {
  workspaceId: string;
  contactId: string;
}
interface PageWanted {
  after?: PageStart | undefined;
  limit: number;
}

/** What a person sees at once is found at once; a contact with more events is paged through. */
const maxEventsScanned = 1_000;

/** The delivery log, with any of its filters. */
export class DeliverySearchStore {
  private readonly deliveries: Collection<DeliveryDocument>;
  private readonly events: Collection<WebhookEventDocument>;
  private readonly endpoints: Collection<{ _id: string; workspaceId: string }>;

  constructor(db: Db) {
    this.deliveries = db.collection('webhookDeliveries');
    this.events = db.collection('webhookEvents');
    this.endpoints = db.collection('webhookEndpoints');
  }

  /** Newest first. */
  async page(workspaceId: string, filter: DeliveryFilter, { after, limit }: PageWanted): Promise<DeliveryPage> {
    const { query, index } = this.queryOf(workspaceId, filter);
    if (statusesOf(filter).length === 0) return { rows: [] };
    const page = { after, limit: limit + 1 };
    const found = (await newestFirst(this.deliveries, query, 'createdAt', page, index)).map(fromDocument);
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    if (!last || found.length <= limit) return { rows };
    return { rows, next: { at: new Date(last.createdAtMs), id: last.id } };
  }

  /** Counts keys, `max` of them at most. */
  async count(workspaceId: string, filter: DeliveryFilter, max: number): Promise<number> {
    if (statusesOf(filter).length === 0) return 0;
    const { query, index } = this.queryOf(workspaceId, filter);
    return this.deliveries.countDocuments(query, { limit: max, hint: index });
  }

  /** The deliveries of one event: one for each endpoint at most. */
  async ofEvent(workspaceId: string, eventId: string, filter: DeliveryFilter): Promise<Delivery[]> {
    const endpointIds = await this.endpointIds(workspaceId, filter);
    return this.ofEvents(endpointIds, [eventId], filter);
  }

  /** The deliveries of what was told of a contact: by event, newest first, and those of one event by endpoint. */
  async ofContact(contact: ContactOf, filter: DeliveryFilter, { after, limit }: PageWanted): Promise<DeliveryPage> {
    const rows: Delivery[] = [];
    let next = after;
    let eventsSeen = 0;
    for await (const { found, place } of this.walkContact(contact, filter, after, limit)) {
      if (found && rows.length === limit) return { rows, ...(next ? { next } : {}) };
      if (found) rows.push(found);
      else if (++eventsSeen >= maxEventsScanned) return { rows, next: place };
      next = place;
    }
    return { rows };
  }

  /** Event by event: the deliveries that are wanted, and then the event's end. */
  private async *walkContact(
    { workspaceId, contactId }: ContactOf,
    filter: DeliveryFilter,
    after: PageStart | undefined,
    limit: number,
  ): AsyncGenerator<{ found?: Delivery; place: PageStart }> {
    const endpointIds = await this.endpointIds(workspaceId, filter);
    // An id with something behind it comes after the id alone: the event that a page ended in is read again.
    for (let start = after; ;) {
      const page = { after: start, limit };
      const ids = { _id: 1, createdAt: 1 };
      const events = await newestFirst(this.events, { contactId }, 'createdAt', page, 'byContact', ids);
      const deliveries = await this.ofEvents(
        endpointIds,
        events.map(({ _id }) => _id),
        filter,
      );
      for (const { _id: eventId, createdAt: at } of events) {
        const ofEvent = deliveries.filter((delivery) => delivery.eventId === eventId);
        for (const found of ofEvent.sort((one, other) => (one.endpointId < other.endpointId ? -1 : 1))) {
          const place = { at, id: `${eventId} ${found.endpointId}` };
          const isShown = after?.id.startsWith(`${eventId} `) === true && place.id <= after.id;
          if (!isShown) yield { found, place };
        }
        yield { place: { at, id: `${eventId} ~` } };
      }
      const last = events.at(-1);
      if (!last || events.length < limit) return;
      start = { at: last.createdAt, id: last._id };
    }
  }

  private async ofEvents(endpointIds: string[], eventIds: string[], filter: DeliveryFilter): Promise<Delivery[]> {
    if (endpointIds.length === 0 || eventIds.length === 0) return [];
    const found = this.deliveries.find(
      { endpointId: { $in: endpointIds }, eventId: { $in: eventIds } },
      { hint: 'once' },
    );
    return (await found.toArray()).map(fromDocument).filter((delivery) => isWanted(delivery, filter));
  }

  /** Those that are deleted have a log, too. */
  private async endpointIds(workspaceId: string, { endpointId }: DeliveryFilter): Promise<string[]> {
    const rows = await this.endpoints
      .find({ workspaceId, ...(endpointId === undefined ? {} : { _id: endpointId }) })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return rows.map(({ _id }) => _id);
  }

  /** By lists of every type and status, whose ranges are merged in the order of time. */
  private queryOf(workspaceId: string, filter: DeliveryFilter): { query: Filter<DeliveryDocument>; index: string } {
    const { events = [...webhookEventTypes], endpointId, answer, since, until } = filter;
    const query: Filter<DeliveryDocument> = {
      workspaceId,
      ...(endpointId === undefined ? {} : { endpointId }),
      eventType: { $in: events },
      status: { $in: statusesOf(filter) },
      ...(since || until ? { createdAt: { ...(since ? { $gte: since } : {}), ...(until ? { $lt: until } : {}) } } : {}),
    };
    if (answer === undefined || answer === '2xx')
      return { query, index: endpointId === undefined ? 'newest' : 'byEndpoint' };
    // MongoDB takes a partial index for the whole of its statuses, or for one, and does not conclude to some of them.
    const unsuccessful = { ...query, $and: [{ status: { $in: [...unsuccessfulStatuses] } }] };
    if (answer === 'none') return { query: { ...unsuccessful, lastError: { $gt: '' } }, index: 'byAnswer' };
    const { from, to } = codesOf(answer);
    return { query: { ...unsuccessful, lastStatusCode: { $gte: from, $lt: to } }, index: 'byAnswer' };
  }
}
