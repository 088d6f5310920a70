import type { DispatchStarter } from './first-attempts';

/** Needs: src/mongo. What was stored and not started. */
export interface LeftBehind {
  /** Keys of unfinished messages stored before that moment, oldest first; they are not handed out again for a minute. */
  claimMessages(beforeMs: number, nowMs: number, limit: number): Promise<string[]>;
  events(beforeMs: number, limit: number): Promise<string[]>;
  /** Endpoints in whose lanes deliveries have waited since before that moment. */
  lanes(beforeMs: number, limit: number): Promise<{ id: string; workspaceId: string; url: string }[]>;
  notices(beforeMs: number, limit: number): Promise<{ endpointId: string; kind: 'resume' | 'cancel'; since: Date }[]>;
}
/** Needs: src/temporal/start.ts. */
export interface SweepStarter extends DispatchStarter {
  startBatch(keys: string[]): Promise<void>;
  startNotice(notice: { endpointId: string; kind: 'resume' | 'cancel'; since: Date }): Promise<void>;
}

const maxMessages = 6_000;
const groupSize = 200;
const maxEvents = 1_000;
const maxNotices = 50;
const maxLanes = 100;
/** Longer than it takes a group to begin anew after its worker was killed: what it has under way is left to it. */
const eventsQuietMs = 30_000;
/** Longer than any attempt: what a lane works on is left to it. */
const laneQuietMs = 60_000;

/** Starts what a crash or an absent Temporal left behind. Starting too much is harmless: effects are guarded in MongoDB. */
export function createSweep(deps: {
  leftBehind: LeftBehind;
  starter: SweepStarter;
  dispatchEvents: (input: { eventIds: string[] }) => Promise<void>;
  now: () => number;
}) {
  return {
    async sweepMessages(input: { olderThanMs: number }): Promise<{ started: number }> {
      const nowMs = deps.now();
      const keys = await deps.leftBehind.claimMessages(nowMs - input.olderThanMs, nowMs, maxMessages);
      for (let start = 0; start < keys.length; start += groupSize) {
        await deps.starter.startBatch(keys.slice(start, start + groupSize));
      }
      return { started: keys.length };
    },

    async sweepEvents(input: { olderThanMs: number }): Promise<{ dispatched: number }> {
      const quietMs = Math.max(input.olderThanMs, eventsQuietMs);
      const eventIds = await deps.leftBehind.events(deps.now() - quietMs, maxEvents);
      await deps.dispatchEvents({ eventIds });
      // A lane that was terminated by hand is found by nobody else until its endpoint has a further event.
      const lanes = await deps.leftBehind.lanes(deps.now() - laneQuietMs, maxLanes);
      for (const endpoint of lanes) await deps.starter.startDispatch(endpoint);
      return { dispatched: eventIds.length };
    },

    async sweepNotices(input: { olderThanMs: number }): Promise<{ started: number }> {
      const notices = await deps.leftBehind.notices(deps.now() - input.olderThanMs, maxNotices);
      for (const notice of notices) await deps.starter.startNotice(notice);
      return { started: notices.length };
    },
  };
}
