import {
  foldEmailEvents,
  type EmailEvent,
  type EmailEventOutcome,
  type EmailFold,
  type RunNotice,
} from '../domain/email-event';
import type { Email } from '../domain/email';
import type { Contact } from '../domain/contact';
import type { IdKind } from '../domain/ids';
import type { Effects } from './commit-messages';
import type { GroupPressure } from './group-pressure';
import type { RecentEvents } from './recent-events';

/** Where email events and their effects are kept. Needs: src/mongo/email-ingest.ts. */
export interface EmailIngestStore {
  commit(
    keys: string[],
    by: { nowMs: number; workflowId?: string },
    fold: (
      events: EmailEvent[],
      known: { emails: ReadonlyMap<string, Email>; contacts: ReadonlyMap<string, Contact> },
    ) => EmailFold,
  ): Promise<{ committed: { key: string; outcome: EmailEventOutcome; isOwn: boolean }[]; folds: EmailFold[] }>;
}
/** Needs: src/mongo/automation-runs.ts. */
export interface RunsOfContacts {
  /** Keys of the runs of these contacts that are not over. */
  runningOf(contactIds: string[]): Promise<string[]>;
}
/** Needs: src/temporal/start.ts. */
export interface RunSignaller {
  /** Something was heard about an email of the run; one that is over is left alone. */
  signalEmailNews(notice: RunNotice): Promise<void>;
  /** Its contact has unsubscribed, bounced or complained. */
  signalContactLeft(runKey: string): Promise<void>;
}

/** What a commit of email events leaves to be started: ids only, since this goes into the workflow's history. */
export interface EmailEffects extends Effects {
  notices: RunNotice[];
  leftContactIds: string[];
}

/** Gives each email event its outcome and effect, in their order, once; a redo reads back what the first try has made. */
export function createCommitEmailEvents(deps: {
  emailIngest: EmailIngestStore;
  runsOfContacts: RunsOfContacts;
  starter: RunSignaller;
  now: () => number;
  newId: (kind: IdKind) => string;
  ownWorkflowId: () => string | undefined;
  recentEvents: RecentEvents;
  pressure: GroupPressure;
}) {
  return {
    async commitEmailEvents(input: { keys: string[] }): Promise<EmailEffects> {
      if (input.keys.length > 1) await deps.pressure.room();
      const nowMs = deps.now();
      const workflowId = deps.ownWorkflowId();
      const by = { nowMs, ...(workflowId === undefined ? {} : { workflowId }) };
      const { committed, folds } = await deps.emailIngest.commit([...new Set(input.keys)], by, (events, known) =>
        foldEmailEvents(events, known, { nowMs, newId: deps.newId }),
      );
      const effects: EmailEffects = {
        ...{ eventIds: [], runs: [], waiting: [], known: [] },
        ...{ notices: [], leftContactIds: [] },
      };
      for (const { outcome, isOwn } of committed) {
        // What another workflow has committed, that one starts.
        if (!isOwn || outcome.status !== 'counted') continue;
        effects.eventIds.push(...outcome.eventIds);
        if (outcome.notice) effects.notices.push(outcome.notice);
        if (outcome.leftContactId !== undefined) effects.leftContactIds.push(outcome.leftContactId);
      }
      const folded = new Map(folds.flatMap(({ events }) => events).map((event) => [event.id, event]));
      deps.recentEvents.put(effects.eventIds.flatMap((id) => folded.get(id) ?? []));
      return effects;
    },

    /** Tells the automations that wait for this. A run looks at the email and its contact itself, too: this spares it the wait. */
    async tellRuns(input: { notices: RunNotice[]; leftContactIds: string[] }): Promise<void> {
      for (const notice of input.notices) await deps.starter.signalEmailNews(notice);
      for (const runKey of await deps.runsOfContacts.runningOf(input.leftContactIds)) {
        await deps.starter.signalContactLeft(runKey);
      }
    },
  };
}
