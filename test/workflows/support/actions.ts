import { z } from 'zod';
import { ofType, type HistoryEvent } from './history';

const markerSchema = z.looseObject({
  markerRecordedEventAttributes: z.object({ workflowTaskCompletedEventId: z.string() }),
});
const startedSchema = z.looseObject({ activityTaskStartedEventAttributes: z.object({ attempt: z.int() }) });

/** What a path costs: events of its histories, and the Actions that a managed cluster would bill for them. */
export interface Cost {
  events: number;
  actions: number;
}

/** The cost of one run, as far as its history tells. The rules, with their sources, stand in docs/costs.md. */
export function costOf(events: readonly HistoryEvent[]): Cost {
  const count = (name: string): number => ofType(events, name).length;
  const [, second] = events;
  // A signalWithStart is one Action for both; its signal stands right behind the start.
  const isSignalledAtStart = second !== undefined && ofType([second], 'WorkflowExecutionSignaled').length > 0;
  const tasksWithMarkers = new Set(
    ofType(events, 'MarkerRecorded').map(
      (event) => markerSchema.parse(event).markerRecordedEventAttributes.workflowTaskCompletedEventId,
    ),
  );
  const retries = ofType(events, 'ActivityTaskStarted').map(
    (event) => startedSchema.parse(event).activityTaskStartedEventAttributes.attempt - 1,
  );
  const actions =
    count('WorkflowExecutionStarted') +
    count('WorkflowExecutionSignaled') -
    (isSignalledAtStart ? 1 : 0) +
    count('ActivityTaskScheduled') +
    retries.reduce((sum, each) => sum + each, 0) +
    tasksWithMarkers.size +
    count('TimerStarted') +
    count('UpsertWorkflowSearchAttributes');
  return { events: events.length, actions };
}

/** `times` may be negative or large: a path is often the difference of two, or many of one. */
export function plus(one: Cost, other: Cost, times = 1): Cost {
  return { events: one.events + other.events * times, actions: one.actions + other.actions * times };
}
