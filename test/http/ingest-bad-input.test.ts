import { request } from 'node:http';
import fc from 'fast-check';
import { createCommitMessages } from '../../activities/commit-messages';
import { GroupPressure } from '../../activities/group-pressure';
import { RecentEvents } from '../../activities/recent-events';
import { newId } from '../../src/mongo/new-id';
import type { RejectionDocument } from '../../src/mongo/rejections';
import { startTestGateway, type Answer, type TestGateway } from '../ingest/gateway';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  await Promise.all(
    ['messages', 'rejections', 'contacts', 'webhookEvents'].map((name) =>
      gateway.database.db.collection(name).deleteMany({}),
    ),
  );
  await gateway.forgetStarts();
});

/** Sends what is to be refused; returns the answer and the one rejection that was kept. */
async function refused(
  body: unknown,
  path = '/api/segment/track',
): Promise<{ answer: Answer; kept: RejectionDocument }> {
  const answer = await gateway.send(path, body);
  const rejections = await gateway.rejections();
  const [kept] = rejections;
  if (rejections.length !== 1 || !kept) throw new Error(`${rejections.length} rejections after ${answer.text}`);
  expect(await gateway.messages()).toEqual([]);
  expect(await gateway.started()).toEqual([]);
  return { answer, kept };
}
function nested(depth: number, open = '{"a":', close = '}'): string {
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

describe('what is not JSON: 400, and kept as it came', () => {
  test.each([
    ['a word', 'identify'],
    ['cut off', '{"type":"identify","userId":"u1"'],
    ['single quotes', "{'type':'identify'}"],
    ['two documents', '{"type":"page"}\n{"type":"page"}'],
    ['a form', 'type=identify&userId=u1'],
    ['markup', '<event type="identify"/>'],
    ['nothing', ''],
    ['blanks', ' \n '],
    ['undefined', 'undefined'],
    ['not a number', '{"type":NaN}'],
    ['a trailing comma', '[{"type":"page"},]'],
  ])('%s', async (_what, text) => {
    const { answer, kept } = await refused(text);
    expect([answer.status, answer.body.code]).toEqual([400, 'not_json']);
    expect(kept).toMatchObject({
      workspaceId: gateway.workspaceId,
      source: 'segment',
      body: text,
      isTruncated: false,
      pointer: '',
      reason: expect.stringContaining('not JSON'),
    });
  });

  it('to 32 KB of it', async () => {
    const { kept } = await refused('x'.repeat(100_000));
    expect([kept.body, kept.isTruncated]).toEqual(['x'.repeat(32 * 1024), true]);
  });

  it('UTF-16 too', async () => {
    const { answer } = await refused(Buffer.from('{"type":"page"}', 'utf16le'));
    expect(answer.status).toBe(400);
  });

  it('without any body', async () => {
    const { answer, kept } = await refused(undefined);
    expect([answer.status, kept.body]).toEqual([400, '']);
  });
});

describe('what is no event: 400 with the field and what to send, and kept', () => {
  test.each([
    ['a string', '"identify"', '', 'object'],
    ['a number', '42', '', 'object'],
    ['null', 'null', '', 'object'],
    ['true', 'true', '', 'object'],
    ['an empty object', '{}', '/type', 'identify'],
    ['no type', '{"userId":"u1"}', '/type', 'identify'],
    ['an unknown type', '{"type":"buy","userId":"u1"}', '/type', 'identify'],
    ['a type that is null', '{"type":null,"userId":"u1"}', '/type', 'string'],
    ['nobody', '{"type":"identify","traits":{"plan":"pro"}}', '/userId', 'anonymousId'],
    ['nobody, with null traits', '{"type":"identify","userId":null,"traits":null}', '/userId', 'anonymousId'],
    ['a track without an event', '{"type":"track","userId":"u1"}', '/event', 'event'],
    ['a track with a blank event', '{"type":"track","userId":"u1","event":" "}', '/event', 'event'],
    ['a track with an event that is an object', '{"type":"track","userId":"u1","event":{}}', '/event', 'string'],
    ['traits that are a text', '{"type":"identify","userId":"u1","traits":"pro"}', '/traits', 'object'],
    ['a batch that is no list', '{"batch":{"type":"page"}}', '/type', 'identify'],
    ['a batch in a batch', '{"batch":null,"type":5}', '/type', 'string'],
  ])('%s', async (_what, text, pointer, says) => {
    const { answer, kept } = await refused(text);
    expect([answer.status, answer.body.code]).toEqual([400, 'event_rejected']);
    expect(answer.body.errors).toEqual([{ pointer, detail: answer.body.detail }]);
    expect(answer.body.detail).toContain(says);
    expect(kept).toMatchObject({ pointer, reason: answer.body.detail, isTruncated: false, source: 'segment' });
    expect(JSON.parse(kept.body)).toEqual(JSON.parse(text));
  });

  it('the message id and the list are kept beside it', async () => {
    const { kept } = await refused(
      '{"type":"track","messageId":"m1","userId":"u1"}',
      '/api/rudderstack/track?listId=lst_1',
    );
    expect(kept).toMatchObject({ messageId: 'm1', listId: 'lst_1', source: 'rudderstack' });
  });

  it('in an SDK call too', async () => {
    const { answer, kept } = await refused({ userId: 'u1' }, '/v1/track');
    expect([answer.status, kept.source, kept.pointer]).toEqual([400, 'sdk', '/event']);
  });
});

describe('an array with bad items', () => {
  it('is answered with 2xx, reasons for the bad ones, and the others are taken', async () => {
    const items = [
      null,
      1,
      'a',
      [],
      true,
      {},
      { type: 'identify', userId: 'u1', messageId: 'good' },
      { type: 'track', userId: 'u1', messageId: 'bad' },
    ];
    const { status, body } = await gateway.segment(items);
    expect([status, body.accepted]).toEqual([202, 1]);
    expect(body.rejected).toEqual([
      ...[0, 1, 2, 3, 4].map((index) => ({ index, reason: expect.stringContaining('object') })),
      { index: 5, reason: expect.stringContaining('type') },
      { index: 7, messageId: 'bad', reason: expect.stringContaining('event') },
    ]);
    expect((await gateway.messages()).map(({ messageId }) => messageId)).toEqual(['good']);
    expect((await gateway.rejections()).map(({ body: kept }) => kept).sort()).toEqual(
      [0, 1, 2, 3, 4, 5, 7].map((index) => JSON.stringify(items[index])).sort(),
    );
  });

  it('of nothing but bad ones is 2xx too', async () => {
    const { status, body } = await gateway.send('/v1/batch', { batch: [null, {}] });
    expect([status, body.success, body.rejected.length]).toEqual([200, true, 2]);
  });
});

describe('size', () => {
  const identify = (bytes: number, messageId = 'big'): object => {
    const event = { type: 'identify', userId: 'u1', messageId, traits: { blob: '' } };
    return { ...event, traits: { blob: 'x'.repeat(bytes - JSON.stringify(event).length) } };
  };

  it('of one event is at most 32 KB: 413, and its beginning is kept', async () => {
    expect((await gateway.segment(identify(32 * 1024, 'fits'))).status).toBe(202);
    await gateway.stores.messages.collection.deleteMany({});
    await gateway.forgetStarts();
    const { answer, kept } = await refused(identify(32 * 1024 + 1));
    expect([answer.status, answer.body.code]).toEqual([413, 'event_too_large']);
    expect(answer.body.detail).toContain('32 KB');
    expect(kept).toMatchObject({ isTruncated: true, messageId: 'big', reason: answer.body.detail });
    expect(kept.body.length).toBe(32 * 1024);
  });

  it('counts bytes and not characters, and the event without the blanks around it', async () => {
    const { answer } = await refused({ type: 'identify', userId: 'u1', traits: { blob: '購'.repeat(11_000) } });
    expect(answer.status).toBe(413);
    const spread = JSON.stringify({ type: 'identify', userId: 'u1', traits: { a: 1 } }, null, 100).replaceAll(
      '\n',
      '\n'.repeat(10_000),
    );
    expect(Buffer.byteLength(spread)).toBeGreaterThan(32 * 1024);
    expect((await gateway.segment(spread)).status).toBe(202);
  });

  it('is 413 as well where the text is short and what it says is not', async () => {
    const { answer } = await refused(`{"type":"identify","userId":"u1","traits":{"a":[${'1e20,'.repeat(5_000)}0]}}`);
    expect(answer.status).toBe(413);
  });

  it('of one item in a batch spoils that item alone', async () => {
    const batch = [identify(500, 'first'), identify(32 * 1024 + 1), identify(500, 'last')];
    for (const body of [batch, { batch }]) {
      await gateway.stores.messages.collection.deleteMany({});
      const answer = await gateway.segment(body);
      expect([answer.status, answer.body]).toEqual([
        202,
        {
          accepted: 2,
          duplicate: 0,
          ignored: 0,
          rejected: [{ index: 1, messageId: 'big', reason: expect.stringContaining('32 KB') }],
        },
      ]);
      expect((await gateway.messages()).map(({ messageId }) => messageId)).toEqual(['first', 'last']);
    }
  });

  it('of a body is at most 5 MB: 413', async () => {
    const under = await gateway.segment(`${' '.repeat(5 * 1024 * 1024 - 20)}{"type":"page"}`);
    expect(under.status).toBe(202);
    const over = await gateway.segment(`${' '.repeat(5 * 1024 * 1024)}{"type":"page"}`);
    expect([over.status, over.body.code]).toEqual([413, 'body_too_large']);
  });

  it('of a batch is at most 5,000 events: 413, however many there are', async () => {
    for (const count of [5_001, 2_000_000]) {
      const { status, body } = await gateway.segment(`[${'0,'.repeat(count - 1)}0]`);
      expect([status, body.code]).toEqual([413, 'too_many_events']);
    }
    const most = await gateway.segment(Array.from({ length: 5_000 }, () => ({ type: 'page' })));
    expect([most.status, most.body.ignored]).toEqual([202, 5_000]);
  });
});

describe('nesting', () => {
  const withTraits = (traits: string): string =>
    `{"type":"identify","messageId":"deep","userId":"u1","traits":${traits}}`;

  test.each([
    ['33 levels', withTraits(nested(32))],
    ['100,000 objects', withTraits(nested(100_000))],
    ['100,000 arrays', withTraits(nested(100_000, '[', ']'))],
    ['500,000 arrays in 500,000 objects', nested(500_000, '{"a":[', ']}')],
  ])('of %s: 400, not a crash, and kept', async (_what, text) => {
    const { answer, kept } = await refused(text);
    expect([answer.status, answer.body.code]).toEqual([400, 'event_rejected']);
    expect(answer.body.detail).toContain('nest');
    expect(kept.body).toBe(text.slice(0, 32 * 1024));
    expect(kept.isTruncated).toBe(text.length > 32 * 1024);
    expect((await gateway.send('/healthz', undefined, { method: 'GET' })).status).toBe(200);
  });

  it('of 32 levels is fine', async () => {
    expect((await gateway.segment(withTraits(nested(31)))).status).toBe(202);
  });

  it('of a million arrays without an event in them is an array with one bad item', async () => {
    const { status, body } = await gateway.segment(nested(1_000_000, '[', ']'));
    expect([status, body.rejected.length]).toEqual([202, 1]);
  });

  it('spoils its item alone, and many such items are not kept as a body each', async () => {
    const deep = withTraits(nested(100));
    const good = '{"type":"identify","userId":"u1","messageId":"good"}';
    const { status, body } = await gateway.segment(`[${`${deep},`.repeat(1_000)}${good}]`);
    expect([status, body.accepted, body.rejected.length]).toEqual([202, 1, 1_000]);
    expect(body.rejected[0]).toEqual({ index: 0, messageId: 'deep', reason: expect.stringContaining('nest') });
    const kept = await gateway.rejections();
    expect(kept.length).toBe(1_000);
    const keptBytes = kept.reduce((sum, each) => sum + each.body.length, 0);
    expect(keptBytes).toBeLessThan(1_000 * deep.length);
    expect(kept[0]).toMatchObject({ isTruncated: true, messageId: 'deep' });
    expect(JSON.parse(kept[0]?.body ?? '')).toMatchObject({ type: 'identify', userId: 'u1', traits: { a: { a: {} } } });
  });

  it('is judged before size: a small deep event in a large batch is told what is wrong with it', async () => {
    const filler = JSON.stringify({ type: 'page', name: 'x'.repeat(30_000) });
    const { body } = await gateway.segment(`[${filler},${filler},${withTraits(nested(40))}]`);
    expect(body.rejected).toEqual([{ index: 2, messageId: 'deep', reason: expect.stringContaining('nest') }]);
  });
});

describe('odd but readable', () => {
  it('duplicate keys: the last one counts', async () => {
    const { body } = await gateway.segment(
      '{"type":"page","type":"identify","userId":"u1","userId":"u2","messageId":"m1"}',
    );
    expect(body.status).toBe('accepted');
    expect(JSON.parse((await gateway.messages())[0]?.body ?? '')).toMatchObject({ type: 'identify', userId: 'u2' });
  });

  it('invalid UTF-8 is read with replacement characters', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"type":"identify","userId":"u'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('","messageId":"m1"}'),
    ]);
    expect((await gateway.segment(bytes)).status).toBe(202);
    expect(JSON.parse((await gateway.messages())[0]?.body ?? '')).toMatchObject({ userId: 'u\ufffd\ufffd' });
  });

  it('null traits, properties and context are absent ones', async () => {
    const answers = await gateway.segment([
      { type: 'identify', userId: 'u1', traits: null, context: null },
      { type: 'track', userId: 'u1', event: 'e', properties: null, context: { traits: null } },
    ]);
    expect(answers.body).toMatchObject({ accepted: 2, rejected: [] });
  });
});

