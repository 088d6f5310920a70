import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { findBinary } from './binaries';
import { stopLeftOverEngines, type EmbeddedEngine, type EngineExit } from './engine-process';
import { lockDataDir } from './lock';
import { startMongod } from './mongod';
import { superviseEngine, type SupervisedEngine } from './supervise';
import { startTemporalServer } from './temporal-server';

/** Which engines to start, and where; an engine that is left out is not started. Port 0 takes any free one. */
export interface StartEngines {
  dataDir: string;
  temporal?: { port: number; uiPort: number; configuredPath?: string | undefined; headless?: boolean } | undefined;
  mongod?: { port: number; configuredPath?: string | undefined; cacheGb?: number } | undefined;
  onProgress: (line: string) => void;
  onEngineExit?: (engine: EmbeddedEngine, exit: EngineExit) => void;
  /** Ends a start that is under way, its downloads included. */
  signal?: AbortSignal;
}

/** Where the engines answer; what was not asked for is absent. */
export interface EnginePlaces {
  temporalAddress?: string;
  temporalUiUrl?: string;
  mongoUri?: string;
}

/** The engines that run; stop() ends Temporal first, then MongoDB, each cleanly within a bound. */
export interface Engines extends EnginePlaces {
  stop: () => Promise<void>;
}

interface Started {
  places: EnginePlaces;
  supervised: SupervisedEngine;
}

/** Starts the wanted engines side by side on a data directory that no other process uses, and keeps them running. */
export async function startEngines(options: StartEngines): Promise<Engines> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const lock = lockDataDir(dataDir);
  const started: { temporal?: Started | undefined; mongod?: Started | undefined } = {};
  const stopAll = async () => {
    try {
      await started.temporal?.supervised.stop();
    } finally {
      await started.mongod?.supervised.stop();
    }
  };
  try {
    await stopLeftOverEngines(dataDir, options.onProgress);
    await allOrTheirReasons([
      startTemporal(dataDir, options).then((temporal) => (started.temporal = temporal)),
      startMongo(dataDir, options).then((mongod) => (started.mongod = mongod)),
    ]);
  } catch (error) {
    await stopAll().finally(() => lock.release());
    throw error;
  }
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= stopAll().finally(() => lock.release()));
  return { ...started.temporal?.places, ...started.mongod?.places, stop };
}

async function startTemporal(dataDir: string, options: StartEngines): Promise<Started | undefined> {
  const { temporal: wanted, onProgress, signal } = options;
  if (wanted === undefined) return undefined;
  const { configuredPath, ...rest } = wanted;
  const binaryPath = await findBinary('temporal', { dataDir, configuredPath, onProgress, signal });
  const start = { ...rest, binaryPath, dataDir };
  const first = await startTemporalServer({ ...start, signal });
  onProgress(`temporal: running on ${first.address}${first.uiUrl === undefined ? '' : `, Web UI ${first.uiUrl}`}`);
  const again = { ...start, port: first.port, uiPort: first.uiPort ?? 0 };
  const startAgain = (stopping: AbortSignal) => startTemporalServer({ ...again, signal: stopping });
  const ui = first.uiUrl === undefined ? {} : { temporalUiUrl: first.uiUrl };
  return {
    places: { temporalAddress: first.address, ...ui },
    supervised: superviseEngine('temporal', first, startAgain, options),
  };
}

async function startMongo(dataDir: string, options: StartEngines): Promise<Started | undefined> {
  const { mongod: wanted, onProgress, signal } = options;
  if (wanted === undefined) return undefined;
  const { configuredPath, ...rest } = wanted;
  const binaryPath = await findBinary('mongod', { dataDir, configuredPath, onProgress, signal });
  const start = { ...rest, binaryPath, dataDir };
  const first = await startMongod({ ...start, signal });
  onProgress(`mongod: running on 127.0.0.1:${first.port}`);
  const startAgain = (stopping: AbortSignal) => startMongod({ ...start, port: first.port, signal: stopping });
  return { places: { mongoUri: first.uri }, supervised: superviseEngine('mongod', first, startAgain, options) };
}

/** Waits for all, and fails with the reasons of all that failed, so that one round of corrections is enough. */
async function allOrTheirReasons(starts: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(starts);
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (reasons.length === 0) return;
  const messages = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason)));
  throw new Error(messages.join('\n'), { cause: reasons[0] });
}
