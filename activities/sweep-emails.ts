import { inTurns } from './in-turns';

/** Needs: src/mongo/activity-stores.ts. Emails and email events that were stored and not worked off. */
export interface EmailsLeftBehind {
  /** Emails of no campaign that have no end yet; they are not handed out again for some minutes. */
  claimEmails(beforeMs: number, nowMs: number, limit: number): Promise<string[]>;
  /** Keys of unfinished email events, oldest first; they are not handed out again for a minute. */
  claimEmailEvents(beforeMs: number, nowMs: number, limit: number): Promise<string[]>;
}
/** Needs: src/temporal/start.ts. */
export interface EmailSweepStarter {
  startEmailSend(emailId: string): Promise<void>;
  startEmailEvents(keys: [string, ...string[]]): Promise<void>;
}

const maxEmails = 500;
const maxEmailEvents = 6_000;
const groupSize = 200;

/** Part of the sweep: emails whose workflow was not started, and what was heard about emails while Temporal was away. */
export function createSweepEmails(deps: {
  emailsLeftBehind: EmailsLeftBehind;
  starter: EmailSweepStarter;
  now: () => number;
}) {
  const { emailsLeftBehind, starter } = deps;
  return {
    async startEmails(olderThanMs: number): Promise<number> {
      const nowMs = deps.now();
      const ids = await emailsLeftBehind.claimEmails(nowMs - olderThanMs, nowMs, maxEmails);
      await inTurns(ids, (id) => starter.startEmailSend(id));
      return ids.length;
    },

    async startEmailEvents(olderThanMs: number): Promise<number> {
      const nowMs = deps.now();
      const keys = await emailsLeftBehind.claimEmailEvents(nowMs - olderThanMs, nowMs, maxEmailEvents);
      for (let start = 0; start < keys.length; start += groupSize) {
        const [first, ...rest] = keys.slice(start, start + groupSize);
        if (first !== undefined) await starter.startEmailEvents([first, ...rest]);
      }
      return keys.length;
    },
  };
}
export type SweepEmails = ReturnType<typeof createSweepEmails>;
