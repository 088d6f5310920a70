import { once } from 'node:events';
import { createServer } from 'node:http';
import express, { Router } from 'express';
import { hashApiKey, displayApiKey, newApiKey } from '../../src/api-key';
import { Authenticator } from '../../src/http/auth';
import { readBody } from '../../src/http/body';
import { IdempotencyGuard } from '../../src/http/idempotency';
import { problemHandler } from '../../src/http/problem';
import { createRateLimit } from '../../src/http/rate-limit';
import { mountRoutes, type Route } from '../../src/http/route';
import type { SessionReader } from '../../src/http/session-cookie';
import { createLogger } from '../../src/logger';
import { openDatabase } from '../../src/mongo/connect';
import { newId } from '../../src/mongo/new-id';
import { createSecretBox } from '../../src/mongo/secret-box';
import { createStores, prepareDatabase } from '../../src/mongo/stores';
import { freshDatabaseName, testMongoUri } from '../support/engines';

/** What routes are made of in a test; `now` reads the harness's clock. */
export type HarnessParts = Awaited<ReturnType<typeof openStores>> & { auth: Authenticator };
/** A running server with one workspace and a key for it. */
export type Harness = Awaited<ReturnType<typeof startHarness>>;

/** Serves the routes at /api/v1, and the public ones, over a database of its own; end it with close(). */
export async function startHarness(
  routesOf: (parts: HarnessParts) => Route[],
  publicRoutesOf?: (parts: HarnessParts) => Router,
  sessionsOf?: (parts: Omit<HarnessParts, 'auth'>) => SessionReader,
) {
  const opened = await openStores();
  const parts = { ...opened, auth: new Authenticator(opened.stores, opened.now, sessionsOf?.(opened)) };
  const app = express();
  // So that a test can have visitors at other addresses.
  app.set('trust proxy', 1);
  if (publicRoutesOf) app.use(publicRoutesOf(parts));
  app.use(readBody);
  const api = Router();
  mountRoutes(api, routesOf(parts), {
    auth: parts.auth,
    limit: createRateLimit('test', 1_000_000, 60),
    idempotency: new IdempotencyGuard(parts.stores.idempotencyKeys, parts.now),
  });
  app.use('/api/v1', api);
  app.use(problemHandler(createLogger('silent')));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const url = `http://127.0.0.1:${address.port}`;

  /** Calls below /api/v1. A string body is sent as it stands, anything else as JSON. */
  const caller =
    (key: string) => async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: text === '' ? undefined : JSON.parse(text),
      };
    };

  /** Another workspace with a key; `call` speaks for it. */
  const addWorkspace = async () => {
    const workspaceId = newId('workspace');
    const key = newApiKey();
    const at = new Date(parts.clock.nowMs);
    await parts.stores.workspaces.insert({ _id: workspaceId, name: 'Acme', plan: 'pro', createdAt: at, updatedAt: at });
    const keyId = newId('apiKey');
    await parts.stores.apiKeys.insert({
      ...{
        _id: keyId,
        workspaceId,
        name: 'First key',
        hash: hashApiKey(key),
        display: displayApiKey(key),
        createdAt: at,
      },
    });
    return { workspaceId, key, keyId, call: caller(key) };
  };
  const first = await addWorkspace();

  return {
    ...parts,
    ...first,
    url,
    /** Calls with another key. */
    callWith: caller,
    addWorkspace,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await parts.database.db.dropDatabase();
      await parts.database.close();
    },
  };
}

async function openStores() {
  const uri = new URL(testMongoUri());
  uri.pathname = `/${freshDatabaseName()}`;
  const database = openDatabase(uri.href);
  const stores = createStores(database, createSecretBox('a key of the tests'));
  await prepareDatabase(database);
  /** Stands still until a test moves it. */
  const clock = { nowMs: Date.parse('2026-04-15T10:00:00Z') };
  const now = (): number => clock.nowMs;
  return { database, stores, clock, now };
}

/** All rows of a list, page by page. */
export async function readAll(call: Harness['call'], path: string, limit: number) {
  const rows = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const at: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await call('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${at}`);
    if (page.status !== 200) throw new Error(page.text);
    if (page.body.data.length > limit) throw new Error(`a page of ${page.body.data.length} rows, asked for ${limit}`);
    rows.push(...page.body.data);
    cursor = page.body.nextCursor;
  }
  return rows;
}
