import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** CPU time and memory of one process at one moment. */
export interface Usage {
  cpuSeconds: number;
  rssBytes: number;
}

const clockTicksPerSecond = readNumber('getconf', ['CLK_TCK']) ?? 100;
const pageBytes = readNumber('getconf', ['PAGESIZE']) ?? 4_096;

/** What a process has used so far; undefined when it is gone. */
export function usageOf(pid: number): Usage | undefined {
  try {
    return process.platform === 'linux' ? fromProc(readFileSync(`/proc/${pid}/stat`, 'utf8')) : fromPs(pid);
  } catch {
    return undefined;
  }
}

/** The processes that a process has started. */
export function childrenOf(pid: number): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

function fromProc(stat: string): Usage {
  // The second field is the program's name in brackets and may hold spaces, so fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks, rssPages] = [fields[11], fields[12], fields[21]].map(Number);
  return {
    cpuSeconds: ((userTicks ?? NaN) + (systemTicks ?? NaN)) / clockTicksPerSecond,
    rssBytes: (rssPages ?? NaN) * pageBytes,
  };
}

function fromPs(pid: number): Usage | undefined {
  const [cpuTime = '', rssKb = ''] = execFileSync('ps', ['-o', 'cputime=,rss=', '-p', String(pid)], {
    encoding: 'utf8',
  })
    .trim()
    .split(/\s+/);
  return { cpuSeconds: cpuSecondsOf(cpuTime), rssBytes: Number(rssKb) * 1_024 };
}

/** `[[dd-]hh:]mm:ss[.ss]`, as ps prints CPU time. */
export function cpuSecondsOf(cpuTime: string): number {
  const [clock = '', days = '0'] = cpuTime.split('-').reverse();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}

function readNumber(command: string, args: readonly string[]): number | undefined {
  try {
    const number = Number(execFileSync(command, args, { encoding: 'utf8' }).trim());
    return number > 0 ? number : undefined;
  } catch {
    return undefined;
  }
}
