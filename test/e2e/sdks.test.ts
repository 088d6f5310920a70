import { Analytics } from '@segment/analytics-node';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { gzipSync } from 'node:zlib';
import { startTestGateway, type TestGateway } from '../ingest/gateway';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  await gateway.stores.messages.collection.deleteMany({});
  gateway.starts.length = 0;
});

const timestamp = new Date(Date.now() - 60_000);
async function storedEvents(): Promise<Record<string, unknown>[]> {
  const stored = await gateway.messages();
  for (const { source, messageId, occurredAt, receivedAt } of stored) {
    expect([source, messageId.length > 10]).toEqual(['sdk', true]);
    // The SDK's clock is ours here, so the correction by sentAt moves the time by the duration of the request alone.
    expect(Math.abs(occurredAt.getTime() - timestamp.getTime())).toBeLessThan(10_000);
    expect(occurredAt.getTime()).toBeLessThanOrEqual(receivedAt.getTime());
  }
  return stored
    .map(({ body }): Record<string, unknown> => JSON.parse(body))
    .sort((a, b) => String(a['type']).localeCompare(String(b['type'])));
}
const identified = { type: 'identify', userId: 'user_12345', context: expect.any(Object) };
const tracked = {
  type: 'track',
  userId: 'user_12345',
  event: 'Purchase Completed',
  properties: { orderId: 'ord_1', amount: 99, items: ['Pro'] },
};
const traits = { email: 'morgan@acme.com', firstName: 'Morgan', plan: 'pro', address: { city: 'Ulm' } };

describe('@segment/analytics-node', () => {
  const variants = {
    plain: {},
    'with gzip': {
      httpClient: (url: string, init?: RequestInit) =>
        fetch(url, {
          ...init,
          headers: { ...Object.fromEntries(new Headers(init?.headers)), 'content-encoding': 'gzip' },
          body: gzipSync(typeof init?.body === 'string' ? init.body : ''),
        }),
    },
  };

  function open(settings: Partial<ConstructorParameters<typeof Analytics>[0]> = {}) {
    const errors: unknown[] = [];
    const statuses: number[] = [];
    const analytics = new Analytics({
      writeKey: gateway.key,
      host: gateway.url,
      maxRetries: 0,
      flushInterval: 60_000,
      ...settings,
    });
    analytics.on('error', (error) => errors.push(error));
    analytics.on('http_response', ({ status }) => statuses.push(Number(status)));
    return { analytics, errors, statuses };
  }

  test.each(Object.entries(variants))('sends all of its calls in one batch, %s', async (_how, settings) => {
    const { analytics, errors, statuses } = open(settings);
    analytics.identify({ userId: 'user_12345', traits, timestamp });
    analytics.track({ userId: 'user_12345', event: 'Purchase Completed', properties: tracked.properties, timestamp });
    analytics.page({ userId: 'user_12345', name: 'Pricing', timestamp });
    analytics.screen({ userId: 'user_12345', name: 'Pricing', timestamp });
    analytics.group({ userId: 'user_12345', groupId: 'g1', traits: { name: 'Acme' }, timestamp });
    analytics.alias({ userId: 'user_12345', previousId: 'anonymous', timestamp });
    await analytics.closeAndFlush({ timeout: 10_000 });
    expect([errors, statuses]).toEqual([[], [200]]);
    expect(await storedEvents()).toEqual([
      expect.objectContaining({ ...identified, traits }),
      expect.objectContaining(tracked),
    ]);
    expect(gateway.starts.map(([type, ...keys]) => [type, keys.length])).toEqual([['ingestBatch', 2]]);
  });

  it('sends each call at once where it is told to', async () => {
    const { analytics, errors, statuses } = open({ flushAt: 1 });
    analytics.identify({ userId: 'user_12345', traits, timestamp });
    analytics.track({ anonymousId: 'anon', event: 'Trial Started', timestamp });
    await analytics.closeAndFlush({ timeout: 10_000 });
    expect([errors, statuses]).toEqual([[], [200, 200]]);
    expect((await storedEvents()).map(({ type, anonymousId }) => [type, anonymousId])).toEqual([
      ['identify', undefined],
      ['track', 'anon'],
    ]);
  });

  it('sends 300 events in batches, and each of them lands once', async () => {
    const { analytics, errors } = open();
    for (let index = 0; index < 300; index++)
      analytics.track({ userId: `u${index}`, event: 'Many', properties: { index }, timestamp });
    await analytics.closeAndFlush({ timeout: 20_000 });
    expect(errors).toEqual([]);
    const events = await storedEvents();
    expect(new Set(events.map(({ userId }) => userId)).size).toBe(300);
    expect(new Set(gateway.starts.flatMap(([, ...keys]) => keys)).size).toBe(300);
  });

  it('is told when its key is wrong', async () => {
    const { analytics, errors, statuses } = open({ writeKey: 'esx_live_wrong' });
    analytics.track({ userId: 'u1', event: 'Lost' });
    await analytics.closeAndFlush({ timeout: 10_000 });
    expect([statuses, errors.length]).toEqual([[401], 1]);
  });
});

describe('@rudderstack/rudder-sdk-node', () => {
  function open(settings: Partial<ConstructorParameters<typeof RudderAnalytics>[1]> = {}) {
    const errors: unknown[] = [];
    const analytics = new RudderAnalytics(gateway.key, {
      dataPlaneUrl: gateway.url,
      flushInterval: 60_000,
      retryCount: 0,
      logLevel: 'none',
      errorHandler: (error) => errors.push(error),
      ...settings,
    });
    const flush = (): Promise<void> =>
      new Promise((resolve, reject) => void analytics.flush((error) => (error ? reject(error) : resolve())));
    return { analytics, errors, flush };
  }

  test.each([
    ['with gzip, as it does by default', {}],
    ['plain', { gzip: false }],
  ])('sends all of its calls, %s', async (_how, settings) => {
    const { analytics, errors, flush } = open(settings);
    const delivered: string[] = [];
    const call = (name: string) => (error?: Error) => void delivered.push(error ? `${name}: ${error.message}` : name);
    analytics.identify({ userId: 'user_12345', traits, timestamp }, call('identify'));
    analytics.track({ ...tracked, timestamp }, call('track'));
    analytics.page({ userId: 'user_12345', name: 'Pricing' }, call('page'));
    analytics.screen({ userId: 'user_12345', name: 'Pricing' }, call('screen'));
    analytics.group({ userId: 'user_12345', groupId: 'g1', traits: { name: 'Acme' } }, call('group'));
    analytics.alias({ userId: 'user_12345', previousId: 'anonymous' }, call('alias'));
    await flush();
    expect([errors, delivered]).toEqual([[], ['identify', 'track', 'page', 'screen', 'group', 'alias']]);
    expect(await storedEvents()).toEqual([
      expect.objectContaining({ ...identified, context: expect.objectContaining({ traits }) }),
      expect.objectContaining(tracked),
    ]);
    expect(gateway.starts.flatMap(([, ...keys]) => keys).length).toBe(2);
  });

  it('is told when its key is wrong', async () => {
    const errors: unknown[] = [];
    const analytics = new RudderAnalytics('esx_live_wrong', {
      dataPlaneUrl: gateway.url,
      retryCount: 0,
      logLevel: 'none',
      errorHandler: (error) => errors.push(error),
    });
    await new Promise<void>((resolve) => analytics.track({ userId: 'u1', event: 'Lost' }, () => resolve()));
    expect(errors.map((error) => Reflect.get(Object(Reflect.get(Object(error), 'response')), 'status'))).toEqual([401]);
    expect(await gateway.messages()).toEqual([]);
  });
});
