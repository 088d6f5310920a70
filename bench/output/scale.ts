/** Maps values to pixels, equal ratios to equal distances. */
export interface LogScale {
  at: (value: number) => number;
  /** 1, 2, 5, 10, 20 … within the range; the powers of ten are strong. */
  ticks: { value: number; isStrong: boolean }[];
}

/** A scale over the values and a little more, from one pixel to another. */
export function logScale(values: readonly number[], fromPixel: number, toPixel: number): LogScale {
  const usable = values.filter((value) => value > 0 && Number.isFinite(value));
  const low = Math.log10(Math.min(...usable, Infinity) / 1.5);
  const high = Math.log10(Math.max(...usable, 0) * 1.5);
  const at = (value: number): number =>
    fromPixel + ((Math.log10(value) - low) / Math.max(0.001, high - low)) * (toPixel - fromPixel);
  const ticks: LogScale['ticks'] = [];
  for (let exponent = Math.floor(low); exponent <= high; exponent++) {
    for (const factor of [1, 2, 5]) {
      const value = factor * 10 ** exponent;
      if (Math.log10(value) >= low && Math.log10(value) <= high) ticks.push({ value, isStrong: factor === 1 });
    }
  }
  return { at, ticks };
}

/** Where a percentile stands when each further nine is as far as the one before: 90, 99, 99.9. */
export function ninesScale(percentile: number): number {
  return -Math.log10(1 - percentile / 100);
}

/** 5, 200, 10,000. */
export function grouped(value: number): string {
  return value >= 1 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(1)));
}
