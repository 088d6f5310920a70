import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinary } from '../../src/embedded/binaries';
import { startMongod, type RunningMongod } from '../../src/embedded/mongod';
import { startTemporalServer, type RunningTemporalServer } from '../../src/embedded/temporal-server';
import { UnexpectedEnd } from './unexpected-end';

export type EngineName = 'temporal' | 'mongod';

/** Temporal and MongoDB with the same programs and settings as `npm start`, run by the bench so that it can kill them. */
export interface Engines {
  temporalAddress: string;
  mongoUri: string;
  /** Empty for engines that somebody else started. */
  pids: () => Record<string, number>;
  /** Fails when an engine ends by itself. */
  failed: Promise<never>;
  /** SIGKILL, and a new start on the same data and port. Resolves with the moment of the new start. */
  killAndRestart: (engine: EngineName) => Promise<{ restartedAtMs: number; isUp: Promise<number> }>;
  stop: () => Promise<void>;
}

/** Where `npm start` keeps the programs that it fetched. */
const productDataDir = path.resolve('.data');

export type EnginePrograms = Record<EngineName, string>;

/** The programs that `npm start` would run. */
export async function findEnginePrograms(say: (line: string) => void): Promise<EnginePrograms> {
  const find = (binary: EngineName, configuredPath: string | undefined): Promise<string> =>
    findBinary(binary, { dataDir: productDataDir, configuredPath, onProgress: say });
  const [temporal, mongod] = await Promise.all([
    find('temporal', process.env['TEMPORAL_CLI_PATH']),
    find('mongod', process.env['MONGOD_PATH']),
  ]);
  return { temporal, mongod };
}

export async function startBenchEngines(programs: EnginePrograms, dataDir: string): Promise<Engines> {
  const startTemporal = (port: number): Promise<RunningTemporalServer> =>
    startTemporalServer({ binaryPath: programs.temporal, dataDir, port, uiPort: 0, headless: true });
  const startMongo = (port: number): Promise<RunningMongod> =>
    startMongod({ binaryPath: programs.mongod, dataDir, port });

  const ends = new UnexpectedEnd();
  let [temporal, mongod] = await Promise.all([startTemporal(0), startMongo(0)]);
  const running = () => ({ temporal, mongod });
  const watch = (engine: EngineName): number => {
    const { pid, exited } = running()[engine];
    ends.watch(engine, pid, exited);
    return pid;
  };
  watch('temporal');
  watch('mongod');
  const restart = async (engine: EngineName): Promise<number> => {
    if (engine === 'temporal') temporal = await startTemporal(temporal.port);
    else mongod = await startMongo(mongod.port);
    return watch(engine);
  };
  return {
    temporalAddress: temporal.address,
    mongoUri: mongod.uri,
    pids: () => ({ temporal: temporal.pid, mongod: mongod.pid }),
    failed: ends.failed,
    async killAndRestart(engine) {
      const { pid, exited } = running()[engine];
      ends.expect(pid);
      process.kill(pid, 'SIGKILL');
      await exited;
      return { restartedAtMs: Date.now(), isUp: restart(engine) };
    },
    async stop() {
      ends.expect(temporal.pid);
      ends.expect(mongod.pid);
      await temporal.stop();
      await mongod.stop();
    },
  };
}

/** Engines that run already, such as those of the test run. */
export function givenEngines(places: { temporalAddress: string; mongoUri: string }): Engines {
  return {
    ...places,
    pids: () => ({}),
    failed: new Promise(() => undefined),
    killAndRestart: () => Promise.reject(new Error('these engines are not ours to kill')),
    stop: () => Promise.resolve(),
  };
}

/** The product's task queue, schedule and workflow ids are fixed: each system gets a namespace of its own. */
export async function createNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    for (const endMs = Date.now() + 30_000; ;) {
      try {
        await connection.workflowService.describeNamespace({ namespace });
        return;
      } catch (error) {
        if (Date.now() > endMs) throw error;
        await sleep(50);
      }
    }
  } finally {
    await connection.close();
  }
}
