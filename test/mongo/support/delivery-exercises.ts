import { answerClasses } from '../../../domain/delivery-filter';
import { newId } from '../../../src/mongo/new-id';
import type { Stores } from '../../../src/mongo/stores';
import { combined, eachOf, limit, list, nothing, now, one, pages, type Exercises } from './exercise';
import { at, endpoints as endpointIds, idOf, workspaces as workspaceIds } from './filled';

const [workspaceId] = workspaceIds;
const [, endpointId, foreignEndpointId] = endpointIds;
const filters = combined({
  statuses: [undefined, ['failed'], ['delivered', 'held'], ['pending', 'retrying', 'failed', 'held', 'cancelled']],
  endpointId: [undefined, endpointId, foreignEndpointId, 'whe_of_nobody'],
  events: [undefined, ['contact.created'], ['email.bounced', 'contact.updated']],
  answer: [undefined, ...answerClasses],
  since: [undefined, at(250)],
  until: [undefined, at(400)],
} as const).map(({ statuses, events, ...rest }) => ({
  ...rest,
  ...(statuses ? { statuses: [...statuses] } : {}),
  ...(events ? { events: [...events] } : {}),
}));
/** All of them take minutes; these have each value beside each other one. */
const some = filters.filter((_each, index) => index % 7 === 0);
const few = filters.filter((_each, index) => index % 37 === 0);
/** Keys of what has not succeeded, of which an answer is looked for. */
const readKeys = 600;

/** The delivery log and the links to deliveries; see exercises.ts. */
export function deliveryExercisesOf(stores: Stores): {
  deliverySearch: Exercises<Stores['deliverySearch']>;
  deliveryShares: Exercises<Stores['deliveryShares']>;
} {
  const contact = { workspaceId, contactId: idOf('contact', 3) };
  const share = {
    ...{ _id: newId('share'), workspaceId, deliveryId: idOf('delivery', 1), tokenHash: newId('share') },
    ...{ createdAt: now, expiresAt: new Date(now.getTime() + 1_000) },
  };
  return {
    deliverySearch: {
      page: {
        ...list,
        readKeys,
        run: () =>
          eachOf(some, (filter) => eachOf(pages, (page) => stores.deliverySearch.page(workspaceId, filter, page))),
      },
      // Counts keys: no document is read.
      count: {
        ...nothing,
        readKeys: 5_000,
        run: () => eachOf(some, (filter) => stores.deliverySearch.count(workspaceId, filter, 10_001)),
      },
      ofEvent: {
        ...one,
        run: () => eachOf(few, (filter) => stores.deliverySearch.ofEvent(workspaceId, idOf('event', 7), filter)),
      },
      ofContact: {
        ...list,
        readKeys,
        run: () =>
          eachOf(few, (filter) =>
            eachOf([{ limit }, { limit, after: { at: at(303), id: `${idOf('event', 303)} ${endpointId}` } }], (page) =>
              stores.deliverySearch.ofContact(contact, filter, page),
            ),
          ),
      },
    },
    deliveryShares: {
      insert: { ...nothing, run: () => stores.deliveryShares.insert(share) },
      byToken: { ...one, run: () => stores.deliveryShares.byToken(share.tokenHash, now) },
      ofDelivery: { ...one, run: () => stores.deliveryShares.ofDelivery(share.deliveryId, now) },
      revoke: { ...one, run: () => stores.deliveryShares.revoke({ ...share, _id: 'shr_of_nobody' }) },
    },
  };
}
