import type { ClientSession } from 'mongodb';
import { runStatuses } from '../../../src/mongo/automation-runs';
import { newId } from '../../../src/mongo/new-id';
import type { Stores } from '../../../src/mongo/stores';
import {
  combined,
  eachOf,
  ids,
  limit,
  list,
  nothing,
  now,
  onEachPage,
  one,
  pages,
  some,
  type Exercises,
} from './exercise';
import { at, idOf, messageKeyOf, workspaces } from './filled';

const [workspaceId] = workspaces;
const which = { workspaceId, automationId: idOf('automation', 1) };
const runKey = `${idOf('automation', 0)}/${idOf('contact', 0)}/m0`;
const run = () => ({
  ...{ key: newId('automationRun'), ...which, automationName: 'Welcome', version: 1 },
  ...{ contactId: idOf('contact', 1), messageKey: messageKeyOf(1) },
});

/** The store of automations' runs; see exercises.ts. */
export function runExercisesOf(
  stores: Stores,
  inTransaction: (work: (session: ClientSession) => Promise<unknown>) => Promise<unknown>,
): { runs: Exercises<Stores['runs']> } {
  return {
    runs: {
      insert: { ...nothing, run: () => inTransaction((session) => stores.runs.insert([run()], now, session)) },
      get: { ...one, run: () => stores.runs.get(runKey) },
      runningOf: { ...some, run: () => stores.runs.runningOf(ids('contact', 20)) },
      logStep: {
        ...one,
        run: () => stores.runs.logStep(runKey, { position: [0], step: 'end', at: now, result: 'done' }, [1]),
      },
      standAt: { ...one, run: () => stores.runs.standAt(runKey, [2, 'then', 0]) },
      end: { ...one, run: () => stores.runs.end(runKey, 'completed', now) },
      page: {
        ...list,
        run: () =>
          eachOf(
            combined({
              status: [undefined, ...runStatuses],
              at: [undefined, { version: 1, standsAt: '1' }, { version: 9, standsAt: '0' }],
              page: pages,
            } as const),
            ({ page = { limit }, ...filter }) => stores.runs.page({ ...which, ...filter }, page),
          ),
      },
      ofContact: { ...list, run: onEachPage((page) => stores.runs.ofContact(idOf('contact', 1), page)) },
      // Counts read keys and no documents.
      standing: { ...nothing, readKeys: 100, run: () => stores.runs.standing(workspaceId, which.automationId) },
      count: {
        ...nothing,
        readKeys: 250,
        run: () =>
          eachOf(combined({ status: [undefined, ...runStatuses], since: [undefined, at(450)] } as const), (filter) =>
            stores.runs.count({ ...which, ...filter }),
          ),
      },
      runningByAutomation: {
        ...nothing,
        readKeys: 150,
        run: () => stores.runs.runningByAutomation(workspaceId, ids('automation', 20)),
      },
      lastStart: { ...one, run: () => stores.runs.lastStart(workspaceId, which.automationId) },
    },
  };
}
