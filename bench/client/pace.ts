import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from './clock';
import type { Pace } from './load';

/** The moments of an open loop: fixed before the first post, so that a slow answer cannot thin them out. */
export interface Schedule {
  count: number;
  /** When the post with this number is due, counted from the beginning of the load. */
  dueMs: (post: number) => number;
}

/** Evenly spaced posts; streams that run side by side are shifted against each other so that they do not post in unison. */
export function openSchedule(
  { perSecond, durationMs }: { perSecond: number; durationMs: number },
  shift: { index: number; of: number } = { index: 0, of: 1 },
): Schedule {
  const stepMs = 1_000 / perSecond;
  const shiftMs = (stepMs * shift.index) / shift.of;
  return {
    count: Math.max(1, Math.round((perSecond * durationMs) / 1_000)),
    dueMs: (post) => shiftMs + post * stepMs,
  };
}

/** Calls `send` at the pace; `send` gets the moment that latencies count from. */
export async function paced(
  pace: Pace,
  shift: { index: number; of: number },
  send: (dueAtMs: number) => Promise<void>,
): Promise<void> {
  const startedAtMs = nowMs();
  if (pace.kind === 'closed') {
    let posts = 0;
    const client = async (): Promise<void> => {
      while (nowMs() < startedAtMs + pace.durationMs && posts++ < (pace.maxPosts ?? Infinity)) {
        const atMs = nowMs();
        await send(atMs);
        const restMs = atMs + (pace.everyMs ?? 0) - nowMs();
        if (restMs > 0) await sleep(restMs);
      }
    };
    await Promise.all(Array.from({ length: pace.clients }, client));
    return;
  }
  const schedule = openSchedule(pace, shift);
  const underWay: Promise<void>[] = [];
  for (let post = 0; post < schedule.count;) {
    const dueAtMs = startedAtMs + schedule.dueMs(post);
    const restMs = dueAtMs - nowMs();
    if (restMs > 0) {
      await sleep(Math.ceil(restMs));
    } else {
      underWay.push(send(dueAtMs));
      post++;
    }
  }
  await Promise.all(underWay);
}
