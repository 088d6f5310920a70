import type { Stores } from '../../../src/mongo/stores';
import { eachOf, type Exercises } from './exercise';
import { at, endpoints, workspaces } from './filled';

/** How endpoints do; see exercises.ts. */
export function endpointHealthExercisesOf(stores: Stores): {
  endpointHealth: Exercises<Stores['endpointHealth']>;
} {
  return {
    endpointHealth: {
      // A hundred deliveries and their attempts; of all the others of these hours the keys alone.
      activity: {
        ask: 100,
        readKeys: 4_000,
        run: () =>
          eachOf([...endpoints, 'whe_of_nobody'], (endpointId) =>
            stores.endpointHealth.activity(workspaces[0], endpointId, at(3_600)),
          ),
      },
    },
  };
}
