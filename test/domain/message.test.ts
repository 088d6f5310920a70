import fc from 'fast-check';
import { maxNesting, messageIdOf, readMessage, type Message, type ReadMessage } from '../../domain/message';

const atMs = Date.parse('2026-04-15T10:00:00.000Z');
const minuteMs = 60_000;
const dayMs = 86_400_000;

function read(raw: unknown, sentAt?: unknown): ReadMessage {
  return readMessage(raw, { atMs, sentAt });
}
function accepted(raw: unknown): Message {
  const result = read(raw);
  if (result.kind !== 'message') throw new Error(`not a message: ${JSON.stringify(result)}`);
  return result.message;
}
function rejectedFor(raw: unknown): { reason: string; pointer: string; messageId?: string } {
  const result = read(raw);
  if (result.kind !== 'rejected') throw new Error(`not rejected: ${JSON.stringify(result)}`);
  return result;
}
function occurredAt(raw: Record<string, unknown>, sentAt?: unknown): string | undefined {
  const result = read({ type: 'track', userId: 'u', event: 'e', ...raw }, sentAt);
  if (result.kind !== 'message') throw new Error(`not a message: ${JSON.stringify(result)}`);
  return result.occurredAtMs === undefined ? undefined : new Date(result.occurredAtMs).toISOString();
}
function iso(offsetMs: number): string {
  return new Date(atMs + offsetMs).toISOString();
}

describe('the events of the documents', () => {
  it('reads the identify of the Segment document', () => {
    expect(
      read({
        anonymousId: '507f191e810c19729de860ea',
        channel: 'browser',
        context: { ip: '8.8.8.8', library: { name: 'analytics.js', version: '2.11.1' } },
        integrations: { All: true },
        messageId: '022bb90c-bbac-11e4-8dfc-aa07a5b093db',
        originalTimestamp: '2026-04-15T09:00:00.000Z',
        receivedAt: '2026-04-15T09:00:00.387Z',
        sentAt: '2026-04-15T09:00:00.111Z',
        timestamp: '2026-04-15T09:00:00.276Z',
        traits: { email: 'morgan@acme.com', firstName: 'Morgan', lastName: 'Lee', plan: 'pro' },
        type: 'identify',
        userId: 'user_12345',
        version: 2,
      }),
    ).toEqual({
      kind: 'message',
      messageId: '022bb90c-bbac-11e4-8dfc-aa07a5b093db',
      occurredAtMs: Date.parse('2026-04-15T09:00:00.276Z'),
      message: {
        type: 'identify',
        userId: 'user_12345',
        anonymousId: '507f191e810c19729de860ea',
        email: 'morgan@acme.com',
        traits: { email: 'morgan@acme.com', firstName: 'Morgan', lastName: 'Lee', plan: 'pro' },
      },
    });
  });

  it('reads the track of the RudderStack document', () => {
    const properties = { trialDays: 14, plan: 'pro', source: 'homepage' };
    expect(read({ type: 'track', userId: 'user_789', event: 'trial_started', properties })).toEqual({
      kind: 'message',
      message: { type: 'track', userId: 'user_789', event: 'trial_started', properties },
    });
  });

  test.each(['page', 'screen', 'group', 'alias', 'delete'])('ignores a %s, whatever else is in it', (type) => {
    expect(read({ type, messageId: 'm1' })).toEqual({ kind: 'ignored', type, messageId: 'm1' });
    expect(read({ type, name: null, previousId: 'a', traits: { name: 'Initech' } })).toEqual({ kind: 'ignored', type });
  });
});

