const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a text such as `30s`, `2m`, `1.5h`, `7d`; undefined when it is not one. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const [, amount, unit] = match;
  const unitMs = unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? unitsMs[unit] : 1;
  const durationMs = Math.round(Number(amount) * unitMs);
  return Number.isFinite(durationMs) ? durationMs : undefined;
}

/** The shortest whole form of a duration, for summaries that people read: `30s`, `2m`, `1h`, `90s`. */
export function formatDurationMs(durationMs: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (durationMs >= unitsMs[unit] && durationMs % unitsMs[unit] === 0) return `${durationMs / unitsMs[unit]}${unit}`;
  }
  return `${durationMs}ms`;
}
