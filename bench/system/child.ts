import { fork } from 'node:child_process';
import { builtFile } from './files';

interface Call {
  id: number;
  name: string;
  input: unknown;
}
interface Reply {
  id: number;
  output?: unknown;
  error?: string;
}

/** What a child process offers: functions that take one value and return one, both sent between the processes. */
export type Functions = Record<string, (input: any) => Promise<unknown>>;

/** A child process whose functions can be called as if they were here. */
export interface Child<Offered extends Functions> {
  pid: number;
  call: <Name extends keyof Offered & string>(
    name: Name,
    input: Parameters<Offered[Name]>[0],
  ) => ReturnType<Offered[Name]>;
  stop: () => Promise<void>;
}

/** Starts a compiled file of the bench as a child process. */
export function startChild<Offered extends Functions>(name: string): Child<Offered> {
  // Advanced serialization keeps the typed arrays that thousands of times travel in.
  const child = fork(builtFile(name), { serialization: 'advanced', execArgv: [] });
  const waiting = new Map<number, { resolve: (output: never) => void; reject: (error: Error) => void }>();
  let calls = 0;
  child.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.error === undefined) call?.resolve(reply.output as never);
    else call?.reject(new Error(reply.error));
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`${name} ended early (${signal ?? code})`));
      resolve();
    });
  });
  return {
    pid: child.pid ?? 0,
    call: (functionName, input) => {
      const id = calls++;
      const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
      child.send({ id, name: functionName, input } satisfies Call);
      return answer as ReturnType<Offered[typeof functionName]>;
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The other side: answers the parent's calls, and ends with the parent. */
export function offer(functions: Functions): void {
  process.on('disconnect', () => process.exit());
  // The parent decides when this ends: Ctrl-C reaches the whole group, and the parent still needs what is booked here.
  process.on('SIGINT', () => undefined);
  process.on('message', ({ id, name, input }: Call) => {
    const work = functions[name]?.(input) ?? Promise.reject(new Error(`no function ${name}`));
    work.then(
      (output) => process.send?.({ id, output } satisfies Reply),
      (error: unknown) =>
        process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
}
