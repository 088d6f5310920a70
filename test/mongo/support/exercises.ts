import type { ClientSession, Filter } from 'mongodb';
import type { Automation } from '../../../domain/automation';
import { deliveryStatuses, type Attempt } from '../../../domain/delivery';
import { foldMessages } from '../../../domain/ingest';
import type { WebhookEvent } from '../../../domain/webhook-events';
import { statusFilter } from '../../../src/http/event-routes';
import { eventStatuses } from '../../../src/http/event-trace';
import type { MessageDocument } from '../../../src/mongo/messages';
import type { Database } from '../../../src/mongo/connect';
import { newId } from '../../../src/mongo/new-id';
import type { Stores } from '../../../src/mongo/stores';
import { deliveryExercisesOf } from './delivery-exercises';
import { accountExercisesOf } from './account-exercises';
import { mailExercisesOf } from './mail-exercises';
import { templateExercisesOf } from './template-exercises';
import { listenExercisesOf, watchOnce } from './listen-exercises';
import { endpointHealthExercisesOf } from './endpoint-health-exercises';
import { campaignResultExercisesOf } from './campaign-result-exercises';
import { emailExercisesOf } from './email-exercises';
import { contactExercisesOf } from './contact-exercises';
import { overviewExercisesOf } from './overview-exercises';
import { peopleExercisesOf } from './people-exercises';
import { providerExercisesOf } from './provider-exercises';
import { runExercisesOf } from './run-exercises';
import {
  combined,
  eachOf,
  ids,
  keys,
  limit,
  list,
  nothing,
  now,
  numbers,
  onEachPage,
  one,
  pages,
  placesInOrder,
  some,
  type Exercises,
} from './exercise';
import {
  at,
  deliveryOf,
  endpoints as endpointIds,
  idOf,
  lists as listIds,
  messageKeyOf,
  workspaces as workspaceIds,
} from './filled';

const [workspaceId, otherWorkspaceId] = workspaceIds;
const [endpointId, , foreignEndpointId] = endpointIds;

const event = (): WebhookEvent => ({
  ...{ id: newId('event'), workspaceId, type: 'contact.updated', body: '{}', createdAtMs: now.getTime() },
});
export const delivery = () => ({ ...deliveryOf(9_000), id: newId('delivery'), eventId: newId('event'), endpointId });
export const attemptOf = (deliveryId: string): Attempt => ({
  ...{ deliveryId, key: newId('event'), number: 1, round: 1, trigger: 'schedule', atMs: now.getTime() },
  ...{ durationMs: 5, statusCode: 200, responseBody: '' },
});
const automation = (): Automation => ({
  ...{ id: newId('automation'), workspaceId, name: 'Welcome', status: 'active', eventKey: 'opened', version: 1 },
  ...{ trigger: { type: 'CUSTOM_EVENT', eventName: 'Opened' }, steps: [] },
  ...{ createdAtMs: now.getTime(), updatedAtMs: now.getTime() },
});
const endpoint = () => ({
  ...{ id: newId('endpoint'), workspaceId: newId('workspace'), url: 'https://example.com', description: '' },
  ...{ events: ['contact.created' as const], headers: {}, secrets: [], status: 'active' as const },
  ...{ createdAt: now, updatedAt: now },
});

/** As the list of events asks for it. */
function messageFilterOf(asked: {
  status?: (typeof eventStatuses)[number];
  type?: 'identify' | 'track';
  contactId?: string;
  source?: 'rudderstack';
  eventKey?: string;
  since?: Date;
}): Filter<MessageDocument> {
  const { status, contactId, since, type, source, eventKey } = asked;
  return {
    workspaceId,
    ...(type === undefined ? {} : { type }),
    ...(source === undefined ? {} : { source }),
    ...(eventKey === undefined ? {} : { eventKey }),
    ...(contactId === undefined ? {} : { 'outcome.contactId': contactId }),
    ...(since === undefined ? {} : { receivedAt: { $gte: since } }),
    ...statusFilter(status),
  };
}

