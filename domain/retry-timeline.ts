import { parseDurationMs } from './duration';

/**
 * The wait after each failed attempt, each measured from the end of that attempt: 30 s, 2 min, 10 min, 30 min, 1 h.
 * Six attempts in all; with instant answers they stand at 0, 30, 150, 750, 2550 and 6150 s.
 * Source: the webhooks document, "Retry Policy".
 */
export const standardRetryDelaysMs: readonly number[] = [30_000, 120_000, 600_000, 1_800_000, 3_600_000];

/**
 * The wait before the next attempt, or undefined when the timeline is used up. `slot` counts attempts of a round from 0.
 * A receiver's Retry-After may lengthen a wait to at most twice its length and never shortens it.
 */
export function delayAfterFailure(
  delaysMs: readonly number[],
  slot: number,
  retryAfterMs?: number,
): number | undefined {
  const delayMs = delaysMs[slot];
  if (delayMs === undefined) return undefined;
  return Math.min(Math.max(delayMs, retryAfterMs ?? 0), delayMs * 2);
}

/** Milliseconds asked for by a Retry-After header (seconds, or a date), or undefined when it says nothing usable. */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1_000);
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/** Parses `30s,2m,10m,30m,1h`; undefined when any part is not a duration. */
export function parseRetryDelaysMs(text: string): number[] | undefined {
  const delays = text.split(',').map(parseDurationMs);
  return delays.every((delayMs) => delayMs !== undefined) ? delays : undefined;
}
