import type { Db } from 'mongodb';
import { workflowIds } from '../../domain/ids';
import { standardRetryDelaysMs } from '../../domain/retry-timeline';
import { contactCreated } from '../../domain/webhook-events';
import { newContact } from '../../domain/contact';
import { newId } from '../../src/mongo/new-id';
import type { DeliveryDocument } from '../../src/mongo/webhook-deliveries';
import type { WebhookEventDocument } from '../../src/mongo/webhook-events';

const rowsAtOnce = 1_000;
const groupSize = 100;

interface Endpoint {
  id: string;
  workspaceId: string;
  url: string;
}

/** What carried the deliveries to their end: a workflow for each, as at rest, or one for many, as under load. */
export type Carrier = 'own workflow' | 'group';

/**
 * Puts failed deliveries into the database as if their timeline had been used up some time ago and their workflows were
 * closed: the shape that the stores write, which is checked by their types.
 */
export async function insertFailedDeliveries(
  db: Db,
  endpoint: Endpoint,
  { count, createdAtMs, carrier }: { count: number; createdAtMs: number; carrier: Carrier },
): Promise<void> {
  const events = db.collection<WebhookEventDocument>('webhookEvents');
  const deliveries = db.collection<DeliveryDocument>('webhookDeliveries');
  const attempts = db.collection<{ _id: string }>('webhookAttempts');
  for (let done = 0; done < count; done += rowsAtOnce) {
    const rows = Array.from({ length: Math.min(rowsAtOnce, count - done) }, (_, index) =>
      failedDelivery(endpoint, done + index, createdAtMs, carrier),
    );
    const unordered = { ordered: false, writeConcern: { w: 1 } } as const;
    await events.insertMany(
      rows.map(({ event }) => event),
      unordered,
    );
    await deliveries.insertMany(
      rows.map(({ delivery }) => delivery),
      unordered,
    );
    await attempts.insertMany(
      rows.flatMap((row) => row.attempts),
      unordered,
    );
  }
}

function failedDelivery(endpoint: Endpoint, number: number, createdAtMs: number, carrier: Carrier) {
  const contact = newContact(
    { id: newId('contact'), workspaceId: endpoint.workspaceId, email: `parked-${number}@bench.example`, source: 'api' },
    createdAtMs,
  );
  const { createdAtMs: _createdAtMs, id: eventId, ...event } = contactCreated(newId('event'), contact);
  const deliveryId = newId('delivery');
  const attemptCount = standardRetryDelaysMs.length + 1;
  let atMs = createdAtMs;
  const attempts = Array.from({ length: attemptCount }, (_, slot) => {
    if (slot > 0) atMs += standardRetryDelaysMs[slot - 1] ?? 0;
    return {
      _id: `${deliveryId}/${String(slot + 1).padStart(6, '0')}`,
      deliveryId,
      key: `1/${slot}`,
      number: slot + 1,
      round: 1,
      trigger: 'schedule',
      durationMs: 5,
      statusCode: 503,
      responseBody: '',
      at: new Date(atMs),
    };
  });
  return {
    event: {
      _id: eventId,
      ...event,
      createdAt: new Date(createdAtMs),
      dispatchedAt: new Date(createdAtMs),
      isDispatched: true,
    },
    delivery: {
      _id: deliveryId,
      workspaceId: endpoint.workspaceId,
      endpointId: endpoint.id,
      eventId,
      eventType: 'contact.created' as const,
      contactId: contact.id,
      status: 'failed' as const,
      attemptCount,
      round: 1,
      attemptsInRound: attemptCount,
      createdAt: new Date(createdAtMs),
      updatedAt: new Date(atMs),
      lastStatusCode: 503,
      workflowId:
        carrier === 'group'
          ? workflowIds.webhookRetryGroup({
              endpointId: endpoint.id,
              groupId: `bench-${Math.floor(number / groupSize)}`,
            })
          : workflowIds.webhookDelivery({ endpointId: endpoint.id, eventId }),
      host: new URL(endpoint.url).host,
    },
    attempts,
  };
}
