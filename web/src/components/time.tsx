import { Text, Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import { serverNowMs } from '../api/client';

const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });

/** The server's time in milliseconds, read anew every `everyMs`. */
export function useNowMs(everyMs: number): number {
  const [nowMs, setNowMs] = useState(serverNowMs);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(serverNowMs()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}

/** A moment in local time; the pointer shows it in UTC. */
export function Time({ at, isRelative = false }: { at: string; isRelative?: boolean }) {
  const atMs = Date.parse(at);
  return (
    <Tooltip label={`${new Date(atMs).toISOString()} (UTC)`}>
      <time dateTime={at} className="numbers" style={{ whiteSpace: 'nowrap' }}>
        {isRelative ? <Ago atMs={atMs} /> : dateAndTime.format(atMs)}
      </time>
    </Tooltip>
  );
}

function Ago({ atMs }: { atMs: number }) {
  return <>{ago(atMs, useNowMs(10_000))}</>;
}

/** "3 min ago", "in 2 hr". */
export function ago(atMs: number, nowMs: number): string {
  const seconds = Math.round((atMs - nowMs) / 1_000);
  const [unit, size] = unitFor(Math.abs(seconds));
  return relative.format(Math.round(seconds / size), unit);
}

function unitFor(seconds: number): [Intl.RelativeTimeFormatUnit, number] {
  if (seconds < 60) return ['second', 1];
  if (seconds < 3_600) return ['minute', 60];
  if (seconds < 86_400) return ['hour', 3_600];
  return ['day', 86_400];
}

/** What is left until a moment, ticking each second: "in 1:05". */
export function Countdown({ until }: { until: string }) {
  const leftMs = Date.parse(until) - useNowMs(500);
  return (
    <Tooltip label={`${dateAndTime.format(Date.parse(until))} · ${until} (UTC)`}>
      <Text span inherit className="numbers" data-countdown>
        {leftMs <= 0 ? 'due now' : `in ${clock(leftMs)}`}
      </Text>
    </Tooltip>
  );
}

/** 65,000 ms as "1:05", 3,725,000 ms as "1:02:05". */
export function clock(durationMs: number): string {
  const seconds = Math.ceil(durationMs / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** "85 ms", "1.2 s", "3 min". */
export function duration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)} s`;
  if (durationMs < 3_600_000) return `${Math.round(durationMs / 60_000)} min`;
  return `${(durationMs / 3_600_000).toFixed(1)} h`;
}
