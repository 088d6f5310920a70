import { ConfigError, readConfig, type Config, type Role } from './config';
import { createLogger } from './logger';
import type { Logger } from 'pino';

/** Longer than the worker takes to finish an HTTP attempt. */
const undoTimeoutMs = 50_000;

/** Adds something to undo; undone in the opposite order when the process stops. */
export type OnStop = (undo: () => Promise<void>) => void;

/**
 * Runs one of the entry points: parses the settings, starts, and on Ctrl-C or SIGTERM stops what was started in the
 * opposite order. A second Ctrl-C ends the process at once.
 */
export function runProcess(
  role: Role,
  start: (config: Config, logger: Logger, onStop: OnStop, isStopping: () => boolean) => Promise<void>,
): void {
  const undos: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    for (const undo of undos.reverse()) {
      try {
        await withinTime(undo());
      } catch (error) {
        process.stderr.write(`while stopping: ${describe(error)}\n`);
      }
    }
  };
  const exitAfterStop = (code: number): void => {
    stopping ??= stop();
    void stopping.then(() => process.exit(code));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(130);
      process.stderr.write('\nstopping: finishing what is under way (Ctrl-C again ends at once)\n');
      exitAfterStop(0);
    });
  }

  const run = async (): Promise<void> => {
    const config = readConfig(role);
    await start(
      config,
      createLogger(config.logLevel),
      (undo) => void (stopping ? undo() : undos.push(undo)),
      () => stopping !== undefined,
    );
  };
  run().catch((error: unknown) => {
    if (stopping) return;
    process.stderr.write(
      error instanceof ConfigError ? `These settings cannot be used:\n${error.message}\n` : `${describe(error)}\n`,
    );
    exitAfterStop(1);
  });
}

/** What hangs must not keep the rest from being stopped. */
async function withinTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`a part did not stop within ${undoTimeoutMs / 1_000} s`)), undoTimeoutMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
