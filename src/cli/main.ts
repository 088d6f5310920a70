import { readEnvironment } from '../config';
import type { Cli } from './command';
import { CliError, exitCodes, usageError, type ExitCode } from './outcome';
import { createOutput } from './output';
import { registry, type CommandEntry } from './registry';
import { isColourless } from './settings';

const interruptedCode = 130;

/** `bin/esx.js`: runs one command and ends the process with its exit code. */
export function runAsProcess(): void {
  // Whoever reads may have had enough, as head has; a full disk is something else.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.failed),
  );
  const env = readEnvironment();
  const interruption = new AbortController();
  let isAwaited = false;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (!isAwaited || interruption.signal.aborted) process.exit(interruptedCode);
      interruption.abort();
    });
  }
  const cli: Cli = {
    out: createOutput(process.stdout, process.stderr, isColourless(env)),
    env,
    input: process.stdin,
    interrupted() {
      isAwaited = true;
      return interruption.signal;
    },
  };
  void runCli(process.argv.slice(2), cli).then((code) => {
    // What is open by now is of no use any more; what was written must be out first.
    process.exitCode = code;
    process.stdout.write('', () => process.exit(code));
  });
}

/** Runs one command line. Whatever goes wrong is said in words. */
export async function runCli(args: readonly string[], cli: Cli): Promise<ExitCode> {
  try {
    return await run(args, cli);
  } catch (error) {
    if (error instanceof CliError) {
      cli.out.note(`${cli.out.paint('esx:', 'red')} ${error.message}`);
      return error.exitCode;
    }
    cli.out.note(`esx: ${error instanceof Error ? error.message : String(error)}`);
    return exitCodes.failed;
  }
}

async function run(args: readonly string[], cli: Cli): Promise<ExitCode> {
  const wantsHelp = args.some((argument) => argument === '--help' || argument === '-h');
  const words = args.filter((argument) => argument !== 'help' || args[0] !== 'help');
  const entry = registry.find(({ name }) => startsWith(words, name.split(' ')));
  if (!entry) return withoutCommand(words, wantsHelp || words.length < args.length, cli);
  const command = await entry.load();
  if (wantsHelp || words.length < args.length) {
    cli.out.line(command.help);
    return exitCodes.ok;
  }
  return command.run(words.slice(entry.name.split(' ').length), cli);
}

function startsWith(words: readonly string[], name: readonly string[]): boolean {
  return name.every((word, at) => words[at] === word);
}

function withoutCommand(words: readonly string[], wantsHelp: boolean, { out }: Cli): ExitCode {
  const [first] = words;
  const isNamed = first !== undefined && !first.startsWith('-');
  const ofGroup = isNamed ? registry.filter(({ name }) => name.startsWith(`${first} `)) : [];
  if (ofGroup.length > 0) {
    const second = words[1];
    if (!wantsHelp && second !== undefined && !second.startsWith('-')) {
      throw usageError(`there is no esx ${first} ${second}; there are ${ofGroup.map(({ name }) => name).join(', ')}`);
    }
    out.line(`esx ${first} has these commands; each has --help:\n\n${listOf(ofGroup)}`);
    return wantsHelp ? exitCodes.ok : exitCodes.usage;
  }
  if (isNamed) throw usageError(`there is no command ${first}; esx --help lists them`);
  if (first !== undefined && !wantsHelp) throw usageError(`${first}: name a command first; esx --help lists them`);
  out.line(help());
  return words.length === 0 || wantsHelp ? exitCodes.ok : exitCodes.usage;
}

function listOf(entries: readonly CommandEntry[]): string {
  const width = Math.max(...entries.map(({ name }) => name.length));
  return entries.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n');
}

function help(): string {
  return `EmailSendX from the command line.

  esx <command> [options]      esx <command> --help

${listOf(registry)}

Settings of the environment
  ESX_URL       the server; http://127.0.0.1:3000 if not set; also --url
  ESX_API_KEY   an API key; also --key
  NO_COLOR      leaves colours out; they are only there on a terminal
  init and doctor look at MongoDB and Temporal as well, by the server's own settings (README.md)

Exit codes
  0  done
  1  failed: refused by the server, or something is wrong with the installation
  2  wrong usage: the message names the argument or the setting
  3  not there: nothing has this id, or the server cannot be reached
  130  ended by Ctrl-C, where that cuts something off`;
}
