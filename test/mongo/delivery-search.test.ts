import { deliveryStatuses, type Delivery } from '../../domain/delivery';
import { answerClasses, isWanted, type DeliveryFilter } from '../../domain/delivery-filter';
import { makeId } from '../../domain/ids';
import { webhookEventTypes } from '../../domain/webhook-events';
import type { PageStart } from '../../src/mongo/page';
import { toDocument } from '../../src/mongo/webhook-deliveries';
import { openTestDatabase, type TestDatabase } from './support/database';
import { combined } from './support/exercise';
import { plansOf, type RecordedPlan } from './support/plans';

const count = 100_000;
const startMs = Date.parse('2026-04-15T00:00:00Z');
const idOf = (kind: 'delivery' | 'event' | 'endpoint' | 'contact' | 'workspace', row: number): string =>
  makeId(kind, row.toString(16).padStart(24, '0'));
const at = (row: number): Date => new Date(startMs + row * 1_000);
const workspaceId = idOf('workspace', 1);
const endpointIds = [1, 2, 3].map((row) => idOf('endpoint', row));
const contactOf = (row: number): string => idOf('contact', row % 400);

/** One in thirty was not delivered, for one of the reasons; the newest are all delivered. */
function deliveryOf(row: number): Delivery {
  const isOff = row % 30 === 0 && row < 90_000;
  const turn = Math.floor(row / 30);
  const status = isOff ? (deliveryStatuses.filter((each) => each !== 'delivered')[turn % 5] ?? 'failed') : 'delivered';
  const answer = [{ lastStatusCode: 500 }, { lastStatusCode: 503 }, { lastStatusCode: 404 }, { lastError: 'timeout' }];
  return {
    ...{ id: idOf('delivery', row), workspaceId: row % 1_000 === 7 ? idOf('workspace', 2) : workspaceId },
    ...{ endpointId: endpointIds[row % 3] ?? '', eventId: idOf('event', Math.floor(row / 3)) },
    eventType: webhookEventTypes[row % 7] ?? 'campaign.sent',
    contactId: contactOf(Math.floor(row / 3)),
    status,
    ...{ attemptCount: 1, round: 1, attemptsInRound: 1, workflowId: 'batch/1' },
    ...{ createdAtMs: at(Math.floor(row / 3)).getTime(), updatedAtMs: at(row).getTime() },
    ...(status === 'delivered' ? { lastStatusCode: 200 } : status === 'pending' ? {} : answer[turn % 4]),
  };
}
const rows = Array.from({ length: count }, (_each, row) => deliveryOf(row));
const ownRows = rows.filter((row) => row.workspaceId === workspaceId);

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
  const { stores, database } = opened;
  for (let start = 0; start < count; start += 10_000) {
    await stores.deliveries.collection.insertMany(rows.slice(start, start + 10_000).map(toDocument));
  }
  await database.db.collection<{ _id: string }>('webhookEvents').insertMany(
    Array.from({ length: Math.ceil(count / 3) }, (_each, row) => ({
      ...{ _id: idOf('event', row), workspaceId, type: 'contact.updated', body: '{}', contactId: contactOf(row) },
      ...{ createdAt: at(row), isDispatched: true, dispatchedAt: at(row) },
    })),
  );
  await database.db
    .collection<{ _id: string }>('webhookEndpoints')
    .insertMany(
      endpointIds.map((_id) => ({ ...{ _id, workspaceId, status: 'active', createdAt: at(0), updatedAt: at(0) } })),
    );
}, 120_000);
afterAll(() => opened.close());

const newest = (one: Delivery, other: Delivery): number =>
  other.createdAtMs - one.createdAtMs || (other.id > one.id ? 1 : -1);
const filters: DeliveryFilter[] = combined({
  statuses: [undefined, ['failed'], ['failed', 'held', 'retrying']],
  endpointId: [undefined, endpointIds[1]],
  events: [undefined, ['contact.created', 'email.opened']],
  answer: [undefined, ...answerClasses],
  since: [undefined, at(10_000)],
  until: [undefined, at(25_000)],
} as const).map(({ statuses, events, ...rest }) => ({
  ...rest,
  statuses: statuses && [...statuses],
  events: events && [...events],
}));

