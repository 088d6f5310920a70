import type { ActivityDeps } from '../../activities';
import type { Database } from './connect';
import { createAttemptRecorder, createGroupLog } from './group-log';
import { createDeliveryLog, createDispatchStore } from './delivery-log';
import { messageOf, refsOf } from './ingest';
import { createRunLog } from './run-log';
import type { Stores } from './stores';

/** The stores in the narrow forms that activities declare. */
export function createActivityStores(
  database: Database,
  stores: Stores,
): Pick<
  ActivityDeps,
  'ingest' | 'waitingRoom' | 'dispatch' | 'log' | 'recorder' | 'groupLog' | 'runs' | 'deliveries' | 'leftBehind'
> {
  return {
    ingest: stores.ingest,
    dispatch: createDispatchStore(stores),
    log: createDeliveryLog(stores),
    recorder: createAttemptRecorder(database, stores),
    groupLog: createGroupLog(stores),
    runs: createRunLog(database, stores),
    waitingRoom: {
      async enter(messageKey, nowMs) {
        const [document] = await stores.messages.byKeys([messageKey]);
        if (!document) return;
        await stores.messages.markWaiting(messageKey);
        await stores.waiters.add(messageKey, refsOf(document.workspaceId, messageOf(document)), new Date(nowMs));
      },
      leave: (messageKey) => stores.waiters.remove([messageKey]),
    },
    deliveries: {
      ofEndpoint: (endpointId, where, limit) => stores.deliveries.ofEndpoint(endpointId, where, limit),
      markCancelled: (deliveryId) => stores.deliveries.cancel(deliveryId, new Date()),
      claimFailed: (deliveryIds, workflowId) => stores.deliveries.claimFailed(deliveryIds, workflowId),
      moveToDispatch: (deliveryIds, workflowId, nowMs) =>
        stores.deliveries.moveToDispatch(deliveryIds, workflowId, new Date(nowMs)),
      receiver: (endpointId) => stores.endpoints.find(endpointId),
      clearNotice: (endpointId, since) => stores.endpoints.clearNotice(endpointId, since),
    },
    leftBehind: {
      claimMessages: (beforeMs, nowMs, limit) =>
        stores.messages.claimUnfinished(new Date(beforeMs), new Date(nowMs), limit),
      events: (beforeMs, limit) => stores.events.leftBehind(new Date(beforeMs), limit),
      async lanes(beforeMs, limit) {
        const endpointIds = await stores.deliveries.endpointsInDispatch(new Date(beforeMs), limit);
        const endpoints = await Promise.all(endpointIds.map((id) => stores.endpoints.find(id)));
        return endpoints.filter((endpoint) => endpoint !== undefined);
      },
      async notices(beforeMs, limit) {
        const endpoints = await stores.endpoints.withNotice(new Date(beforeMs), limit);
        return endpoints.map(({ id, notice }) => ({ endpointId: id, ...notice }));
      },
    },
  };
}
