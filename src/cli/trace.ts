import { z } from 'zod';
import { plain, type Colour, type Output } from './output';
import { shortTime } from './times';
import { printFields } from './table';

const text = z.string();

/** Of a received message what is shown here. */
export const traceSchema = z.object({
  id: text,
  messageId: text,
  type: text,
  source: text,
  receivedAt: text,
  status: text,
  event: text.nullable(),
  eventKey: text.nullable(),
  contactId: text.nullable(),
  outcome: z.object({ changes: z.array(text).default([]), eventIds: z.array(text).default([]) }).nullable(),
  automations: z.array(
    z.object({
      automationId: text,
      name: text,
      ran: z.boolean(),
      reason: text.nullable(),
      temporalUrl: text.nullable(),
    }),
  ),
  reason: text.nullable(),
  didYouMean: z.array(text),
  notes: z.array(text),
  workflowId: text,
  temporalUrl: text.nullable(),
});
export type Trace = z.infer<typeof traceSchema>;
export const tracePage = z.object({ data: z.array(traceSchema), nextCursor: text.nullable() });

export function traceColour(status: string): Colour | undefined {
  switch (status) {
    case 'failed':
      return 'red';
    case 'received':
    case 'waiting':
    case 'unresolved':
      return 'yellow';
    case 'unchanged':
      return 'dim';
    default:
      return 'green';
  }
}

/** What was done, in a few words. */
export function effectOf({ outcome, automations, reason }: Trace): string {
  const ran = automations.filter((automation) => automation.ran).map(({ name }) => name);
  const parts = [
    ...(outcome && outcome.changes.length > 0 ? [`changed ${outcome.changes.join(', ')}`] : []),
    ...(ran.length > 0 ? [`ran ${ran.join(', ')}`] : []),
    ...(automations.length > ran.length ? [`${automations.length - ran.length} did not run`] : []),
    ...(reason === null ? [] : [reason]),
  ];
  return parts.join('; ');
}

/** What came of a message, step by step, and why something did not come of it. */
export function printTrace(out: Output, trace: Trace, nowMs: number): void {
  printFields(out, [
    ['event', trace.event === null ? trace.type : `${trace.type} "${trace.event}"`],
    ['messageId', trace.messageId],
    ['received', `${shortTime(trace.receivedAt, nowMs)} from ${trace.source}`],
    ['name matched as', trace.eventKey],
    ['contact', trace.contactId],
    ['outcome', trace.status],
    ['changed', trace.outcome?.changes.join(', ')],
    ['reason', trace.reason],
    ['did you mean', trace.didYouMean.join(', ')],
    ['webhook events', trace.outcome?.eventIds.join(', ')],
    ['workflow', trace.temporalUrl ?? trace.workflowId],
  ]);
  trace.notes.forEach((note) => out.line(`${out.paint('note', 'dim')}  ${plain(note)}`));
  if (trace.automations.length > 0) out.line();
  for (const { name, ran, reason, temporalUrl, automationId } of trace.automations) {
    const mark = ran ? out.paint('●', 'green') : out.paint('-', 'dim');
    out.line(`  ${mark}  ${plain(name)}  ${ran ? 'ran' : 'did not run'}${reason === null ? '' : `: ${plain(reason)}`}`);
    out.line(out.paint(`     ${temporalUrl ?? automationId}`, 'dim'));
  }
}
