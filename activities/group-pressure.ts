/** Groups that may be making their first attempts before further commits wait for them. */
const maxAttempting = 2;
/** A group that takes longer waits for a receiver: that is no reason to hold others up. */
const countsForMs = 50;

/**
 * Commits are cheaper than the attempts they cause, and would run away from them under a load beyond this worker's
 * means, each event's webhook later than the one before. So a commit waits while many groups are making attempts; the
 * gateway, whose gate counts commits, then sends fewer and larger groups.
 */
export class GroupPressure {
  private attempting = 0;
  private waiting: (() => void)[] = [];

  /** Resolves when few enough groups are making attempts. For groups: a message by itself makes none here. */
  async room(): Promise<void> {
    if (this.attempting >= maxAttempting) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async during<Result>(attempts: () => Promise<Result>): Promise<Result> {
    this.attempting++;
    let isCounted = true;
    const release = (): void => {
      if (!isCounted) return;
      isCounted = false;
      this.attempting--;
      if (this.attempting < maxAttempting) for (const go of this.waiting.splice(0)) go();
    };
    const timer = setTimeout(release, countsForMs);
    try {
      return await attempts();
    } finally {
      clearTimeout(timer);
      release();
    }
  }
}