describe('who an event is about', () => {
  test.each([
    ['traits.email', { traits: { email: 'A@acme.com' } }, { email: 'a@acme.com' }],
    ['context.traits.email', { context: { traits: { email: ' a@acme.com ' } } }, { email: 'a@acme.com' }],
    ['a userId that is an address', { userId: 'A@acme.com' }, { userId: 'A@acme.com', email: 'a@acme.com' }],
    ['a userId', { userId: 'u1' }, { userId: 'u1' }],
    ['a numeric userId', { userId: 97980 }, { userId: '97980' }],
    ['the userId 0', { userId: 0 }, { userId: '0' }],
    ['an anonymousId', { anonymousId: 'a1' }, { anonymousId: 'a1' }],
    ['a numeric anonymousId', { anonymousId: 7 }, { anonymousId: '7' }],
    [
      'traits before context.traits before userId',
      { userId: 'c@acme.com', traits: { email: 'a@acme.com' }, context: { traits: { email: 'b@acme.com' } } },
      { userId: 'c@acme.com', email: 'a@acme.com' },
    ],
    [
      'context.traits where traits.email is no address',
      { traits: { email: 'none' }, context: { traits: { email: 'b@acme.com' } } },
      { email: 'b@acme.com' },
    ],
    [
      'the userId where traits.email is not even a text',
      { userId: 'c@acme.com', traits: { email: { a: 1 } } },
      { userId: 'c@acme.com', email: 'c@acme.com' },
    ],
    [
      'null and empty values as absent ones',
      { userId: null, anonymousId: '', traits: { email: 'a@acme.com' } },
      { email: 'a@acme.com' },
    ],
  ])('%s', (_what, sender, expected) => {
    for (const rest of [{ type: 'identify' }, { type: 'track', event: 'e' }]) {
      const { email, userId, anonymousId } = accepted({ ...rest, ...sender });
      expect(JSON.parse(JSON.stringify({ email, userId, anonymousId }))).toEqual(expected);
    }
  });

  test.each([
    ['nothing', {}],
    ['only null and empty', { userId: null, anonymousId: '' }],
    ['blank ids', { userId: '  ', anonymousId: '\t\n' }],
    ['traits without an address', { traits: { email: 'morgan', plan: 'pro' } }],
    ['an address where nobody looks', { properties: { email: 'a@acme.com' } }],
  ])('is nobody: %s', (_what, sender) => {
    expect(rejectedFor({ type: 'identify', ...sender }).reason).toContain('nobody');
    expect(rejectedFor({ type: 'track', event: 'e', ...sender }).pointer).toBe('/userId');
  });

  it('takes traits only in context.traits, as many RudderStack SDKs send them', () => {
    expect(
      accepted({ type: 'identify', userId: 'u1', context: { traits: { plan: 'pro', first_name: 'Lee' } } }),
    ).toEqual({
      type: 'identify',
      userId: 'u1',
      traits: { plan: 'pro', first_name: 'Lee' },
    });
  });

  it('prefers traits to context.traits, a null among them too', () => {
    const message = accepted({
      type: 'identify',
      userId: 'u1',
      traits: { plan: 'pro', seats: null },
      context: { traits: { plan: 'free', seats: 3, team: 'a' } },
    });
    expect(message).toMatchObject({ traits: { plan: 'pro', seats: null, team: 'a' } });
  });

  it('replaces half of a surrogate pair in ids, since MongoDB stores it as another text', () => {
    expect(accepted({ type: 'identify', userId: 'u\ud800', anonymousId: '\udc00a' })).toMatchObject({
      userId: 'u\ufffd',
      anonymousId: '\ufffda',
    });
    expect(accepted({ type: 'identify', userId: 'u\u{1F600}' })).toMatchObject({ userId: 'u\u{1F600}' });
  });
});

