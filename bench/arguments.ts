import { parseArgs } from 'node:util';
import type { Mode } from './system/product';

/** What a run was asked for. */
export interface Arguments {
  /** Names of scenarios; empty for the whole bench. */
  names: string[];
  isList: boolean;
  /** How long each load lasts, in place of the scenarios' own durations. */
  seconds: number | undefined;
  minutes: number;
  mode: Mode;
  isBareLeftOut: boolean;
  /** What the results are called; absent for the usual names. */
  save: string | undefined;
  /** Settings of the product. */
  settings: Record<string, string>;
}

export const usage = `npm run bench -- [scenario …] [options]

  --list             shows the scenarios
  --seconds=10       how long each load lasts, in place of each scenario's own duration
  --minutes=60       how long the soak lasts
  --two-processes    gateway and worker apart, in place of both in one process
  --no-bare          leaves the bare limits out, and the ratios with them
  --save=NAME        writes bench/results/NAME.json; a whole run is called latest, any other partial
  --set NAME=VALUE   a setting of the product, as often as needed`;

export function readArguments(given: string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: given,
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      minutes: { type: 'string', default: '60' },
      'two-processes': { type: 'boolean', default: false },
      'no-bare': { type: 'boolean', default: false },
      save: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
    },
  });
  const settings = values.set.map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1) throw new Error(`--set ${pair}: write NAME=VALUE`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return {
    names: positionals,
    isList: values.list,
    seconds: values.seconds === undefined ? undefined : positive('--seconds', values.seconds),
    minutes: positive('--minutes', values.minutes),
    mode: values['two-processes'] ? 'two processes' : 'one process',
    isBareLeftOut: values['no-bare'],
    save: values.save,
    settings: Object.fromEntries(settings),
  };
}

function positive(option: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${option}=${text}: write a number greater than 0`);
  return number;
}
