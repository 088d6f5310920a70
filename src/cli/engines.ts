import { NativeConnection } from '@temporalio/worker';
import type { Config } from '../config';
import { CliError, exitCodes } from './outcome';
import { openDatabase, type Database } from '../mongo/connect';
import type { TemporalSettings } from '../temporal/connect';

const connectWithinMs = 10_000;

/** Without what may stand in front of the hosts: names and passwords. */
export function hostsOf(mongodbUri: string): string {
  return mongodbUri.replace(/^mongodb(\+srv)?:\/\/(?:[^@/]*@)?/, '').replace(/[/?].*$/, '');
}

/** MongoDB, once it has answered. */
export async function openMongo({ mongodbUri }: Pick<Config, 'mongodbUri'>): Promise<Database> {
  if (mongodbUri === undefined) throw new CliError('MONGODB_URI: is not set', exitCodes.usage);
  const database = openDatabase(mongodbUri);
  try {
    await database.ping();
    return database;
  } catch (error) {
    await database.close();
    throw new CliError(
      `MongoDB at ${hostsOf(mongodbUri)} does not answer (${firstLine(error)}); start it, or set MONGODB_URI to one that runs`,
      exitCodes.notThere,
    );
  }
}

/** The name of the replica set; undefined where MongoDB stands alone. */
export async function replicaSetOf({ db }: Database): Promise<string | undefined> {
  const hello: unknown = await db.command({ hello: 1 });
  const name: unknown = typeof hello === 'object' && hello !== null ? Reflect.get(hello, 'setName') : undefined;
  return typeof name === 'string' ? name : undefined;
}

export const replicaSetRemedy =
  'transactions need a replica set: start mongod with --replSet rs0 and run rs.initiate() once in mongosh';

export async function openTemporal({ connectionOptions }: TemporalSettings): Promise<NativeConnection> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${connectWithinMs / 1_000} s`)), connectWithinMs);
  });
  try {
    return await Promise.race([NativeConnection.connect(connectionOptions), late]);
  } catch (error) {
    throw new CliError(
      `Temporal at ${connectionOptions.address} does not answer (${firstLine(error)}); start it, or set TEMPORAL_ADDRESS to one that runs`,
      exitCodes.notThere,
    );
  } finally {
    clearTimeout(timer);
  }
}

export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
