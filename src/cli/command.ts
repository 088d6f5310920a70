import { usageError, type ExitCode } from './outcome';
import type { Output } from './output';
import type { Environment } from './settings';

/** What a command works with. */
export interface Cli {
  out: Output;
  env: Environment;
  /** Aborted by Ctrl-C. Who takes it ends by itself; who does not is ended. */
  interrupted(): AbortSignal;
  input: NodeJS.ReadStream;
}

export interface Command {
  help: string;
  run(args: string[], cli: Cli): Promise<ExitCode>;
}

/** Options that every command takes. */
export const commonOptions = {
  url: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** The end of each help text. */
export const commonHelp = `  --json       the answer as JSON
  --url URL    the server; else $ESX_URL, else http://127.0.0.1:3000
  --key KEY    an API key; else $ESX_API_KEY`;

/** Runs node's parser, and says what is wrong with an option in words. */
export function parsed<Parsed>(command: string, parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))) throw error;
    const option = /'(-[^' ,]+)/.exec(error.message)?.[1];
    const wrong =
      error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? `${option ?? 'this'} is not an option of esx ${command}`
        : error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL'
          ? `esx ${command} takes no ${/'([^']*)'/.exec(error.message)?.[1] ?? 'further argument'}`
          : `${option ?? 'an option'}: ${/argument missing/.test(error.message) ? 'its value is missing' : 'takes no value'}`;
    throw usageError(`${wrong}; esx ${command} --help shows what it takes`);
  }
}

/** The one argument of a command. */
export function onlyArgument(command: string, positionals: readonly string[], what: string): string {
  const [argument, ...rest] = positionals;
  if (argument === undefined)
    throw usageError(`${what} is missing; write esx ${command} <${what.replace(/^the /, '')}>`);
  if (rest.length > 0) throw usageError(`esx ${command} takes one argument, ${what}; ${rest.join(' ')} is too much`);
  return argument;
}

/** A whole number in its range. */
export function readNumber(option: string, text: string, { min, max }: { min: number; max: number }): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max)
    throw usageError(`${option} ${text}: write a whole number from ${min} to ${max}`);
  return number;
}
