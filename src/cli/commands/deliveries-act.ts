import { parseArgs } from 'node:util';
import { z } from 'zod';
import { commonHelp, commonOptions, parsed, type Cli, type Command } from '../command';
import { connect } from '../connection';
import { CliError, exitCodes, usageError, type ExitCode } from '../outcome';
import { plain } from '../output';

const queuedSchema = z.object({ id: z.string(), status: z.string(), detail: z.string() });

export const deliveriesRetry: Command = command('retry', 'retrigger', {
  about:
    'Attempts deliveries now, whatever their status. The answer says that an attempt is queued: what comes of it\nstands in esx deliveries show.',
});
export const deliveriesCancel: Command = command('cancel', 'cancel', {
  about: 'Makes no further attempts. One that is under way is finished.',
});

function command(word: string, action: string, { about }: { about: string }): Command {
  const name = `deliveries ${word}`;
  return {
    help: `esx ${name} <id> [<id> …] [options]\n\n${about}\n\n${commonHelp}`,
    run: (args, cli) => run(name, action, args, cli),
  };
}

/** Goes on after one that is refused, and ends with the worst of their exit codes. */
async function run(name: string, action: string, args: string[], cli: Cli): Promise<ExitCode> {
  const { values, positionals } = parsed(name, () =>
    parseArgs({ args, allowPositionals: true, options: commonOptions }),
  );
  if (positionals.length === 0) throw usageError(`the id is missing; write esx ${name} <id>`);
  const api = connect(values, cli);
  let worst: ExitCode = exitCodes.ok;
  for (const id of positionals) {
    try {
      const { data, json } = await api.post(`/webhook-deliveries/${encodeURIComponent(id)}/${action}`, queuedSchema);
      if (values.json) cli.out.json(json);
      else cli.out.line(`${id}  ${data.status}  ${plain(data.detail)}`);
    } catch (error) {
      // One that cannot be reached is the same for all of them.
      if (!(error instanceof CliError) || positionals.length === 1) throw error;
      cli.out.note(`esx: ${id}: ${error.message}`);
      if (error.exitCode > worst) worst = error.exitCode;
    }
  }
  return worst;
}
