import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import type { Connection } from '@temporalio/client';
import { stopLeftOverEngines, type EngineProcess } from '../../src/embedded/engine-process';
import { startMongod, type RunningMongod } from '../../src/embedded/mongod';
import { processRecord } from '../../src/embedded/processes';
import { startTemporalServer, type RunningTemporalServer } from '../../src/embedded/temporal-server';
import { testBinary } from './binaries';

// Since 7.6 the MongoDB driver loads node:os by a dynamic import(), which jest's module system does not offer: without this no client connects.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const driverAdapters = require('mongodb/lib/runtime_adapters');
driverAdapters.resolveRuntimeAdapters = () => Promise.resolve({ os });

const DIR_PREFIX = 'esx-test-';
const INDEXED_VALUE_TYPE_KEYWORD = 2;
const KEYWORD_ATTRIBUTES = ['EsxWorkspaceId', 'EsxEndpointId', 'EsxEventType', 'EsxDeliveryStatus', 'EsxContactId'];

/** The MongoDB of the whole test run; take a database of your own in it by freshDatabaseName(). */
export function testMongoUri(): string {
  return published('ESX_TEST_MONGODB_URI');
}

/** The Temporal dev server of the whole test run; take a task queue and workflow ids of your own. */
export function testTemporalAddress(): string {
  return published('ESX_TEST_TEMPORAL_ADDRESS');
}

/** A database name that no other test uses. */
export function freshDatabaseName(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}

/** An engine of one test alone, for faults: kill() is SIGKILL, restart() keeps data and port, stop() also removes the data. */
export interface OwnEngine {
  kill: () => Promise<void>;
  restart: () => Promise<void>;
  /** SIGSTOP, as a network that swallows everything; the returned function lets it go on. */
  hang: () => () => void;
  stop: () => Promise<void>;
}

/** A mongod of one test alone. */
export async function startOwnMongod(
  extraArgs: readonly string[] = [],
): Promise<OwnEngine & { uri: string; port: number }> {
  const binaryPath = await testBinary('mongod');
  const dataDir = testDir();
  const start = (port: number): Promise<RunningMongod> =>
    startMongod({ binaryPath, dataDir, port, cacheGb: 0.25, extraArgs });
  const first = await start(0);
  return { uri: first.uri, port: first.port, ...ownEngine(first, dataDir, () => start(first.port)) };
}

/** A Temporal dev server of one test alone, with the search attributes. */
export async function startOwnTemporal(): Promise<OwnEngine & { address: string; port: number }> {
  const binaryPath = await testBinary('temporal');
  const dataDir = testDir();
  const start = (port: number): Promise<RunningTemporalServer> =>
    startTemporalServer({ binaryPath, dataDir, port, uiPort: 0, headless: true, extraArgs: searchAttributeArgs() });
  const first = await start(0);
  return { address: first.address, port: first.port, ...ownEngine(first, dataDir, () => start(first.port)) };
}

/** The arguments that make the dev server know the search attributes from its first moment on. */
export function searchAttributeArgs(): string[] {
  return KEYWORD_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
}

/** Makes the search attributes known to a server that takes no arguments for them. */
export async function registerSearchAttributes(connection: Connection): Promise<void> {
  const searchAttributes = Object.fromEntries(KEYWORD_ATTRIBUTES.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
}

/** A new directory that the next test run removes if this process is killed before it can. */
export function testDir(): string {
  return mkdtempSync(join(os.tmpdir(), `${DIR_PREFIX}${process.pid}-`));
}

/** Ends the engines and removes the directories of test processes that were killed. */
export async function sweepTestDirs(): Promise<void> {
  for (const name of readdirSync(os.tmpdir())) {
    const pid = new RegExp(`^${DIR_PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || processRecord(Number(pid)) !== undefined) continue;
    const dir = join(os.tmpdir(), name);
    await stopLeftOverEngines(dir, () => undefined);
    rmSync(dir, { recursive: true, force: true });
  }
}

function ownEngine(first: EngineProcess, dataDir: string, start: () => Promise<EngineProcess>): OwnEngine {
  let current = first;
  const kill = async () => {
    process.kill(current.pid, 'SIGKILL');
    await current.exited;
  };
  return {
    kill,
    hang: () => {
      process.kill(current.pid, 'SIGSTOP');
      return () => process.kill(current.pid, 'SIGCONT');
    },
    restart: async () => {
      await current.stop();
      current = await start();
    },
    stop: async () => {
      await current.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function published(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: was jest started with ESX_TEST_NO_ENGINES=1?`);
  return value;
}