/** Takes the messages in and gives them their effect, as the workflow would. */
async function takeAndCommit(...bodies: string[]): Promise<void> {
  for (const body of bodies) expect((await gateway.segment(body)).status).toBe(202);
  const keys = (await gateway.started()).flatMap(([, ...started]) => started);
  const activities = createCommitMessages({
    ingest: gateway.stores.ingest,
    now: () => Date.now(),
    newId,
    ownWorkflowId: () => undefined,
    recentEvents: new RecentEvents(),
    pressure: new GroupPressure(),
  });
  await activities.commitMessages({ keys, mayWait: false });
  expect((await gateway.messages()).map(({ state }) => state)).toEqual(keys.map(() => 'done'));
}

describe('names and ids that a store could misread reach the contact as they are', () => {
  test.each([
    ['prototype keys', '{"__proto__":{"admin":true},"constructor":"c","toString":"t","hasOwnProperty":1}'],
    ['nested prototype keys', '{"address":{"__proto__":{"a":1},"list":[{"__proto__":2}]}}'],
    ['operators and paths', '{"$set":{"email":"x"},"$where":"1","a.b":{"c.d":1},"a":{"b":2},"":0,".":1,"$":2}'],
    ['percent signs, as the store writes them', '{"%24x":1,"$x":2,"100%":3,"%":4,"%2E":5}'],
    ['NUL and control characters', '{"a\\u0000b":"x\\u0000y","\\u001b":1}'],
    [
      'names of the fields of a contact',
      '{"metadata":{"id":1},"id":"con_1","_id":"x","status":"bounced","externalIds":[1]}',
    ],
    [
      'what looks like a date or an id of the database',
      '{"$date":"2026-04-15","$oid":"65f0","ref":{"$ref":"contacts","$id":1}}',
    ],
    ['numbers at the edge', '{"a":9007199254740991,"b":1e308,"c":-1.5e-300,"d":2147483648,"e":0.1}'],
  ])('%s', async (_what, traits) => {
    await takeAndCommit(`{"type":"identify","userId":"u1","traits":{"email":"a@acme.com",${traits.slice(1)}}`);
    const [contact] = await gateway.stores.contacts.page(gateway.workspaceId, {}, { limit: 10 });
    expect(JSON.parse(JSON.stringify(contact?.metadata))).toEqual(JSON.parse(traits));
    expect(Object.keys(contact?.metadata ?? {}).sort()).toEqual(Object.keys(JSON.parse(traits)).sort());
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });

  it('the tag by which the driver knows its own types', async () => {
    await takeAndCommit(
      '{"type":"identify","traits":{"email":"a@acme.com","_bsontype":"ObjectId","x":{"_bsontype":"Long","y":1}}}',
    );
    const [contact] = await gateway.stores.contacts.page(gateway.workspaceId, {}, { limit: 10 });
    expect(contact?.metadata).toEqual({ _bsontype: 'ObjectId', x: { _bsontype: 'Long', y: 1 } });
  });

  it('halves of surrogate pairs in ids, which end as one id in the database', async () => {
    const identify = (userId: string, email: string): string =>
      `{"type":"identify","userId":"${userId}","traits":{"email":"${email}"}}`;
    await takeAndCommit(
      identify('u\\ud800', 'a@acme.com'),
      identify('u\\ud801', 'b@acme.com'),
      identify('u\\ud800', 'a@acme.com'),
    );
    const contacts = await gateway.stores.contacts.page(gateway.workspaceId, {}, { limit: 10 });
    expect(contacts.map(({ email, externalIds }) => [email, externalIds.length]).sort()).toEqual([
      ['a@acme.com', 1],
      ['b@acme.com', 0],
    ]);
  });
});

