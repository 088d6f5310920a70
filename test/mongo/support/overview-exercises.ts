import { deliveryStatuses } from '../../../domain/delivery';
import type { Stores } from '../../../src/mongo/stores';
import { goneOutStatuses } from '../../../src/mongo/statistics';
import { topicCollections, topics } from '../../../src/live/topics';
import { eachOf, ids, nothing, some, type Exercises } from './exercise';
import { at, endpoints, workspaces } from './filled';

const [workspaceId] = workspaces;
const withinMs = 30_000;
const window = {
  ...{ workspaceId, fromMs: at(0).getTime(), untilMs: at(4_000).getTime(), bucketMs: 60_000, withinMs },
};
/** All rows of the time that is counted, by their keys alone. */
const counted = { ...nothing, readKeys: 6_000 };

/** What the overview counts, and whose changed documents are; see exercises.ts. */
export function overviewExercisesOf(stores: Stores): {
  statistics: Exercises<Stores['statistics']>;
  documentOwners: Exercises<Stores['documentOwners']>;
} {
  return {
    statistics: {
      messages: { ...counted, run: () => stores.statistics.messages(window) },
      rejections: { ...counted, run: () => stores.statistics.rejections(window) },
      deliveries: { ...counted, run: () => stores.statistics.deliveries(window) },
      emails: {
        ...counted,
        run: () => eachOf([...goneOutStatuses], (status) => stores.statistics.emails(window, status)),
      },
      doings: {
        ...counted,
        run: () => eachOf(['opened', 'clicked'] as const, (doing) => stores.statistics.doings(window, doing)),
      },
      unresolved: {
        ...nothing,
        readKeys: 200,
        run: () => stores.statistics.unresolved(workspaceId, at(0).getTime(), withinMs),
      },
      inStatus: {
        ...counted,
        run: () => eachOf([...deliveryStatuses], (status) => stores.statistics.inStatus(workspaceId, status, withinMs)),
      },
      failuresOf: {
        ask: 200,
        run: () =>
          eachOf([...endpoints], (id) => stores.statistics.failuresOf(workspaceId, id, at(0).getTime(), withinMs)),
      },
      // All keys of the workspace where none was used: they are few.
      firstSteps: { ask: 250, run: () => stores.statistics.firstSteps(workspaceId) },
    },
    documentOwners: {
      of: {
        ...some,
        run: () =>
          eachOf([...topics], (topic) => stores.documentOwners.of(topicCollections[topic], ids('delivery', 20))),
      },
    },
  };
}
