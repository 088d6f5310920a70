import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** What the figures were measured on; nothing that tells whose machine it is. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  platform: string;
  node: string;
  temporal: string;
  mongod: string;
}

export function describeMachine(programs: { temporal: string; mongod: string }): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    temporal: versionOf(programs.temporal, /Server ([\d.]+)/),
    mongod: versionOf(programs.mongod, /db version v?([\d.]+)/),
  };
}

function versionOf(program: string, pattern: RegExp): string {
  try {
    return pattern.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
