import { deliveryStatuses, type Delivery } from '../../../domain/delivery';
import { makeId, type IdKind } from '../../../domain/ids';
import type { Outcome } from '../../../domain/ingest';
import type { Database } from '../../../src/mongo/connect';
import type { MessageDocument } from '../../../src/mongo/messages';
import type { Stores } from '../../../src/mongo/stores';
import { toDocument, type DeliveryDocument } from '../../../src/mongo/webhook-deliveries';

/** What lists filter for is among the oldest rows, behind this many others that a filter has to pass over. */
export const many = 3_000;
export const few = 600;
const startMs = Date.parse('2026-04-15T10:00:00Z');

/** The moment of the row with that number: higher is newer. */
export function at(row: number): Date {
  return new Date(startMs + row * 1_000);
}
export function idOf(kind: IdKind, row: number): string {
  return makeId(kind, row.toString(16).padStart(24, '0'));
}
/** Nearly everything is the first one's. */
export const workspaces = [idOf('workspace', 1), idOf('workspace', 2)] as const;
export const endpoints = [idOf('endpoint', 1), idOf('endpoint', 2), idOf('endpoint', 3)] as const;
export const lists = [idOf('list', 1), idOf('list', 2)] as const;

const numbers = (count: number): number[] => Array.from({ length: count }, (_each, index) => index);
/** Of every few old rows one is the other workspace's. */
const workspaceOf = (row: number): string => workspaces[row < few && row % 5 === 0 ? 1 : 0];
const keyOf = (row: number): string => `${workspaceOf(row)}/m${row}`;
export { keyOf as messageKeyOf, workspaceOf };

const outcomes = (row: number): (Outcome | undefined)[] => {
  const effect = {
    contactId: idOf('contact', (row < few ? 0 : few) + (row % 20)),
    changes: [],
    eventIds: [],
    notes: [],
  };
  return [
    { status: 'created', ...effect },
    { status: 'updated', ...effect },
    { status: 'unchanged', ...effect },
    { status: 'recorded', contactId: effect.contactId, eventKey: 'opened', automations: [] },
    { status: 'unresolved', reason: 'nobody' },
    { status: 'failed', reason: 'too large' },
    undefined,
    undefined,
  ];
};

function message(row: number): MessageDocument {
  const isOld = row < few;
  const outcome = outcomes(row)[isOld ? row % 8 : 2];
  const isTrack = isOld && row % 8 > 2 && row % 3 > 0;
  return {
    _id: keyOf(row),
    workspaceId: workspaceOf(row),
    messageId: `m${row}`,
    type: isTrack ? 'track' : 'identify',
    source: isOld && row % 7 === 0 ? 'rudderstack' : 'sdk',
    ...(isTrack ? { eventKey: row % 5 === 0 ? 'clicked' : 'opened' } : {}),
    body: JSON.stringify({ type: 'identify', userId: `u${row}`, traits: { email: `new${row}@example.com` } }),
    receivedAt: at(row),
    occurredAt: at(row),
    state: outcome ? 'done' : row % 8 === 7 ? 'waiting' : 'received',
    ...(outcome ? { outcome, doneAt: at(row) } : {}),
  };
}

export function deliveryOf(row: number): Delivery {
  const isOld = row < few;
  const workspaceId = workspaceOf(row);
  const status = (isOld ? deliveryStatuses[row % 6] : undefined) ?? 'delivered';
  return {
    id: idOf('delivery', row),
    workspaceId,
    endpointId: workspaceId === workspaces[1] ? endpoints[2] : endpoints[isOld && row % 2 ? 1 : 0],
    eventId: idOf('event', row),
    eventType: isOld && row % 3 > 0 ? 'contact.created' : 'contact.updated',
    status,
    ...(status === 'retrying' ? { nextAttemptAtMs: at(row).getTime() } : {}),
    attemptCount: 1,
    round: 1,
    attemptsInRound: 1,
    createdAtMs: at(row).getTime(),
    updatedAtMs: at(row).getTime(),
    workflowId: 'batch/b1',
  };
}

function deliveryDocument(row: number): DeliveryDocument {
  const document = toDocument(deliveryOf(row));
  // Two thirds of what was never attempted wait in lanes.
  const isInLane = document.status === 'pending' && row % 18 > 0;
  return isInLane ? { ...document, inDispatch: true } : document;
}

