import { once } from 'node:events';
import { createServer } from 'node:http';
import pino from 'pino';
import { displayApiKey, hashApiKey, newApiKey } from '../../src/api-key';
import type { TrustProxy } from '../../src/config';
import { createLinkSigner } from '../../src/email/links';
import { createApp } from '../../src/http/app';
import { Authenticator } from '../../src/http/auth';
import { createMetrics, type HealthProbes } from '../../src/http/health-routes';
import { IdempotencyGuard } from '../../src/http/idempotency';
import { createRateLimit, type RateLimit } from '../../src/http/rate-limit';
import { trackingRoutes } from '../../src/http/tracking-routes';
import { unsubscribeRoutes } from '../../src/http/unsubscribe-routes';
import { Receiver } from '../../src/ingest/receive';
import { EmailEventReceiver } from '../../src/ingest/receive-email-events';
import { createEmailEventLane, createMessageLane } from '../../src/ingest/lanes';
import { StartBudget } from '../../src/ingest/start-budget';
import { openDatabase } from '../../src/mongo/connect';
import type { MessageDocument } from '../../src/mongo/messages';
import { newId } from '../../src/mongo/new-id';
import type { RejectionDocument } from '../../src/mongo/rejections';
import { createSecretBox } from '../../src/mongo/secret-box';
import { createStores, prepareDatabase } from '../../src/mongo/stores';
import { freshDatabaseName, testMongoUri } from '../support/engines';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // What a test expects of an answer is what it says about its shape.
  body: any;
}
export interface SendOptions {
  method?: string;
  /** undefined leaves the header out. */
  headers?: Record<string, string | undefined>;
  key?: string;
}
export type TestGateway = Awaited<ReturnType<typeof startTestGateway>>;

/**
 * The whole gateway, listening, over a database of its own, with a Temporal that only takes notes. Every answer is held
 * against what holds for all of them, and stop() fails if a key came into the log.
 */
