import { foldMessages, type Fold, type InboxMessage, type Known, type Outcome } from '../domain/ingest';
import type { IdKind } from '../domain/ids';
import type { WebhookEvent } from '../domain/webhook-events';
import type { GroupPressure } from './group-pressure';
import type { RecentEvents } from './recent-events';

interface Committed {
  key: string;
  outcome?: Outcome;
  refs: string[];
  /** Whether this workflow has committed it, now or in an earlier try. */
  isOwn: boolean;
}
/** Where messages and their effects are kept. Needs: src/mongo/ingest.ts. */
export interface IngestStore {
  commit(
    keys: string[],
    by: { nowMs: number; workflowId?: string },
    fold: (messages: InboxMessage[], known: Known) => Fold,
  ): Promise<Committed[]>;
  waitingFor(messages: Committed[]): Promise<string[]>;
}

/** What a commit leaves to be started; ids only, since this goes into the workflow's history. */
export interface Effects {
  eventIds: string[];
  runs: { key: string; workspaceId: string }[];
  /** Tracks whose contact is not known yet. */
  waiting: string[];
  /** Tracks elsewhere that waited for a contact of this commit. */
  known: string[];
}

/**
 * Gives each message its outcome and effect, in their order, once: messages that have an outcome are read back, so a
 * redo after a crash returns what the first try had made. With `mayWait` a track without a contact is left open.
 */
export function createCommitMessages(deps: {
  ingest: IngestStore;
  now: () => number;
  newId: (kind: IdKind) => string;
  ownWorkflowId: () => string | undefined;
  recentEvents: RecentEvents;
  pressure: GroupPressure;
}) {
  return {
    async commitMessages(input: { keys: string[]; mayWait: boolean }): Promise<Effects> {
      if (input.keys.length > 1) await deps.pressure.room();
      const nowMs = deps.now();
      const options = { nowMs, newId: deps.newId, mayWait: input.mayWait };
      // A message that stands in a group twice must not be folded twice.
      const keys = [...new Set(input.keys)];
      const workflowId = deps.ownWorkflowId();
      const by = { nowMs, ...(workflowId === undefined ? {} : { workflowId }) };
      // A transaction may run twice, and there is one for each workspace: what an outcome names is what was committed.
      const folded = new Map<string, WebhookEvent>();
      const committed = await deps.ingest.commit(keys, by, (messages, known) => {
        const fold = foldMessages(messages, known, options);
        for (const event of fold.events) folded.set(event.id, event);
        return fold;
      });
      const effects: Effects = { eventIds: [], runs: [], waiting: [], known: [] };
      for (const { key, outcome, isOwn } of committed) {
        if (!outcome) effects.waiting.push(key);
        else if (outcome.status === 'recorded') {
          const workspaceId = key.slice(0, key.indexOf('/'));
          for (const { runKey } of outcome.automations)
            if (runKey !== undefined) effects.runs.push({ key: runKey, workspaceId });
        } else if ('eventIds' in outcome && isOwn) {
          // What another workflow has committed, that one dispatches: two would send everything twice.
          effects.eventIds.push(...outcome.eventIds);
        }
      }
      deps.recentEvents.put(effects.eventIds.flatMap((id) => folded.get(id) ?? []));
      const madeKnown = committed.filter(({ outcome }) => outcome !== undefined && 'eventIds' in outcome);
      // After the commit and outside of it: a track that waits has written its row before it looked for the contact.
      effects.known = await deps.ingest.waitingFor(madeKnown);
      return effects;
    },
  };
}