describe('a request that breaks off', () => {
  it('leaves nothing, and the next one is served', async () => {
    const sent = request(`${gateway.url}/api/segment/track`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}`, 'content-length': 1_000 },
    });
    const ended = new Promise((resolve) => sent.on('error', resolve));
    sent.write('{"type":"identify"', () => sent.destroy());
    await ended;
    expect((await gateway.segment({ type: 'page' })).status).toBe(202);
    expect([await gateway.messages(), await gateway.rejections()]).toEqual([[], []]);
  });
});

describe('any JSON', () => {
  const value = fc.jsonValue();
  const event = fc.record(
    {
      type: fc.constantFrom('identify', 'track', 'page'),
      messageId: fc.oneof(fc.string(), value),
      userId: fc.oneof(fc.string(), value),
      event: fc.oneof(fc.string(), value),
      traits: fc.oneof(fc.dictionary(fc.string(), value), value),
      properties: value,
      context: value,
      timestamp: value,
      batch: value,
    },
    { requiredKeys: [] },
  );
  const path = fc.constantFrom('/api/segment/track', '/api/rudderstack/track', '/v1/identify', '/v1/batch');

  it('is answered with 2xx, or with 4xx other than 429', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          value,
          event,
          fc.array(event, { maxLength: 4 }),
          fc.record({ batch: fc.array(event, { maxLength: 4 }), sentAt: value }),
        ),
        path,
        async (body, to) => {
          const { status } = await gateway.send(to, JSON.stringify(body));
          expect([200, 202, 400]).toContain(status);
        },
      ),
      { numRuns: 300 },
    );
    const stored = (await gateway.messages()).length + (await gateway.rejections()).length;
    expect(stored).toBeGreaterThan(50);
  });

  it('and any bytes too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), path, async (bytes, to) => {
        const { status } = await gateway.send(to, bytes);
        expect([200, 202, 400]).toContain(status);
      }),
      { numRuns: 100 },
    );
  });
});