test('with any filters a page of 100,000 deliveries reads little more documents than it shows', async () => {
  const limit = 50;
  const pages = [{ limit }, { limit, after: { at: at(20_000), id: idOf('delivery', 60_000) } }];
  const plans = await plansOf(opened.database.db, async () => {
    for (const filter of filters) {
      for (const page of pages) await opened.stores.deliverySearch.page(workspaceId, filter, page);
    }
  });
  expect(plans.length).toBeGreaterThan(filters.length);
  const isHeavy = ({ docsExamined, keysExamined, planSummary, hasSortStage = false }: RecordedPlan): boolean =>
    // An answer is looked for in keys, of what was not delivered alone.
    docsExamined > limit + 10 || keysExamined > 3_500 || hasSortStage || planSummary.includes('COLLSCAN');
  expect(plans.filter(isHeavy)).toEqual([]);
}, 120_000);

test.each(filters.filter((_each, index) => index % 11 === 0))(
  'pages show what %j asks for, once and in order',
  async (filter) => {
    const wanted = ownRows
      .filter((row) => isWanted(row, filter))
      .sort(newest)
      .slice(0, 600);
    const found: Delivery[] = [];
    for (let after: PageStart | undefined; found.length < 600;) {
      const page = await opened.stores.deliverySearch.page(workspaceId, filter, { after, limit: 97 });
      found.push(...page.rows);
      if (!page.next) break;
      after = page.next;
    }
    expect(found.slice(0, 600).map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
  },
);

test.each(filters.filter((_each, index) => index % 13 === 0))(
  'counts what %j asks for from keys alone',
  async (filter) => {
    const wanted = ownRows.filter((row) => isWanted(row, filter)).length;
    let counted = 0;
    const plans = await plansOf(opened.database.db, async () => {
      counted = await opened.stores.deliverySearch.count(workspaceId, filter, 10_001);
    });
    expect(counted).toBe(Math.min(wanted, 10_001));
    expect(plans.map(({ docsExamined }) => docsExamined)).toEqual(plans.map(() => 0));
  },
);

test.each([7, 50, 1_000])('what was told of a contact is shown once, page by page of %d', async (limit) => {
  const contactId = contactOf(11);
  const seen: string[] = [];
  let after: PageStart | undefined;
  do {
    const page = await opened.stores.deliverySearch.ofContact({ workspaceId, contactId }, {}, { after, limit });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    seen.push(...page.rows.map(({ id }) => id));
    after = page.next;
  } while (after);
  const wanted = ownRows.filter((row) => row.contactId === contactId);
  expect(new Set(seen).size).toBe(seen.length);
  expect([...seen].sort()).toEqual(wanted.map(({ id }) => id).sort());
  const times = seen.map((id) => rows[Number.parseInt(id.slice(4), 16)]?.createdAtMs ?? 0);
  expect(times).toEqual([...times].sort((one, other) => other - one));
});

test('a contact with more failures to look through than a page may read is gone on with', async () => {
  const contactId = contactOf(0);
  const filter: DeliveryFilter = { statuses: ['failed'] };
  const wanted = ownRows.filter((row) => row.contactId === contactId && row.status === 'failed');
  const { rows: found } = await opened.stores.deliverySearch.ofContact({ workspaceId, contactId }, filter, {
    limit: 500,
  });
  expect(found.map(({ id }) => id).sort()).toEqual(wanted.map(({ id }) => id).sort());
});

test('an event has a delivery for each endpoint, and another workspace sees none of them', async () => {
  const { deliverySearch } = opened.stores;
  const eventId = idOf('event', 500);
  expect((await deliverySearch.ofEvent(workspaceId, eventId, {})).map(({ endpointId }) => endpointId).sort()).toEqual(
    endpointIds,
  );
  expect(await deliverySearch.ofEvent(workspaceId, eventId, { endpointId: endpointIds[2] })).toHaveLength(1);
  expect(await deliverySearch.ofEvent(idOf('workspace', 2), eventId, {})).toEqual([]);
});
