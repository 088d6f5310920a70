import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, processRecord, readRecord, type ProcessRecord } from './processes';

/** Held while the engines of a data directory run. */
export interface DataDirLock {
  release(): void;
}

/** Takes the data directory for this process; fails while another living process has it, takes over from a dead one. */
export function lockDataDir(dataDir: string): DataDirLock {
  const path = join(dataDir, 'engines.lock');
  const own = ownRecord();
  const draft = `${path}.${own.pid}`;
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(draft, JSON.stringify(own));
  try {
    // A link is made whole or not at all, so nobody ever reads a half-written lock.
    while (!linkIfAbsent(draft, path)) takeOver(path, dataDir);
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release: () => {
      if (sameRecord(readRecord(path), own)) rmSync(path, { force: true });
    },
  };
}

function takeOver(path: string, dataDir: string): void {
  const holder = readRecord(path);
  if (holder !== undefined && isRunning(holder)) throw alreadyRunning(dataDir, holder.pid);
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    // Somebody else took it over or released it: look again.
    return;
  }
  const moved = readRecord(aside);
  if (moved !== undefined && isRunning(moved)) {
    // Between the look and the rename another start took the stale lock over: give it its lock back.
    linkIfAbsent(aside, path);
    rmSync(aside, { force: true });
    throw alreadyRunning(dataDir, moved.pid);
  }
  rmSync(aside, { force: true });
}

function alreadyRunning(dataDir: string, pid: number): Error {
  return new Error(
    `EmailSendX is already running on ${dataDir} (pid ${pid}). Stop it first, or set DATA_DIR and the ports ` +
      `(PORT, TEMPORAL_PORT, TEMPORAL_UI_PORT, MONGOD_PORT) to run a second one beside it.`,
  );
}

function ownRecord(): ProcessRecord {
  const own = processRecord(process.pid);
  if (own === undefined) throw new Error('The start time of this process cannot be read (neither /proc nor ps).');
  return own;
}

function sameRecord(left: ProcessRecord | undefined, right: ProcessRecord): boolean {
  return left?.pid === right.pid && left.mark === right.mark;
}

function linkIfAbsent(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
