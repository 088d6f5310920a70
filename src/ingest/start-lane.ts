import type { Logger } from 'pino';
import type { Starter } from '../temporal/start';

/** A message that is durable and whose workflow is to be started. */
export interface Startable {
  key: string;
  type: 'identify' | 'track';
}

/** Starts under way at a time; while they are, arrivals gather and leave together. */
const maxStartsInFlight = 4;
const maxGroup = 100;
/** More than this is left to the sweep: it is durable, and memory is not where a backlog belongs. */
const maxGathered = 20_000;

/**
 * Starts workflows for messages that were stored. At rest each message gets its own workflow at once. While starts are
 * under way arrivals gather, and leave as one ordered group with the next start: a group costs hardly more than one.
 */
export class StartLane {
  /** The messages of one request stay together and in their order. */
  private parcels: Startable[][] = [];
  private gathered = 0;
  private inFlight = 0;

  constructor(
    private readonly starter: Pick<Starter, 'startContactUpsert' | 'startCustomEvent' | 'startBatch'>,
    private readonly logger: Logger,
  ) {}

  /** Never waits and never throws: what cannot be started now is started by the sweep. */
  add(messages: Startable[]): void {
    if (messages.length === 0 || this.gathered + messages.length > maxGathered) return;
    this.parcels.push(messages);
    this.gathered += messages.length;
    this.leave();
  }

  /** Messages that wait for a start. */
  get depth(): number {
    return this.gathered;
  }

  private leave(): void {
    while (this.inFlight < maxStartsInFlight && this.parcels.length > 0) {
      const group = this.takeGroup();
      this.inFlight++;
      this.start(group)
        .catch((error: unknown) => this.logger.warn({ err: error, messages: group.length }, 'start.left_to_sweep'))
        .finally(() => {
          this.inFlight--;
          this.leave();
        });
    }
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
    return group;
  }

  private async start(group: Startable[]): Promise<void> {
    const [only] = group;
    if (!only || group.length > 1) return this.starter.startBatch(group.map(({ key }) => key));
    return only.type === 'identify'
      ? this.starter.startContactUpsert(only.key)
      : this.starter.startCustomEvent(only.key);
  }
}
