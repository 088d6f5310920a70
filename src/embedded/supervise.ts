import { setTimeout as sleep } from 'node:timers/promises';
import { describeExit, type EmbeddedEngine, type EngineExit, type EngineProcess } from './engine-process';

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 30_000;
/** An engine that ran this long was well; the backoff begins anew. */
const STEADY_MS = 60_000;

/** What is told about an engine that ended by itself. */
export interface SuperviseReport {
  onProgress: (line: string) => void;
  onEngineExit?: ((engine: EmbeddedEngine, exit: EngineExit) => void) | undefined;
}

/** An engine that is kept running until stop() is called. */
export interface SupervisedEngine {
  stop: () => Promise<void>;
}

/** Starts an engine again, with growing pauses, whenever it ends by itself, until stop() is called. */
export function superviseEngine(
  engine: EmbeddedEngine,
  first: EngineProcess,
  startAgain: (signal: AbortSignal) => Promise<EngineProcess>,
  report: SuperviseReport,
): SupervisedEngine {
  const stopping = new AbortController();
  let current = first;

  const watch = async () => {
    let backoffMs = FIRST_BACKOFF_MS;
    for (;;) {
      const startedAtMs = Date.now();
      const exit = await current.exited;
      if (stopping.signal.aborted) return;
      if (Date.now() - startedAtMs > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      report.onEngineExit?.(engine, exit);
      report.onProgress(`${engine}: ended by itself (${describeExit(exit)}), starting it again`);
      for (let isUp = false; !isUp; backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)) {
        await sleep(backoffMs, undefined, { signal: stopping.signal });
        try {
          current = await startAgain(stopping.signal);
          isUp = true;
          report.onProgress(`${engine}: running again`);
        } catch (error) {
          stopping.signal.throwIfAborted();
          report.onProgress(`${engine}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
  };
  const watched = watch().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });

  return {
    stop: async () => {
      stopping.abort();
      await current.stop();
      await watched;
      await current.stop();
    },
  };
}
