import { createLogger } from '../../src/logger';
import { eventRoutes } from '../../src/http/event-routes';
import { integrationRoutes } from '../../src/http/integration-routes';
import { createMessageLane } from '../../src/ingest/lanes';
import { Receiver } from '../../src/ingest/receive';
import { createSourceSightings } from '../../src/ingest/source-sightings';
import { StartBudget } from '../../src/ingest/start-budget';
import { newId } from '../../src/mongo/new-id';
import { until } from '../ingest/gateway';
import { startHarness, type Harness } from './harness';

let harness: Harness;
const started: string[] = [];
beforeAll(async () => {
  harness = await startHarness(({ stores, now }) => {
    const logger = createLogger('silent');
    const start = (key: string): Promise<void> => Promise.resolve(void started.push(key));
    const lane = createMessageLane({
      budget: new StartBudget(100),
      starter: {
        startContactUpsert: start,
        startCustomEvent: start,
        startBatch: (keys) => Promise.resolve(void started.push(...keys)),
      },
      messages: { done: (keys) => Promise.resolve(new Set(keys)) },
      logger,
    });
    const noteSource = createSourceSightings(stores.workspaces, now);
    const onReceipts: ConstructorParameters<typeof Receiver>[0]['onReceipts'] = (_receipts, from) => noteSource(from);
    const receiver = new Receiver({ ...stores, lane, now, logger, onReceipts });
    return [
      ...integrationRoutes({ ...stores, receiver, publicUrl: () => 'https://esx.example.com/', now }),
      ...eventRoutes({ ...stores, temporalUrl: () => null, lateIdentifyWaitMs: 600_000 }),
    ];
  });
});
afterAll(() => harness.close());

test('lists what to enter at each platform, and that nothing has come yet', async () => {
  const { status, body } = await harness.call('GET', '/integrations');
  expect(status).toBe(200);
  expect(body.data.map(({ source, method, url, lastMessageAt }: any) => [source, method, url, lastMessageAt])).toEqual([
    ['segment', 'POST', 'https://esx.example.com/api/segment/track', null],
    ['rudderstack', 'POST', 'https://esx.example.com/api/rudderstack/track', null],
  ]);
  for (const { headers, example } of body.data) {
    expect(headers).toContainEqual({ name: 'Authorization', value: 'Bearer <API key>' });
    expect(example).toMatchObject({ type: 'identify', messageId: 'example-message-1' });
  }
});

test.each(['segment', 'rudderstack'])(
  'a test of %s comes in as its messages do, and can be followed',
  async (source) => {
    const { call, workspaceId } = await harness.addWorkspace();
    const listId = newId('list');
    await harness.stores.workspaces.update(workspaceId, { defaultListId: listId }, new Date());
    harness.auth.forget();
    const { status, body } = await call('POST', `/integrations/${source}/test`);
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'accepted', email: `${source}.test@example.com` });
    await until(() => started.some((key) => key.endsWith(body.messageId)));

    const trace = await call('GET', `/events/${body.messageId}`);
    expect(trace.body).toMatchObject({ type: 'identify', source, listId, messageId: body.messageId });
    expect(JSON.stringify(trace.body.payload)).toContain(body.email);

    await until(async () => (await harness.stores.workspaces.get(workspaceId))?.lastMessageAt !== undefined);
    const { data } = (await call('GET', '/integrations')).body;
    const seen = data.map((each: any) => [each.source, each.lastMessageAt]);
    expect(seen).toContainEqual([source, '2026-04-15T10:00:00.000Z']);
    expect(seen.filter(([, at]: any) => at !== null)).toHaveLength(1);
  },
);

test('each test is a message of its own, of the address that is asked for', async () => {
  const send = () => harness.call('POST', '/integrations/segment/test', { email: 'ada@example.com' });
  const [one, two] = [await send(), await send()];
  expect([one.body.status, two.body.status, two.body.email]).toEqual(['accepted', 'accepted', 'ada@example.com']);
  expect(one.body.messageId).not.toBe(two.body.messageId);
  const refused = await harness.call('POST', '/integrations/segment/test', { email: 'ada' });
  expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/email']);
});

test('there is no test of another source', async () => {
  const { status, body } = await harness.call('POST', '/integrations/mixpanel/test');
  expect([status, body.code, body.detail]).toEqual([
    ...[404, 'unknown_source', 'There is a test for segment and rudderstack; name one of them.'],
  ]);
});

test('a source is noted once a minute at most, and again when it could not be', async () => {
  const notes: string[] = [];
  let isAway = true;
  const note = createSourceSightings(
    {
      noteSource(id, source) {
        notes.push(`${id}/${source}`);
        return isAway ? Promise.reject(new Error('away')) : Promise.resolve();
      },
    },
    Date.now,
  );
  note({ workspaceId: 'ws_1', source: 'segment' });
  await new Promise((resolve) => setImmediate(resolve));
  isAway = false;
  for (const source of ['segment', 'segment', 'sdk', 'segment'] as const) note({ workspaceId: 'ws_1', source });
  expect(notes).toEqual(['ws_1/segment', 'ws_1/segment', 'ws_1/sdk']);
});
