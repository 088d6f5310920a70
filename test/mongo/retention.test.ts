import type { Db } from 'mongodb';
import { openDatabase, type Database } from '../../src/mongo/connect';
import { keepWhatIsUsed } from '../../src/mongo/retention';
import { createRunLog } from '../../src/mongo/run-log';
import { prepareDatabase } from '../../src/mongo/stores';
import { toDocument } from '../../src/mongo/webhook-deliveries';
import { eventually } from '../e2e/support/processes';
import { startOwnMongod } from '../support/engines';
import { openTestDatabase, type TestDatabase } from './support/database';
import { deliveryOf } from './support/filled';

const dayMs = 86_400_000;
const daySeconds = 86_400;
const names = [
  ...['messages', 'rejections', 'automationRuns', 'webhookDeliveries', 'webhookEvents', 'webhookAttempts'],
  ...['emailEvents', 'emails', 'imports', 'importChunks', 'erasures'],
];

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

async function expiryOf(db: Db, collection: string) {
  const found = (await db.collection(collection).indexes()).find(({ name }) => name === 'expiry');
  return found && { key: found.key, seconds: found.expireAfterSeconds, only: found.partialFilterExpression };
}
async function secondsOf(db: Db): Promise<(number | undefined)[]> {
  return Promise.all(names.map(async (name) => (await expiryOf(db, name))?.seconds));
}
/** When each index was made. */
async function madeAt(db: Db): Promise<Record<string, Date>> {
  const stats = await Promise.all(
    [...names, 'automations'].map(async (name) =>
      (
        await db
          .collection(name)
          .aggregate([{ $indexStats: {} }])
          .toArray()
      ).map((index) => [`${name}.${index['name']}`, index['accesses'].since]),
    ),
  );
  return Object.fromEntries(stats.flat());
}

describe('the indexes that let things expire', () => {
  const closed = { status: { $in: ['delivered', 'failed', 'cancelled'] } };
  const sentOrOver = { status: { $in: ['sent', 'delivered', 'bounced', 'complained', 'failed', 'skipped'] } };
  test.each([
    ['messages', { key: { doneAt: 1 }, seconds: 91 * daySeconds, only: { state: 'done' } }],
    ['webhookDeliveries', { key: { updatedAt: 1 }, seconds: 90 * daySeconds, only: closed }],
    ['webhookEvents', { key: { dispatchedAt: 1 }, seconds: 91 * daySeconds, only: { isDispatched: true } }],
    ['webhookAttempts', { key: { at: 1 }, seconds: 91 * daySeconds, only: undefined }],
    ['automationRuns', { key: { endedAt: 1 }, seconds: 90 * daySeconds, only: { endedAt: { $exists: true } } }],
    ['rejections', { key: { receivedAt: 1 }, seconds: 90 * daySeconds, only: undefined }],
    ['emails', { key: { createdAt: 1 }, seconds: 90 * daySeconds, only: sentOrOver }],
    ['imports', { key: { endedAt: 1 }, seconds: 90 * daySeconds, only: { endedAt: { $exists: true } } }],
    ['importChunks', { key: { doneAt: 1 }, seconds: 90 * daySeconds, only: { state: 'done' } }],
    ['erasures', { key: { endedAt: 1 }, seconds: 90 * daySeconds, only: { endedAt: { $exists: true } } }],
    ['emailEvents', { key: { doneAt: 1 }, seconds: 90 * daySeconds, only: { state: 'done' } }],
    ['idempotencyKeys', { key: { createdAt: 1 }, seconds: daySeconds, only: undefined }],
  ])('%s', async (name, expiry) => {
    expect(await expiryOf(opened.database.db, name)).toEqual(expiry);
  });

  test.each([
    'contacts',
    'lists',
    'automations',
    'automationVersions',
    'webhookEndpoints',
    'waiters',
    'suppressions',
    'campaigns',
  ])('%s never do', async (name) => {
    const indexes = await opened.database.db.collection(name).indexes();
    expect(indexes.filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined)).toEqual([]);
  });

  test('are changed in place by another retention, and by nothing else', async () => {
    const { database, close } = await openTestDatabase();
    const { db } = database;
    try {
      await db.setProfilingLevel('all');
      await prepareDatabase(database, 8.5 * dayMs);
      await db.setProfilingLevel('off');
      // An email is kept for 60 days at least, so that its links are worth something.
      const days = [9.5, 8.5, 8.5, 8.5, 9.5, 9.5, 8.5, 60, 8.5, 8.5, 8.5];
      expect(await secondsOf(db)).toEqual(days.map((each) => each * daySeconds));
      const commands = (await db.collection('system.profile').find().toArray()).map(({ command }) => command);
      expect(commands.filter((command) => 'collMod' in command)).toHaveLength(names.length);
      expect(commands.filter((command) => 'dropIndexes' in command)).toEqual([]);

      const made = await madeAt(db);
      await prepareDatabase(database, 8.5 * dayMs);
      expect(await madeAt(db)).toEqual(made);
    } finally {
      await close();
    }
  });
});

