import { rmSync } from 'node:fs';
import type { EngineProcess } from '../../src/embedded/engine-process';

interface TestRun {
  dataDir: string;
  engines: readonly EngineProcess[];
}

let run: TestRun | undefined;

/** Remembers what the set-up started, for the teardown in the same process. */
export function keepForTeardown(started: TestRun): void {
  run = started;
}

/** Ends the engines of the run; jest wants a default export here. */
export default async function globalTeardown(): Promise<void> {
  await Promise.all((run?.engines ?? []).map((engine) => engine.stop()));
  if (run !== undefined) rmSync(run.dataDir, { recursive: true, force: true });
}
