import type { ClientSession } from 'mongodb';
import type { Automation } from '../../../domain/automation';
import { newContact, type Contact } from '../../../domain/contact';
import { deliveryStatuses, type Attempt } from '../../../domain/delivery';
import { foldMessages } from '../../../domain/ingest';
import type { WebhookEvent } from '../../../domain/webhook-events';
import { eventStatuses } from '../../../src/http/event-trace';
import type { Database } from '../../../src/mongo/connect';
import { newId } from '../../../src/mongo/new-id';
import type { Stores } from '../../../src/mongo/stores';
import { mailExercisesOf } from './mail-exercises';
import { templateExercisesOf } from './template-exercises';
import { emailExercisesOf } from './email-exercises';
import { peopleExercisesOf } from './people-exercises';
import { providerExercisesOf } from './provider-exercises';
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

const contact = (row: number): Contact =>
  newContact({ id: newId('contact'), workspaceId, email: `made${row}@example.com`, source: 'api' }, now.getTime());
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
const run = () => ({
  ...{ key: newId('automationRun'), workspaceId, automationId: idOf('automation', 1), automationName: 'Welcome' },
  ...{ version: 1, contactId: idOf('contact', 1), messageKey: messageKeyOf(1) },
});
const endpoint = () => ({
  ...{ id: newId('endpoint'), workspaceId: newId('workspace'), url: 'https://example.com', description: '' },
  ...{ events: ['contact.created' as const], headers: {}, secrets: [], status: 'active' as const },
  ...{ createdAt: now, updatedAt: now },
});

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
    page: {
      ...list,
      // Of what is received but not done the keys of other workspaces are read too.
      readKeys: 250,
      run: () =>
        eachOf(
          combined({
            status: [undefined, ...eventStatuses],
            type: [undefined, 'identify', 'track'],
            contactId: [undefined, idOf('contact', 3)],
            page: pages,
          } as const),
          ({ status, type, contactId, page = { limit } }) =>
            stores.messages.page(
              {
                workspaceId,
                ...(type === undefined ? {} : { type }),
                ...(contactId === undefined ? {} : { 'outcome.contactId': contactId }),
                ...(status === 'received' || status === 'waiting' ? { state: status } : {}),
                ...(status === undefined || status === 'received' || status === 'waiting'
                  ? {}
                  : { 'outcome.status': status }),
              },
              page,
            ),
        ),
    },
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

  const contacts: Exercises<Stores['contacts']> = {
    audiencePage: {
      ask: 20,
      run: () =>
        eachOf([undefined, idOf('contact', 40)], async (after) => {
          await stores.contacts.audiencePage(workspaceId, [listIds[0]], after, 20);
          await stores.contacts.audiencePage(workspaceId, [...listIds], after, 20);
        }),
    },
    // Everyone on the lists, by their keys alone.
    audienceSize: { ...one, readKeys: 300, run: () => stores.contacts.audienceSize(workspaceId, [...listIds]) },
    get: { ...one, run: () => stores.contacts.get(workspaceId, idOf('contact', 1)) },
    find: {
      ask: 40,
      run: () =>
        eachOf(
          [
            { emails: numbers(20).map((row) => `ann${row + 700}@example.com`), userIds: ['u1', 'u3', 'nobody'] },
            { emails: ['nobody@example.com'], userIds: [] },
            { emails: [], userIds: ['u1', 'u3'] },
          ],
          (who) => stores.contacts.find(workspaceId, who),
        ),
    },
    save: {
      ...one,
      run: async () => {
        const known = await stores.contacts.get(workspaceId, idOf('contact', 3));
        if (!known) throw new Error('the contact is not there');
        const changes = { created: [contact(1)], changed: [known], robbedIds: [idOf('contact', 7)] };
        await inTransaction((session) => stores.contacts.save(changes, session));
      },
    },
    byIds: { ...some, run: () => stores.contacts.byIds(workspaceId, ids('contact', 20)) },
    setList: { ...one, run: () => stores.contacts.setList(workspaceId, idOf('contact', 1), listIds[0], true) },
    delete: { ...one, run: () => stores.contacts.delete(workspaceId, idOf('contact', 9)) },
    takeOffList: { ...one, run: () => stores.contacts.takeOffList(workspaceId, listIds[1]) },
    page: [
      {
        ...list,
        run: () =>
          eachOf(
            combined({ listId: [undefined, listIds[0]], page: pages } as const),
            ({ page = { limit }, ...where }) => stores.contacts.page(workspaceId, where, page),
          ),
      },
      {
        ...one,
        maySort: 'a unique key finds one at most',
        run: () =>
          eachOf(
            combined({
              unique: [
                { email: 'ann700@example.com' },
                { userId: 'u701' },
                { email: 'ann702@example.com', prefix: 'ann' },
              ],
              listId: [undefined, listIds[0]],
              page: pages,
            } as const),
            ({ unique, page = { limit }, ...where }) =>
              stores.contacts.page(workspaceId, { ...unique, ...where }, page),
          ),
      },
      {
        // MongoDB tries both and keeps to one as long as it reads at most ten times what it read then.
        ask: 10 * limit,
        readKeys: 20 * limit,
        maySort: 'few matches of a prefix are sorted; where there are many, the newest contacts are looked through',
        run: () =>
          eachOf(
            combined({ prefix: ['zoe', 'ann', 'nobody'], listId: [undefined, listIds[0]], page: pages } as const),
            ({ page = { limit }, ...where }) => stores.contacts.page(workspaceId, where, page),
          ),
      },
    ],
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
    versionOf: { ...one, run: () => stores.automations.versionOf(idOf('automation', 1), 1) },
    delete: {
      ...one,
      run: () => inTransaction((session) => stores.automations.delete(workspaceId, idOf('automation', 6), session)),
    },
    page: { ...list, run: onEachPage((page) => stores.automations.page(workspaceId, page)) },
    eventKeys: { ...one, run: () => stores.automations.eventKeys(workspaceId) },
  };

  const runKey = `${idOf('automation', 0)}/${idOf('contact', 0)}/m0`;
  const runs: Exercises<Stores['runs']> = {
    insert: { ...nothing, run: () => inTransaction((session) => stores.runs.insert([run()], now, session)) },
    get: { ...one, run: () => stores.runs.get(runKey) },
    runningOf: { ...some, run: () => stores.runs.runningOf(ids('contact', 20)) },
    logStep: {
      ...one,
      run: () => stores.runs.logStep(runKey, { position: [0], step: 'end', at: now, result: 'done' }),
    },
    end: { ...one, run: () => stores.runs.end(runKey, 'completed', now) },
    page: {
      ...list,
      run: onEachPage((page) => stores.runs.page({ workspaceId, automationId: idOf('automation', 1) }, page)),
    },
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
    insert: { ...nothing, run: () => inTransaction((session) => stores.events.insert([event()], session)) },
    insertUnasked: {
      ...nothing,
      run: () => inTransaction((session) => stores.events.insertUnasked([event()], now, session)),
    },
    get: { ...one, run: () => stores.events.get(idOf('event', 1)) },
    undispatched: { ...some, run: () => stores.events.undispatched(ids('event', 20)) },
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
    page: {
      ...list,
      run: () =>
        eachOf(
          combined({
            status: [undefined, ...deliveryStatuses],
            endpointId: [undefined, endpointIds[1], foreignEndpointId, 'whe_of_nobody'],
            event: [undefined, 'contact.created', 'email.bounced'],
            since: [undefined, at(250)],
            until: [undefined, at(400)],
            page: pages,
          } as const),
          ({ page = { limit }, ...filter }) => stores.deliveries.page(workspaceId, filter, page),
        ),
    },
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
    ...{ workspaces, apiKeys, messages, idempotencyKeys, rejections, contacts, lists, automations, runs, waiters },
    ...{ endpoints, events, deliveries, attempts, ingest },
    ...emailExercisesOf(stores, inTransaction),
    ...providerExercisesOf(stores),
    ...templateExercisesOf(stores),
    ...mailExercisesOf(stores),
    ...peopleExercisesOf(stores, inTransaction),
  };
}
