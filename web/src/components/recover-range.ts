export const recoverRanges = {
  hour: { label: 'Last hour', ms: 3_600_000 },
  day: { label: '24 hours', ms: 86_400_000 },
  week: { label: '7 days', ms: 604_800_000 },
} as const;
export type RecoverRange = keyof typeof recoverRanges | 'since';

export function isRecoverRange(value: string): value is RecoverRange {
  return value === 'since' || Object.hasOwn(recoverRanges, value);
}

/** Where a range begins, as ISO 8601; undefined while the moment that was typed in is none. `typed` is in local time. */
export function sinceOf(range: RecoverRange, typed: string, nowMs: number): string | undefined {
  if (range !== 'since') return new Date(nowMs - recoverRanges[range].ms).toISOString();
  const atMs = Date.parse(typed);
  return Number.isNaN(atMs) || atMs > nowMs ? undefined : new Date(atMs).toISOString();
}
