/** A summary of many durations. The curve holds [percentile, ms] for the picture. */
export interface Distribution {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
  curve: [percentile: number, ms: number][];
}

/** Percentiles of the curve: dense where the tail is. */
const curvePercentiles = [1, 5, 10, 25, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 98, 99, 99.25, 99.5, 99.75, 99.9];

/** The smallest value that at least this share of the values does not exceed (nearest rank); NaN when there are none. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  // Rounded, since 99.9 % of 1,000 is 999.0000000000001 in floating point.
  const rank = Math.ceil(Number(((percent / 100) * sorted.length).toFixed(6)));
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] ?? NaN;
}

/** Summarises durations; those that are not numbers (an answer that never came) are left out. */
export function distribution(valuesMs: Iterable<number>): Distribution {
  const sorted = Float64Array.from(Float64Array.from(valuesMs).filter((value) => !Number.isNaN(value))).sort();
  return {
    count: sorted.length,
    p50: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p99: percentile(sorted, 99),
    p999: percentile(sorted, 99.9),
    max: percentile(sorted, 100),
    curve: curvePercentiles.map((percent) => [percent, percentile(sorted, percent)]),
  };
}

/** later − earlier, one by one. */
export function differences(later: Float64Array, earlier: Float64Array): Float64Array {
  return later.map((value, index) => value - (earlier[index] ?? NaN));
}

/** The largest number, or NaN; without the limit on arguments that Math.max(...) has. */
export function largest(values: Iterable<number>): number {
  let found = NaN;
  for (const value of values) if (!(value <= found) && !Number.isNaN(value)) found = value;
  return found;
}

export function smallest(values: Iterable<number>): number {
  let found = NaN;
  for (const value of values) if (!(value >= found) && !Number.isNaN(value)) found = value;
  return found;
}

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((left, right) => left - right),
    50,
  );
}
