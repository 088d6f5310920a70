import { parseArgs } from 'node:util';
import { commonHelp, commonOptions, parsed, readNumber, type Command } from '../command';
import { connect } from '../connection';
import { eventFilter, eventFilterHelp, eventFilterOptions } from '../event-filter';
import { exitCodes } from '../outcome';
import { printTable } from '../table';
import { shortTime } from '../times';
import { effectOf, traceColour, tracePage } from '../trace';

const name = 'events list';

const help = `esx events list [options]

Received identifies and tracks with what became of each, newest first.

${eventFilterHelp}
  --limit N        rows, 1 to 250; 20 if not given
  --cursor TEXT    the page after
${commonHelp}`;

export const eventsList: Command = {
  help,
  async run(args, cli) {
    const { values } = parsed(name, () =>
      parseArgs({
        args,
        options: {
          ...commonOptions,
          ...eventFilterOptions,
          ...{ limit: { type: 'string', default: '20' }, cursor: { type: 'string' } },
        },
      }),
    );
    const { out } = cli;
    const { data, json, nowMs } = await connect(values, cli).get('/events', tracePage, {
      ...eventFilter(values),
      limit: readNumber('--limit', values.limit, { min: 1, max: 250 }),
      cursor: values.cursor,
    });
    if (values.json) out.json(json);
    else if (data.data.length === 0)
      out.line('No event is like that. esx demo sends two, and shows what comes of them.');
    else {
      printTable(out, data.data, [
        { title: 'RECEIVED', of: ({ receivedAt }) => shortTime(receivedAt, nowMs) },
        { title: 'TYPE', of: ({ type }) => type },
        { title: 'EVENT', of: ({ event }) => event },
        { title: 'STATUS', of: ({ status }) => status, colour: ({ status }) => traceColour(status) },
        { title: 'ID', of: ({ id }) => id },
        { title: 'EFFECT', of: effectOf },
      ]);
      if (data.nextCursor !== null) out.note(out.paint(`more: --cursor ${data.nextCursor}`, 'dim'));
    }
    return exitCodes.ok;
  },
};