describe('what is refused', () => {
  test.each([[null], [[]], ['identify'], [42], [true], [undefined]])('%j is no event', (raw) => {
    expect(rejectedFor(raw)).toEqual({ kind: 'rejected', pointer: '', reason: expect.stringContaining('JSON object') });
  });

  const wrong: [string, unknown[]][] = [
    ['type', [null, 1, {}, [], true, '', 'identity', 'Identify me']],
    ['messageId', [true, {}, [], ['a']]],
    ['userId', [true, false, {}, ['u1'], [], { id: 'u1' }]],
    ['anonymousId', [true, {}, []]],
    ['event', [true, {}, ['e']]],
    ['traits', ['a@acme.com', 1, true, [1], [{ email: 'a@acme.com' }]]],
    ['properties', ['a', 1, false, [1]]],
  ];
  test.each(wrong.flatMap(([field, values]) => values.map((value) => [field, value] as const)))(
    '%s that is %j',
    (field, value) => {
      const event = {
        type: 'track',
        userId: 'u1',
        event: 'e',
        messageId: 'm1',
        traits: {},
        properties: {},
        [field]: value,
      };
      const { pointer, reason, messageId } = rejectedFor(event);
      expect(pointer).toBe(`/${field}`);
      expect(reason).toContain(field);
      expect(reason).toContain('must be');
      expect(messageId).toBe(field === 'messageId' ? undefined : 'm1');
    },
  );

  test.each([
    'messageId',
    'userId',
    'anonymousId',
    'traits',
    'properties',
    'context',
    'timestamp',
    'originalTimestamp',
    'receivedAt',
    'sentAt',
  ])('but not %s that is null', (field) => {
    expect(read({ type: 'track', userId: 'u1', anonymousId: 'a1', event: 'e', [field]: null }).kind).toBe('message');
  });

  test.each(['messageId', 'userId', 'anonymousId'])('but not %s that is empty', (field) => {
    expect(read({ type: 'track', userId: 'u1', anonymousId: 'a1', event: 'e', [field]: '' }).kind).toBe('message');
  });

  test.each(['timestamp', 'originalTimestamp', 'receivedAt', 'sentAt', 'context', 'integrations', 'version'])(
    'nor %s of any type: it decides nothing',
    (field) => {
      for (const value of ['', 'never', true, [], {}, -1, 1e300])
        expect(read({ type: 'identify', userId: 'u1', [field]: value }).kind).toBe('message');
    },
  );

  it('nor traits that a PHP library wrote as an empty list', () => {
    expect(accepted({ type: 'identify', userId: 'u1', traits: [] })).toMatchObject({ traits: {} });
    expect(accepted({ type: 'track', userId: 'u1', event: 'e', properties: [] })).toMatchObject({ properties: {} });
  });

  it('says what a missing type could be', () => {
    expect(rejectedFor({ userId: 'u1' })).toMatchObject({
      pointer: '/type',
      reason: expect.stringContaining('identify'),
    });
  });

  test.each([[' Identify '], ['IDENTIFY'], ['identify\n']])('reads the type %j', (type) => {
    expect(accepted({ type, userId: 'u1' }).type).toBe('identify');
  });

  test.each([[undefined], [null], [''], ['  ']])('a track whose event is %j', (event) => {
    expect(rejectedFor({ type: 'track', userId: 'u1', ...(event === undefined ? {} : { event }) }).pointer).toBe(
      '/event',
    );
  });

  it('reads a numeric event name', () => {
    expect(accepted({ type: 'track', userId: 'u1', event: 404 })).toMatchObject({ event: '404' });
  });
});

describe('messageIdOf', () => {
  test.each([
    [{ messageId: 'm1' }, 'm1'],
    [{ messageId: 5 }, '5'],
    [{ messageId: 0 }, '0'],
    [{ messageId: '' }, undefined],
    [{ messageId: null }, undefined],
    [{ messageId: {} }, undefined],
    [{}, undefined],
    [null, undefined],
    [[], undefined],
  ])('of %j is %j', (raw, messageId) => {
    expect(messageIdOf(raw)).toBe(messageId);
  });
});

