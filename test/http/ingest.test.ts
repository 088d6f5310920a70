import { makeId } from '../../domain/ids';
import { startTestGateway, type SendOptions, type TestGateway } from '../ingest/gateway';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  await gateway.stores.messages.collection.deleteMany({});
  await gateway.forgetStarts();
});

const identify = {
  type: 'identify',
  messageId: 'i1',
  userId: 'user_12345',
  traits: { email: 'morgan@acme.com', plan: 'pro' },
};
const track = {
  type: 'track',
  messageId: 't1',
  userId: 'user_12345',
  event: 'Purchase Completed',
  properties: { amount: 99 },
};
const webhooks = ['/api/segment/track', '/api/rudderstack/track'];
const zeros = { accepted: 0, duplicate: 0, ignored: 0, rejected: [] };

async function storedIds(): Promise<string[]> {
  return (await gateway.messages()).map(({ messageId }) => messageId);
}

describe.each(webhooks)('%s', (path) => {
  it('takes an identify, stores it and starts its workflow', async () => {
    const { status, body } = await gateway.send(path, identify);
    const key = `${gateway.workspaceId}/i1`;
    expect([status, body]).toEqual([202, { status: 'accepted', messageId: 'i1', workflowId: `identify/${key}` }]);
    expect(await gateway.started()).toEqual([['contactUpsert', key]]);
    const [stored] = await gateway.messages();
    expect(stored).toMatchObject({
      _id: key,
      workspaceId: gateway.workspaceId,
      messageId: 'i1',
      type: 'identify',
      source: path.includes('segment') ? 'segment' : 'rudderstack',
      state: 'received',
    });
    expect(JSON.parse(stored?.body ?? '')).toEqual(identify);
    expect(stored).not.toHaveProperty('listId');
  });

  it('takes a track', async () => {
    const { status, body } = await gateway.send(path, track);
    const key = `${gateway.workspaceId}/t1`;
    expect([status, body]).toEqual([202, { status: 'accepted', messageId: 't1', workflowId: `track/${key}` }]);
    expect(await gateway.started()).toEqual([['customEvent', key]]);
  });

  it('answers duplicate for what it has, and starts nothing again', async () => {
    await gateway.send(path, identify);
    const { status, body } = await gateway.send(path, { ...identify, traits: { plan: 'other' } });
    expect([status, body.status, body.messageId]).toEqual([202, 'duplicate', 'i1']);
    expect((await gateway.started()).length).toBe(1);
    expect(JSON.parse((await gateway.messages())[0]?.body ?? '')).toEqual(identify);
  });

  test.each(['page', 'screen', 'group', 'alias', 'delete'])('accepts a %s without effect', async (type) => {
    const { status, body } = await gateway.send(path, { type, messageId: 'p1', userId: 'u' });
    expect([status, body]).toEqual([202, { status: 'ignored', messageId: 'p1' }]);
    expect(await storedIds()).toEqual([]);
    expect(await gateway.started()).toEqual([]);
  });

  test.each(['POST', 'PUT', 'PATCH'])('reads %s', async (method) => {
    const { status, body } = await gateway.send(path, identify, { method });
    expect([status, body.status]).toEqual([202, 'accepted']);
  });

  test.each(['GET', 'DELETE', 'OPTIONS'])('answers 405 to %s, even without a key', async (method) => {
    const { status, headers, body } = await gateway.send(path, undefined, {
      method,
      headers: { authorization: undefined },
    });
    expect([status, headers.get('allow'), body.code]).toEqual([405, 'POST, PUT, PATCH', 'method_not_allowed']);
  });

  it('answers for a bare array and for a batch item by item, in their order', async () => {
    await gateway.send(path, track);
    const items = [
      identify,
      { ...identify, traits: {} },
      track,
      { type: 'page' },
      { type: 'track', messageId: 'bad', userId: 'u' },
      null,
    ];
    const expected = {
      accepted: 1,
      duplicate: 2,
      ignored: 1,
      rejected: [
        { index: 4, messageId: 'bad', reason: expect.stringContaining('event') },
        { index: 5, reason: expect.stringContaining('object') },
      ],
    };
    const asArray = await gateway.send(path, items);
    expect([asArray.status, asArray.body]).toEqual([202, expected]);
    expect(await storedIds()).toEqual(['i1', 't1']);
    const asBatch = await gateway.send(path, { batch: items });
    expect([asBatch.status, asBatch.body]).toEqual([202, { ...expected, accepted: 0, duplicate: 3 }]);
  });

  test.each([[[]], [{ batch: [] }]])('answers %j with zeros', async (body) => {
    const answer = await gateway.send(path, body);
    expect([answer.status, answer.body]).toEqual([202, zeros]);
  });

  it('starts the messages of one request together and in their order', async () => {
    const items = Array.from({ length: 250 }, (_, index) => ({
      ...track,
      messageId: `m${String(index).padStart(3, '0')}`,
    }));
    const { body } = await gateway.send(path, items);
    expect(body.accepted).toBe(250);
    expect((await gateway.started()).map(([type]) => type)).toEqual(['ingestBatch']);
    expect((await gateway.started()).flatMap(([, ...keys]) => keys)).toEqual(
      items.map(({ messageId }) => `${gateway.workspaceId}/${messageId}`),
    );
  });
});

