import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MongoClient, MongoServerError } from 'mongodb';
import { z } from 'zod';
import { startEngineProcess, type EngineProcess, type EngineStart } from './engine-process';
import { answersOn, claimPort } from './ports';

const REPLICA_SET = 'rs0';
const NOT_YET_INITIALIZED = 94;

const replicaConfigSchema = z.object({
  config: z.looseObject({ version: z.number(), members: z.array(z.looseObject({ host: z.string() })).min(1) }),
});

/** A running mongod, primary of the one-node replica set rs0. */
export interface RunningMongod extends EngineProcess {
  uri: string;
  port: number;
}

/** What mongod is started with; port 0 takes any free one. */
export interface MongodStart extends EngineStart {
  port: number;
  cacheGb?: number;
  extraArgs?: readonly string[];
}

/** Starts mongod on 127.0.0.1 with its data in DATA_DIR/mongo and waits until it takes writes; the port may differ from the last start's. */
export async function startMongod(start: MongodStart): Promise<RunningMongod> {
  const dataDir = resolve(start.dataDir);
  const port = await claimPort(start.port, 'MONGOD_PORT', 'MongoDB');
  const dbPath = join(dataDir, 'mongo');
  mkdirSync(dbPath, { recursive: true });
  const child = await startEngineProcess('mongod', {
    ...start,
    dataDir,
    args: [...mongodArgs(dbPath, port, start.cacheGb ?? 0.5), ...(start.extraArgs ?? [])],
    isReady: () => isWritable(port),
  });
  return { ...child, port, uri: `mongodb://127.0.0.1:${port}/?replicaSet=${REPLICA_SET}` };
}

function mongodArgs(dbPath: string, port: number, cacheGb: number): string[] {
  return [
    ...['--dbpath', dbPath, '--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'],
    ...['--replSet', REPLICA_SET, '--oplogSize', '512', '--wiredTigerCacheSizeGB', String(cacheGb)],
    // A transaction whose process was killed must not hold its successor up for the default minute.
    ...['--setParameter', 'transactionLifetimeLimitSeconds=5'],
    ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  ];
}

async function isWritable(port: number): Promise<boolean> {
  if (!(await answersOn(port))) return false;
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
  });
  try {
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 });
    if (hello['isWritablePrimary'] === true) return true;
    await makeMember(client, port);
    return false;
  } finally {
    await client.close();
  }
}

async function makeMember(client: MongoClient, port: number): Promise<void> {
  const admin = client.db('admin');
  const config = await replicaConfig(client);
  if (config === undefined) {
    await admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host: hostOf(port) }] } });
  } else if (config.members[0]?.host !== hostOf(port)) {
    // The set remembers the port of the last start; a node that does not find itself in the set takes a new config by force only.
    const members = [{ ...config.members[0], host: hostOf(port) }];
    await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true });
  }
}

async function replicaConfig(client: MongoClient): Promise<z.infer<typeof replicaConfigSchema>['config'] | undefined> {
  try {
    return replicaConfigSchema.parse(await client.db('admin').command({ replSetGetConfig: 1 })).config;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NOT_YET_INITIALIZED) return undefined;
    throw error;
  }
}

function hostOf(port: number): string {
  return `127.0.0.1:${port}`;
}
