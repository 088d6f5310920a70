import type { Bare } from '../bare/bare';
import type { Phase } from '../figures';
import type { Mode } from '../system/product';
import type { Stand } from '../system/stand';

/** Whether a target of the project was reached. */
export interface Verdict {
  what: string;
  target: string;
  measured: string;
  isReached: boolean;
}

export interface ScenarioResult {
  phases: Phase[];
  verdicts: Verdict[];
  /** What else was measured, in a sentence each. */
  notes: string[];
}

/** What a scenario works with. */
export interface ScenarioContext {
  mode: Mode;
  /** Absent when the run was asked to leave the bare limits out. */
  bare: Bare | undefined;
  /** How long a load lasts: the scenario's own value, unless the run was given another. */
  seconds: (ownSeconds: number) => number;
  minutes: number;
  /** Runs work on engines and a product of its own; `isolated` engines are not those of the other scenarios. */
  onStand: <Result>(
    options: { settings?: Record<string, string>; mode?: Mode; isolated?: boolean },
    work: (stand: Stand) => Promise<Result>,
  ) => Promise<Result>;
  say: (line: string) => void;
}

export interface Scenario {
  name: string;
  /** One line: what it must show. */
  shows: string;
  /** Runs only when it is named. */
  isOptIn?: true;
  run: (context: ScenarioContext) => Promise<ScenarioResult>;
}

/** A measured value that must not be larger than a limit. NaN, where nothing was measured, is not reached. */
export function atMost(what: string, measured: number, limit: number, unit: string): Verdict {
  return { what, target: `≤ ${limit} ${unit}`, measured: `${shown(measured)} ${unit}`, isReached: measured <= limit };
}

export function atLeast(what: string, measured: number, limit: number, unit: string): Verdict {
  return { what, target: `≥ ${limit} ${unit}`, measured: `${shown(measured)} ${unit}`, isReached: measured >= limit };
}

/** Nothing lost, nothing doubled, nothing refused: what every scenario asks for. */
export function nothingLost(phases: readonly Phase[]): Verdict {
  const streams = phases.flatMap((phase) => phase.streams);
  const sum = (count: 'lost' | 'doubled' | 'refused'): number =>
    streams.reduce((total, each) => total + each[count], 0);
  return {
    what: 'lost and doubled',
    target: '0 and 0',
    measured: `${sum('lost')} and ${sum('doubled')}${sum('refused') === 0 ? '' : `, ${sum('refused')} refused`}`,
    isReached: sum('lost') === 0 && sum('doubled') === 0,
  };
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
