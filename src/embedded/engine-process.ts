import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, isRunning, processRecord, readRecord } from './processes';

/** The engines that run as children of this program. */
export type EmbeddedEngine = 'temporal' | 'mongod';

const ENGINES: readonly EmbeddedEngine[] = ['temporal', 'mongod'];
const READY_BOUND_MS = 60_000;
/** How long an engine may take to stop cleanly before it is killed. */
const STOP_GRACE_MS = 15_000;

/** How an engine ended. */
export interface EngineExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running engine; stop() ends it cleanly within a bound, and does nothing more when it has ended already. */
export interface EngineProcess {
  pid: number;
  exited: Promise<EngineExit>;
  stop: () => Promise<void>;
}

/** What every engine is started with; `signal` ends a start that is under way. */
export interface EngineStart {
  binaryPath: string;
  dataDir: string;
  signal?: AbortSignal | undefined;
}

/** Starts an engine with its output in DATA_DIR/logs and its pid in DATA_DIR/run, and waits until isReady says so. */
export async function startEngineProcess(
  engine: EmbeddedEngine,
  start: EngineStart & { args: readonly string[]; isReady: () => Promise<boolean> },
): Promise<EngineProcess> {
  start.signal?.throwIfAborted();
  const logPath = freshLogPath(start.dataDir, engine);
  const log = openSync(logPath, 'w');
  // In a process group of its own, so that Ctrl-C in the terminal reaches this program first, which then drains and stops the engine.
  const child = spawn(start.binaryPath, start.args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = new Promise<EngineExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await once(child, 'spawn');
  if (child.pid === undefined) throw new Error(`${engine} was started without a process id.`);
  const recordPath = writeRecord(start.dataDir, engine, child.pid);

  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    await exited;
    clearTimeout(timer);
  };
  const onAbort = () => void stop();
  const onProcessExit = () => child.kill('SIGTERM');
  start.signal?.addEventListener('abort', onAbort);
  process.once('exit', onProcessExit);
  void exited.then(() => {
    process.removeListener('exit', onProcessExit);
    if (readRecord(recordPath)?.pid === child.pid) rmSync(recordPath, { force: true });
  });

  try {
    await untilReady(engine, exited, start.isReady, logPath);
  } catch (error) {
    await stop();
    start.signal?.throwIfAborted();
    throw error;
  } finally {
    start.signal?.removeEventListener('abort', onAbort);
  }
  return { pid: child.pid, exited, stop };
}

/** Ends engines that a killed parent left behind on this data directory. */
export async function stopLeftOverEngines(dataDir: string, onProgress: (line: string) => void): Promise<void> {
  for (const engine of ENGINES) {
    const path = recordPathOf(dataDir, engine);
    const record = readRecord(path);
    if (record !== undefined && isRunning(record)) {
      onProgress(`${engine}: stopping the one that an earlier run left behind (pid ${record.pid})`);
      await endProcess(record, STOP_GRACE_MS);
    }
    rmSync(path, { force: true });
  }
}

async function untilReady(
  engine: EmbeddedEngine,
  exited: Promise<EngineExit>,
  isReady: () => Promise<boolean>,
  logPath: string,
): Promise<void> {
  let ended: EngineExit | undefined;
  void exited.then((exit) => (ended = exit));
  const deadlineMs = Date.now() + READY_BOUND_MS;
  let lastError = 'it did not answer';
  while (ended === undefined) {
    try {
      if (await isReady()) return;
    } catch (error) {
      lastError = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > deadlineMs) {
      throw new Error(`${engine} was not ready within ${READY_BOUND_MS / 1000} s: ${lastError}. Its log is ${logPath}`);
    }
    await sleep(25);
  }
  throw new Error(
    `${engine} ended before it was ready (${describeExit(ended)}).${complaints(logPath)} Its log is ${logPath}`,
  );
}

/** "signal SIGKILL" or "exit code 1". */
export function describeExit(exit: EngineExit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}

function complaints(logPath: string): string {
  const lines = readFileSync(logPath, 'utf8').trim().split('\n');
  const errors = lines.filter((line) => /"s":"[EF]"|level=(ERROR|FATAL)|\berror\b/i.test(line));
  const shown = (errors.length > 0 ? errors : lines).slice(-3).filter((line) => line !== '');
  return shown.map((line) => `\n  ${line.slice(0, 400)}`).join('') + (shown.length > 0 ? '\n' : '');
}

function freshLogPath(dataDir: string, engine: EmbeddedEngine): string {
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  const path = join(dataDir, 'logs', `${engine}.log`);
  // One log back is kept: it says why the engine ended before it was started again.
  if (existsSync(path)) renameSync(path, `${path}.1`);
  return path;
}

function recordPathOf(dataDir: string, engine: EmbeddedEngine): string {
  return join(dataDir, 'run', `${engine}.json`);
}

function writeRecord(dataDir: string, engine: EmbeddedEngine, pid: number): string {
  const path = recordPathOf(dataDir, engine);
  mkdirSync(join(dataDir, 'run'), { recursive: true });
  const record = processRecord(pid);
  if (record !== undefined) writeFileSync(path, JSON.stringify(record));
  return path;
}