/** What each method is called with, in every combination that the HTTP API allows. */
export function exercisesOf(
  stores: Stores,
  database: () => Database,
): { [Name in keyof Stores]: Exercises<Stores[Name]> } {
  const inTransaction = (work: (session: ClientSession) => Promise<unknown>) => database().transactionOnce(work);

  const workspaces: Exercises<Stores['workspaces']> = {
    get: { ...one, run: () => stores.workspaces.get(workspaceId) },
    withWebhooks: { ...some, run: () => stores.workspaces.withWebhooks(ids('workspace', 20)) },
    insert: {
      ...nothing,
      run: () =>
        stores.workspaces.insert({
          ...{ _id: newId('workspace'), name: 'w', plan: 'pro', createdAt: now, updatedAt: now },
        }),
    },
    update: { ...one, run: () => stores.workspaces.update(workspaceId, { name: 'v', defaultListId: listIds[0] }, now) },
    noteSource: { ...one, run: () => stores.workspaces.noteSource(workspaceId, 'segment', now) },
    clearDefaultList: { ...one, run: () => stores.workspaces.clearDefaultList(workspaceId, listIds[0], now) },
  };

  const apiKeys: Exercises<Stores['apiKeys']> = {
    insert: {
      ...nothing,
      run: () =>
        stores.apiKeys.insert({
          ...{ _id: newId('apiKey'), workspaceId, name: 'k', hash: newId('apiKey'), display: 'esx', createdAt: now },
        }),
    },
    byHash: { ...one, run: () => stores.apiKeys.byHash('hash17') },
    list: { ...one, run: () => stores.apiKeys.list(otherWorkspaceId) },
    // All keys of the workspace, revoked ones too: they are few, and it happens seldom.
    revokeUnlessLast: {
      ask: 120,
      run: () =>
        inTransaction((session) => stores.apiKeys.revokeUnlessLast(otherWorkspaceId, idOf('apiKey', 50), now, session)),
    },
    touch: { ...one, run: () => stores.apiKeys.touch(idOf('apiKey', 7), now) },
  };

  const messages: Exercises<Stores['messages']> = {
    insert: {
      ...nothing,
      run: () =>
        stores.messages.insert([
          {
            ...{ _id: `${workspaceId}/new`, workspaceId, messageId: 'new', type: 'track', source: 'sdk', body: '{}' },
            ...{ receivedAt: now, occurredAt: now, state: 'received' },
          },
        ]),
    },
    done: { ...some, run: () => stores.messages.done(keys(20)) },
    byKeys: { ...some, run: () => stores.messages.byKeys(keys(20)) },
    finish: {
      ...one,
      run: () =>
        inTransaction((session) =>
          stores.messages.finish(
            new Map(keys(20).map((key) => [key, { status: 'failed', reason: 'no' }])),
            { nowMs: now.getTime() },
            session,
          ),
        ),
    },
    markWaiting: { ...one, run: () => stores.messages.markWaiting(messageKeyOf(30)) },
    waiting: {
      ask: 50,
      run: () =>
        eachOf(combined({ after: placesInOrder } as const), ({ after }) =>
          stores.messages.waiting({ before: now, limit: 50, after }),
        ),
    },
    claimUnfinished: { ask: 50, run: () => stores.messages.claimUnfinished(now, now, 50) },
    page: [
      {
        ...list,
        // Of what is received but not done the keys of other workspaces are read too.
        readKeys: 250,
        run: () =>
          eachOf(
            combined({
              status: [undefined, ...eventStatuses],
              type: [undefined, 'identify', 'track'],
              contactId: [undefined, idOf('contact', 3)],
              source: [undefined, 'rudderstack'],
              since: [undefined, at(100)],
              page: pages,
            } as const),
            (asked) => stores.messages.page(messageFilterOf(asked), asked.page ?? { limit }),
          ),
      },
      // A third of these tracks is not recorded; outside of tests nearly all are.
      {
        ask: 120,
        readKeys: 250,
        run: () =>
          eachOf(
            combined({
              status: [undefined, ...eventStatuses],
              type: ['track'],
              eventKey: ['opened', 'clicked', 'nothing'],
              source: [undefined, 'rudderstack'],
              since: [undefined, at(100)],
              page: pages,
            } as const),
            (asked) => stores.messages.page(messageFilterOf(asked), asked.page ?? { limit }),
          ),
      },
    ],
  };

  const idempotencyKeys: Exercises<Stores['idempotencyKeys']> = {
    begin: {
      ...one,
      run: () =>
        eachOf([messageKeyOf(1), messageKeyOf(2), 'new'], (key) => stores.idempotencyKeys.begin(key, 'f', now)),
    },
    finish: { ...one, run: () => stores.idempotencyKeys.finish(messageKeyOf(3), {}) },
    abandon: { ...one, run: () => stores.idempotencyKeys.abandon(messageKeyOf(5)) },
  };

  const rejections: Exercises<Stores['rejections']> = {
    insert: {
      ...nothing,
      run: () =>
        stores.rejections.insert([
          {
            ...{ _id: newId('rejection'), workspaceId, source: 'sdk', reason: 'no', pointer: '', body: '{}' },
            ...{ isTruncated: false, receivedAt: now },
          },
        ]),
    },
    get: { ...one, run: () => stores.rejections.get(workspaceId, idOf('rejection', 1)) },
    markResent: { ...one, run: () => stores.rejections.markResent(workspaceId, idOf('rejection', 1), now) },
    page: { ...list, run: onEachPage((page) => stores.rejections.page(workspaceId, page)) },
  };

  const lists: Exercises<Stores['lists']> = {
    insert: {
      ...nothing,
      run: () => stores.lists.insert({ _id: newId('list'), workspaceId, name: 'l', createdAt: now, updatedAt: now }),
    },
    get: { ...one, run: () => stores.lists.get(workspaceId, listIds[0]) },
    existing: { ...some, run: () => stores.lists.existing(workspaceId, ids('list', 20)) },
    rename: { ...one, run: () => stores.lists.rename(workspaceId, listIds[0], 'm', now) },
    delete: { ...one, run: () => stores.lists.delete(workspaceId, idOf('list', 9)) },
    page: { ...list, run: onEachPage((page) => stores.lists.page(workspaceId, page)) },
  };

  const automations: Exercises<Stores['automations']> = {
    listeningTo: {
      ...some,
      run: () => stores.automations.listeningTo(workspaceId, ['key 1', 'key 2', 'key 3', 'never heard of']),
    },
    get: { ...one, run: () => stores.automations.get(workspaceId, idOf('automation', 1)) },
    save: { ...one, run: () => stores.automations.save(automation()) },
    pausedSince: { ...one, run: () => stores.automations.pausedSince(idOf('automation', 1)) },
    versionOf: { ...one, run: () => stores.automations.versionOf(idOf('automation', 1), 1) },
    delete: {
      ...one,
      run: () => inTransaction((session) => stores.automations.delete(workspaceId, idOf('automation', 6), session)),
    },
    page: { ...list, run: onEachPage((page) => stores.automations.page(workspaceId, page)) },
    eventKeys: { ...one, run: () => stores.automations.eventKeys(workspaceId) },
  };

  const waiters: Exercises<Stores['waiters']> = {
    add: { ...one, run: () => stores.waiters.add(messageKeyOf(1), ['r'], now) },
    remove: { ...one, run: () => stores.waiters.remove([messageKeyOf(2), 'nobody']) },
    waitingFor: { ...some, run: () => stores.waiters.waitingFor(numbers(20).map((row) => `${workspaceId}/u/u${row}`)) },
  };

  const endpoints: Exercises<Stores['endpoints']> = {
    insert: { ...some, run: () => stores.endpoints.insert({ ...endpoint(), workspaceId }) },
    find: { ...one, run: () => stores.endpoints.find(endpointId) },
    get: { ...one, run: () => stores.endpoints.get(workspaceId, endpointId) },
    subscribers: {
      ...some,
      run: () => stores.endpoints.subscribers([workspaceId, otherWorkspaceId, idOf('workspace', 700)]),
    },
    markSlow: { ...one, run: () => stores.endpoints.markSlow(endpointId, now) },
    clearSlow: { ...one, run: () => stores.endpoints.clearSlow(endpointId) },
    page: { ...list, run: onEachPage((page) => stores.endpoints.page(workspaceId, page)) },
    update: { ...one, run: () => stores.endpoints.update(endpointId, { status: 'active' }, now) },
    disable: { ...one, run: () => stores.endpoints.disable(foreignEndpointId, 'gone', now) },
    withNotice: { ask: 50, run: () => stores.endpoints.withNotice(now, 50) },
    clearNotice: { ...one, run: () => stores.endpoints.clearNotice(idOf('endpoint', 702), at(700)) },
  };

  const events: Exercises<Stores['events']> = {
    watch: {
      ...nothing,
      run: () => eachOf([workspaceId], (id) => watchOnce(stores.events.watch(id, ['contact.created']))),
    },
    insert: { ...nothing, run: () => inTransaction((session) => stores.events.insert([event()], session)) },
    insertUnasked: {
      ...nothing,
      run: () => inTransaction((session) => stores.events.insertUnasked([event()], now, session)),
    },
    get: { ...one, run: () => stores.events.get(idOf('event', 1)) },
    ofContact: { ...list, run: onEachPage((page) => stores.events.ofContact(idOf('contact', 3), page)) },
    undispatched: { ...some, run: () => stores.events.undispatched(ids('event', 20)) },
    headsOf: { ...some, run: () => stores.events.headsOf(ids('event', 20)) },
    bodies: { ...some, run: () => stores.events.bodies(ids('event', 20)) },
    markDispatched: { ...some, run: () => stores.events.markDispatched(ids('event', 20), now) },
    erase: { ...some, run: () => stores.events.erase(ids('event', 20), now) },
    leftBehind: { ask: 50, run: () => stores.events.leftBehind(now, 50) },
  };

  const open = deliveryStatuses.filter((status) => status !== 'delivered' && status !== 'cancelled');
  const deliveries: Exercises<Stores['deliveries']> = {
    ensure: { ...some, run: () => stores.deliveries.ensure([delivery(), ...numbers(19).map(deliveryOf)]) },
    find: { ...one, run: () => stores.deliveries.find(idOf('delivery', 1)) },
    get: { ...one, run: () => stores.deliveries.get(workspaceId, idOf('delivery', 1)) },
    byIds: { ...some, run: () => stores.deliveries.byIds(ids('delivery', 20)) },
    byPairs: { ...some, run: () => stores.deliveries.byPairs([delivery(), ...numbers(19).map(deliveryOf)]) },
    byPair: { ...one, run: () => stores.deliveries.byPair(deliveryOf(1)) },
    insertForDispatch: { ...nothing, run: () => stores.deliveries.insertForDispatch([delivery()]) },
    moveToDispatch: { ...some, run: () => stores.deliveries.moveToDispatch(ids('delivery', 20), 'dispatch/1', now) },
    inDispatch: { ask: 50, run: () => stores.deliveries.inDispatch(endpointId, 50) },
    // Keys alone, of all that waits in lanes.
    endpointsInDispatch: { ...nothing, readKeys: 250, run: () => stores.deliveries.endpointsInDispatch(now, 50) },
    overdue: {
      ask: 50,
      run: () =>
        eachOf(
          combined({ status: ['retrying', 'pending'], after: placesInOrder } as const),
          ({ status = 'pending', after }) => stores.deliveries.overdue(status, { before: now, limit: 50, after }),
        ),
    },
    claimOverdue: {
      ...one,
      run: () => eachOf([deliveryOf(1), deliveryOf(18)], (each) => stores.deliveries.claimOverdue(each, 'delivery/1')),
    },
    claimFailed: { ...some, run: () => stores.deliveries.claimFailed(ids('delivery', 20), 'retry-group/1') },
    lease: { ...some, run: () => stores.deliveries.lease(ids('delivery', 20), now) },
    move: { ...some, run: () => stores.deliveries.move(ids('delivery', 20), 'batch/b1', 'retry-group/1') },
    takeOver: { ...one, run: () => stores.deliveries.takeOver(idOf('delivery', 1), 'delivery/1') },
    setStatus: { ...some, run: () => stores.deliveries.setStatus(ids('delivery', 20), 'batch/b1', 'held', now) },
    unhold: { ...some, run: () => stores.deliveries.unhold(ids('delivery', 20), 'batch/b1', now) },
    update: { ...one, run: () => stores.deliveries.update(idOf('delivery', 1), { status: 'cancelled' }, now) },
    cancel: { ...one, run: () => stores.deliveries.cancel(idOf('delivery', 2), now) },
    ofEndpoint: {
      ask: 50,
      readKeys: 250,
      run: () =>
        eachOf(
          combined({
            statuses: [['failed'], ['held'], open],
            since: [undefined, at(450)],
            until: [undefined, at(470)],
            afterId: [undefined, idOf('delivery', 300)],
          } as const),
          ({ statuses = [], ...where }) =>
            stores.deliveries.ofEndpoint(endpointIds[1], { statuses: [...statuses], ...where }, 50),
        ),
    },
    // Counts keys: no document is read.
    countOfEndpoint: {
      ...nothing,
      readKeys: 250,
      run: () =>
        eachOf(combined({ since: [undefined, at(450)], until: [undefined, at(470)] } as const), (where) =>
          stores.deliveries.countOfEndpoint(endpointIds[1], { statuses: ['failed'], ...where }),
        ),
    },
  };

  const attempts: Exercises<Stores['attempts']> = {
    insert: {
      ...one,
      run: () => eachOf([newId('delivery'), idOf('delivery', 1)], (id) => stores.attempts.insert(attemptOf(id))),
    },
    insertMany: {
      ...nothing,
      run: () => inTransaction((session) => stores.attempts.insertMany([attemptOf(newId('delivery'))], session)),
    },
    last: { ...one, run: () => stores.attempts.last(idOf('delivery', 2)) },
    list: { ...one, run: () => stores.attempts.list(idOf('delivery', 2)) },
  };

  const ingest: Exercises<Stores['ingest']> = {
    commit: {
      ask: 40,
      run: () =>
        stores.ingest.commit(keys(40), { nowMs: now.getTime() }, (inbox, known) =>
          foldMessages(inbox, known, { nowMs: now.getTime(), newId, mayWait: false }),
        ),
    },
    waitingFor: {
      ...some,
      run: () =>
        stores.ingest.waitingFor([
          { key: 'k', isOwn: true, refs: numbers(20).map((row) => `${workspaceId}/u/u${row}`) },
        ]),
    },
  };

  return {
    ...{ workspaces, apiKeys, messages, idempotencyKeys, rejections, lists, automations, waiters },
    ...{ endpoints, events, deliveries, attempts, ingest },
    ...runExercisesOf(stores, inTransaction),
    ...emailExercisesOf(stores, inTransaction),
    ...campaignResultExercisesOf(stores),
    ...deliveryExercisesOf(stores),
    ...endpointHealthExercisesOf(stores),
    ...listenExercisesOf(stores),
    ...overviewExercisesOf(stores),
    ...providerExercisesOf(stores),
    ...templateExercisesOf(stores),
    ...accountExercisesOf(stores, inTransaction),
    ...mailExercisesOf(stores),
    ...peopleExercisesOf(stores, inTransaction),
    ...contactExercisesOf(stores, inTransaction),
  };
}
