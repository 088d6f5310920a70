import { parseArgs } from 'node:util';
import { z } from 'zod';
import { attemptSchema, deliverySchema, timelineSchema } from '../../http/delivery-schema';
import { commonHelp, commonOptions, onlyArgument, parsed, type Command } from '../command';
import { connect } from '../connection';
import { drawTimeline } from '../draw-timeline';
import { exitCodes } from '../outcome';
import { plainLines, type Output } from '../output';
import { printFields } from '../table';
import { countdown } from '../times';

const shownSchema = deliverySchema.extend({
  payload: z.json(),
  attempts: z.array(attemptSchema),
  timeline: timelineSchema,
});
type Shown = z.infer<typeof shownSchema>;
const name = 'deliveries show';

const help = `esx deliveries show <id> [options]

One delivery: its timeline with what comes next, the payload and the last answer.

  --payload    the payload alone, as it is sent
${commonHelp}`;

export const deliveriesShow: Command = {
  help,
  async run(args, cli) {
    const { values, positionals } = parsed(name, () =>
      parseArgs({
        args,
        allowPositionals: true,
        options: { ...commonOptions, payload: { type: 'boolean', default: false } },
      }),
    );
    const id = onlyArgument(name, positionals, 'the id');
    const { out } = cli;
    const { data, json, nowMs } = await connect(values, cli).get(
      `/webhook-deliveries/${encodeURIComponent(id)}`,
      shownSchema,
    );
    if (values.payload) out.json(data.payload);
    else if (values.json) out.json(json);
    else show(out, data, nowMs);
    return exitCodes.ok;
  },
};

function show(out: Output, delivery: Shown, nowMs: number): void {
  const last = delivery.attempts.at(-1);
  printFields(out, [
    ['delivery', delivery.id],
    ['event', `${delivery.event}  ${delivery.eventId}`],
    ['endpoint', [delivery.endpointId, last?.request.url ?? ''].join('  ').trim()],
    ['contact', delivery.contactId],
    ['status', delivery.status],
    [
      'next attempt',
      delivery.nextAttemptAt && `${countdown(delivery.nextAttemptAt, nowMs)}  ${delivery.nextAttemptAt}`,
    ],
    ['workflow', delivery.temporalUrl ?? delivery.workflowId],
  ]);
  out.line();
  for (const line of drawTimeline(delivery.timeline, delivery.attempts, nowMs))
    out.line(out.paint(line.text, line.colour));
  if (last?.statusCode !== undefined && last.responseBody !== '') {
    out.line();
    out.line(out.paint(`answer of attempt ${last.number}`, 'dim'));
    plainLines(last.responseBody).forEach((line) => out.line(`  ${line}`));
  }
  out.line();
  out.line(out.paint('payload', 'dim'));
  plainLines(JSON.stringify(delivery.payload, null, 2)).forEach((line) => out.line(`  ${line}`));
}
