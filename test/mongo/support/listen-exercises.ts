import type { ListenerRequest } from '../../../src/mongo/listener-requests';
import { newId } from '../../../src/mongo/new-id';
import type { Stores } from '../../../src/mongo/stores';
import { eachOf, ids, nothing, now, numbers, one, some, type Exercises } from './exercise';
import { at, idOf, many, workspaceOf, workspaces as workspaceIds } from './filled';

const [workspaceId] = workspaceIds;
type Names = 'listeners' | 'listenerRequests';

const listenerOf = (row: number) => ({
  ...{ workspaceId: workspaceOf(row), name: 'laptop', forwardTo: '', events: [], onlySent: false, since: at(row) },
});
const requestOf = (row: number): ListenerRequest => ({
  ...{ id: idOf('listenerRequest', row), workspaceId: workspaceOf(row), listenerId: idOf('listener', row % 30) },
  ...{
    eventId: idOf('event', row),
    state: row < 60 ? ('waiting' as const) : ('answered' as const),
    createdAt: at(row),
  },
});

export async function fillListeners(stores: Stores): Promise<void> {
  await Promise.all(numbers(200).map((row) => stores.listeners.connect(listenerOf(row), idOf('listener', row))));
  await Promise.all(numbers(many).map((row) => stores.listenerRequests.insert(requestOf(row))));
}

/** Opens a change stream, so that what it asks is seen, and ends it. */
export async function watchOnce(changes: { tryNext(): Promise<unknown>; close(): Promise<void> }): Promise<void> {
  await changes.tryNext();
  await changes.close();
}

export function listenExercisesOf(stores: Stores): { [Name in Names]: Exercises<Stores[Name]> } {
  const connect = () => stores.listeners.connect(listenerOf(1), idOf('listener', 1));
  const answer = { statusCode: 200, headers: [], body: '', durationMs: 1, error: null };

  const listeners: Exercises<Stores['listeners']> = {
    sessionSecret: { ...nothing, run: () => Promise.resolve(stores.listeners.sessionSecret(workspaceId)) },
    connect: {
      ...one,
      run: () => eachOf([idOf('listener', 1), undefined], (id) => stores.listeners.connect(listenerOf(1), id)),
    },
    isStillConnected: { ...one, run: async () => stores.listeners.isStillConnected(await connect(), now) },
    disconnect: { ...one, run: async () => stores.listeners.disconnect(await connect()) },
    connected: { ask: 100, run: () => stores.listeners.connected(workspaceId, now) },
  };

  const listenerRequests: Exercises<Stores['listenerRequests']> = {
    insert: {
      ...nothing,
      run: () => stores.listenerRequests.insert({ ...requestOf(1), id: newId('listenerRequest') }),
    },
    get: { ...one, run: () => stores.listenerRequests.get(workspaceId, idOf('listenerRequest', 1)) },
    take: { ...one, run: () => stores.listenerRequests.take(idOf('listener', 1)) },
    sendAgain: { ...some, run: () => stores.listenerRequests.sendAgain(idOf('listener', 1)) },
    answer: {
      ...one,
      run: () => eachOf([1, 2, 2], (row) => stores.listenerRequests.answer(requestOf(row), answer, now)),
    },
    forgetAnswers: { ...some, run: () => stores.listenerRequests.forgetAnswers(ids('event', 20)) },
  };
  return { listeners, listenerRequests };
}
