import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { openDatabase, type Database } from '../../../src/mongo/connect';
import { createSecretBox } from '../../../src/mongo/secret-box';
import { createStores, prepareDatabase, type Stores } from '../../../src/mongo/stores';
import { freshDatabaseName, testMongoUri } from '../../support/engines';
import { createTimeSkippingEnv } from '../../support/time-skipping';
import { workflowCode } from './bundle';

/** Temporal, MongoDB and a clock for the tests of one file. */
export interface Place {
  /** Neutral, since it stands in recorded histories. */
  identity: string;
  connection: Connection;
  nativeConnection: NativeConnection;
  database: Database;
  stores: Stores;
  workflowCode: string;
  /** Temporal's clock as it stood at the last `readClock`, carried on in real time. */
  now: () => number;
  readClock: () => Promise<void>;
  /** Lets this much time pass for Temporal. */
  skip: (durationMs: number) => Promise<void>;
  close: () => Promise<void>;
}

export const testIdentity = 'emailsendx-test';
let isRuntimeInstalled = false;

/** A Temporal that skips through waits, and a MongoDB database, both for this file alone. */
export async function openPlace(): Promise<Place> {
  installQuietRuntime();
  const [code, env, mongo] = await Promise.all([workflowCode(), createTimeSkippingEnv(), openStores(testMongoUri())]);
  const { connection, nativeConnection } = env;
  let aheadMs = 0;
  const readClock = async (): Promise<void> => {
    aheadMs = (await env.currentTimeMs()) - Date.now();
  };
  await readClock();
  return {
    identity: testIdentity,
    connection,
    nativeConnection,
    ...mongo,
    workflowCode: code,
    now: () => Math.round(Date.now() + aheadMs),
    readClock,
    async skip(durationMs) {
      await env.sleep(durationMs);
      await readClock();
    },
    async close() {
      await env.teardown();
      await mongo.database.db.dropDatabase();
      await mongo.database.close();
    },
  };
}

/** A dev server, whose time is real: for histories as the real server writes them. */
export async function openRealTimePlace(engines: { temporalAddress: string; mongoUri: string }): Promise<Place> {
  installQuietRuntime();
  const address = { address: engines.temporalAddress };
  const [code, connection, nativeConnection, mongo] = await Promise.all([
    workflowCode(),
    Connection.connect(address),
    NativeConnection.connect(address),
    openStores(engines.mongoUri),
  ]);
  return {
    identity: testIdentity,
    connection,
    nativeConnection,
    ...mongo,
    workflowCode: code,
    now: () => Date.now(),
    readClock: () => Promise.resolve(),
    skip: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
    async close() {
      await nativeConnection.close();
      await connection.close();
      await mongo.database.db.dropDatabase();
      await mongo.database.close();
    },
  };
}

/** A client whose starts can be watched; calls go through the place's connection. */
export function clientOf(place: Place, onStart: (workflowId: string) => void): Client {
  return new Client({
    connection: place.connection,
    identity: place.identity,
    interceptors: {
      workflow: [
        {
          start(input, next) {
            onStart(input.options.workflowId);
            return next(input);
          },
          signalWithStart(input, next) {
            onStart(input.options.workflowId);
            return next(input);
          },
        },
      ],
    },
  });
}

async function openStores(mongoUri: string): Promise<{ database: Database; stores: Stores }> {
  const uri = new URL(mongoUri);
  uri.pathname = `/${freshDatabaseName()}`;
  const database = openDatabase(uri.href);
  await prepareDatabase(database);
  return { database, stores: createStores(database, createSecretBox('0123456789abcdef0123456789abcdef')) };
}

/** Faults that tests cause on purpose would fill the console with warnings. */
function installQuietRuntime(): void {
  if (isRuntimeInstalled) return;
  isRuntimeInstalled = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}