/** Some thousand rows in every collection that grows, most of them such as no list looks for. */
export async function fill({ db }: Database, stores: Stores): Promise<void> {
  const rows = numbers(few + many);
  const into = (name: string, documents: object[]) => db.collection(name).insertMany(documents);
  await stores.messages.collection.insertMany(rows.map(message));
  await stores.deliveries.collection.insertMany(rows.map(deliveryDocument));
  await stores.events.collection.insertMany(
    rows.map((row) => ({
      _id: idOf('event', row),
      ...{ workspaceId: workspaceOf(row), type: 'contact.updated' as const, body: '{}', createdAt: at(row) },
      contactId: idOf('contact', row % 20),
      ...(row % 30 === 0 ? { isDispatched: false } : { isDispatched: true, dispatchedAt: at(row) }),
    })),
  );
  await into(
    'webhookAttempts',
    rows.map((row) => ({
      _id: `${idOf('delivery', row % 900)}/${String(Math.floor(row / 900) + 1).padStart(6, '0')}`,
      ...{ deliveryId: idOf('delivery', row % 900), key: `batch/b1/${row}`, number: Math.floor(row / 900) + 1 },
      ...{ round: 1, trigger: 'schedule', at: at(row), durationMs: 5, responseBody: '' },
    })),
  );
  await stores.contacts.collection.insertMany(
    rows.map((row) => ({
      _id: idOf('contact', row),
      ...{ workspaceId: workspaceOf(row), email: `${row < 60 ? 'zoe' : 'ann'}${row}@example.com` },
      ...{ firstName: null, lastName: null, source: 'api' as const },
      status: row < 100 && row % 3 === 0 ? ('bounced' as const) : ('active' as const),
      ...(row < 60 ? { nameKey: `zoe zimmer ${row}`, lastNameKey: `zimmer ${row}` } : {}),
      ...{ metadata: {}, changedAtMs: {}, externalIds: row % 2 ? [{ id: `u${row}`, atMs: 0 }] : [] },
      ...{ listIds: row < 100 ? [lists[row % 2 ? 1 : 0]] : [], createdAt: at(row), updatedAt: at(row) },
    })),
  );
  await stores.runs.collection.insertMany(
    rows.map((row) => ({
      _id: `${idOf('automation', row < few ? row % 3 : 9)}/${idOf('contact', row)}/m${row}`,
      ...{ workspaceId: workspaces[0], automationId: idOf('automation', row < few ? row % 3 : 9) },
      ...{ automationName: 'Welcome', version: 1, contactId: idOf('contact', row), messageKey: keyOf(row), log: [] },
      ...(row < few && row % 7 === 0
        ? { status: 'running' as const, startedAt: at(row) }
        : { status: 'completed' as const, startedAt: at(row), endedAt: at(row) }),
    })),
  );
  await into(
    'automations',
    rows.map((row) => ({
      _id: idOf('automation', row),
      ...{ workspaceId: workspaceOf(row), name: 'Welcome', status: 'active', version: 1, steps: '[]' },
      ...{ trigger: { type: 'CUSTOM_EVENT', eventName: 'Opened' }, eventKey: row < 40 ? `key ${row % 4}` : 'opened' },
      ...{ createdAt: at(row), updatedAt: at(row) },
    })),
  );
  await into(
    'automationVersions',
    rows.map((row) => ({ _id: `${idOf('automation', row % 900)}/${Math.floor(row / 900)}`, steps: '[]' })),
  );
  const named = rows.map((row) => ({ workspaceId: workspaceOf(row), name: `n${row}`, createdAt: at(row) }));
  await into(
    'lists',
    named.map((each, row) => ({ _id: idOf('list', row), ...each, updatedAt: at(row) })),
  );
  await into(
    'apiKeys',
    named.map((each, row) => ({
      ...{ _id: idOf('apiKey', row), ...each, workspaceId: row < few ? workspaceOf(row) : idOf('workspace', row) },
      ...{ hash: `hash${row}`, display: 'esx', ...(row % 50 === 0 ? {} : { revokedAt: at(row) }) },
    })),
  );
  await into(
    'rejections',
    named.map(({ workspaceId }, row) => ({
      ...{ _id: idOf('rejection', row), workspaceId, source: 'sdk', reason: 'no', pointer: '', body: '{}' },
      ...{ isTruncated: false, receivedAt: at(row) },
    })),
  );
  await into(
    'waiters',
    rows.map((row) => ({ _id: keyOf(row), refs: [`${workspaces[0]}/u/u${row}`], createdAt: at(row) })),
  );
  await into(
    'idempotencyKeys',
    rows.map((row) => ({ _id: keyOf(row), fingerprint: 'f', isDone: row % 2 === 0, createdAt: at(row) })),
  );
  await into(
    'workspaces',
    rows.map((row) => ({
      _id: idOf('workspace', row),
      name: 'w',
      plan: row % 2 ? 'pro' : 'hobby',
      createdAt: at(row),
    })),
  );
  await fillEndpoints(stores);
}

/** Three live ones, an endpoint for each of many workspaces, and tombstones of the first. */
async function fillEndpoints(stores: Stores): Promise<void> {
  const [live] = endpoints;
  const endpoint = {
    ...{ id: live, workspaceId: workspaces[0], url: 'https://example.com', description: '', headers: {} },
    ...{ events: ['contact.created' as const], secrets: [], status: 'active' as const },
    ...{ createdAt: at(0), updatedAt: at(0) },
  };
  await stores.endpoints.insert(endpoint);
  const template = await stores.endpoints.collection.findOne({ _id: live });
  if (!template) throw new Error('the endpoint was not stored');
  await stores.endpoints.collection.insertMany(
    numbers(many + few).map((row) => {
      const number = row + 2;
      const place = { _id: idOf('endpoint', number), createdAt: at(number), updatedAt: at(number) };
      if (row < 2) return { ...template, ...place, workspaceId: workspaces[row === 0 ? 0 : 1] };
      if (row < few) return { ...template, ...place, status: 'deleted' as const };
      const notice = row % 100 === 0 ? { notice: { kind: 'resume' as const, since: at(row) } } : {};
      return { ...template, ...place, workspaceId: idOf('workspace', row), ...notice };
    }),
  );
}
