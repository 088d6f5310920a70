import type { z } from 'zod';
import { formatDurationMs } from '../../domain/duration';
import type { attemptSchema, timelineSchema } from '../http/delivery-schema';
import { plain, type Colour } from './output';
import { countdown, shortDuration, shortTime } from './times';

type Timeline = z.infer<typeof timelineSchema>;
type Slot = Timeline['slots'][number];
type Attempt = z.infer<typeof attemptSchema>;
interface Line {
  text: string;
  colour?: Colour | undefined;
}

/** The slots of a round one under the other: what was made, what comes next, and the rest of the schedule. */
export function drawTimeline({ slots, others, round }: Timeline, attempts: readonly Attempt[], nowMs: number): Line[] {
  const earlier = others.map(({ round: of, numbers, isDelivered }): Line => ({
    text: `  round ${of}: ${numbers.length} attempts, ${isDelivered ? 'delivered' : 'not delivered'}`,
    colour: 'dim',
  }));
  const drawn = slots.flatMap((slot): Line[] => {
    const line = slotLine(slot, attempts, nowMs);
    const wait: Line = { text: `  │      + ${formatDurationMs(slot.waitMs)}`, colour: 'dim' };
    return slot.place === 1 ? [line] : [wait, line];
  });
  return [...earlier, ...(earlier.length > 0 ? [{ text: `  round ${round}` }] : []), ...drawn];
}

function slotLine(slot: Slot, attempts: readonly Attempt[], nowMs: number): Line {
  const { mark, colour } = looksOf(slot.state);
  const attempt = attempts.find(({ number }) => number === slot.attemptNumber);
  const words = attempt ? madeWords(slot, attempt, nowMs) : plannedWords(slot, nowMs);
  return { text: `  ${mark}  ${String(slot.place).padStart(2)}  ${words}`, colour };
}

function looksOf(state: Slot['state']): { mark: string; colour: Colour | undefined } {
  switch (state) {
    case 'done':
      return { mark: '●', colour: 'green' };
    case 'failed':
      return { mark: '✗', colour: 'red' };
    case 'next':
      return { mark: '◌', colour: 'yellow' };
    case 'future':
      return { mark: '·', colour: undefined };
    case 'skipped':
      return { mark: '-', colour: 'dim' };
  }
}

function madeWords({ driftMs }: Slot, attempt: Attempt, nowMs: number): string {
  const parts = [
    shortTime(attempt.at, nowMs),
    plain(attempt.summary),
    shortDuration(attempt.durationMs),
    ...(attempt.trigger === 'manual' ? ['by hand'] : []),
    ...(driftMs === null ? [] : [`${driftMs < 0 ? '-' : '+'}${shortDuration(Math.abs(driftMs))} from plan`]),
  ];
  return parts.join('  ');
}

function plannedWords({ state, plannedAt }: Slot, nowMs: number): string {
  if (state === 'skipped') return 'not needed any more';
  if (plannedAt === null) return 'when the endpoint is active again';
  const at = shortTime(plannedAt, nowMs);
  return state === 'next' ? `${at}  ${countdown(plannedAt, nowMs)}` : `${at}  at the earliest`;
}
