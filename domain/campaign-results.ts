import type { Campaign } from './campaign';

const secondMs = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Most is heard in the first days: those are shown hour by hour, what comes later day by day. */
const hourlyBuckets = 48;
const hourlyMs = hourlyBuckets * hourMs;

/** How many emails were opened or clicked for the first time in an hour, counted from the start of the campaign. */
export interface HourCount {
  hour: number;
  count: number;
}
export interface TimelineBucket {
  fromMs: number;
  untilMs: number;
  opened: number;
  clicked: number;
}

/** What was heard over time, without gaps; a long silence at the end is left out. */
export function timelineOf(
  startedAtMs: number,
  nowMs: number,
  heard: { opened: readonly HourCount[]; clicked: readonly HourCount[] },
): TimelineBucket[] {
  const places = [...heard.opened, ...heard.clicked].map(({ hour }) => bucketOfHour(hour));
  const untilNow = bucketOfHour((Math.min(nowMs, startedAtMs + hourlyMs - 1) - startedAtMs) / hourMs);
  const buckets = Array.from({ length: Math.max(untilNow, ...places) + 1 }, (_each, place): TimelineBucket => ({
    fromMs: startedAtMs + startOfBucket(place),
    untilMs: startedAtMs + startOfBucket(place + 1),
    opened: 0,
    clicked: 0,
  }));
  for (const kind of ['opened', 'clicked'] as const) {
    for (const { hour, count } of heard[kind]) {
      const bucket = buckets[bucketOfHour(hour)];
      if (bucket) bucket[kind] += count;
    }
  }
  return buckets;
}

/** What clocks make happen before the start belongs to the first hour. */
function bucketOfHour(hour: number): number {
  const whole = Math.max(0, Math.floor(hour));
  return whole < hourlyBuckets ? whole : hourlyBuckets + Math.floor((whole * hourMs - hourlyMs) / dayMs);
}

function startOfBucket(place: number): number {
  return place <= hourlyBuckets ? place * hourMs : hourlyMs + (place - hourlyBuckets) * dayMs;
}

const wantedInWindow = 1_000;
const shortestWindowMs = 10 * secondMs;
const longestWindowMs = 300 * secondMs;

/** How far back to count emails to tell the rate of now: enough of them for a steady figure, few enough to count. */
export function rateWindowMs(ratePerSecond: number): number {
  return Math.min(longestWindowMs, Math.max(shortestWindowMs, (wantedInWindow / ratePerSecond) * secondMs));
}

export interface Pace {
  elapsedMs: number | null;
  /** Emails a minute at the moment; null unless it is sending. */
  ratePerMinute: number | null;
  /** When everyone will have been worked off for the first time; null where that cannot be told. */
  etaMs: number | null;
}

/** How long it has taken, how fast it is, and how long it will take. `recent`: what was handed over in the window. */
export function paceOf(
  campaign: Pick<Campaign, 'status' | 'startedAtMs' | 'sentAtMs' | 'updatedAtMs' | 'ratePerSecond' | 'progress'>,
  recent: { count: number; windowMs: number },
  nowMs: number,
): Pace {
  const { status, startedAtMs, sentAtMs, updatedAtMs, ratePerSecond, progress } = campaign;
  if (startedAtMs === undefined) return { elapsedMs: null, ratePerMinute: null, etaMs: null };
  const endMs = sentAtMs ?? (status === 'cancelled' ? updatedAtMs : nowMs);
  const elapsedMs = Math.max(0, endMs - startedAtMs);
  if (status !== 'sending') return { elapsedMs, ratePerMinute: null, etaMs: null };

  const windowMs = Math.min(recent.windowMs, Math.max(secondMs, elapsedMs));
  const perSecond = (recent.count / windowMs) * secondMs;
  const { audience, sent, skipped, failed, retrying } = progress;
  const left = Math.max(0, audience - sent - skipped - failed - retrying);
  // Nobody knows when a server will take what it has put off.
  const isTellable = left > 0 || retrying === 0;
  const speed = perSecond > 0 ? perSecond : ratePerSecond;
  return {
    elapsedMs,
    ratePerMinute: Math.round(perSecond * 60),
    etaMs: isTellable ? Math.round((left / speed) * secondMs) : null,
  };
}
