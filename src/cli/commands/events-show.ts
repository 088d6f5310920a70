import { parseArgs } from 'node:util';
import { z } from 'zod';
import { commonHelp, commonOptions, onlyArgument, parsed, type Command } from '../command';
import { connect } from '../connection';
import { exitCodes } from '../outcome';
import { plainLines } from '../output';
import { printTrace, traceSchema } from '../trace';

const name = 'events show';
const schema = traceSchema.extend({ payload: z.unknown() });

const help = `esx events show <messageId> [options]

The trace of one received event: the contact, the automations that ran and those that did not, with the reason.

${commonHelp}`;

export const eventsShow: Command = {
  help,
  async run(args, cli) {
    const { values, positionals } = parsed(name, () =>
      parseArgs({ args, allowPositionals: true, options: commonOptions }),
    );
    const messageId = onlyArgument(name, positionals, 'the messageId');
    const { out } = cli;
    const { data, json, nowMs } = await connect(values, cli).get(`/events/${encodeURIComponent(messageId)}`, schema);
    if (values.json) {
      out.json(json);
      return exitCodes.ok;
    }
    printTrace(out, data, nowMs);
    out.line();
    out.line(out.paint('payload', 'dim'));
    plainLines(JSON.stringify(data.payload, null, 2)).forEach((line) => out.line(`  ${line}`));
    return exitCodes.ok;
  },
};
