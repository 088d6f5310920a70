import { createLogger } from '../../src/logger';
import { rejectionRoutes } from '../../src/http/rejection-routes';
import { Receiver } from '../../src/ingest/receive';
import { createMessageLane } from '../../src/ingest/lanes';
import { StartBudget } from '../../src/ingest/start-budget';
import { until } from '../ingest/gateway';
import { readAll, startHarness, type Harness } from './harness';

let harness: Harness;
let receiver: Receiver;
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
    receiver = new Receiver({ ...stores, lane, now, logger, onReceipts: () => {} });
    return rejectionRoutes({ ...stores, receiver, now });
  });
});
afterAll(() => harness.close());
beforeEach(() => {
  harness.clock.nowMs = Date.parse('2026-04-15T10:00:00Z');
});

/** Lets the workspace receive one event; `text` is the body as it came. */
const arrive = (workspaceId: string, item: unknown, text = JSON.stringify(item)) =>
  receiver.receive({ workspaceId, source: 'segment', items: [item], text, listId: 'lst_default' });
const nameless = { type: 'track', messageId: 'm-1', userId: 'u-1', timestamp: '2026-04-15T09:00:00Z' };

test('what was refused is listed with its reason, newest first', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await arrive(workspaceId, nameless);
  harness.clock.nowMs += 1_000;
  await receiver.reject({ workspaceId, source: 'rudderstack' }, '{"type":', 'the body is not JSON');
  const { status, body } = await call('GET', '/rejections');
  expect(status).toBe(200);
  expect(body.nextCursor).toBeNull();
  expect(body.data).toEqual([
    {
      id: expect.stringMatching(/^rej_/),
      source: 'rudderstack',
      reason: 'the body is not JSON',
      pointer: '',
      messageId: null,
      body: '{"type":',
      isTruncated: false,
      receivedAt: '2026-04-15T10:00:01.000Z',
      resentAt: null,
    },
    expect.objectContaining({
      source: 'segment',
      reason: expect.stringContaining('needs the name of its event'),
      pointer: '/event',
      messageId: 'm-1',
      body: JSON.stringify(nameless),
    }),
  ]);
});

test('one is read by its id, in its own workspace alone', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await arrive(workspaceId, nameless);
  const [row] = (await call('GET', '/rejections')).body.data;
  expect((await call('GET', `/rejections/${row.id}`)).body).toEqual(row);
  expect((await harness.call('GET', `/rejections/${row.id}`)).status).toBe(404);
});

test('pages hold each rejection once at equal times', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  for (let index = 0; index < 5; index++) await arrive(workspaceId, { ...nameless, messageId: `m-${index}` });
  const rows = await readAll(call, '/rejections', 2);
  expect(rows.map(({ messageId }: { messageId: string }) => messageId)).toEqual(['m-4', 'm-3', 'm-2', 'm-1', 'm-0']);
});

test('a mended event is taken in where the refused one would have been', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await arrive(workspaceId, nameless);
  const [{ id }] = (await call('GET', '/rejections')).body.data;
  harness.clock.nowMs += 60_000;
  const mended = { ...nameless, event: 'Purchase Completed' };
  const sent = await call('POST', `/rejections/${id}/resend`, { body: mended });
  expect(sent.status).toBe(202);
  expect(sent.body).toEqual({ status: 'accepted', messageId: 'm-1', workflowId: `track/${workspaceId}/m-1` });
  const [stored] = await harness.stores.messages.byKeys([`${workspaceId}/m-1`]);
  expect(stored).toMatchObject({ source: 'segment', body: JSON.stringify(mended), state: 'received' });
  await until(() => started.includes(`${workspaceId}/m-1`));
  expect((await call('GET', '/rejections')).body.data).toMatchObject([{ id, resentAt: '2026-04-15T10:01:00.000Z' }]);

  expect((await call('POST', `/rejections/${id}/resend`, { body: mended })).body.status).toBe('duplicate');
});

