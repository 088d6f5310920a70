/** How many starts may leave at once after a rest: a start costs far more than a message in a group. */
const maxBurst = 4;

/**
 * Paces the starts of a process under load: with fewer of them the groups are larger, and each event cheaper and later.
 * Lanes share one, since what a start costs is taken from the same cores.
 */
export class StartBudget {
  private tokens = maxBurst;
  private refilledAtMs: number | undefined;

  constructor(private readonly startsPerSecond: number) {}

  /** Whether one more may leave now; it then counts as `cost` starts. `nowMs` never jumps. */
  take(nowMs: number, cost: number): boolean {
    this.refill(nowMs);
    if (this.tokens < 1) return false;
    this.tokens -= cost;
    return true;
  }

  /** Until the next one may. */
  waitMs(nowMs: number): number {
    this.refill(nowMs);
    return Math.max(0, ((1 - this.tokens) * 1_000) / this.startsPerSecond);
  }

  private refill(nowMs: number): void {
    const sinceMs = nowMs - (this.refilledAtMs ?? nowMs);
    this.tokens = Math.min(maxBurst, this.tokens + (sinceMs * this.startsPerSecond) / 1_000);
    this.refilledAtMs = nowMs;
  }
}
