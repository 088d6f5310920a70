import type { ClientSession } from 'mongodb';
import { newContact, type Contact } from '../../../domain/contact';
import { mostLookedAt } from '../../../src/mongo/contact-search';
import { newId } from '../../../src/mongo/new-id';
import type { Stores } from '../../../src/mongo/stores';
import { combined, eachOf, ids, limit, list, now, numbers, one, pages, some, type Exercises } from './exercise';
import { idOf, lists as listIds, workspaces } from './filled';

const [workspaceId] = workspaces;

const contact = (row: number): Contact =>
  newContact({ id: newId('contact'), workspaceId, email: `made${row}@example.com`, source: 'api' }, now.getTime());

/** The stores of contacts; see exercises.ts. */
export function contactExercisesOf(
  stores: Stores,
  inTransaction: (work: (session: ClientSession) => Promise<unknown>) => Promise<unknown>,
): { contacts: Exercises<Stores['contacts']>; contactSearch: Exercises<Stores['contactSearch']> } {
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
    listSize: {
      ...one,
      readKeys: 300,
      run: () => eachOf([Infinity, 20], (most) => stores.contacts.listSize(workspaceId, listIds[0], most)),
    },
    page: [
      {
        ...list,
        run: () =>
          eachOf(
            combined({
              listId: [undefined, listIds[0]],
              status: [undefined, 'active', 'bounced'],
              page: pages,
            } as const),
            ({ page = { limit }, ...where }) => stores.contacts.page(workspaceId, where, page),
          ),
      },
      {
        ...one,
        maySort: 'a unique key finds one at most',
        run: () =>
          eachOf(
            combined({
              unique: [{ email: 'ann700@example.com' }, { userId: 'u701' }],
              listId: [undefined, listIds[0]],
              page: pages,
            } as const),
            ({ unique, page = { limit }, ...where }) =>
              stores.contacts.page(workspaceId, { ...unique, ...where }, page),
          ),
      },
    ],
  };

  const contactSearch: Exercises<Stores['contactSearch']> = {
    page: [
      {
        // Whoever is found by several fields is read for each.
        ask: 2 * limit,
        run: () =>
          eachOf(
            combined({
              text: ['ann', 'zoe', 'Zimmer', 'zoe z', 'nobody', 'u701'],
              after: [undefined, { field: 'nameKey', value: 'zoe zimmer 30', id: idOf('contact', 30) }],
            } as const),
            ({ text = '', after }) => stores.contactSearch.page(workspaceId, text, {}, { after, limit }),
          ),
      },
      {
        ask: mostLookedAt,
        run: () => stores.contactSearch.page(workspaceId, 'ann', { status: 'bounced', listId: listIds[0] }, { limit }),
      },
    ],
  };

  return { contacts, contactSearch };
}
