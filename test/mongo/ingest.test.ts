import { foldMessages, type Fold, type InboxMessage, type Known } from '../../domain/ingest';
import { openDatabase, type Database } from '../../src/mongo/connect';
import { newId } from '../../src/mongo/new-id';
import { createSecretBox } from '../../src/mongo/secret-box';
import { createStores, prepareDatabase, type Stores } from '../../src/mongo/stores';
import { eventually } from '../e2e/support/processes';
import { freshDatabaseName, startOwnMongod, testMongoUri } from '../support/engines';

let database: Database;
let stores: Stores;

beforeAll(async () => {
  database = openDatabase(testMongoUri().replace('/?', `/${freshDatabaseName()}?`));
  stores = createStores(database, createSecretBox('a key for tests alone'));
  await prepareDatabase(database);
});
afterAll(async () => {
  await database.db.dropDatabase();
  await database.close();
});

async function receive(workspaceId: string, names: string[]): Promise<string[]> {
  const at = new Date();
  const documents = names.map((name) => ({
    _id: `${workspaceId}/${name}`,
    workspaceId,
    messageId: name,
    type: 'identify' as const,
    source: 'sdk' as const,
    body: JSON.stringify({ type: 'identify', userId: name, traits: { email: `${name}@example.com` } }),
    receivedAt: at,
    occurredAt: at,
    state: 'received' as const,
  }));
  await stores.messages.insert(documents);
  return documents.map(({ _id }) => _id);
}

const honest = (messages: readonly InboxMessage[], known: Known): Fold =>
  foldMessages(messages, known, { nowMs: Date.now(), newId, mayWait: false });

test('a message that can never be written fails alone: its neighbours take effect, and it says so itself', async () => {
  const keys = await receive(newId('workspace'), ['before', 'poison', 'after']);
  const committed = await stores.ingest.commit(keys, { nowMs: Date.now() }, (messages, known) => {
    const fold = honest(messages, known);
    // Larger than a document of MongoDB may be, whatever made it so.
    for (const contact of fold.created)
      if (contact.email.startsWith('poison')) contact.metadata = { much: 'x'.repeat(17_000_000) };
    return fold;
  });
  expect(committed.map(({ outcome }) => outcome?.status)).toEqual(['created', 'failed', 'created']);
  expect(committed[1]?.outcome).toMatchObject({ reason: expect.stringMatching(/cannot be written/) });
  expect((await stores.messages.byKeys(keys)).map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  expect(await database.db.collection('contacts').countDocuments({})).toBe(2);
});

test('a message whose stored text cannot be read gets that as its outcome, and its neighbour takes effect', async () => {
  const keys = await receive(newId('workspace'), ['altered', 'whole']);
  await stores.messages.collection.updateOne({ _id: keys[0] ?? '' }, { $set: { body: '{' } });
  const committed = await stores.ingest.commit(keys, { nowMs: Date.now() }, honest);
  expect(committed.map(({ outcome }) => outcome?.status)).toEqual(['failed', 'created']);
});

test('a MongoDB that was not there at first is used once it is', async () => {
  const own = await startOwnMongod();
  await own.kill();
  const late = openDatabase(own.uri);
  try {
    await expect(late.ping()).rejects.toThrow();
    await own.restart();
    await eventually('MongoDB', () => late.ping().then(() => true));
  } finally {
    await late.close();
    await own.stop();
  }
}, 60_000);
