import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const PROGRESS_EVERY_MS = 2_000;
const STALLED_MS = 60_000;

/** How a fetch tells what it is doing, and how it is stopped. */
export interface InstallReport {
  onProgress: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** A command that fetches files into workDir; it is killed when no byte comes for too long. */
export interface InstallCommand extends InstallReport {
  command: string;
  args: readonly string[];
  workDir: string;
  firstByteMs: number;
  stalledMs?: number;
  progressEveryMs?: number;
}

/** Runs the command, tells the bytes and seconds so far, and returns its output; fails with the reason that the command gave. */
export function installByCommand(install: InstallCommand): Promise<string> {
  return new Promise((resolve, reject) => {
    const { signal, stalledMs = STALLED_MS } = install;
    const child = spawn(install.command, install.args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    });
    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);

    const startedAtMs = Date.now();
    let grewAtMs = startedAtMs;
    let bytes = 0;
    let stalled: string | undefined;
    const watch = setInterval(() => {
      const bytesNow = bytesIn(install.workDir);
      if (bytesNow > bytes) grewAtMs = Date.now();
      bytes = Math.max(bytes, bytesNow);
      const boundMs = bytes === 0 ? install.firstByteMs : stalledMs;
      if (Date.now() - grewAtMs > boundMs) {
        stalled = `${bytes === 0 ? 'nothing came' : 'no progress'} for ${Math.round(boundMs / 1000)} s`;
        child.kill('SIGKILL');
      } else {
        install.onProgress(`${megabytes(bytes)} after ${Math.round((Date.now() - startedAtMs) / 1000)} s`);
      }
    }, install.progressEveryMs ?? PROGRESS_EVERY_MS);

    child.once('error', (error) => {
      clearInterval(watch);
      reject(error);
    });
    child.once('close', (code) => {
      clearInterval(watch);
      if (code === 0) resolve(output);
      else reject(new Error(stalled ?? reasonIn(output) ?? `exit code ${code}`));
    });
  });
}

/** "12.3 MB" */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function bytesIn(dir: string): number {
  let sum = 0;
  try {
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      const stat = statSync(join(dir, name), { throwIfNoEntry: false });
      if (stat?.isFile()) sum += stat.size;
    }
  } catch {
    // Files come and go while the command works; the next look is soon.
  }
  return sum;
}

function reasonIn(output: string): string | undefined {
  const lines = output.split('\n').map((line) => line.trim());
  const told = lines.filter((line) => line !== '' && !line.startsWith('WARNING'));
  return (told.find((line) => line.startsWith('ERROR')) ?? told.at(-1))?.slice(0, 300);
}
