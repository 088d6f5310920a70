import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readArguments, usage, type Arguments } from './arguments';
import { measureBare } from './bare/bare';
import { describeMachine } from './machine';
import { picturesOf } from './output/pictures';
import { reportOf, type Results } from './output/report';
import { Run, sweepEarlierRuns } from './run';
import { scenarios } from './scenarios/all';
import { loads } from './scenarios/loads';
import type { Scenario, ScenarioContext } from './scenarios/scenario';
import { findEnginePrograms } from './system/engines';

const resultsDir = path.resolve('bench/results');
const bareDurationMs = 5_000;
const startedMs = performance.now();

function say(line: string): void {
  console.log(`[${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s] ${line}`);
}

async function main(): Promise<void> {
  const given = readArguments(process.argv.slice(2));
  if (given.isList) return list();
  const chosen = choose(given.names);
  await sweepEarlierRuns();
  const programs = await findEnginePrograms(say);
  const run = new Run(programs, given.settings);
  endOnSignal(run);

  const results: Results = {
    startedAt: new Date().toISOString(),
    mode: given.mode,
    machine: describeMachine(programs),
    settings: given.settings,
    bare: undefined,
    scenarios: [],
  };
  let isDone = false;
  try {
    if (!given.isBareLeftOut) {
      const durationMs = Math.min(bareDurationMs, (given.seconds ?? Infinity) * 1_000);
      const engines = await run.sharedEngines();
      results.bare = await Promise.race([measureBare(engines, durationMs, say), engines.failed]);
    }
    for (const scenario of chosen) {
      say(`${scenario.name}: ${scenario.shows}`);
      const found = await scenario.run(contextOf(run, given, results));
      results.scenarios.push({ name: scenario.name, shows: scenario.shows, ...found });
      for (const { what, target, measured, isReached } of found.verdicts) {
        say(`${scenario.name}: ${isReached ? 'reached' : 'NOT REACHED'}: ${what} ${measured} (${target})`);
      }
      // After each one: a long run that is broken off has still measured something.
      write(results, nameOf(given));
    }
    isDone = true;
  } finally {
    if (!isDone) say(`the logs are in ${run.dir}`);
    await run.stop({ keepsLogs: !isDone });
  }
  console.log(`\n${reportOf(results)}\n`);
}

/** `kill` means all of `kill-main`, `kill-worker` and so on. */
function choose(names: readonly string[]): Scenario[] {
  const isMeant = (name: string, { name: own }: Scenario): boolean => own === name || own.startsWith(`${name}-`);
  const unknown = names.filter((name) => !scenarios.some((scenario) => isMeant(name, scenario)));
  if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(', ')}; --list shows them\n\n${usage}`);
  return scenarios.filter((scenario) =>
    names.length === 0 ? !scenario.isOptIn : names.some((name) => isMeant(name, scenario)),
  );
}

function contextOf(run: Run, given: Arguments, results: Results): ScenarioContext {
  return {
    mode: given.mode,
    bare: results.bare,
    seconds: (ownSeconds) => given.seconds ?? ownSeconds,
    minutes: given.minutes,
    onStand: (options, work) => run.onStand({ mode: given.mode, ...options }, work),
    say,
  };
}

/** A run of some scenarios only does not overwrite what a whole one has found. */
function nameOf({ names, seconds, mode, save }: Arguments): string {
  if (save !== undefined) return save;
  if (names.length > 0 || seconds !== undefined) return 'partial';
  return mode === 'one process' ? 'latest' : 'latest-two-processes';
}

function write(results: Results, name: string): void {
  mkdirSync(resultsDir, { recursive: true });
  const save = (file: string, content: string): void => writeFileSync(path.join(resultsDir, file), content);
  save(`${name}.json`, `${JSON.stringify(results, rounded, 2)}\n`);
  save(`${name}.md`, `${reportOf(results)}\n`);
  const loadNames = loads.map((load) => load.name);
  for (const [picture, svg] of picturesOf(results, loadNames)) save(`${name}-${picture}.svg`, svg);
}

/** More digits than were measured would only make the file long. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
}

function list(): void {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  for (const { name, shows, isOptIn } of scenarios) {
    console.log(`${name.padEnd(width)}  ${shows}${isOptIn ? ' (only when named)' : ''}`);
  }
}

/** Engines and product are in process groups of their own: Ctrl-C reaches only the bench, which ends them. */
function endOnSignal(run: Run): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say('stopping');
      void run.stop({ keepsLogs: false }).finally(() => process.exit(130));
    });
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