describe('the message id', () => {
  it('is the SHA-256 of an event that has a timestamp and no id, so that a repeat is a duplicate', async () => {
    const { messageId: _id, ...event } = { ...track, timestamp: '2026-04-15T10:00:00.000Z' };
    const first = await gateway.segment(event);
    const second = await gateway.segment(event);
    expect(first.body.messageId).toMatch(/^[0-9a-f]{64}$/);
    expect([first.body.status, second.body.status]).toEqual(['accepted', 'duplicate']);
    expect(second.body.messageId).toBe(first.body.messageId);
    const other = await gateway.segment({ ...event, properties: { amount: 100 } });
    expect(other.body.status).toBe('accepted');
  });

  it('is fresh for an event that has neither', async () => {
    const event = { type: 'track', userId: 'u1', event: 'e' };
    const answers = [await gateway.segment(event), await gateway.segment(event)];
    expect(answers.map(({ body }) => body.status)).toEqual(['accepted', 'accepted']);
    expect(answers[0]?.body.messageId).not.toBe(answers[1]?.body.messageId);
  });

  it('is hashed in ids where it would not read well, and answered as it came', async () => {
    const messageId = 'order 1/2 for morgan@acme.com';
    const { body } = await gateway.segment({ ...track, messageId });
    expect(body).toMatchObject({
      status: 'accepted',
      messageId,
      workflowId: expect.stringMatching(/^track\/ws_\w+\/sha256:[0-9a-f]{64}$/),
    });
    expect((await gateway.segment({ ...track, messageId })).body.status).toBe('duplicate');
  });

  it('may be a number', async () => {
    expect((await gateway.segment({ ...track, messageId: 17 })).body.messageId).toBe('17');
  });

  it('of another workspace is another message', async () => {
    const workspaceId = makeId('workspace', 'f'.repeat(24));
    const at = new Date();
    await gateway.stores.workspaces.insert({
      _id: workspaceId,
      name: 'Other',
      plan: 'pro',
      createdAt: at,
      updatedAt: at,
    });
    const { key } = await gateway.addKey(workspaceId);
    await gateway.segment(track);
    expect((await gateway.segment(track, { key })).body.status).toBe('accepted');
    expect((await gateway.segment(track, { key })).body.status).toBe('duplicate');
  });
});

describe('the default list', () => {
  const listOf = async (path: string, options?: SendOptions): Promise<(string | undefined)[]> => {
    await gateway.send(path, [identify, track], options);
    return (await gateway.messages()).map(({ listId }) => listId);
  };

  it('comes from ?listId=, for identify alone', async () => {
    expect(await listOf('/api/segment/track?listId=lst_query')).toEqual(['lst_query', undefined]);
  });

  it('comes from X-Default-List-Id', async () => {
    expect(await listOf('/api/segment/track', { headers: { 'X-Default-List-Id': 'lst_header' } })).toEqual([
      'lst_header',
      undefined,
    ]);
  });

  it('comes from the query before the header, and an empty one counts as none', async () => {
    const headers = { 'X-Default-List-Id': 'lst_header' };
    expect(await listOf('/api/segment/track?listId=lst_query', { headers })).toEqual(['lst_query', undefined]);
    await gateway.stores.messages.collection.deleteMany({});
    expect(await listOf('/api/segment/track?listId=', { headers })).toEqual(['lst_header', undefined]);
  });

  it('is the setting of the workspace where a request names none', async () => {
    await gateway.stores.workspaces.update(gateway.workspaceId, { defaultListId: 'lst_setting' }, new Date());
    gateway.auth.forget();
    try {
      expect(await listOf('/api/rudderstack/track')).toEqual(['lst_setting', undefined]);
      await gateway.stores.messages.collection.deleteMany({});
      expect(await listOf('/v1/batch')).toEqual(['lst_setting', undefined]);
      await gateway.stores.messages.collection.deleteMany({});
      expect(await listOf('/api/segment/track?listId=lst_query')).toEqual(['lst_query', undefined]);
    } finally {
      await gateway.stores.workspaces.update(gateway.workspaceId, { defaultListId: null }, new Date());
      gateway.auth.forget();
    }
  });

  it('is not taken from a query that names several', async () => {
    expect(await listOf('/api/segment/track?listId=a&listId=b')).toEqual([undefined, undefined]);
  });
});

