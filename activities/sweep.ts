/** Needs: src/mongo. What was stored and not started. */
export interface LeftBehind {
  /** Keys of unfinished messages stored before that moment, oldest first; they are not handed out again for a minute. */
  claimMessages(beforeMs: number, nowMs: number, limit: number): Promise<string[]>;
  events(beforeMs: number, limit: number): Promise<string[]>;
  notices(beforeMs: number, limit: number): Promise<{ endpointId: string; kind: 'resume' | 'cancel'; since: Date }[]>;
}
/** Needs: src/temporal/start.ts. */
export interface SweepStarter {
  startBatch(keys: string[]): Promise<void>;
  startNotice(notice: { endpointId: string; kind: 'resume' | 'cancel'; since: Date }): Promise<void>;
}

const maxMessages = 2_000;
const groupSize = 100;
const maxEvents = 100;
const maxNotices = 50;

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
      const eventIds = await deps.leftBehind.events(deps.now() - input.olderThanMs, maxEvents);
      await deps.dispatchEvents({ eventIds });
      return { dispatched: eventIds.length };
    },

    async sweepNotices(input: { olderThanMs: number }): Promise<{ started: number }> {
      const notices = await deps.leftBehind.notices(deps.now() - input.olderThanMs, maxNotices);
      for (const notice of notices) await deps.starter.startNotice(notice);
      return { started: notices.length };
    },
  };
}
