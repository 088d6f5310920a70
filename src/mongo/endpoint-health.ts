import { MongoServerError, type Collection, type Db } from 'mongodb';
import { deliveryStatuses, judge, type DeliveryStatus } from '../../domain/delivery';
import {
  healthHours,
  healthStartMs,
  hourMs,
  hoursOf,
  type HourCounts,
  type RecentAttempt,
} from '../../domain/endpoint-health';
import { webhookEventTypes } from '../../domain/webhook-events';
import { attemptId, type AttemptDocument } from './webhook-attempts';
import type { DeliveryDocument } from './webhook-deliveries';

/** What is asked of one endpoint; `null` hours: there were too many to count in time. */
export interface EndpointActivity {
  hours: HourCounts[] | null;
  /** The latest attempts of the newest deliveries of these hours, newest first. */
  recent: RecentAttempt[];
  lastDeliveredAt?: Date;
  nextAttemptAt?: Date;
}

const recentDeliveries = 100;
const countWithinMs = 2_000;
const timeIsUpCode = 50;
/** Those that have an attempt: what was held or cancelled may have none. */
const attempted: DeliveryStatus[] = ['delivered', 'failed', 'retrying'];

/** How the endpoints have done of late. Counts keys alone, of the index that the delivery log is read by. */
export class EndpointHealthStore {
  private readonly deliveries: Collection<DeliveryDocument>;
  private readonly attempts: Collection<AttemptDocument>;

  constructor(db: Db) {
    this.deliveries = db.collection('webhookDeliveries');
    this.attempts = db.collection('webhookAttempts');
  }

  async activity(workspaceId: string, endpointId: string, now: Date): Promise<EndpointActivity> {
    const since = new Date(healthStartMs(now.getTime()));
    const [hours, recent, lastDeliveredAt, nextAttemptAt] = await Promise.all([
      this.hours(workspaceId, endpointId, since),
      this.recent(workspaceId, endpointId, since),
      this.lastDeliveredAt(workspaceId, endpointId),
      this.nextAttemptAt(endpointId),
    ]);
    return {
      ...{ hours, recent },
      ...(lastDeliveredAt === undefined ? {} : { lastDeliveredAt }),
      ...(nextAttemptAt === undefined ? {} : { nextAttemptAt }),
    };
  }

  private async hours(workspaceId: string, endpointId: string, since: Date): Promise<HourCounts[] | null> {
    const startMs = since.getTime();
    const until = new Date(startMs + healthHours * hourMs);
    const hour = { $dateDiff: { startDate: since, endDate: '$createdAt', unit: 'hour' } };
    try {
      const rows = await this.deliveries
        .aggregate<{ _id: { status: DeliveryStatus; hour: number }; count: number }>(
          [
            { $match: { ...ofEndpoint(workspaceId, endpointId), createdAt: { $gte: since, $lt: until } } },
            { $group: { _id: { status: '$status', hour }, count: { $sum: 1 } } },
          ],
          { hint: 'byEndpoint', maxTimeMS: countWithinMs },
        )
        .toArray();
      return hoursOf(
        startMs,
        rows.map(({ _id, count }) => ({ ..._id, hour: Number(_id.hour), count })),
      );
    } catch (error) {
      if (error instanceof MongoServerError && error.code === timeIsUpCode) return null;
      throw error;
    }
  }

  private async recent(workspaceId: string, endpointId: string, since: Date): Promise<RecentAttempt[]> {
    const newest = await this.deliveries
      .find(
        { ...ofEndpoint(workspaceId, endpointId), status: { $in: attempted }, createdAt: { $gte: since } },
        { hint: 'byEndpoint' },
      )
      .sort({ createdAt: -1, _id: -1 })
      .limit(recentDeliveries)
      .project<Pick<DeliveryDocument, '_id' | 'attemptCount'>>({ attemptCount: 1 })
      .toArray();
    const ids = newest.map(({ _id, attemptCount }) => attemptId(_id, attemptCount));
    const found = await this.attempts
      .find({ _id: { $in: ids } })
      .project<Pick<AttemptDocument, '_id' | 'durationMs' | 'statusCode' | 'error'>>({
        ...{ durationMs: 1, statusCode: 1, error: 1 },
      })
      .toArray();
    const byId = new Map(found.map((attempt) => [attempt._id, attempt]));
    return ids.flatMap((id) => {
      const attempt = byId.get(id);
      if (!attempt) return [];
      const { _id, ...rest } = attempt;
      return [{ ...rest, hasArrived: judge(attempt.statusCode) === 'delivered' }];
    });
  }

  private async lastDeliveredAt(workspaceId: string, endpointId: string): Promise<Date | undefined> {
    const last = await this.deliveries.findOne(
      { ...ofEndpoint(workspaceId, endpointId), status: 'delivered' },
      { hint: 'byEndpoint', sort: { createdAt: -1, _id: -1 }, projection: { updatedAt: 1 } },
    );
    return last?.updatedAt;
  }

  private async nextAttemptAt(endpointId: string): Promise<Date | undefined> {
    const next = await this.deliveries.findOne(
      { endpointId, status: 'retrying', nextAttemptAt: { $gt: new Date(0) } },
      { hint: 'nextOfEndpoint', sort: { nextAttemptAt: 1 }, projection: { nextAttemptAt: 1 } },
    );
    return next?.nextAttemptAt;
  }
}

/** Names every type and status, as the index has them before the time. */
function ofEndpoint(workspaceId: string, endpointId: string) {
  return {
    ...{ workspaceId, endpointId },
    eventType: { $in: [...webhookEventTypes] },
    status: { $in: [...deliveryStatuses] },
  };
}
