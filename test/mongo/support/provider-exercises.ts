import { newId } from '../../../src/mongo/new-id';
import type { Stores } from '../../../src/mongo/stores';
import { list, nothing, now, numbers, onEachPage, one, some, type Exercises } from './exercise';
import { at, few, idOf, many, workspaces } from './filled';

const [workspaceId] = workspaces;

/** A few of the first workspace, as many as one may have, and one of each other. */
export async function fillProviders(stores: Stores): Promise<void> {
  await stores.providers.collection.insertMany(
    numbers(few + many).map((row) => ({
      ...{ _id: idOf('provider', row), provider: 'mailgun', createdAt: at(row), updatedAt: at(row) },
      ...{ workspaceId: row < 10 ? workspaceId : idOf('workspace', row) },
      ...(row % 2
        ? { status: 'active', reportsDeliveries: row % 4 === 1 }
        : { status: 'pending', reportsDeliveries: true }),
    })),
  );
  await stores.providerTokens.collection.insertMany(
    numbers(few + many).map((row) => ({ _id: `${idOf('provider', 1)}/t${row}`, bodyHash: 'h', at: now })),
  );
}

/** The stores of providers; see exercises.ts. */
export function providerExercisesOf(stores: Stores): {
  providers: Exercises<Stores['providers']>;
  providerTokens: Exercises<Stores['providerTokens']>;
} {
  return {
    providers: {
      insert: {
        ...nothing,
        run: () =>
          stores.providers.insert({
            ...{ id: newId('provider'), workspaceId, provider: 'resend', secret: 's', status: 'active' },
            ...{ reportsDeliveries: true, createdAt: now, updatedAt: now },
          }),
      },
      find: { ...one, run: () => stores.providers.find(idOf('provider', 1)) },
      get: { ...one, run: () => stores.providers.get(workspaceId, idOf('provider', 1)) },
      setStatus: { ...one, run: () => stores.providers.setStatus(idOf('provider', 2), 'active', now) },
      delete: { ...one, run: () => stores.providers.delete(workspaceId, idOf('provider', 3)) },
      count: { ...some, run: () => stores.providers.count(workspaceId) },
      active: { ...some, run: () => stores.providers.active(workspaceId) },
      awaitsNotice: { ...some, run: () => stores.providers.awaitsNotice(workspaceId) },
      page: { ...list, run: onEachPage((page) => stores.providers.page(workspaceId, page)) },
    },
    providerTokens: {
      use: { ...one, run: () => stores.providerTokens.use(`${idOf('provider', 1)}/t7`, 'h', now) },
    },
  };
}
