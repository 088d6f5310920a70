import { MongoServerError, type Collection, type Db, type Document } from 'mongodb';
import { deliveryStatuses, type DeliveryStatus } from '../../domain/delivery';
import { emailKinds, type EmailStatus } from '../../domain/email';
import { webhookEventTypes, type WebhookEventType } from '../../domain/webhook-events';
import { messageSources, messageTypes } from './messages';
import { endpointStatuses } from './webhook-endpoints';

/** What is counted: from a moment on and before another, in buckets that begin at multiples of their length. */
export interface CountWindow {
  workspaceId: string;
  fromMs: number;
  untilMs: number;
  bucketMs: number;
  /** How long it may take. */
  withinMs: number;
}
/** A number of rows in the bucket that begins then. */
export interface BucketCount {
  atMs: number;
  count: number;
}

/** Rows of a queue are counted up to here. */
export const maxCounted = 100_000;
const recentFailures = 200;
const timeIsUpCode = 50;
const failedStatuses: DeliveryStatus[] = ['retrying', 'failed'];
/** Those of an email that a server has taken. */
export const goneOutStatuses = ['sent', 'delivered', 'bounced', 'complained'] as const satisfies EmailStatus[];
type GoneOutStatus = (typeof goneOutStatuses)[number];

/** Whether a count was given up, since there was too much to count. */
export function isTimeUp(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === timeIsUpCode;
}

/**
 * Numbers for the overview. Counts read keys alone, of indexes that lists are read by: what they cost grows with what is
 * counted, so each has its time.
 */
export class StatisticsStore {
  constructor(private readonly db: Db) {}

  /** Messages by when they came. */
  async messages(window: CountWindow): Promise<BucketCount[]> {
    return this.count('messages', 'newest', window, {
      filter: { type: { $in: [...messageTypes] }, source: { $in: [...messageSources] } },
      time: 'receivedAt',
    });
  }

  async rejections(window: CountWindow): Promise<BucketCount[]> {
    return this.count('rejections', 'newest', window, { filter: {}, time: 'receivedAt' });
  }

  /** Deliveries by when they were made, with what has become of them. */
  async deliveries(
    window: CountWindow,
  ): Promise<(BucketCount & { eventType: WebhookEventType; status: DeliveryStatus })[]> {
    return this.count('webhookDeliveries', 'newest', window, {
      filter: { eventType: { $in: [...webhookEventTypes] }, status: { $in: [...deliveryStatuses] } },
      time: 'createdAt',
      by: ['eventType', 'status'],
    });
  }

  /** Emails of a status, by when they were made. Of several statuses at once MongoDB would read the documents. */
  async emails(window: CountWindow, status: GoneOutStatus): Promise<BucketCount[]> {
    const filter = { status, kind: { $in: [...emailKinds] } };
    return this.count('emails', 'byStatus', window, { filter, time: 'createdAt' });
  }

  /** Emails by their first open or click. Goes from campaign to campaign, of which there are few beside emails. */
  async doings(window: CountWindow, doing: 'opened' | 'clicked'): Promise<BucketCount[]> {
    const time = doing === 'opened' ? 'openedAtMs' : 'clickedAtMs';
    return this.count('emails', doing, window, { filter: { campaignId: { $gt: '' } }, time, isNumber: true });
  }

  /** Messages that came to nobody. */
  async unresolved(workspaceId: string, sinceMs: number, withinMs: number): Promise<number> {
    const filter = {
      ...{ workspaceId, type: { $in: [...messageTypes] }, source: { $in: [...messageSources] } },
      ...{ 'outcome.status': 'unresolved', receivedAt: { $gte: new Date(sinceMs) } },
    };
    return this.collection('messages').countDocuments(filter, {
      ...{ hint: 'byStatus', maxTimeMS: withinMs, limit: maxCounted },
    });
  }

  /** Deliveries of any age that are in a status, counted up to `maxCounted`. */
  async inStatus(workspaceId: string, status: DeliveryStatus, withinMs: number): Promise<number> {
    const filter = { workspaceId, eventType: { $in: [...webhookEventTypes] }, status };
    return this.collection('webhookDeliveries').countDocuments(filter, {
      ...{ hint: 'newest', maxTimeMS: withinMs, limit: maxCounted },
    });
  }

