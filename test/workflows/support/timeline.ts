import type { Attempt } from '../../../domain/delivery';
import type { Scene } from './scene';

/** How far an attempt may stand from its moment. */
const toleranceMs = 1_000;

/** The timeline of one round in seconds, with a receiver that answers at once. */
export const roundSeconds = [0, 30, 150, 750, 2550, 6150] as const;

/**
 * Expects attempts at these seconds after the first one. A wait is measured from the end of the attempt before it, so
 * each gap is held against the timeline: a slow machine's delays must not add up.
 */
export function expectAttemptsAt(attempts: readonly Pick<Attempt, 'atMs'>[], wantedSeconds: readonly number[]): void {
  const seconds: number[] = [];
  for (const [index, { atMs }] of attempts.entries()) {
    const wanted = wantedSeconds[index] ?? 0;
    const gapMs = atMs - (attempts[index - 1]?.atMs ?? atMs);
    const wantedGapMs = (wanted - (wantedSeconds[index - 1] ?? wanted)) * 1_000;
    seconds.push(Math.abs(gapMs - wantedGapMs) <= toleranceMs ? wanted : (seconds.at(-1) ?? 0) + gapMs / 1_000);
  }
  expect(seconds).toEqual([...wantedSeconds]);
}

/** Lets time pass until so many seconds after an attempt: what a slow machine has lost before does not count. */
export async function skipUntil({ place }: Scene, attempt: Attempt | undefined, seconds: number): Promise<void> {
  await place.readClock();
  await place.skip(Math.max(0, (attempt?.atMs ?? 0) + seconds * 1_000 - place.now()));
}