test('an index that is defined otherwise by now is made anew', async () => {
  const { database, close } = await openTestDatabase();
  const automations = database.db.collection('automations');
  try {
    await automations.dropIndex('byEvent');
    await automations.createIndex({ workspaceId: 1 }, { name: 'byEvent' });
    await prepareDatabase(database);
    const indexes = await automations.indexes();
    expect(indexes.find(({ name }) => name === 'byEvent')).toMatchObject({
      key: { workspaceId: 1, eventKey: 1, _id: 1 },
    });
  } finally {
    await close();
  }
});

describe('what is used is dated anew before it expires', () => {
  const now = new Date();
  const daysAgo = (days: number): Date => new Date(now.getTime() - days * dayMs);
  const event = (id: string, dispatchedAt: Date) => ({
    ...{ _id: id, workspaceId: 'ws_1', type: 'contact.updated' as const, body: `body of ${id}` },
    ...{ createdAt: dispatchedAt, dispatchedAt, isDispatched: true },
  });

  test('the events of open deliveries, and the messages of runs under way', async () => {
    const { stores, database } = opened;
    const { db } = database;
    const statuses = ['pending', 'retrying', 'held', 'delivered', 'failed', 'cancelled'] as const;
    await stores.deliveries.collection.insertMany(
      statuses.map((status, row) => ({
        ...toDocument({ ...deliveryOf(row), status, createdAtMs: daysAgo(50).getTime() }),
        eventId: `of ${status}`,
      })),
    );
    await stores.events.collection.insertMany(statuses.map((status) => event(`of ${status}`, daysAgo(50))));
    const run = { automationId: 'aut_1', automationName: 'a', version: 1, contactId: 'con_1', log: [] };
    await stores.runs.collection.insertMany(
      (['running', 'completed'] as const).map((status) => ({
        ...{ _id: `run ${status}`, workspaceId: 'ws_1', ...run, status, startedAt: daysAgo(50) },
        messageKey: `of ${status}`,
      })),
    );
    const messages = ['of running', 'of completed'].map((_id) => ({ _id, state: 'done', doneAt: daysAgo(50) }));
    await db.collection<{ _id: string }>('messages').insertMany(messages);

    await keepWhatIsUsed(stores, 110 * dayMs, now);
    expect(await stores.events.collection.countDocuments({ dispatchedAt: now })).toBe(0);
    await keepWhatIsUsed(stores, 90 * dayMs, now);
    const kept = await stores.events.collection.find({ dispatchedAt: now }).sort({ _id: 1 }).toArray();
    expect(kept.map(({ _id }) => _id)).toEqual(['of held', 'of pending', 'of retrying']);
    const keptMessages = await stores.messages.collection.find({ doneAt: now }).toArray();
    expect(keptMessages.map(({ _id }) => _id)).toEqual(['of running']);
  });

  test('an event that is sent late, and not one that was dispatched just now', async () => {
    const { stores } = opened;
    await stores.events.collection.insertMany([event('late', daysAgo(2)), event('fresh', daysAgo(0.5))]);
    expect(Object.fromEntries(await stores.events.bodies(['late', 'fresh', 'gone']))).toEqual({
      late: 'body of late',
      fresh: 'body of fresh',
    });
    const [fresh, late] = await stores.events.collection
      .find({ _id: { $in: ['late', 'fresh'] } })
      .sort({ _id: 1 })
      .toArray();
    expect(late?.dispatchedAt?.getTime()).toBeGreaterThanOrEqual(now.getTime());
    expect(fresh?.dispatchedAt).toEqual(daysAgo(0.5));
  });
});

test('the message of a run that lasted longer expires after it', async () => {
  const { database, stores } = opened;
  const startedAt = new Date('2026-01-01T00:00:00Z');
  const lasted = { short: dayMs / 2, long: 3 * dayMs };
  const names = ['short', 'long'] as const;
  const run = { automationId: 'aut_1', automationName: 'a', version: 1, contactId: 'con_1', log: [] };
  await stores.runs.collection.insertMany(
    names.map((name) => ({
      ...{ _id: name, workspaceId: 'ws_1', ...run, status: 'running' as const, startedAt, messageKey: `of ${name}` },
    })),
  );
  const messages = names.map((name) => ({ _id: `of ${name}`, state: 'done', doneAt: startedAt }));
  await database.db.collection<{ _id: string }>('messages').insertMany(messages);

  const runLog = createRunLog(database, stores);
  for (const name of names) await runLog.end(name, { status: 'completed' }, startedAt.getTime() + lasted[name]);
  const dates = (await stores.messages.byKeys(['of short', 'of long'])).map(({ _id, doneAt }) => [_id, doneAt]);
  expect(Object.fromEntries(dates)).toEqual({
    'of short': startedAt,
    'of long': new Date(startedAt.getTime() + lasted.long),
  });
  expect((await stores.runs.get('long'))?.status).toBe('completed');
});

