/** Numbers of the overview in words; no DOM, so that they can be tested by themselves. */
const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** `null`: there was too much to count in time. */
export function count(value: number | null): string {
  if (value === null) return 'many';
  return value < 100_000 ? whole.format(value) : short.format(value);
}

/** How much of something is part of it: "12.5 %". */
export function share(part: number, of: number): string {
  const percent = of === 0 ? 0 : (100 * part) / of;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** Of what was attempted in a stretch of time, what has failed or still waits for its retry: 0 to 100. */
export function errorRate({
  delivered,
  failed,
  retrying,
}: {
  delivered: number;
  failed: number;
  retrying: number;
}): number {
  const attempted = delivered + failed + retrying;
  return attempted === 0 ? 0 : Math.round((1_000 * (failed + retrying)) / attempted) / 10;
}

/** The time of a bucket as an axis shows it: the hour of a day, or the day of a month. */
export function bucketLabel(at: string, bucketMs: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  if (bucketMs < 3_600_000) return time;
  const day = date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return bucketMs < 12 * 3_600_000 ? `${day}, ${time}` : day;
}

export const rangeNames = {
  '1h': 'the last hour',
  '24h': 'the last 24 hours',
  '7d': 'the last 7 days',
  '30d': 'the last 30 days',
};
export type RangeName = keyof typeof rangeNames;

export function readRange(text: string | undefined): RangeName {
  return text === '1h' || text === '7d' || text === '30d' ? text : '24h';
}
