import type { Logger } from 'pino';
import { messagesPerCommit, type Starter } from '../temporal/start';

/** A message that is durable and whose workflow is to be started. */
export interface Startable {
  key: string;
  type: 'identify' | 'track';
}

/** Groups whose commit is not done yet, at a time: what comes meanwhile makes the next group larger, and so cheaper. */
const maxOpenGroups = 2;
/** How many starts may leave at once after a rest: a start costs far more than a message in a group. */
const maxBurst = 3;
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
  /** A message that tells by its state that the group is committed; of a large request, its first part. */
  key: string;
  startedAtMs: number;
}

export interface StartLaneDeps {
  starter: Pick<Starter, 'startContactUpsert' | 'startCustomEvent' | 'startBatch'>;
  /** Those of the messages that have their outcome. Needs: src/mongo/messages.ts. */
  done: (keys: string[]) => Promise<Set<string>>;
  logger: Logger;
  /** Paces the starts under load: with fewer of them the groups are larger and each event cheaper and later. */
  startsPerSecond: number;
  /** Milliseconds that never jump. */
  clock?: () => number;
}

/**
 * Starts workflows for messages that were stored. At rest each message gets its own workflow at once. Under load
 * arrivals gather, and leave as one ordered group with the next start: a group costs hardly more than one. How many
 * groups are open is bounded by commits done, not by starts answered: otherwise a worker that lags behind would be sent
 * ever more small groups, where fewer and larger ones are what helps it. Receivers do not count: a slow one holds up
 * nobody's commit.
 */
export class StartLane {
  /** The messages of one request stay together and in their order. */
  private parcels: Startable[][] = [];
  private gathered = 0;
  private open: OpenGroup[] = [];
  private tokens = maxBurst;
  private tokensAtMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isLooking = false;
  private lateInARow = 0;
  /** Senders whose answers are slowed down. */
  private readonly waiting = new Set<() => void>();
  private readonly clock: () => number;

  constructor(private readonly deps: StartLaneDeps) {
    this.clock = deps.clock ?? (() => performance.now());
    this.tokensAtMs = this.clock();
  }

  /** Never waits and never throws: what cannot be started now is started by the sweep. */
  add(messages: Startable[]): void {
    if (messages.length === 0) return;
    for (let start = 0; start < messages.length; start += maxParcel) {
      this.parcels.push(messages.slice(start, start + maxParcel));
    }
    this.gathered += messages.length;
    this.leave();
  }

  /** Messages that wait for a start. */
  get depth(): number {
    return this.gathered;
  }

  /** Resolves when few enough messages wait for a start, or after a quarter of a second. */
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
    this.refill();
    while (this.parcels.length > 0 && this.open.length < maxOpenGroups && this.tokens >= 1) {
      this.tokens--;
      void this.start(this.takeGroup());
    }
    this.wake();
  }

  /** Comes back when a group may be committed, or when the next start is due. */
  private wake(): void {
    if (this.timer !== undefined || (this.open.length === 0 && this.parcels.length === 0)) return;
    const untilTokenMs = this.parcels.length > 0 ? ((1 - this.tokens) * 1_000) / this.deps.startsPerSecond : Infinity;
    const delayMs = this.open.length > 0 ? lookEveryMs : Math.max(1, untilTokenMs);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.look().finally(() => this.leave());
    }, delayMs);
    this.timer.unref();
  }

  private refill(): void {
    const nowMs = this.clock();
    this.tokens = Math.min(maxBurst, this.tokens + ((nowMs - this.tokensAtMs) * this.deps.startsPerSecond) / 1_000);
    this.tokensAtMs = nowMs;
  }

  private takeGroup(): Startable[] {
    const group: Startable[] = [];
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

  private async start(group: Startable[]): Promise<void> {
    const [first] = group;
    if (!first) return;
    // An identify always has its outcome after the commit; a track may go on to wait for its contact.
    const committedFirst = group.slice(0, messagesPerCommit);
    const telling = committedFirst.findLast(({ type }) => type === 'identify') ?? first;
    const entry: OpenGroup = { key: telling.key, startedAtMs: this.clock() };
    this.open.push(entry);
    try {
      if (group.length > 1) await this.deps.starter.startBatch(group.map(({ key }) => key));
      else if (first.type === 'identify') await this.deps.starter.startContactUpsert(first.key);
      else await this.deps.starter.startCustomEvent(first.key);
    } catch (error) {
      this.leaveToSweep(error, group.length);
      this.open = this.open.filter((other) => other !== entry);
      this.leave();
    }
  }

  /** While Temporal is away nothing is worth keeping in memory: it is all in the inbox, and the sweep starts it. */
  private leaveToSweep(error: unknown, inGroup: number): void {
    const messages = inGroup + this.gathered;
    this.parcels = [];
    this.gathered = 0;
    this.deps.logger.warn({ err: error, messages }, 'start.left_to_sweep');
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