describe('with the clock of MongoDB itself', () => {
  const retentionDays = 10;
  let own: Awaited<ReturnType<typeof startOwnMongod>>;
  let database: Database;
  beforeAll(async () => {
    own = await startOwnMongod(['--setParameter', 'ttlMonitorSleepSecs=1']);
    database = openDatabase(own.uri);
    await prepareDatabase(database, retentionDays * dayMs);
  });
  afterAll(async () => {
    await database.close();
    await own.stop();
  });

  test('what is over expires, and what is open stays for ever', async () => {
    const { db } = database;
    const daysAgo = (days: number): Date => new Date(Date.now() - days * dayMs);
    const longAgo = daysAgo(1_000);
    const justOver = daysAgo(retentionDays + 0.5);
    const dayOver = daysAgo(retentionDays + 1.5);
    const within = daysAgo(retentionDays - 0.5);
    const closed = ['delivered', 'failed', 'cancelled'];
    const rows: Record<string, { gone: object[]; kept: object[] }> = {
      messages: {
        gone: [{ state: 'done', doneAt: dayOver, receivedAt: longAgo }],
        kept: [
          { state: 'done', doneAt: justOver, receivedAt: longAgo },
          { state: 'received', receivedAt: longAgo },
          { state: 'waiting', receivedAt: longAgo },
        ],
      },
      webhookEvents: {
        gone: [{ isDispatched: true, dispatchedAt: dayOver, createdAt: longAgo }],
        kept: [
          { isDispatched: true, dispatchedAt: justOver, createdAt: longAgo },
          { isDispatched: false, createdAt: longAgo },
        ],
      },
      webhookDeliveries: {
        gone: closed.map((status) => ({ status, updatedAt: justOver, eventId: status })),
        kept: [
          ...closed.map((status) => ({ status, updatedAt: within, eventId: `late ${status}` })),
          ...['pending', 'retrying', 'held'].map((status) => ({ status, updatedAt: longAgo, eventId: status })),
        ],
      },
      webhookAttempts: { gone: [{ at: dayOver }], kept: [{ at: justOver }] },
      automationRuns: {
        gone: [{ status: 'completed', startedAt: longAgo, endedAt: justOver }],
        kept: [
          { status: 'stopped', startedAt: longAgo, endedAt: within },
          { status: 'running', startedAt: longAgo },
        ],
      },
      rejections: { gone: [{ receivedAt: justOver }], kept: [{ receivedAt: within }] },
      emailEvents: {
        gone: [{ state: 'done', doneAt: justOver, receivedAt: longAgo }],
        kept: [
          { state: 'done', doneAt: within, receivedAt: longAgo },
          { state: 'received', receivedAt: longAgo },
        ],
      },
      emails: {
        gone: ['sent', 'bounced', 'skipped'].map((status) => ({ status, createdAt: daysAgo(61) })),
        kept: [
          ...['sent', 'bounced', 'skipped'].map((status) => ({ status, createdAt: daysAgo(59) })),
          ...['queued', 'sending'].map((status) => ({ status, createdAt: longAgo })),
        ],
      },
      suppressions: { gone: [], kept: [{ createdAt: longAgo }] },
      campaigns: { gone: [], kept: [{ createdAt: longAgo, status: 'sent' }] },
      idempotencyKeys: { gone: [{ createdAt: daysAgo(1.5) }], kept: [{ createdAt: daysAgo(0.5) }] },
      contacts: { gone: [], kept: [{ createdAt: longAgo, updatedAt: longAgo }] },
      lists: { gone: [], kept: [{ createdAt: longAgo, updatedAt: longAgo }] },
      automations: { gone: [], kept: [{ createdAt: longAgo, updatedAt: longAgo }] },
    };
    const passes = async (): Promise<number> => (await db.admin().serverStatus())['metrics'].ttl.passes;
    const idsIn = async (name: string): Promise<unknown[]> =>
      (await db.collection(name).find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
    const numbered = (kind: string, documents: object[]) =>
      documents.map((document, row) => ({ _id: `${kind} ${row}`, ...document }));

    for (const [name, { gone, kept }] of Object.entries(rows)) {
      const documents = [...numbered('gone', gone), ...numbered('kept', kept)];
      await db.collection<{ _id: string }>(name).insertMany(documents);
    }
    // One pass may have begun before; two more have seen everything.
    const before = await passes();
    await eventually('passes of the TTL monitor', async () => (await passes()) >= before + 3);
    for (const [name, { kept }] of Object.entries(rows)) {
      expect({ [name]: await idsIn(name) }).toEqual({ [name]: kept.map((_each, row) => `kept ${row}`) });
    }
  });
});
