import { parseDurationMs } from '../../domain/duration';
import { usageError } from './outcome';

const dayMs = 86_400_000;

/** The clock of this machine: `14:03:07` within a day, with the date beyond. */
export function shortTime(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  if (Math.abs(nowMs - at.getTime()) < dayMs) return clock;
  return `${[at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')} ${clock}`;
}

/** `in 1:05`, `in 1:02:05`, `due now`. */
export function countdown(iso: string, nowMs: number): string {
  const leftMs = Date.parse(iso) - nowMs;
  if (leftMs <= 0) return 'due now';
  const seconds = Math.ceil(leftMs / 1_000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `in ${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(rest)}`;
}

/** `12 ms`, `3.4 s`, `2 min 5 s`. */
export function shortDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min${seconds % 60 ? ` ${seconds % 60} s` : ''}`;
  return `${Math.floor(seconds / 3_600)} h${seconds % 3_600 >= 60 ? ` ${Math.floor(seconds / 60) % 60} min` : ''}`;
}

/** A moment as it may be given: an ISO 8601 time, or how long ago. */
export function readMoment(option: string, text: string | undefined, nowMs: number): string | undefined {
  if (text === undefined) return undefined;
  const agoMs = parseDurationMs(text);
  if (agoMs !== undefined) return new Date(nowMs - agoMs).toISOString();
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(atMs)) {
    throw usageError(
      `${option} ${text}: write how long ago, such as 30m, 2h or 7d, or a time such as 2026-01-31T12:00:00Z`,
    );
  }
  return new Date(atMs).toISOString();
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
