import type { Settlement } from '../mongo/emails';

const gatherMs = 20;
const maxItems = 100;
const retryMs = 500;

/**
 * Writes what servers have said, gathered: a write for each mail would cost more than the mail. What was said is not
 * lost while MongoDB is away: it is tried again until it is written.
 */
export class SettlementLane {
  private waiting: { settlement: Settlement; done: () => void }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private unwritten = 0;

  constructor(
    private readonly settle: (settlements: Settlement[]) => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** How many are not written yet. */
  get size(): number {
    return this.unwritten;
  }

  /** Resolves when it is written. */
  add(settlement: Settlement): Promise<void> {
    this.unwritten++;
    return new Promise((done) => {
      this.waiting.push({ settlement, done });
      if (this.waiting.length >= maxItems) this.leave();
      else this.timer ??= setTimeout(() => this.leave(), gatherMs);
    });
  }

  private leave(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const group = this.waiting;
    this.waiting = [];
    void this.write(group.map(({ settlement }) => settlement)).then(() => {
      this.unwritten -= group.length;
      for (const { done } of group) done();
    });
  }

  private async write(settlements: Settlement[]): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        return await this.settle(settlements);
      } catch (error) {
        if (failures === 0) this.onFailure(error);
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }
}
