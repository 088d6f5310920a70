import { itemsOf } from '../../src/ingest/receive';
import { startTestGateway, type TestGateway } from './gateway';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  await gateway.stores.messages.collection.deleteMany({});
  await gateway.forgetStarts();
});

const track = (messageId: string): Record<string, unknown> => ({ type: 'track', userId: 'u1', event: 'e', messageId });
const startedKeys = async (): Promise<string[]> => (await gateway.started()).flatMap(([, ...keys]) => keys);
function count<Item>(items: Item[], wanted: Item): number {
  return items.filter((item) => item === wanted).length;
}

describe('the same message', () => {
  it('50 times at once is accepted once: 49 duplicates, one row, one start', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.segment(track('same'))));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    const statuses: string[] = answers.map(({ body }) => body.status);
    expect([count(statuses, 'accepted'), count(statuses, 'duplicate')]).toEqual([1, 49]);
    expect(new Set(answers.map(({ body }) => body.workflowId)).size).toBe(1);
    expect((await gateway.messages()).length).toBe(1);
    expect(await startedKeys()).toEqual([`${gateway.workspaceId}/same`]);
  });

  it('50 times in one request is accepted once, the first time', async () => {
    const items = Array.from({ length: 50 }, (_, index) => ({ ...track('same'), properties: { index } }));
    const { body } = await gateway.segment(items);
    expect(body).toEqual({ accepted: 1, duplicate: 49, ignored: 0, rejected: [] });
    const stored = await gateway.messages();
    expect(stored.map((message) => JSON.parse(message.body).properties.index)).toEqual([0]);
    expect(await startedKeys()).toEqual([`${gateway.workspaceId}/same`]);
  });

  it('in 20 batches at once that overlap: each message once', async () => {
    const batches = Array.from({ length: 20 }, (_, batch) =>
      Array.from({ length: 30 }, (_each, index) => track(`m${batch + index}`)),
    );
    const answers = await Promise.all(batches.map((batch) => gateway.segment(batch)));
    const distinct = new Set(batches.flat().map(({ messageId }) => messageId)).size;
    const sum = (field: 'accepted' | 'duplicate'): number =>
      answers.reduce((total, { body }) => total + Number(body[field]), 0);
    expect([sum('accepted'), sum('duplicate')]).toEqual([distinct, 600 - distinct]);
    expect((await gateway.messages()).length).toBe(distinct);
    const keys = await startedKeys();
    expect([keys.length, new Set(keys).size]).toEqual([distinct, distinct]);
  });

  it('under two workspaces, as identify and as track: one for each workspace', async () => {
    const first = await gateway.segment(track('same'));
    const second = await gateway.segment({ ...track('same'), type: 'identify' });
    expect([first.body.status, second.body.status]).toEqual(['accepted', 'duplicate']);
  });
});

it('what is accepted is stored before it is answered', async () => {
  for (let index = 0; index < 20; index++) {
    const { body } = await gateway.segment(track(`now${index}`));
    const [stored] = await gateway.stores.messages.byKeys([`${gateway.workspaceId}/now${index}`]);
    expect([body.status, stored?.state]).toEqual(['accepted', 'received']);
  }
});

it('messages that cannot be stored are not started', async () => {
  const failing = jest.spyOn(gateway.stores.messages, 'insert').mockRejectedValueOnce(new Error('disk full'));
  const response = await fetch(`${gateway.url}/api/segment/track`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}` },
    body: JSON.stringify(track('lost')),
  });
  failing.mockRestore();
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('disk full');
  expect(await gateway.started()).toEqual([]);
  expect((await gateway.segment(track('lost'))).body.status).toBe('accepted');
});

describe('itemsOf', () => {
  test.each([
    [{ type: 'page' }, { items: [{ type: 'page' }], isSingle: true }],
    [[], { items: [], isSingle: false }],
    [[1, [2]], { items: [1, [2]], isSingle: false }],
    [
      { batch: [1], sentAt: 's' },
      { items: [1], isSingle: false, sentAt: 's' },
    ],
    [{ batch: {} }, { items: [{ batch: {} }], isSingle: true }],
    [null, { items: [null], isSingle: true }],
    ['text', { items: ['text'], isSingle: true }],
  ])('of %j', (body, expected) => {
    expect(itemsOf(body)).toEqual(expected);
  });
});
