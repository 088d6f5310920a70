import type { Effects } from './commit-messages';
import type { DispatchEvents, DispatchStore } from './dispatch-events';
import type { FirstAttempts } from './first-attempts';
import { inTurns } from './in-turns';
import type { GroupPressure } from './group-pressure';

/** Needs: src/temporal/start.ts. Starting what runs already is a success. */
export interface EffectStarter {
  startAutomationRun(run: { key: string; workspaceId: string }): Promise<void>;
  startCustomEvent(messageKey: string): Promise<void>;
  signalContactKnown(messageKey: string): Promise<void>;
}

/** Starts what a commit has caused. Every part may be repeated: rows are made once and workflow ids are keys. */
export function createStartEffects(deps: {
  events: DispatchEvents;
  dispatch: DispatchStore;
  starter: EffectStarter;
  firstAttempts: FirstAttempts;
  pressure: GroupPressure;
  now: () => number;
  ownWorkflowId: () => string | undefined;
}) {
  const { dispatch, starter } = deps;

  /** As a group: its first attempts are made here and now. */
  const attemptEvents = async (eventIds: string[], carrier: string): Promise<void> => {
    const events = await deps.events.undispatched(eventIds);
    if (events.length === 0) return;
    const planned = await deps.events.plan(events, carrier);
    const isHeld = ({ delivery }: (typeof planned)[number]): boolean => delivery.status === 'held';
    await deps.events.startDeliveries(planned.filter(isHeld));
    await deps.firstAttempts(
      planned.filter((each) => !isHeld(each)),
      carrier,
    );
    const ids = events.map(({ id }) => id);
    await dispatch.markDispatched(ids, deps.now());
  };

  return {
    /** `isGroup`: the effects of many messages, whose first attempts are made without a workflow for each. */
    async startEffects(effects: Effects & { isGroup?: true }): Promise<void> {
      const carrier = effects.isGroup ? deps.ownWorkflowId() : undefined;
      const startAll = async (): Promise<void> => {
        await inTurns(effects.runs, (run) => starter.startAutomationRun(run));
        await inTurns(effects.waiting, (key) => starter.startCustomEvent(key));
        await inTurns(effects.known, (key) => starter.signalContactKnown(key));
      };
      const deliver = (): Promise<void> =>
        carrier === undefined
          ? deps.events.dispatchEvents({ eventIds: effects.eventIds })
          : deps.pressure.during(() => attemptEvents(effects.eventIds, carrier));
      // Side by side: the webhooks of a group do not wait for its many starts, nor these for its receivers.
      const results = await Promise.allSettled([startAll(), deliver()]);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}
