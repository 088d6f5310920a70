import type { Logger } from 'pino';
import { createDispatchEvents } from '../../activities/dispatch-events';
import { createDispatchStore } from '../mongo/delivery-log';
import { newId } from '../mongo/new-id';
import type { Stores } from '../mongo/stores';
import type { Starter } from '../temporal/start';

/**
 * Dispatches the events of a write by hand, wakes tracks that wait for its contact, and tells the automations of one that
 * has left; never rejects.
 */
export type AfterCommit = (commit: { eventIds: string[]; refs: string[]; leftContactId?: string }) => Promise<void>;

/** Best effort, at once: the sweep repeats what fails here, and a track that waits looks again at the end of its time. */
export function createAfterCommit(deps: {
  stores: Stores;
  starter: Starter;
  now: () => number;
  logger: Logger;
}): AfterCommit {
  const { stores, starter, now, logger } = deps;
  const { dispatchEvents } = createDispatchEvents({ dispatch: createDispatchStore(stores), starter, now, newId });
  return async ({ eventIds, refs, leftContactId }) => {
    try {
      await dispatchEvents({ eventIds });
      for (const key of await stores.waiters.waitingFor(refs)) await starter.signalContactKnown(key);
      // A run looks at its contact itself before each step: this spares it the wait.
      const running = leftContactId === undefined ? [] : await stores.runs.runningOf([leftContactId]);
      for (const runKey of running) await starter.signalContactLeft(runKey);
    } catch (error) {
      logger.warn({ err: error }, 'dispatch.left_to_sweep');
    }
  };
}