describe('nesting', () => {
  const nestedTraits = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

  it('is taken to 32 levels and refused from 33 on', () => {
    expect(read({ type: 'identify', userId: 'u1', traits: nestedTraits(maxNesting - 1) }).kind).toBe('message');
    expect(
      rejectedFor({ type: 'identify', userId: 'u1', messageId: 'm1', traits: nestedTraits(maxNesting) }),
    ).toMatchObject({
      pointer: '',
      reason: expect.stringContaining('32'),
      messageId: 'm1',
    });
  });

  it('is refused where nothing looks at it, and in an ignored event', () => {
    expect(rejectedFor({ type: 'page', integrations: nestedTraits(100) }).reason).toContain('nest');
  });

  it('of 100,000 levels neither overflows nor throws', () => {
    expect(rejectedFor({ type: 'identify', userId: 'u1', traits: nestedTraits(100_000) }).reason).toContain('nest');
    expect(
      rejectedFor(JSON.parse(`{"type":"track","properties":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`))
        .reason,
    ).toContain('nest');
  });
});

describe('keys that a prototype would misread', () => {
  it('stay plain traits', () => {
    const message = accepted(
      JSON.parse(
        '{"type":"identify","userId":"u1","traits":{"__proto__":{"admin":true},"constructor":"c","a.b":1,"$set":2}}',
      ),
    );
    if (message.type !== 'identify') throw new Error('not an identify');
    expect(Object.entries(message.traits)).toEqual([
      ['__proto__', { admin: true }],
      ['constructor', 'c'],
      ['a.b', 1],
      ['$set', 2],
    ]);
    expect(Reflect.get(message.traits, 'admin')).toBeUndefined();
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });

  it('do not stand in for a missing field', () => {
    expect(rejectedFor(JSON.parse('{"__proto__":{"type":"identify","userId":"u1"}}')).pointer).toBe('/type');
    expect(rejectedFor(JSON.parse('{"type":"identify","__proto__":{"userId":"u1"}}')).pointer).toBe('/userId');
    expect(rejectedFor(JSON.parse('{"type":"constructor","userId":"u1"}')).pointer).toBe('/type');
    expect(rejectedFor(JSON.parse('{"type":"identify","traits":{"__proto__":{"email":"a@acme.com"}}}')).pointer).toBe(
      '/userId',
    );
  });
});

