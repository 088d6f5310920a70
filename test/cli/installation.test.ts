import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { MongoClient } from 'mongodb';
import { createOutput } from '../../src/cli/output';
import { checkClock } from '../../src/cli/doctor/server';
import { checkNode } from '../../src/cli/doctor/settings';
import { apiKey, startSystem, type System } from '../e2e/support/system';
import { freshDatabaseName, testMongoUri, testTemporalAddress } from '../support/engines';
import { esx } from './support/esx';

const engines = (database = freshDatabaseName()) => ({
  MONGODB_URI: testMongoUri().replace('/?', `/${database}?`),
  TEMPORAL_ADDRESS: testTemporalAddress(),
  ESX_ENCRYPTION_KEY: 'a key for tests alone, not for anything else',
});
const nobody = { ESX_URL: 'http://127.0.0.1:1' };
const statusesOf = (answer: any): Record<string, string> =>
  Object.fromEntries(answer.checks.map((check: any) => [check.name, check.status]));

describe('init', () => {
  const database = freshDatabaseName();
  const mongo = new MongoClient(testMongoUri());
  afterAll(async () => {
    await mongo.db(database).dropDatabase();
    await mongo.close();
  });

  test('makes indexes, workspace and key, shows the key once, and changes nothing the second time', async () => {
    const first = await esx(['init'], engines(database));
    expect(first).toMatchObject({ code: 0, err: '' });
    const shown = /^API key +(esx_live_\w{36})$/m.exec(first.out)?.[1];
    expect(shown).toBeDefined();
    const again = (await esx(['init', '--json'], engines(database))).json();
    expect(again).toEqual({
      workspaceId: /ws_[0-9a-f]{24}/.exec(first.out)?.[0],
      apiKey: null,
      searchAttributesAdded: [],
    });
    const db = mongo.db(database);
    expect(await db.collection('apiKeys').countDocuments()).toBe(1);
    expect(JSON.stringify(await db.collection('apiKeys').find().toArray())).not.toContain(shown);
    expect((await db.collection('webhookDeliveries').indexes()).map(({ name }) => name)).toContain('nextAttempt');
  });

  test('names an engine that is away, and keeps the password of its URI to itself', async () => {
    const env = { ...engines(), MONGODB_URI: 'mongodb://user:secret-word@127.0.0.1:1/x' };
    const { code, err } = await esx(['init'], env);
    expect({ code, err }).toEqual({ code: 3, err: expect.stringMatching(/MongoDB at 127\.0\.0\.1:1 does not answer/) });
    expect(err).not.toContain('secret-word');
    const temporal = await esx(['init'], { ...engines(), TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(temporal).toMatchObject({
      code: 3,
      err: expect.stringMatching(/Temporal at 127\.0\.0\.1:1 does not answer/),
    });
  });
});

describe('doctor', () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem({ mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() });
    await system.untilReady();
  }, 120_000);
  afterAll(() => system.stop());
  const client = () => ({ ESX_URL: system.url, ESX_API_KEY: apiKey });
  const beside = () => ({
    ...client(),
    ...engines(system.db.databaseName),
    TEMPORAL_NAMESPACE: system.db.databaseName,
    PUBLIC_URL: system.url,
  });

  test('finds nothing wrong with a server that runs, through the API alone', async () => {
    const text = await esx(['doctor'], client());
    expect(text.code).toBe(0);
    expect(text.out).toMatch(/^ok {4}gateway: worker +polls the task queue$/m);
    expect(text.out).toMatch(/^\d+ well, 0 to think about, 0 to mend\.$/m);
    const json = (await esx(['doctor', '--json'], client())).json();
    expect(json.ok).toBe(true);
    expect(statusesOf(json)).toEqual({
      ...{ Node: 'ok', settings: 'ok', gateway: 'ok', 'gateway: MongoDB': 'ok', 'gateway: Temporal': 'ok' },
      ...{ 'gateway: worker': 'ok', 'API key': 'ok', clock: 'ok', SMTP: 'ok', 'public URL': 'ok', webhooks: 'ok' },
    });
  });

  test('looks at the engines as well where they are named', async () => {
    const { code, json } = await esx(['doctor', '--json'], beside());
    expect(statusesOf(json())).toMatchObject({
      ...{ MongoDB: 'ok', 'replica set': 'ok', indexes: 'ok', Temporal: 'ok', namespace: 'ok' },
      ...{ 'search attributes': 'ok', worker: 'ok', SMTP_URL: 'warn' },
    });
    expect(code).toBe(0);
  });

  test('says what is missing and what to do', async () => {
    const empty = await esx(['doctor'], { ...nobody, ...engines(), TEMPORAL_NAMESPACE: 'not-there' });
    expect(empty.code).toBe(1);
    expect(empty.out).toMatch(/^fail {2}indexes +missing: .* more\n +→ run npx esx init/m);
    expect(empty.out).toMatch(/^fail {2}namespace .*\n +→ temporal operator namespace create --namespace not-there$/m);
    expect(empty.out).toMatch(/^fail {2}gateway +Nothing answers .*\n +→ start it/m);
  });

  test('tells of all settings that are wrong at once', async () => {
    const env = { ...nobody, MONGODB_URI: 'mongo', PORT: 'x', SMTP_URL: 'smtps://user:secret-word@mail' };
    const { code, out } = await esx(['doctor'], env);
    expect(code).toBe(1);
    expect(out).toMatch(/^fail {2}settings +PORT: must be a port number$/m);
    expect(out).toMatch(/^fail {2}settings +MONGODB_URI: must be/m);
    expect(out).not.toContain('secret-word');
  });

  test('tells of webhooks that are off, of mail that cannot leave, and of a key that is refused', async () => {
    const id = await system.addEndpoint('/ok');
    await system.call('PATCH', `/api/v1/webhooks/${id}`, { status: 'paused' });
    const env = { ...beside(), SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'a@b.example' };
    const { code, out } = await esx(['doctor'], env);
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`^warn {2}webhooks +\\S+/ok is paused.*\\n +→ .*api PATCH /webhooks/${id} `, 'm'));
    expect(out).toMatch(/^fail {2}SMTP +127\.0\.0\.1:1: /m);
    const stranger = await esx(['doctor', '--key', `${apiKey}x`], client());
    expect(stranger).toMatchObject({ code: 1, out: expect.stringMatching(/^fail {2}API key +.*not known here/m) });
    const without = await esx(['doctor'], { ESX_URL: system.url });
    expect(without).toMatchObject({ code: 0, out: expect.stringMatching(/^warn {2}API key +none is set/m) });
  });

  test('tells of something else that answers at the URL', async () => {
    const server: Server = createServer((_request, response) => response.end('<h1>hello</h1>'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    const { code, out } = await esx(['doctor'], { ESX_URL: url, ESX_API_KEY: apiKey });
    server.close();
    expect({ code, out }).toEqual({
      code: 1,
      out: expect.stringMatching(/^fail {2}gateway +\S+ is something else\n/m),
    });
  });

  test('judges clocks and versions of Node', () => {
    expect([0, 4_000, -6_000, 61_000].map((ms) => checkClock(ms).status)).toEqual(['ok', 'ok', 'warn', 'fail']);
    expect(checkClock(-6_000).detail).toBe('the server is 6.0 s behind this machine');
    expect(['v20.20.0', 'v22.1.0', 'v20.19.9', 'v18.20.0'].map((version) => checkNode(version).status)).toEqual([
      ...['ok', 'ok', 'fail', 'fail'],
    ]);
  });
});

test('colours are there on a terminal, and not where NO_COLOR stands', () => {
  const written: string[] = [];
  const sink = (isTTY: boolean) => ({ isTTY, write: (text: string) => written.push(text) });
  for (const [isTty, isPlain] of [
    [true, false],
    [true, true],
    [false, false],
  ] as const) {
    const out = createOutput(sink(isTty), sink(isTty), isPlain);
    out.line(out.paint('word', 'red'));
  }
  expect(written).toEqual(['\u001b[31mword\u001b[0m\n', 'word\n', 'word\n']);
});
