import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stopLeftOverEngines } from '../src/embedded/engine-process';
import { processRecord } from '../src/embedded/processes';
import { startBenchEngines, type EnginePrograms, type Engines } from './system/engines';
import type { Mode } from './system/product';
import { startStand, type Stand } from './system/stand';

const dirPrefix = 'esx-bench-';

/** The engines and stands of one run, in a directory that is removed at its end. */
export class Run {
  readonly dir = mkdtempSync(path.join(tmpdir(), `${dirPrefix}${process.pid}-`));
  private shared: Promise<Engines> | undefined;
  private readonly open = new Set<{ stop: () => Promise<void> }>();

  constructor(
    private readonly programs: EnginePrograms,
    private readonly settings: Record<string, string>,
  ) {}

  /** The engines that the bare limits and most scenarios share. */
  sharedEngines(): Promise<Engines> {
    this.shared ??= this.startEngines('shared');
    return this.shared;
  }

  /** Runs work on a stand of its own; on engines of its own as well where it kills or fills them. */
  async onStand<Result>(
    options: { mode: Mode; settings?: Record<string, string>; isolated?: boolean },
    work: (stand: Stand) => Promise<Result>,
  ): Promise<Result> {
    const engines = options.isolated ? await this.startEngines(`isolated-${Date.now()}`) : await this.sharedEngines();
    try {
      const settings = { ...options.settings, ...this.settings };
      const stand = await startStand({ engines, mode: options.mode, dir: this.dir, settings });
      this.open.add(stand);
      try {
        return await Promise.race([work(stand), stand.failed]);
      } finally {
        this.open.delete(stand);
        await stand.stop();
      }
    } finally {
      if (options.isolated) {
        this.open.delete(engines);
        await engines.stop();
      }
    }
  }

  /** Ends everything; keeps the logs where they are wanted. */
  async stop({ keepsLogs }: { keepsLogs: boolean }): Promise<void> {
    // Stands first: they were opened after their engines.
    for (const part of [...this.open].reverse()) await part.stop();
    this.open.clear();
    if (!keepsLogs) rmSync(this.dir, { recursive: true, force: true });
  }

  private async startEngines(name: string): Promise<Engines> {
    const engines = await startBenchEngines(this.programs, path.join(this.dir, name));
    this.open.add(engines);
    return engines;
  }
}

/** Ends the engines and removes the directories of runs that were killed. */
export async function sweepEarlierRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${dirPrefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || processRecord(Number(pid)) !== undefined) continue;
    const dir = path.join(tmpdir(), name);
    for (const engines of readdirSync(dir)) await stopLeftOverEngines(path.join(dir, engines), () => undefined);
    rmSync(dir, { recursive: true, force: true });
  }
}
