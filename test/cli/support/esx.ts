import { spawn } from 'node:child_process';
import path from 'node:path';
import { eventually } from '../../e2e/support/processes';

const bin = path.join(__dirname, '../../../bin/esx.js');

/** `npx esx` as a process of its own, with only the given settings. */
export function startEsx(args: string[], env: Record<string, string> = {}, input?: string) {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [bin, ...args], { env: { PATH, HOME, ...env } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(input ?? '');
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    out: () => out,
    err: () => err,
    ended,
    /** Each line of what was printed, as JSON. */
    rows: (): any[] =>
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    /** Ctrl-C. */
    interrupt() {
      child.kill('SIGINT');
      return ended;
    },
    until: (text: string | RegExp, withinMs = 30_000) =>
      eventually(
        `${String(text)} to be printed`,
        () => (typeof text === 'string' ? out.includes(text) : text.test(out)),
        withinMs,
      ),
  };
}

/** Runs one command to its end. */
export async function esx(args: string[], env: Record<string, string> = {}, input?: string) {
  const run = startEsx(args, env, input);
  const code = await run.ended;
  return {
    code,
    out: run.out(),
    err: run.err(),
    /** The one answer of a command with --json. */
    json: (): any => JSON.parse(run.out()),
  };
}
