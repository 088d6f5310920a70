import { cpus } from 'node:os';
import { usageOf } from './usage';

const sampleEveryMs = 250;
const seriesEveryMs = 5_000;
const megabyte = 1024 * 1024;

/** Memory of one process over a measurement. */
export interface Memory {
  startMb: number;
  maxMb: number;
  endMb: number;
  /** Every five seconds. */
  seriesMb: number[];
}
export interface Measured {
  cpuSeconds: Record<string, number>;
  memory: Record<string, Memory>;
  /** Cores that were busy with something else than these processes, on average: a quiet machine has about 0. */
  othersCores: number;
}

/** Measures CPU and memory of named processes; one that was killed and started again goes on under its name. */
export class Meter {
  private readonly pids = new Map<string, number>();
  /** What the killed predecessors of a name had used. */
  private readonly spentSeconds = new Map<string, number>();
  private readonly lastSeen = new Map<string, { pid: number; cpuSeconds: number }>();

  watch(name: string, pid: number): void {
    this.read(name);
    const last = this.lastSeen.get(name);
    if (last !== undefined && last.pid !== pid) {
      this.spentSeconds.set(name, (this.spentSeconds.get(name) ?? 0) + last.cpuSeconds);
      this.lastSeen.delete(name);
    }
    this.pids.set(name, pid);
  }

  /** Measures until the returned function is called. */
  start(): () => Measured {
    const before = this.cpu();
    const machineBefore = machineSeconds();
    const startedMs = performance.now();
    const memory = new Map<string, Memory>();
    let samples = 0;
    const sample = (): void => {
      const isForSeries = samples++ % (seriesEveryMs / sampleEveryMs) === 0;
      for (const name of this.pids.keys()) {
        const nowMb = this.read(name)?.rssMb;
        if (nowMb === undefined) continue;
        const known = memory.get(name) ?? { startMb: nowMb, maxMb: nowMb, endMb: nowMb, seriesMb: [] };
        known.maxMb = Math.max(known.maxMb, nowMb);
        known.endMb = nowMb;
        if (isForSeries) known.seriesMb.push(nowMb);
        memory.set(name, known);
      }
    };
    sample();
    const timer = setInterval(sample, sampleEveryMs);
    return () => {
      clearInterval(timer);
      sample();
      const after = this.cpu();
      const spent = [...after].map(([name, seconds]): [string, number] => [name, seconds - (before.get(name) ?? 0)]);
      const ownSeconds = spent.reduce((sum, [, seconds]) => sum + seconds, 0);
      const elapsedSeconds = (performance.now() - startedMs) / 1_000;
      return {
        cpuSeconds: Object.fromEntries(spent),
        memory: Object.fromEntries(memory),
        othersCores: Math.max(0, machineSeconds() - machineBefore - ownSeconds) / elapsedSeconds,
      };
    };
  }

  private cpu(): Map<string, number> {
    return new Map(
      [...this.pids.keys()].map((name) => {
        this.read(name);
        return [name, (this.spentSeconds.get(name) ?? 0) + (this.lastSeen.get(name)?.cpuSeconds ?? 0)];
      }),
    );
  }

  private read(name: string): { rssMb: number } | undefined {
    const pid = this.pids.get(name);
    const usage = pid === undefined ? undefined : usageOf(pid);
    // A process that was killed and not reaped yet has no memory any more.
    if (pid === undefined || usage === undefined || usage.rssBytes === 0) return undefined;
    this.lastSeen.set(name, { pid, cpuSeconds: usage.cpuSeconds });
    return { rssMb: usage.rssBytes / megabyte };
  }
}

/** CPU time of all cores since the machine was started, but for that of the bench itself. */
function machineSeconds(): number {
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  const { user, system } = process.cpuUsage();
  return busyMs / 1_000 - (user + system) / 1_000_000;
}
