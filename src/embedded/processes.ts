import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const recordSchema = z.object({ pid: z.number().int().positive(), mark: z.string() });

/** One process of this machine; `mark` tells it from a later process that was given the same id. */
export type ProcessRecord = z.infer<typeof recordSchema>;

/** The record of a living process, or undefined when no such process lives. */
export function processRecord(pid: number): ProcessRecord | undefined {
  const mark = process.platform === 'linux' ? linuxMark(pid) : psMark(pid);
  return mark === undefined ? undefined : { pid, mark };
}

/** Reads a process record from a file; undefined when it is absent or unreadable. */
export function readRecord(path: string): ProcessRecord | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return recordSchema.safeParse(parsed).data;
  } catch {
    return undefined;
  }
}

/** True while the very process of the record lives; one that has ended and waits to be reaped does not count. */
export function isRunning(record: ProcessRecord): boolean {
  return processRecord(record.pid)?.mark === record.mark;
}

/** Ends a process that is not our child: SIGTERM, and SIGKILL when it is still there after graceMs. */
export async function endProcess(record: ProcessRecord, graceMs: number): Promise<void> {
  signalProcess(record, 'SIGTERM');
  if (await goneWithin(record, graceMs)) return;
  signalProcess(record, 'SIGKILL');
  if (!(await goneWithin(record, 5_000))) throw new Error(`Process ${record.pid} could not be ended; end it by hand.`);
}

async function goneWithin(record: ProcessRecord, boundMs: number): Promise<boolean> {
  const deadlineMs = Date.now() + boundMs;
  while (isRunning(record)) {
    if (Date.now() > deadlineMs) return false;
    await sleep(25);
  }
  return true;
}

function signalProcess(record: ProcessRecord, signal: NodeJS.Signals): void {
  if (!isRunning(record)) return;
  try {
    process.kill(record.pid, signal);
  } catch (error) {
    // It may end between the look and the signal.
    if (isRunning(record)) throw error;
  }
}

function linuxMark(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces, so fields are counted behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startedAtTicks] = [fields[0], fields[19]];
    if (startedAtTicks === undefined) return undefined;
    // A zombie waits to be reaped and holds nothing, unless it is only the first thread that has ended: the others still hold ports and files.
    if ((state === 'Z' || state === 'X') && readdirSync(`/proc/${pid}/task`).length <= 1) return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${startedAtTicks}`;
  } catch {
    return undefined;
  }
}

function psMark(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const [state = '', ...startedAt] = line.split(/\s+/);
    return startedAt.length === 0 || state.startsWith('Z') ? undefined : startedAt.join(' ');
  } catch {
    return undefined;
  }
}
