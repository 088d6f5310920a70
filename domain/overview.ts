const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export const overviewRanges = ['1h', '24h', '7d', '30d'] as const;
export type OverviewRange = (typeof overviewRanges)[number];

/** What a range is drawn in: bars that are wide enough to be told apart, and few enough to be sent. */
const grids: Record<OverviewRange, { bucketMs: number; count: number }> = {
  '1h': { bucketMs: minuteMs, count: 60 },
  '24h': { bucketMs: hourMs / 2, count: 48 },
  '7d': { bucketMs: 3 * hourMs, count: 56 },
  '30d': { bucketMs: 12 * hourMs, count: 60 },
};

/** What is counted in each stretch of time. */
export type OverviewCount =
  'received' | 'rejected' | 'delivered' | 'failed' | 'retrying' | 'emailsSent' | 'opened' | 'clicked' | 'bounced';
export type OverviewCounts = Record<OverviewCount, number>;

export interface Stretch {
  fromMs: number;
  untilMs: number;
}
/** How many of something there were from a moment on. */
export interface Tally {
  atMs: number;
  what: OverviewCount;
  count: number;
}

export interface Grid {
  bucketMs: number;
  /** When each bucket begins; the last one is under way. */
  startsMs: number[];
}

export function gridOf(range: OverviewRange, nowMs: number): Grid {
  const { bucketMs, count } = grids[range];
  const lastMs = Math.floor(nowMs / bucketMs) * bucketMs;
  return {
    bucketMs,
    startsMs: Array.from({ length: count }, (_each, index) => lastMs - (count - 1 - index) * bucketMs),
  };
}

/**
 * The parts that a range is counted in, newest first, each as long as all before it: where there is more than can be
 * counted in time, what is newest is there.
 */
export function stretchesOf({ bucketMs, startsMs }: Grid): Stretch[] {
  const stretches: Stretch[] = [];
  let end = startsMs.length;
  let size = 1;
  while (end > 0) {
    const start = Math.max(0, end - size);
    const [firstMs, lastMs] = [startsMs[start], startsMs[end - 1]];
    if (firstMs === undefined || lastMs === undefined) break;
    stretches.push({ fromMs: firstMs, untilMs: lastMs + bucketMs });
    size = startsMs.length - start;
    end = start;
  }
  return stretches;
}

export function noOverviewCounts(): OverviewCounts {
  return {
    ...{ received: 0, rejected: 0, delivered: 0, failed: 0, retrying: 0 },
    ...{ emailsSent: 0, opened: 0, clicked: 0, bounced: 0 },
  };
}

/** Every bucket from `sinceMs` on, also those in which nothing happened, and the sum of all. */
export function fillGrid(
  { bucketMs, startsMs }: Grid,
  sinceMs: number,
  tallies: readonly Tally[],
): { buckets: ({ atMs: number } & OverviewCounts)[]; totals: OverviewCounts } {
  const totals = noOverviewCounts();
  const byStart = new Map<number, { atMs: number } & OverviewCounts>();
  for (const atMs of startsMs) if (atMs >= sinceMs) byStart.set(atMs, { atMs, ...noOverviewCounts() });
  for (const { atMs, what, count } of tallies) {
    const bucket = byStart.get(Math.floor(atMs / bucketMs) * bucketMs);
    if (!bucket) continue;
    bucket[what] += count;
    totals[what] += count;
  }
  return { buckets: [...byStart.values()], totals };
}
