import type { DispatchStarter } from './first-attempts';
import type { OverdueWork } from './overdue';
import type { SweepCampaigns } from './sweep-campaigns';
import type { SweepEmails } from './sweep-emails';
import type { SweepPeople } from './sweep-people';

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
  overdue: OverdueWork;
  emails: SweepEmails;
  campaigns: SweepCampaigns;
  people: SweepPeople;
  now: () => number;
}) {
  const startMessages = async (olderThanMs: number): Promise<number> => {
    const nowMs = deps.now();
    const keys = await deps.leftBehind.claimMessages(nowMs - olderThanMs, nowMs, maxMessages);
    for (let start = 0; start < keys.length; start += groupSize) {
      await deps.starter.startBatch(keys.slice(start, start + groupSize));
    }
    return keys.length;
  };
  const dispatch = async (olderThanMs: number): Promise<number> => {
    const eventIds = await deps.leftBehind.events(deps.now() - Math.max(olderThanMs, eventsQuietMs), maxEvents);
    await deps.dispatchEvents({ eventIds });
    return eventIds.length;
  };
  /** A lane that was cancelled or terminated is found by nobody else until its endpoint has a further event. */
  const startLanes = async (): Promise<void> => {
    const lanes = await deps.leftBehind.lanes(deps.now() - laneQuietMs, maxLanes);
    for (const endpoint of lanes) await deps.starter.startDispatch(endpoint);
  };

  const startNotices = async (olderThanMs: number): Promise<number> => {
    const notices = await deps.leftBehind.notices(deps.now() - olderThanMs, maxNotices);
    for (const notice of notices) await deps.starter.startNotice(notice);
    return notices.length;
  };

  // What fails in a part must not keep the rest of it from its work: the parts themselves stand in histories.
  return {
    async sweepMessages({ olderThanMs }: { olderThanMs: number }): Promise<Record<string, number>> {
      const [started, goneOn, emails, emailEvents] = await all([
        startMessages(olderThanMs),
        deps.overdue.goOnTracks(),
        deps.emails.startEmails(olderThanMs),
        deps.emails.startEmailEvents(olderThanMs),
      ]);
      return { started, goneOn, emails, emailEvents };
    },

    async sweepEvents(input: { olderThanMs: number }): Promise<{ dispatched: number; goneOn: number }> {
      const work = [dispatch(input.olderThanMs), deps.overdue.goOnDeliveries(), startLanes()] as const;
      const [dispatched, goneOn] = await all(work);
      return { dispatched, goneOn };
    },

    async sweepNotices({ olderThanMs }: { olderThanMs: number }): Promise<Record<string, number>> {
      const [started, campaigns, imports, erasures] = await all([
        startNotices(olderThanMs),
        deps.campaigns.tellCampaigns(olderThanMs),
        deps.people.startImports(olderThanMs),
        deps.people.startErasures(olderThanMs),
      ]);
      return { started, campaigns, imports, erasures };
    },
  };
}

/** What each of them gives; or the first failure, once all have ended. */
async function all<const Work extends readonly Promise<unknown>[]>(work: Work) {
  await Promise.allSettled(work);
  return Promise.all(work);
}
