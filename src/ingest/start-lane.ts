import type { Logger } from 'pino';
import { messagesPerCommit } from '../temporal/start';
import type { StartBudget } from './start-budget';

/** What is durable and whose workflow is to be started. */
export interface Startable {
  key: string;
}

/** Groups whose commit is not done yet, at a time: what comes meanwhile makes the next group larger, and so cheaper. */
const maxOpenGroups = 2;
const maxGroup = messagesPerCommit;
/** A request with more messages leaves in pieces: the keys of a piece stay far below Temporal's limit for an input. */
const maxParcel = 1_000;
/** How often the inbox is asked whether a group is committed, and when a group is no longer waited for. */
const lookEveryMs = 10;
const lookAtMostMs = 1_500;
/** After so many without a commit between them no worker is there; what gathers is worked off when one is back. */
const maxLateInARow = 6;
/** From here on answers are slowed down, so that senders who wait for them come no faster than they are served. */
const slowAnswersAt = maxGroup;
const slowAtMostMs = 250;
/** More than this is not taken in: the gateway answers that it is overloaded. */
const maxGathered = 10_000;

interface OpenGroup {
  /** The one that tells by its state that the group is committed; of a large request, its first part. */
  key: string;
  startedAtMs: number;
}

export interface StartLaneDeps<Item extends Startable> {
  /** The word for it in the log. */
  name: 'messages' | 'emailEvents';
  startOne: (item: Item) => Promise<void>;
  startGroup: (keys: [string, ...string[]]) => Promise<void>;
  /** False for what may wait longer than its commit: it tells of a group only where it stands alone. */
  endsAtCommit?: (item: Item) => boolean;
  /** Those that have their outcome. */
  done: (keys: string[]) => Promise<Set<string>>;
  logger: Logger;
  budget: StartBudget;
  /** What a start takes of the budget. */
  startCost: number;
  /** Milliseconds that never jump. */
  clock?: () => number;
}

/**
 * Starts workflows for what was stored: messages, or email events. At rest each gets its own workflow at once. Under load
 * arrivals gather, and leave as one ordered group with the next start: a group costs hardly more than one. How many
 * groups are open is bounded by commits done, not by starts answered: otherwise a worker that lags behind would be sent
 * ever more small groups, where fewer and larger ones are what helps it. Receivers do not count: a slow one holds up
 * nobody's commit.
 */
export class StartLane<Item extends Startable> {
  /** What came in one request stays together and in its order. */
  private parcels: Item[][] = [];
  private gathered = 0;
  private open: OpenGroup[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isLooking = false;
  private lateInARow = 0;
  /** Senders whose answers are slowed down. */
  private readonly waiting = new Set<() => void>();
  private readonly clock: () => number;

  constructor(private readonly deps: StartLaneDeps<Item>) {
    this.clock = deps.clock ?? (() => performance.now());
  }

  /** Never waits and never throws: what cannot be started now is started by the sweep. */
  add(items: Item[]): void {
    if (items.length === 0) return;
    for (let start = 0; start < items.length; start += maxParcel) {
      this.parcels.push(items.slice(start, start + maxParcel));
    }
    this.gathered += items.length;
    this.leave();
  }

  /** How many wait for a start. */
  get depth(): number {
    return this.gathered;
  }

  /** Resolves when few enough wait for a start, or after a quarter of a second. */
  async room(): Promise<void> {
    if (this.gathered < slowAnswersAt) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, slowAtMostMs);
      this.waiting.add(go);
    });
  }

  /** What came now would wait for long, in memory: better to ask the sender to come again. */
  get isFull(): boolean {
    return this.gathered >= maxGathered;
  }

  private leave(): void {
    const { budget, startCost } = this.deps;
    while (this.parcels.length > 0 && this.open.length < maxOpenGroups && budget.take(this.clock(), startCost)) {
      void this.start(this.takeGroup());
    }
    this.wake();
  }

  /** Comes back when a group may be committed, or when the next start is due. */
  private wake(): void {
    if (this.timer !== undefined || (this.open.length === 0 && this.parcels.length === 0)) return;
    const delayMs = this.open.length > 0 ? lookEveryMs : Math.max(1, this.deps.budget.waitMs(this.clock()));
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.look().finally(() => this.leave());
    }, delayMs);
    this.timer.unref();
  }

  private takeGroup(): Item[] {
    const group: Item[] = [];
    for (
      let next = this.parcels[0];
      next && (group.length === 0 || group.length + next.length <= maxGroup);
      next = this.parcels[0]
    ) {
      group.push(...next);
      this.parcels.shift();
    }
    this.gathered -= group.length;
    // As many as have just left may follow.
    for (const go of [...this.waiting].slice(0, group.length)) go();
    return group;
  }

  private async start(group: Item[]): Promise<void> {
    const [first, ...rest] = group;
    if (!first) return;
    const { endsAtCommit = () => true, startOne, startGroup } = this.deps;
    const telling = group.slice(0, messagesPerCommit).findLast(endsAtCommit) ?? first;
    const entry: OpenGroup = { key: telling.key, startedAtMs: this.clock() };
    this.open.push(entry);
    try {
      if (rest.length === 0) await startOne(first);
      else await startGroup([first.key, ...rest.map(({ key }) => key)]);
    } catch (error) {
      this.leaveToSweep(error, group.length);
      this.open = this.open.filter((other) => other !== entry);
      this.leave();
    }
  }

  /** While Temporal is away nothing is worth keeping in memory: it is all in the inbox, and the sweep starts it. */
  private leaveToSweep(error: unknown, inGroup: number): void {
    const count = inGroup + this.gathered;
    this.parcels = [];
    this.gathered = 0;
    this.deps.logger.warn({ err: error, [this.deps.name]: count }, 'start.left_to_sweep');
  }

  private async look(): Promise<void> {
    if (this.isLooking || this.open.length === 0) return;
    this.isLooking = true;
    try {
      const done = await this.deps.done(this.open.map(({ key }) => key));
      this.close(done);
    } catch {
      // MongoDB is away for a moment: asked again.
      this.close(new Set());
    } finally {
      this.isLooking = false;
    }
  }

  /** Takes committed groups off, and those that are waited for no longer: a worker that is away must not shut the gate. */
  private close(done: ReadonlySet<string>): void {
    const nowMs = this.clock();
    const late = this.open.filter(({ key, startedAtMs }) => !done.has(key) && nowMs - startedAtMs >= lookAtMostMs);
    this.open = this.open.filter((group) => !done.has(group.key) && !late.includes(group));
    this.lateInARow = done.size > 0 ? 0 : this.lateInARow + late.length;
    if (this.lateInARow < maxLateInARow || this.gathered === 0) return;
    this.lateInARow = 0;
    this.leaveToSweep(new Error('no worker commits what was started'), 0);
  }
}
