/** Lets so many a second through, and a burst after a quiet time; counts what it holds back. */
export class Pace {
  private tokens: number;
  private lastMs: number;
  private held = 0;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    nowMs: number,
  ) {
    this.tokens = burst;
    this.lastMs = nowMs;
  }

  allows(nowMs: number): boolean {
    this.tokens = Math.min(this.burst, this.tokens + ((nowMs - this.lastMs) / 1_000) * this.perSecond);
    this.lastMs = nowMs;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }

  hold(): void {
    this.held++;
  }

  /** How many were held back since it was asked last. */
  takeHeld(): number {
    const { held } = this;
    this.held = 0;
    return held;
  }
}
