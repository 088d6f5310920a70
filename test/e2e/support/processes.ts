import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';

const dist = path.join(__dirname, '../../../dist/src');

/** One of the product's own processes, run from the build as a user runs it. */
export interface TestProcess {
  child: ChildProcess;
  /** Everything it printed so far. */
  output: () => string;
  kill: () => Promise<void>;
  /** As by Ctrl-C; resolves with the exit code. */
  stop: () => Promise<number | null>;
  exited: Promise<number | null>;
}

/** Starts `dist/src/<name>.js` with only the given settings; nothing of the caller's ESX or Temporal settings leaks in. */
export function startProcess(
  name: 'main' | 'gateway' | 'worker' | 'receiver',
  env: Record<string, string>,
  args: string[] = [],
): TestProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [path.join(dist, `${name}.js`), ...args], {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    child,
    output: () => printed,
    exited,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    stop() {
      child.kill('SIGINT');
      return exited;
    },
  };
}

/** Asks again until the answer is neither undefined nor false; fails with `what` and the last error after the time. */
export async function eventually<Result>(
  what: string,
  ask: () => Promise<Result | undefined | false> | Result | undefined | false,
  withinMs = 30_000,
): Promise<Result> {
  let lastError: unknown;
  for (const endMs = Date.now() + withinMs; Date.now() < endMs;) {
    try {
      const result = await ask();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      lastError = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not within ${withinMs} ms${lastError instanceof Error ? ` (${lastError.message})` : ''}`);
}
