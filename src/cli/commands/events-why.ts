import { parseArgs } from 'node:util';
import { z } from 'zod';
import { commonHelp, commonOptions, parsed, type Command } from '../command';
import { connect } from '../connection';
import { exitCodes, usageError } from '../outcome';
import { plain, type Colour } from '../output';

const name = 'events why';

const help = `esx events why [messageId] [options]

Why something happened, or did not, in words: for an event, a contact, an automation, or any of them together. Without
a messageId it is about the newest event that fits.

  --contact WHOM   id, address or user id of a contact
  --event NAME     the name of a track
  --automation ID  an automation that should have run, aut_…
${commonHelp}`;

const whySchema = z.object({
  sentences: z.array(z.object({ stage: z.string(), kind: z.string(), text: z.string(), link: z.string().optional() })),
});

export const eventsWhy: Command = {
  help,
  async run(args, cli) {
    const { values, positionals } = parsed(name, () =>
      parseArgs({
        args,
        allowPositionals: true,
        options: {
          ...commonOptions,
          ...{ contact: { type: 'string' }, event: { type: 'string' }, automation: { type: 'string' } },
        },
      }),
    );
    const [messageId, ...rest] = positionals;
    if (rest.length > 0) throw usageError(`esx ${name} takes one messageId; ${rest.join(' ')} is too much`);
    const { contact, event, automation } = values;
    if ([messageId, contact, event, automation].every((value) => value === undefined)) {
      throw usageError(`name a messageId, --contact, --event or --automation, or several of them`);
    }
    const { out } = cli;
    const api = connect(values, cli);
    const { data, json } = await api.get('/why', whySchema, { messageId, contact, event, automation });
    if (values.json) {
      out.json(json);
      return exitCodes.ok;
    }
    const width = Math.max(0, ...data.sentences.map(({ stage }) => stage.length));
    for (const { stage, kind, text, link } of data.sentences) {
      const { mark, colour } = looksOf(kind);
      out.line(`${out.paint(mark, colour)}  ${out.paint(stage.padEnd(width), 'dim')}  ${plain(text)}`);
      if (link !== undefined) out.line(out.paint(`${' '.repeat(width + 5)}${api.url}${plain(link)}`, 'dim'));
    }
    return exitCodes.ok;
  },
};

function looksOf(kind: string): { mark: string; colour: Colour | undefined } {
  switch (kind) {
    case 'ok':
      return { mark: '●', colour: 'green' };
    case 'problem':
      return { mark: '✗', colour: 'red' };
    default:
      return { mark: '·', colour: 'yellow' };
  }
}
