import { inTurns } from './in-turns';

/** Needs: src/mongo/activity-stores.ts. Imports and erasures that were stored, and that nobody may be at work on. */
export interface PeopleLeftBehind {
  imports(beforeMs: number, limit: number): Promise<string[]>;
  erasures(beforeMs: number, limit: number): Promise<string[]>;
  /** Takes away uploads that were cut off before that moment. */
  dropCutOff(beforeMs: number, limit: number): Promise<number>;
}
/** Needs: src/temporal/start.ts. Starting what runs already is a success. */
export interface PeopleStarter {
  startContactImport(importId: string): Promise<void>;
  startContactErase(contactId: string): Promise<void>;
}

const maxAtOnce = 50;
/** Longer than an upload can take. */
const uploadMs = 3_600_000;

/** Part of the sweep: imports and erasures whose workflow was not started, or is gone. */
export function createSweepPeople(deps: {
  peopleLeftBehind: PeopleLeftBehind;
  starter: PeopleStarter;
  now: () => number;
}) {
  const { peopleLeftBehind, starter } = deps;
  return {
    async startImports(olderThanMs: number): Promise<number> {
      const ids = await peopleLeftBehind.imports(deps.now() - olderThanMs, maxAtOnce);
      await inTurns(ids, (id) => starter.startContactImport(id));
      await peopleLeftBehind.dropCutOff(deps.now() - uploadMs, maxAtOnce);
      return ids.length;
    },

    async startErasures(olderThanMs: number): Promise<number> {
      const ids = await peopleLeftBehind.erasures(deps.now() - olderThanMs, maxAtOnce);
      await inTurns(ids, (id) => starter.startContactErase(id));
      return ids.length;
    },
  };
}
export type SweepPeople = ReturnType<typeof createSweepPeople>;
