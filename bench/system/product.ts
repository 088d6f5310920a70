import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { builtFile, nodeFlagsOf } from './files';
import { UnexpectedEnd } from './unexpected-end';

/** `main`: gateway and worker in one process. */
export type ProductProcess = 'main' | 'gateway' | 'worker';
export type Mode = 'one process' | 'two processes';

export const processesOf: Record<Mode, readonly ProductProcess[]> = {
  'one process': ['main'],
  'two processes': ['gateway', 'worker'],
};

/** The product's own processes, run from the build as a user runs them. */
export class Product {
  private readonly ends = new UnexpectedEnd();
  /** Fails when a process ends by itself. */
  readonly failed = this.ends.failed;
  private readonly running = new Map<ProductProcess, ChildProcess>();

  constructor(
    private readonly env: Record<string, string>,
    private readonly logDir: string,
  ) {}

  /** Returns the process id. */
  start(name: ProductProcess): number {
    // Into files, as under a service manager: a pipe would cost the bench a share of the product's log lines.
    const log = openSync(path.join(this.logDir, `${name}.log`), 'a');
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [...nodeFlagsOf(name), builtFile(`src/${name}.js`)], {
      // Nothing of the caller's ESX or Temporal settings leaks in.
      env: { PATH, HOME, NODE_ENV: 'production', ...this.env },
      stdio: ['ignore', log, log],
      // Ctrl-C reaches the bench first, which then ends its processes in their order.
      detached: true,
    });
    closeSync(log);
    this.running.set(name, child);
    const pid = child.pid ?? 0;
    this.ends.watch(
      `${name} (its log is in ${this.logDir})`,
      pid,
      new Promise((resolve) => child.once('exit', resolve)),
    );
    return pid;
  }

  async kill(name: ProductProcess): Promise<void> {
    await this.end(name, 'SIGKILL');
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running.keys()].map((name) => this.end(name, 'SIGTERM')));
  }

  /** For the exit of the bench, where nothing can be awaited. */
  killAll(): void {
    for (const child of this.running.values()) child.kill('SIGKILL');
  }

  private async end(name: ProductProcess, signal: NodeJS.Signals): Promise<void> {
    const child = this.running.get(name);
    this.running.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.ends.expect(child.pid ?? 0);
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    // What is measured has been measured: parked retries need not be waited for.
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(timer);
  }
}
