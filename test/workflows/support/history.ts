import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
const types = temporal.api.enums.v1.EventType;

/** What may be under way for a workflow, and the events by which it begins and ends. */
const underWay: [begins: number, ends: number[]][] = [
  [
    types.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    [
      types.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
      types.EVENT_TYPE_WORKFLOW_TASK_FAILED,
      types.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    ],
  ],
  [
    types.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    [
      types.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
      types.EVENT_TYPE_ACTIVITY_TASK_FAILED,
      types.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
    ],
  ],
];

export async function eventsOf(handle: WorkflowHandle): Promise<HistoryEvent[]> {
  return (await handle.fetchHistory()).events ?? [];
}

/** Whether a workflow only waits: for a timer, a signal, or nothing any more. */
export async function isIdle(handle: WorkflowHandle): Promise<boolean> {
  const events = await eventsOf(handle);
  const count = (wanted: number[]): number =>
    events.filter(({ eventType }) => eventType != null && wanted.includes(eventType)).length;
  return underWay.every(([begins, ends]) => count([begins]) === count(ends));
}

/** Events of a type, by the short name that the Web UI shows, such as `TimerStarted`. */
export function ofType(events: readonly HistoryEvent[], name: string): HistoryEvent[] {
  const wanted = `EVENT_TYPE_${name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
  if (!(wanted in types)) throw new Error(`${name} is no event type`);
  return events.filter(({ eventType }) => eventType != null && types[eventType] === wanted);
}

/** The one-line summary that the Web UI shows beside an event. */
export function summaryOf(event: HistoryEvent | undefined): unknown {
  const summary = event?.userMetadata?.summary;
  return summary ? defaultPayloadConverter.fromPayload(summary) : undefined;
}
