import type { FindCursor, IndexDescription } from 'mongodb';
import { deliveryStatuses, type DeliveryStatus } from '../../domain/delivery';
import { emailStatuses, type EmailStatus } from '../../domain/email';
import type { Stores } from './stores';

const dayMs = 86_400_000;
export const defaultRetentionMs = 90 * dayMs;
/** What a delivery or a run hangs on stays a little longer than it, and is dated anew when it is needed later. */
export const longerMs = dayMs;
const openStatuses: readonly DeliveryStatus[] = ['pending', 'retrying', 'held'];
const unsentStatuses: readonly EmailStatus[] = ['queued', 'sending'];
/** What is heard late about an email is still counted for it. Unsubscribe links hold longer: they name the contact. */
const emailsAtLeastMs = 60 * dayMs;

interface Expiry {
  /** The field with the moment that it is counted from. */
  from: string;
  /** Leaves out what is open: that never expires. */
  only?: IndexDescription['partialFilterExpression'];
  isLonger?: true;
  /** However short the retention is. */
  atLeastMs?: number;
}
const expiries: Record<string, Expiry> = {
  messages: { from: 'doneAt', only: { state: 'done' }, isLonger: true },
  rejections: { from: 'receivedAt' },
  automationRuns: { from: 'endedAt', only: { endedAt: { $exists: true } } },
  webhookDeliveries: {
    from: 'updatedAt',
    only: { status: { $in: deliveryStatuses.filter((status) => !openStatuses.includes(status)) } },
  },
  webhookEvents: { from: 'dispatchedAt', only: { isDispatched: true }, isLonger: true },
  webhookAttempts: { from: 'at', isLonger: true },
  imports: { from: 'endedAt', only: { endedAt: { $exists: true } } },
  importChunks: { from: 'doneAt', only: { state: 'done' } },
  erasures: { from: 'endedAt', only: { endedAt: { $exists: true } } },
  // From its making on, which every email has and which nothing heard later puts off: it is a person's data.
  emails: {
    from: 'createdAt',
    only: { status: { $in: emailStatuses.filter((status) => !unsentStatuses.includes(status)) } },
    atLeastMs: emailsAtLeastMs,
  },
  // As long as it is kept, a provider's repeat of it is known.
  emailEvents: { from: 'doneAt', only: { state: 'done' } },
};

/** The time-to-live index of a collection, if what is in it expires. */
export function expiryIndexes(collection: string, retentionMs: number): IndexDescription[] {
  const expiry = expiries[collection];
  if (!expiry) return [];
  const { from, only, isLonger, atLeastMs = 0 } = expiry;
  return [
    {
      key: { [from]: 1 },
      name: 'expiry',
      expireAfterSeconds: Math.ceil(Math.max(retentionMs + (isLonger ? longerMs : 0), atLeastMs) / 1_000),
      ...(only ? { partialFilterExpression: only } : {}),
    },
  ];
}

/** How often a worker calls keepWhatIsUsed: some times in the half of a retention that it has for it. */
export function keepEveryMs(retentionMs: number): number {
  return Math.min(dayMs, retentionMs / 8);
}

/**
 * An index sees one document alone. So the event of a delivery that is open for long, and the message of a run that
 * waits for long, are dated anew when half of their time is over.
 */
export async function keepWhatIsUsed(
  stores: Pick<Stores, 'deliveries' | 'events' | 'runs' | 'messages'>,
  retentionMs: number,
  now: Date,
): Promise<void> {
  const before = new Date(now.getTime() - retentionMs / 2);
  const open = stores.deliveries.collection
    .find({ status: { $in: openStatuses }, createdAt: { $lt: before } })
    .project<{ eventId: string }>({ _id: 0, eventId: 1 });
  for await (const rows of batches(open)) {
    const ids = rows.map(({ eventId }) => eventId);
    const late = { _id: { $in: ids }, dispatchedAt: { $lt: before } };
    await stores.events.collection.updateMany(late, { $set: { dispatchedAt: now } });
  }
  const running = stores.runs.collection
    .find({ status: 'running', startedAt: { $lt: before } })
    .project<{ messageKey: string }>({ _id: 0, messageKey: 1 });
  for await (const rows of batches(running)) {
    const keys = rows.map(({ messageKey }) => messageKey);
    const late = { _id: { $in: keys }, doneAt: { $lt: before } };
    await stores.messages.collection.updateMany(late, { $set: { doneAt: now } });
  }
}

const batchSize = 1_000;

async function* batches<Row>(rows: FindCursor<Row>): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