  /** What of an endpoint's deliveries has failed since a moment and was not made good yet. */
  async failuresOf(workspaceId: string, endpointId: string, sinceMs: number, withinMs: number) {
    const deliveries = this.collection('webhookDeliveries');
    const of = (status: DeliveryStatus[], since?: Date): Document => ({
      ...{ workspaceId, endpointId, eventType: { $in: [...webhookEventTypes] }, status: { $in: status } },
      ...(since === undefined ? {} : { createdAt: { $gte: since } }),
    });
    const options = { hint: 'byEndpoint', maxTimeMS: withinMs };
    const since = new Date(sinceMs);
    const [retrying, failed, [oldest], [next], recent] = await Promise.all([
      deliveries.countDocuments(of(['retrying']), { ...options, limit: maxCounted }),
      deliveries.countDocuments(of(['failed'], since), { ...options, limit: maxCounted }),
      deliveries
        .find(of(['retrying']), options)
        .sort({ createdAt: 1, _id: 1 })
        .limit(1)
        .project<{ createdAt: Date }>({ createdAt: 1 })
        .toArray(),
      deliveries
        .find(
          { endpointId, status: 'retrying', nextAttemptAt: { $gt: new Date(0) } },
          { hint: 'nextOfEndpoint', maxTimeMS: withinMs },
        )
        .sort({ nextAttemptAt: 1 })
        .limit(1)
        .project<{ nextAttemptAt: Date }>({ nextAttemptAt: 1 })
        .toArray(),
      deliveries
        .find(of(failedStatuses, since), options)
        .sort({ createdAt: -1, _id: -1 })
        .limit(recentFailures)
        .project<{ lastStatusCode?: number; lastError?: string }>({ lastStatusCode: 1, lastError: 1 })
        .toArray(),
    ]);
    return { retrying, failed, oldestAt: oldest?.createdAt, nextAttemptAt: next?.nextAttemptAt, recent };
  }

  /** How far somebody has come who has just begun. */
  async firstSteps(workspaceId: string) {
    const isThere = async (name: string, filter: Document, hint: string): Promise<boolean> =>
      (
        await this.collection(name)
          .find({ workspaceId, ...filter }, { hint })
          .limit(1)
          .project({ _id: 1 })
          .toArray()
      ).length > 0;
    const [key, identify, automation, endpoint, delivered] = await Promise.all([
      isThere('apiKeys', { lastUsedAt: { $exists: true } }, 'newest'),
      isThere('messages', { type: 'identify', source: { $in: [...messageSources] } }, 'newest'),
      isThere('automations', { status: 'active' }, 'newest'),
      isThere('webhookEndpoints', { status: { $in: [...endpointStatuses] } }, 'newest'),
      isThere('webhookDeliveries', { eventType: { $in: [...webhookEventTypes] }, status: 'delivered' }, 'newest'),
    ]);
    return { key, identify, automation, endpoint, delivered };
  }

  private collection(name: string): Collection<Document & { _id: string }> {
    return this.db.collection(name);
  }

  private async count<Row extends BucketCount>(
    name: string,
    hint: string,
    { workspaceId, fromMs, untilMs, bucketMs, withinMs }: CountWindow,
    { filter, time, by = [], isNumber }: { filter: Document; time: string; by?: string[]; isNumber?: true },
  ): Promise<Row[]> {
    const [from, until] = isNumber ? [fromMs, untilMs] : [new Date(fromMs), new Date(untilMs)];
    const ms = isNumber ? `$${time}` : { $toLong: `$${time}` };
    const bucket = { $subtract: [ms, { $mod: [ms, bucketMs] }] };
    const fields = Object.fromEntries(by.map((field) => [field, `$${field}`]));
    const kept = Object.fromEntries(by.map((field) => [field, `$_id.${field}`]));
    return this.db
      .collection(name)
      .aggregate<Row>(
        [
          { $match: { workspaceId, ...filter, [time]: { $gte: from, $lt: until } } },
          { $group: { _id: { bucket, ...fields }, count: { $sum: 1 } } },
          { $project: { _id: 0, atMs: { $toDouble: '$_id.bucket' }, count: 1, ...kept } },
        ],
        { hint, maxTimeMS: Math.max(1, Math.floor(withinMs)) },
      )
      .toArray();
  }
}