describe('/v1, as the SDKs call it', () => {
  test.each([
    ['identify', { userId: 'u1', traits: { email: 'a@acme.com' } }, 'accepted'],
    ['track', { userId: 'u1', event: 'e' }, 'accepted'],
    ['page', { userId: 'u1', name: 'Pricing' }, 'ignored'],
    ['screen', { userId: 'u1', name: 'Pricing' }, 'ignored'],
    ['group', { userId: 'u1', groupId: 'g1' }, 'ignored'],
    ['alias', { userId: 'u1', previousId: 'u0' }, 'ignored'],
  ])('takes a %s that does not repeat its type', async (type, event, expected) => {
    const { status, body } = await gateway.send(`/v1/${type}`, { ...event, messageId: 'm1' });
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ success: true, status: expected, messageId: 'm1' }),
    ]);
    const stored = await gateway.messages();
    expect(stored.map((each) => [each.type, each.source])).toEqual(expected === 'accepted' ? [[type, 'sdk']] : []);
  });

  it('leaves a type that is there as it is', async () => {
    await gateway.send('/v1/identify', track);
    expect((await gateway.messages()).map(({ type }) => type)).toEqual(['track']);
  });

  test.each(['/v1/batch', '/v1/import'])('%s takes many', async (path) => {
    const { status, body } = await gateway.send(path, {
      batch: [identify, track, { type: 'page' }, { type: 'track' }],
      sentAt: new Date(),
    });
    expect([status, body]).toEqual([
      200,
      { success: true, accepted: 2, duplicate: 0, ignored: 1, rejected: [{ index: 3, reason: expect.any(String) }] },
    ]);
    expect((await gateway.started()).map(([type]) => type)).toEqual(['ingestBatch']);
  });

  it('answers an empty batch with zeros', async () => {
    const { status, body } = await gateway.send('/v1/batch', { batch: [] });
    expect([status, body]).toEqual([200, { success: true, ...zeros }]);
  });

  it("corrects the events' clock by the sentAt of the batch", async () => {
    const skewMs = -3_600_000;
    const sentAt = new Date(Date.now() + skewMs);
    await gateway.send('/v1/batch', {
      batch: [{ ...track, timestamp: new Date(sentAt.getTime() - 60_000) }],
      sentAt,
    });
    const [stored] = await gateway.messages();
    if (!stored) throw new Error('nothing was stored');
    expect(stored.receivedAt.getTime() - stored.occurredAt.getTime()).toBe(60_000);
  });

  test.each(['/v1/batch', '/v1/identify', '/v1/track'])('answers 405 to GET %s', async (path) => {
    const { status, headers } = await gateway.send(path, undefined, { method: 'GET' });
    expect([status, headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('answers 404 to what an SDK does not call', async () => {
    expect((await gateway.send('/v1/nothing', identify)).status).toBe(404);
  });
});

describe('X-Request-Id', () => {
  it('is that of the request, where it is one', async () => {
    const { headers } = await gateway.segment(identify, { headers: { 'X-Request-Id': 'abc-1.2:3' } });
    expect(headers.get('x-request-id')).toBe('abc-1.2:3');
  });

  test.each(['with space', 'x'.repeat(101), 'ü'])('is a fresh one for %j', async (given) => {
    const { headers } = await gateway.segment(identify, { headers: { 'X-Request-Id': given } });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is in the answer to a URL that cannot be decoded', async () => {
    expect((await gateway.send('/api/%zz', identify)).status).toBe(404);
  });
});
