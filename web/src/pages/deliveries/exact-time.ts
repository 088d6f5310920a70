const exact = new Intl.DateTimeFormat(undefined, {
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  fractionalSecondDigits: 3,
});

const rough = new Intl.DateTimeFormat(undefined, { ...{ hour: '2-digit', minute: '2-digit' }, hourCycle: 'h23' });

/** The time of day, of what is only expected: "14:12". */
export function roughTime(at: string): string {
  return rough.format(Date.parse(at));
}

/** The time of day in local time, to the millisecond: "14:12:31.084". */
export function exactTime(at: string): string {
  return exact.format(Date.parse(at)).replace(',', '.');
}

/** How late something was: "+84 ms", "+1.2 s", "−5 s". */
export function drift(driftMs: number): string {
  const sign = driftMs < 0 ? '−' : '+';
  const ms = Math.abs(Math.round(driftMs));
  if (ms < 1_000) return `${sign}${ms} ms`;
  if (ms < 60_000) return `${sign}${trim(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${sign}${trim(ms / 60_000)} min`;
  return `${sign}${trim(ms / 3_600_000)} h`;
}

/** A wait as people say it: "30 s", "2 min", "1 h". */
export function wait(waitMs: number): string {
  return drift(waitMs).slice(1);
}

function trim(value: number): string {
  return String(Math.round(value * 10) / 10);
}