export async function startTestGateway(
  options: { mongoUri?: string; limit?: RateLimit; probes?: Partial<HealthProbes>; trustProxy?: TrustProxy } = {},
) {
  const uri = new URL(options.mongoUri ?? testMongoUri());
  uri.pathname = `/${freshDatabaseName()}`;
  const database = openDatabase(uri.href);
  await prepareDatabase(database);
  const stores = createStores(database, createSecretBox('test'));

  const workspaceId = newId('workspace');
  const createdAt = new Date();
  await stores.workspaces.insert({ _id: workspaceId, name: 'Test', plan: 'pro', createdAt, updatedAt: createdAt });
  const keys: string[] = [];
  const addKey = async (ofWorkspace = workspaceId): Promise<{ id: string; key: string }> => {
    const key = newApiKey();
    const id = newId('apiKey');
    keys.push(key);
    const rest = { workspaceId: ofWorkspace, name: 'Test', hash: hashApiKey(key), display: displayApiKey(key) };
    await stores.apiKeys.insert({ _id: id, ...rest, createdAt });
    return { id, key };
  };
  const { key } = await addKey();

  const logLines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) });
  const starts: string[][] = [];
  const temporal = { isAway: false };
  const start = (type: string, messageKeys: string[]): Promise<void> => {
    if (temporal.isAway) return Promise.reject(new Error('Temporal is away'));
    starts.push([type, ...messageKeys]);
    return Promise.resolve();
  };
  const now = (): number => Date.now();
  /** While it is held nothing is committed, and no time passes for the lane. */
  const worker = { isHeld: false };
  let clockMs = 0;
  const lane = createMessageLane({
    budget: new StartBudget(16),
    starter: {
      startContactUpsert: (messageKey) => start('contactUpsert', [messageKey]),
      startCustomEvent: (messageKey) => start('customEvent', [messageKey]),
      startBatch: (messageKeys) => start('ingestBatch', messageKeys),
    },
    messages: { done: (messageKeys) => Promise.resolve(new Set(worker.isHeld ? [] : messageKeys)) },
    logger,
    // A second for each look: that starts are few in a second is tested elsewhere.
    clock: () => (worker.isHeld ? clockMs : (clockMs += 1_000)),
  });
  const emailEventLane = createEmailEventLane({
    budget: new StartBudget(16),
    starter: { startEmailEvents: (eventKeys) => start('emailEvent', eventKeys) },
    emailEvents: { done: (eventKeys) => Promise.resolve(new Set(worker.isHeld ? [] : eventKeys)) },
    logger,
    clock: () => (worker.isHeld ? clockMs : (clockMs += 1_000)),
  });
  const metrics = createMetrics({ messages: lane, emailEvents: emailEventLane });
  const emailEventReceiver = new EmailEventReceiver({
    ...{ emailEvents: stores.emailEvents, lane: emailEventLane, now, onReceipts: metrics.countEmailEvents },
  });
  const links = createLinkSigner('test');
  const auth = new Authenticator(stores, now);
  const app = createApp({
    auth,
    receiver: new Receiver({ ...stores, lane, now, logger, onReceipts: metrics.countReceipts }),
    idempotency: new IdempotencyGuard(stores.idempotencyKeys, now),
    ingestLimit: options.limit ?? createRateLimit('ingest', 1_000_000, 60),
    managementLimit: createRateLimit('api', 1_000_000, 60),
    probes: {
      database: async () =>
        database.ping().then(
          () => true,
          () => false,
        ),
      temporal: () => Promise.resolve(true),
      worker: () => Promise.resolve(true),
      ...options.probes,
    },
    metrics,
    routes: [],
    publicRoutes: [
      trackingRoutes({ links, receiver: emailEventReceiver, onLost: metrics.countLost, logger }),
      unsubscribeRoutes({ links, receiver: emailEventReceiver, logger }),
    ],
    trustProxy: options.trustProxy ?? false,
    version: 'test',
    logger,
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const url = `http://127.0.0.1:${address.port}`;

  /** Texts and bytes are sent as they stand, anything else as JSON. */
  const send = async (
    path: string,
    body?: unknown,
    { method = 'POST', headers, key: sentKey = key }: SendOptions = {},
  ): Promise<Answer> => {
    const all = { authorization: `Bearer ${sentKey}`, 'content-type': 'application/json', ...headers };
    const given = Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    );
    const bytes =
      typeof body === 'string' ? body : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
    const response = await fetch(`${url}${path}`, {
      method,
      headers: given,
      ...(bytes === undefined ? {} : { body: bytes }),
    });
    const text = await response.text();
    const answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: text.startsWith('{') ? JSON.parse(text) : undefined,
    };
    expectOfAnyAnswer(answer, keys);
    return answer;
  };

  return {
    url,
    key,
    workspaceId,
    addKey,
    stores,
    database,
    auth,
    metrics,
    temporal,
    worker,
    starts,
    /** What was started, once everything is that was received so far. */
    async started(): Promise<string[][]> {
      await until(() => lane.depth === 0);
      return starts;
    },
    /** Forgets what was started for an earlier test. */
    async forgetStarts(): Promise<void> {
      await until(() => lane.depth === 0);
      starts.length = 0;
    },
    /** What waits for a start, and whether more is taken in. */
    lane,
    emailEventLane,
    links,
    logLines,
    send,
    segment: (body?: unknown, sendOptions?: SendOptions): Promise<Answer> =>
      send('/api/segment/track', body, sendOptions),
    messages: (): Promise<MessageDocument[]> => stores.messages.collection.find({}).sort({ _id: 1 }).toArray(),
    rejections: (): Promise<RejectionDocument[]> => stores.rejections.page(workspaceId, { limit: 1_000 }),
    stop: async (): Promise<void> => {
      server.closeAllConnections();
      server.close();
      await database.close();
      const leaks = logLines.filter(
        (line) => keys.some((each) => line.includes(each)) || /"authorization":"(?!\*)/i.test(line),
      );
      if (leaks.length > 0) throw new Error(`a key came into the log: ${leaks.join('')}`);
    },
  };
}

function expectOfAnyAnswer(answer: Answer, keys: string[]): void {
  expect(answer.headers.get('x-request-id')).toMatch(/^[\w.:-]{1,100}$/);
  for (const key of keys) expect(answer.text).not.toContain(key);
  if (answer.status < 400 || answer.body?.status === 'unavailable') return;
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({
    type: `urn:emailsendx:problem:${answer.body.code}`,
    title: expect.any(String),
    status: answer.status,
    code: expect.stringMatching(/^[a-z_]+$/),
    detail: expect.stringMatching(/.{20}/),
    requestId: answer.headers.get('x-request-id'),
  });
  expect(answer.status).not.toBe(500);
}

/** Waits until the condition holds; jest's own time limit ends a wait that is in vain. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
