import type { WorkflowHandle } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils';
import { z } from 'zod';

const eventSchema = z.looseObject({
  eventId: z.string(),
  eventType: z.string(),
  userMetadata: z.object({ summary: z.object({ data: z.string() }).optional() }).optional(),
});
export type HistoryEvent = z.infer<typeof eventSchema>;
const historySchema = z.object({ events: z.array(eventSchema) });
/** A history in the JSON that Temporal's tools exchange. */
export type HistoryJson = z.infer<typeof historySchema>;

/*
 * The SDK's own historyToJSON and historyFromJSON throw "type must be a Type" where npm gives @temporalio/common and
 * @temporalio/proto a protobufjs each, as it does here: so the copy is taken that the types were made with.
 */
/* eslint-disable @typescript-eslint/no-require-imports */
const proto: { lookupType: (name: string) => unknown } = require('@temporalio/proto');
const protoJson: {
  toJson: (type: unknown, message: History) => unknown;
  fromJson: (type: unknown, json: HistoryJson, options: { ignoreUnknownFields: boolean }) => History;
} = require(require.resolve('protobufjs/ext/protojson', { paths: [require.resolve('@temporalio/proto')] }));
/* eslint-enable @typescript-eslint/no-require-imports */
const historyType = proto.lookupType('temporal.api.history.v1.History');

export function parseHistory(text: string): HistoryJson {
  return historySchema.parse(JSON.parse(text));
}

/** In the form that a replay takes. */
export function toHistory(json: HistoryJson): History {
  return protoJson.fromJson(historyType, json, { ignoreUnknownFields: true });
}

/** The history of a run: the newest one where the handle names none. */
export async function eventsOf(handle: WorkflowHandle): Promise<HistoryEvent[]> {
  return historySchema.parse(protoJson.toJson(historyType, await handle.fetchHistory())).events;
}

/** What may be under way for a workflow, and the events by which it begins and ends. */
const underWay = [
  { begins: ['WorkflowTaskScheduled'], ends: ['WorkflowTaskCompleted', 'WorkflowTaskFailed', 'WorkflowTaskTimedOut'] },
  { begins: ['ActivityTaskScheduled'], ends: ['ActivityTaskCompleted', 'ActivityTaskFailed', 'ActivityTaskCanceled'] },
] as const;

/** Whether a workflow only waits: for a timer, a signal, or nothing any more. */
export async function isIdle(handle: WorkflowHandle): Promise<boolean> {
  const events = await eventsOf(handle);
  const count = (names: readonly string[]): number => names.flatMap((name) => ofType(events, name)).length;
  return underWay.every(({ begins, ends }) => count(begins) === count(ends));
}

/** Events of a type, by the short name that the Web UI shows, such as `TimerStarted`. */
export function ofType(events: readonly HistoryEvent[], name: string): HistoryEvent[] {
  const wanted = `EVENT_TYPE_${name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
  return events.filter(({ eventType }) => eventType === wanted);
}

/** The one-line summary that the Web UI shows beside an event. */
export function summaryOf(event: HistoryEvent | undefined): unknown {
  const data = event?.userMetadata?.summary?.data;
  return data === undefined ? undefined : JSON.parse(Buffer.from(data, 'base64').toString());
}
