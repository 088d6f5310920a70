import { parseArgs } from 'node:util';
import { z } from 'zod';
import { deliverySchema } from '../../http/delivery-schema';
import { commonHelp, commonOptions, parsed, readNumber, type Command } from '../command';
import { connect } from '../connection';
import { deliveryColour } from '../delivery-words';
import { exitCodes } from '../outcome';
import { printTable } from '../table';
import { countdown, readMoment, shortTime } from '../times';

const pageSchema = z.object({ data: z.array(deliverySchema), nextCursor: z.string().nullable() });
const name = 'deliveries list';

const help = `esx deliveries list [options]

The delivery log, newest first.

  --status a,b     pending, retrying, delivered, failed, held or cancelled
  --event a,b      such as contact.created
  --endpoint ID    one endpoint, whe_…
  --answer CLASS   the last answer: 2xx, 3xx, 4xx, 5xx, or none where none came
  --since MOMENT   made after that: 30m, 2h, 7d ago, or a time such as 2026-01-31T12:00:00Z
  --until MOMENT   made before that
  --limit N        rows, 1 to 250; 20 if not given
  --cursor TEXT    the page after, as the last line of the page before says
${commonHelp}`;

export const deliveriesList: Command = {
  help,
  async run(args, cli) {
    const { values } = parsed(name, () =>
      parseArgs({
        args,
        options: {
          ...commonOptions,
          ...{ status: { type: 'string' }, event: { type: 'string' }, endpoint: { type: 'string' } },
          ...{ answer: { type: 'string' }, since: { type: 'string' }, until: { type: 'string' } },
          ...{ limit: { type: 'string', default: '20' }, cursor: { type: 'string' } },
        },
      }),
    );
    const { out } = cli;
    const api = connect(values, cli);
    const { status, event, endpoint: endpointId, answer, cursor } = values;
    const { data, json, nowMs } = await api.get('/webhook-deliveries', pageSchema, {
      ...{ status, event, endpointId, answer, cursor },
      since: readMoment('--since', values.since, Date.now()),
      until: readMoment('--until', values.until, Date.now()),
      limit: readNumber('--limit', values.limit, { min: 1, max: 250 }),
    });
    if (values.json) {
      out.json(json);
      return exitCodes.ok;
    }
    if (data.data.length === 0) {
      out.line('No delivery is like that. Without options, esx deliveries list shows the newest of all.');
      return exitCodes.ok;
    }
    printTable(out, data.data, [
      { title: 'ID', of: ({ id }) => id },
      { title: 'EVENT', of: (row) => row.event },
      { title: 'STATUS', of: (row) => row.status, colour: (row) => deliveryColour(row.status) },
      { title: 'ATTEMPTS', of: ({ attemptCount }) => attemptCount, isRight: true },
      { title: 'LAST', of: ({ lastStatusCode, lastError }) => lastStatusCode ?? lastError },
      { title: 'NEXT', of: ({ nextAttemptAt }) => nextAttemptAt && countdown(nextAttemptAt, nowMs) },
      { title: 'MADE', of: ({ createdAt }) => shortTime(createdAt, nowMs) },
    ]);
    if (data.nextCursor !== null) out.note(out.paint(`more: --cursor ${data.nextCursor}`, 'dim'));
    return exitCodes.ok;
  },
};
