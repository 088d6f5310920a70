import type { DeliveryStatus } from './delivery';

export const hourMs = 3_600_000;
/** Hours that are looked back over; the newest one is under way. */
export const healthHours = 24;

export const healthPills = ['healthy', 'failing', 'slow', 'paused', 'disabled', 'idle'] as const;
export type HealthPill = (typeof healthPills)[number];

export type StatusCounts = Record<DeliveryStatus, number>;
/** Deliveries that were made in an hour, by what has become of them. */
export interface HourCounts {
  atMs: number;
  counts: StatusCounts;
}

/** The latest attempt of a delivery. */
export interface RecentAttempt {
  hasArrived: boolean;
  durationMs: number;
  statusCode?: number;
  error?: string;
}

export interface Latency {
  attempts: number;
  p50Ms: number;
  p95Ms: number;
}

/** Where the hours begin: the last one is that of `nowMs`, by the clock. */
export function healthStartMs(nowMs: number): number {
  return Math.floor(nowMs / hourMs) * hourMs - (healthHours - 1) * hourMs;
}

export function noCounts(): StatusCounts {
  return { pending: 0, retrying: 0, delivered: 0, failed: 0, held: 0, cancelled: 0 };
}

/** Every hour from `startMs` on, also those in which nothing happened. */
export function hoursOf(
  startMs: number,
  rows: readonly { hour: number; status: DeliveryStatus; count: number }[],
): HourCounts[] {
  const hours = Array.from({ length: healthHours }, (_each, hour) => ({
    atMs: startMs + hour * hourMs,
    counts: noCounts(),
  }));
  for (const { hour, status, count } of rows) {
    const at = hours[hour];
    if (at) at.counts[status] += count;
  }
  return hours;
}

export function totalOf(hours: readonly HourCounts[]): StatusCounts {
  const total = noCounts();
  for (const { counts } of hours) {
    total.pending += counts.pending;
    total.retrying += counts.retrying;
    total.delivered += counts.delivered;
    total.failed += counts.failed;
    total.held += counts.held;
    total.cancelled += counts.cancelled;
  }
  return total;
}

/** Of what was attempted, the share that has not arrived so far: 0 to 1; null where nothing was attempted. */
export function failureRate({ delivered, failed, retrying }: StatusCounts): number | null {
  const attempted = delivered + failed + retrying;
  return attempted === 0 ? null : (failed + retrying) / attempted;
}

/** Half of the attempts took no longer than p50, 95 of a hundred no longer than p95; null where there are none. */
export function latencyOf(attempts: readonly RecentAttempt[]): Latency | null {
  const sorted = attempts.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return sorted.length === 0 ? null : { attempts: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95) };
}

/** A sixth of what a receiver may take: from here on it is on the way to time-outs. */
const slowMs = 5_000;
const failingShare = 0.5;
const failuresInARow = 5;

/** How an endpoint is, and why, in words. `recent` is newest first. */
export function pillOf({
  endpoint,
  recent,
  held,
}: {
  endpoint: { status: 'active' | 'paused' | 'disabled'; statusReason?: string; isInLane: boolean };
  recent: readonly RecentAttempt[];
  /** Deliveries that wait for it to be resumed; null where they were not counted. */
  held: number | null;
}): { pill: HealthPill; reason: string } {
  switch (endpoint.status) {
    case 'disabled':
      return { pill: 'disabled', reason: `It is switched off: ${endpoint.statusReason ?? 'no reason is known'}.` };
    case 'paused':
      return { pill: 'paused', reason: `It was paused by hand${heldText(held)}.` };
    case 'active':
      return pillOfActive(endpoint.isInLane, recent);
  }
}

function pillOfActive(isInLane: boolean, recent: readonly RecentAttempt[]): { pill: HealthPill; reason: string } {
  const latency = latencyOf(recent);
  if (latency === null) return { pill: 'idle', reason: 'Nothing was sent to it in the last 24 hours.' };
  const failures = recent.filter(({ hasArrived }) => !hasArrived);
  const failed = `${failures.length} of the last ${recent.length} deliveries failed at their latest attempt`;
  const newest = recent.slice(0, failuresInARow);
  const isFailingNow = newest.length === failuresInARow && newest.every(({ hasArrived }) => !hasArrived);
  const [last] = failures;
  if (last && (isFailingNow || failures.length >= recent.length * failingShare)) {
    const text = recent.length === 1 ? 'The last delivery failed' : `${failed}, the newest`;
    return { pill: 'failing', reason: `${text} with ${failureText(last)}.` };
  }
  const p95 = seconds(latency.p95Ms);
  if (latency.p95Ms >= slowMs) {
    return { pill: 'slow', reason: `One answer in twenty takes ${p95} or longer; at 30 s an attempt fails.` };
  }
  if (isInLane) {
    return { pill: 'slow', reason: 'It was slow under load, so its first attempts wait in a lane of their own.' };
  }
  return {
    pill: 'healthy',
    reason:
      failures.length === 0
        ? `The last ${recent.length === 1 ? 'delivery' : `${recent.length} deliveries`} arrived; 95 % within ${p95}.`
        : `${failed}; the others arrived, 95 % within ${p95}.`,
  };
}

function heldText(held: number | null): string {
  if (held === null || held === 0) return '';
  return held === 1 ? '; one delivery of the last 24 hours waits' : `; ${held} deliveries of the last 24 hours wait`;
}

function failureText({ statusCode, error }: RecentAttempt): string {
  return statusCode === undefined ? (error ?? 'no answer') : `the status ${statusCode}`;
}

function seconds(durationMs: number): string {
  return durationMs < 1_000 ? `${durationMs} ms` : `${Math.round(durationMs / 100) / 10} s`;
}
