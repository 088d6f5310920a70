import { LRUCache } from 'lru-cache';

const atLeastMs = 3_000;
/** So that whoever asks all the time keeps the database busy for a twentieth of it at most. */
const timesItsCost = 20;

/**
 * Answers that are kept for a while, the longer the more they cost. Who asks for one that is on its way waits for the
 * same; one that fails is not kept.
 */
export class PacedAnswers<Answer> {
  private readonly kept = new LRUCache<string, { answer: Promise<Answer>; untilMs: number }>({ max: 1_000 });

  constructor(private readonly clockMs: () => number = () => performance.now()) {}

  get(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const known = this.kept.get(key);
    if (known && this.clockMs() < known.untilMs) return known.answer;
    const beganMs = this.clockMs();
    const entry = { answer: ask(), untilMs: Infinity };
    this.kept.set(key, entry);
    entry.answer.then(
      () => {
        const endedMs = this.clockMs();
        entry.untilMs = endedMs + Math.max(atLeastMs, timesItsCost * (endedMs - beganMs));
      },
      () => {
        if (this.kept.get(key) === entry) this.kept.delete(key);
      },
    );
    return entry.answer;
  }
}