test('an identify keeps the list that it came with', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await arrive(workspaceId, { type: 'identify', messageId: 'i-1', traits: {} });
  const [{ id }] = (await call('GET', '/rejections')).body.data;
  await call('POST', `/rejections/${id}/resend`, {
    body: { type: 'identify', messageId: 'i-1', userId: 'u', traits: {} },
  });
  expect(await harness.stores.messages.byKeys([`${workspaceId}/i-1`])).toMatchObject([{ listId: 'lst_default' }]);
});

test('the kept text is sent again where no body is given, and refused again with the same reason', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await arrive(workspaceId, nameless);
  const [{ id, reason }] = (await call('GET', '/rejections')).body.data;
  for (const body of [undefined, {}]) {
    const refused = await call('POST', `/rejections/${id}/resend`, body);
    expect(refused.body).toMatchObject({
      status: 422,
      code: 'event_rejected',
      errors: [{ pointer: '/body/event', detail: reason }],
    });
  }
  expect((await harness.stores.rejections.get(workspaceId, id))?.resentAt).toBeUndefined();
});

test('a kept text that is good by now is accepted as it came', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const event = { ...nameless, messageId: 'm-good', event: 'Signed Up' };
  const id = await keep(workspaceId, JSON.stringify(event));
  expect((await call('POST', `/rejections/${id}/resend`)).body).toMatchObject({
    status: 'accepted',
    messageId: 'm-good',
  });
});

test('a text that was cut, is not JSON or is a whole batch needs a mended event', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const tooLarge = { ...nameless, event: 'Big', messageId: 'm-big', properties: { blob: 'x'.repeat(40_000) } };
  await arrive(workspaceId, tooLarge);
  const [{ id, isTruncated }] = (await call('GET', '/rejections')).body.data;
  expect(isTruncated).toBe(true);
  expect((await call('POST', `/rejections/${id}/resend`)).body).toMatchObject({ status: 409, code: 'body_truncated' });
  const smaller = { ...tooLarge, properties: {} };
  expect((await call('POST', `/rejections/${id}/resend`, { body: smaller })).status).toBe(202);

  const broken = await keep(workspaceId, '{"type":');
  expect((await call('POST', `/rejections/${broken}/resend`)).body).toMatchObject({ status: 422, code: 'not_json' });
  const batch = await keep(workspaceId, JSON.stringify({ batch: [nameless, nameless] }));
  expect((await call('POST', `/rejections/${batch}/resend`)).body).toMatchObject({
    status: 422,
    code: 'not_one_event',
  });
  expect((await call('POST', `/rejections/${batch}/resend`, { body: [nameless] })).status).toBe(422);
});

test('a mended event that nests too deep is refused', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const id = await keep(workspaceId, '{');
  const deep = `{"body":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  expect((await call('POST', `/rejections/${id}/resend`, deep)).body).toMatchObject({
    status: 422,
    errors: [{ pointer: '/body', detail: expect.stringContaining('nests deeper') }],
  });
});

test('a rejection of another workspace is not there', async () => {
  const other = await harness.addWorkspace();
  const id = await keep(other.workspaceId, JSON.stringify({ ...nameless, event: 'Theirs' }));
  expect((await harness.call('POST', `/rejections/${id}/resend`)).status).toBe(404);
  expect((await harness.call('GET', '/rejections')).text).not.toContain(id);
  expect((await other.call('POST', `/rejections/${id}/resend`)).status).toBe(202);
});

test('the same Idempotency-Key takes an event without an id in once', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const id = await keep(workspaceId, '{');
  const send = () =>
    call(
      'POST',
      `/rejections/${id}/resend`,
      { body: { type: 'track', userId: 'u', event: 'Once' } },
      { 'idempotency-key': 'r1' },
    );
  const first = await send();
  expect((await send()).body).toEqual(first.body);
  expect(await harness.stores.messages.page({ workspaceId }, { limit: 10 })).toHaveLength(1);
});

async function keep(workspaceId: string, body: string): Promise<string> {
  await receiver.reject({ workspaceId, source: 'segment' }, body, 'kept by a test');
  const [newest] = await harness.stores.rejections.page(workspaceId, { limit: 1 });
  if (!newest) throw new Error('nothing was kept');
  return newest._id;
}