describe('when an event happened', () => {
  it('is not known without a timestamp', () => {
    expect(occurredAt({})).toBeUndefined();
    expect(occurredAt({ sentAt: iso(-minuteMs) })).toBeUndefined();
    expect(occurredAt({ receivedAt: iso(-minuteMs) })).toBeUndefined();
  });

  it('is the timestamp that a CDP has corrected, whatever the sender wrote', () => {
    const forwarded = {
      timestamp: iso(-10 * minuteMs),
      originalTimestamp: iso(-3 * dayMs),
      sentAt: iso(-3 * dayMs + minuteMs),
      receivedAt: iso(-9 * minuteMs),
    };
    expect(occurredAt(forwarded)).toBe(iso(-10 * minuteMs));
    expect(occurredAt(forwarded, iso(-5 * dayMs))).toBe(iso(-10 * minuteMs));
  });

  test.each([
    ['a day behind', -dayMs],
    ['a day ahead', dayMs],
    ['right', 0],
  ])("is corrected by sentAt where the SDK's clock is %s", (_clock, skewMs) => {
    const raw = { timestamp: iso(skewMs - 5 * minuteMs), sentAt: iso(skewMs) };
    expect(occurredAt(raw)).toBe(iso(-5 * minuteMs));
    expect(occurredAt({ originalTimestamp: raw.timestamp }, raw.sentAt)).toBe(iso(-5 * minuteMs));
  });

  it('prefers the sentAt of the event to that of the batch', () => {
    expect(occurredAt({ timestamp: iso(-2 * minuteMs), sentAt: iso(0) }, iso(dayMs))).toBe(iso(-2 * minuteMs));
  });

  it("is the caller's timestamp where a RudderStack SDK sets originalTimestamp beside it", () => {
    const raw = { timestamp: iso(-30 * dayMs), originalTimestamp: iso(-minuteMs), sentAt: iso(0) };
    expect(occurredAt(raw)).toBe(iso(-30 * dayMs));
  });

  it('is the timestamp itself where sentAt is missing or garbage', () => {
    for (const sentAt of [undefined, null, 'now', {}, -1, Number.NaN])
      expect(occurredAt({ timestamp: iso(-minuteMs), sentAt })).toBe(iso(-minuteMs));
  });

  it('is never later than receipt', () => {
    expect(occurredAt({ timestamp: iso(dayMs) })).toBe(iso(0));
    expect(occurredAt({ timestamp: iso(-minuteMs), sentAt: iso(-dayMs) })).toBe(iso(0));
    expect(occurredAt({ timestamp: iso(dayMs), originalTimestamp: iso(0), receivedAt: iso(0) })).toBe(iso(0));
  });

  it('is the receipt where a clock was wrong by decades', () => {
    expect(occurredAt({ timestamp: 0, sentAt: 8.64e15 })).toBeUndefined();
    expect(occurredAt({ timestamp: '1969-12-31T23:59:59Z' })).toBeUndefined();
  });

  test.each([['never'], [''], [{}], [[]], [true], [-1], [1e300], [Number.NaN], ['+275760-09-13T00:00:00.001Z']])(
    'is not known from %j',
    (timestamp) => {
      expect(occurredAt({ timestamp })).toBeUndefined();
    },
  );

  it('is read from milliseconds too', () => {
    expect(occurredAt({ timestamp: atMs - minuteMs })).toBe(iso(-minuteMs));
  });

  it('lies between 1970 and receipt for any clocks', () => {
    const time = fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.double(),
      fc.jsonValue(),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(time, time, time, time, time, (timestamp, originalTimestamp, receivedAt, sentAt, batchSentAt) => {
        const at = occurredAt({ timestamp, originalTimestamp, receivedAt, sentAt }, batchSentAt);
        if (at === undefined) return;
        expect(Date.parse(at)).toBeGreaterThanOrEqual(0);
        expect(Date.parse(at)).toBeLessThanOrEqual(atMs);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('any JSON', () => {
  const value = fc.jsonValue();
  const event = fc.record(
    {
      type: fc.oneof(fc.constantFrom('identify', 'track', 'page', 'Alias '), value),
      messageId: value,
      userId: fc.oneof(fc.string(), value),
      anonymousId: value,
      event: fc.oneof(fc.string(), value),
      traits: fc.oneof(fc.dictionary(fc.string(), value), value),
      properties: fc.oneof(fc.dictionary(fc.string(), value), value),
      context: fc.oneof(fc.record({ traits: value }), value),
      timestamp: value,
      originalTimestamp: value,
      receivedAt: value,
      sentAt: value,
    },
    { requiredKeys: [] },
  );

  it('is read, ignored or refused with a reason, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(value, event), value, (raw, sentAt) => {
        const result = readMessage(raw, { atMs, sentAt });
        if (result.kind === 'rejected') {
          expect(result.reason.length).toBeGreaterThan(10);
          expect(result.pointer).toMatch(/^(\/[a-zA-Z]+)*$/);
        }
        if (result.kind === 'message') {
          const { userId, anonymousId, email } = result.message;
          expect([userId, anonymousId, email].some((id) => id !== undefined && id !== '')).toBe(true);
        }
        expect(result.messageId).not.toBe('');
      }),
      { numRuns: 3_000 },
    );
  });

  it('is read the same again from its own text, as the inbox stores it', () => {
    fc.assert(
      fc.property(event, (raw) => {
        expect(readMessage(JSON.parse(JSON.stringify(raw)), { atMs })).toEqual(readMessage(raw, { atMs }));
      }),
    );
  });
});
