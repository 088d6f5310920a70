import type { ActivityDeps } from '../../activities';
import type { OverduePage } from '../../activities/overdue';
import { createCampaignLog } from './campaign-log';
import type { Database } from './connect';
import { createAttemptRecorder, createGroupLog } from './group-log';
import { createDeliveryLog, createDispatchStore } from './delivery-log';
import { createErasureLog } from './erasure-log';
import { createImportLog } from './import-transaction';
import { messageOf, refsOf } from './ingest';
import { createOutbox } from './outbox';
import { createRunLog } from './run-log';
import { createSendLog } from './send-log';
import type { Stores } from './stores';

/** The stores in the narrow forms that activities declare. */
export function createActivityStores(
  database: Database,
  stores: Stores,
): Pick<
  ActivityDeps,
  | 'ingest'
  | 'emailIngest'
  | 'runsOfContacts'
  | 'sendLog'
  | 'outbox'
  | 'campaigns'
  | 'waitingRoom'
  | 'dispatch'
  | 'log'
  | 'recorder'
  | 'groupLog'
  | 'runs'
  | 'deliveries'
  | 'leftBehind'
  | 'emailsLeftBehind'
  | 'campaignsLeftBehind'
  | 'overdue'
  | 'imports'
  | 'personalData'
  | 'peopleLeftBehind'
> {
  return {
    ingest: stores.ingest,
    emailIngest: stores.emailIngest,
    runsOfContacts: { runningOf: (contactIds) => stores.runs.runningOf(contactIds) },
    sendLog: createSendLog(database, stores, async (workspaceIds) => {
      const endpoints = await stores.endpoints.subscribers(workspaceIds);
      const asking = endpoints.filter(({ events }) => events.includes('email.delivered'));
      return new Set(asking.map(({ workspaceId }) => workspaceId));
    }),
    outbox: createOutbox(stores),
    campaigns: createCampaignLog(database, stores),
    imports: createImportLog(database, stores),
    personalData: createErasureLog(stores),
    peopleLeftBehind: {
      imports: (beforeMs, limit) => stores.imports.leftBehind(new Date(beforeMs), limit),
      erasures: (beforeMs, limit) => stores.erasures.leftBehind(new Date(beforeMs), limit),
      async dropCutOff(beforeMs, limit) {
        const ids = await stores.imports.cutOff(new Date(beforeMs), limit);
        for (const id of ids) await stores.imports.drop(id);
        return ids.length;
      },
    },
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
    campaignsLeftBehind: {
      leftBehind: (beforeMs, limit) => stores.campaigns.leftBehind(new Date(beforeMs), limit),
      told: ({ id, lookAt }, nowMs) => stores.campaigns.told(id, lookAt, new Date(nowMs)),
    },
    emailsLeftBehind: {
      claimEmails: (beforeMs, nowMs, limit) =>
        stores.emails.claimLeftBehind(new Date(beforeMs), new Date(nowMs), limit),
      claimEmailEvents: (beforeMs, nowMs, limit) =>
        stores.emailEvents.claimUnfinished(new Date(beforeMs), new Date(nowMs), limit),
    },
    overdue: {
      deliveries: (status, page) => stores.deliveries.overdue(status, storedPage(page)),
      claim: (delivery, to) => stores.deliveries.claimOverdue(delivery, to),
      async tracks(page) {
        const waiting = await stores.messages.waiting(storedPage(page));
        return waiting.map(({ _id, receivedAt }) => ({ key: _id, receivedAtMs: receivedAt.getTime() }));
      },
    },
  };
}

/** The page as the stores take it. */
function storedPage({ beforeMs, limit, after }: OverduePage) {
  return {
    before: new Date(beforeMs),
    limit,
    ...(after ? { after: { at: new Date(after.atMs), id: after.id } } : {}),
  };
}
