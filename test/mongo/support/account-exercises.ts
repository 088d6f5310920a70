import type { ClientSession } from 'mongodb';
import { hashOf } from '../../../src/auth/passwords';
import type { Database } from '../../../src/mongo/connect';
import type { Invitation } from '../../../src/mongo/invitations';
import { newId } from '../../../src/mongo/new-id';
import type { Person } from '../../../src/mongo/people';
import type { Stores } from '../../../src/mongo/stores';
import { nothing, now, numbers, one, some, type Exercises } from './exercise';
import { at, few, idOf, many, workspaces } from './filled';

const [workspaceId] = workspaces;
const ours = 20;
const later = new Date(Date.now() + 400 * 86_400_000);

export const accountPassword = 'the password of everybody';
/** The first twenty are ours, every other one of them an owner; all others belong to workspaces of their own. */
export function accountOf(row: number): Person {
  return {
    ...{ id: idOf('person', row), workspaceId: row < ours ? workspaceId : idOf('workspace', 10 + row) },
    ...{ email: `person${row}@example.com`, name: 'Ada', role: row % 2 === 0 ? 'owner' : 'member' },
    ...{ createdAt: at(row), updatedAt: at(row) },
  };
}
function invitationOf(row: number): Invitation {
  const { workspaceId: whose, role, email, createdAt } = accountOf(row);
  return {
    ...{ id: idOf('invitation', row), workspaceId: whose, kind: 'invite', role, email: `new.${email}` },
    ...{ tokenHash: `hash ${row}`, createdAt, expiresAt: later },
  };
}

export async function fillAccounts({ db }: Database, stores: Stores): Promise<void> {
  const rows = numbers(few + many);
  const password = await hashOf(accountPassword);
  await stores.people.collection.insertMany(
    rows.map((row) => {
      const { id, ...rest } = accountOf(row);
      return { _id: id, ...rest, emailVerified: true };
    }),
  );
  await db.collection('credentials').insertMany(
    rows.map((row) => {
      const userId = idOf('person', row);
      return { userId, accountId: userId, providerId: 'credential', password, createdAt: now, updatedAt: now };
    }),
  );
  await db
    .collection('sessions')
    .insertMany(
      rows.map((row) => ({ userId: idOf('person', row), token: `token ${row}`, expiresAt: later, createdAt: now })),
    );
  await stores.invitations.collection.insertMany(
    rows.map((row) => {
      const { id, ...rest } = invitationOf(row);
      return { _id: id, ...rest };
    }),
  );
}

/** The stores of people and of invitations; see exercises.ts. */
export function accountExercisesOf(
  stores: Stores,
  inTransaction: (work: (session: ClientSession) => Promise<unknown>) => Promise<unknown>,
): { people: Exercises<Stores['people']>; invitations: Exercises<Stores['invitations']> } {
  return {
    people: {
      list: { ...some, run: () => stores.people.list(workspaceId) },
      get: { ...one, run: () => stores.people.get(workspaceId, idOf('person', 1)) },
      byEmail: { ...one, run: () => stores.people.byEmail('person1@example.com') },
      hasOwner: { ...one, run: () => stores.people.hasOwner(workspaceId) },
      insert: {
        ...nothing,
        run: () =>
          inTransaction((session) =>
            stores.people.insert({ ...accountOf(9_000), id: newId('person') }, 'hash', session),
          ),
      },
      rename: { ...one, run: () => stores.people.rename(workspaceId, idOf('person', 3), 'Bob', now) },
      changeRole: {
        ...one,
        run: () =>
          inTransaction((session) => stores.people.changeRole(workspaceId, idOf('person', 4), 'member', now, session)),
      },
      remove: {
        ...one,
        run: () => inTransaction((session) => stores.people.remove(workspaceId, idOf('person', 6), session)),
      },
      setPassword: {
        ...one,
        run: () => inTransaction((session) => stores.people.setPassword(idOf('person', 8), 'hash', now, session)),
      },
    },
    invitations: {
      insert: {
        ...one,
        run: () =>
          inTransaction((session) =>
            stores.invitations.insert({ ...invitationOf(1), id: newId('invitation'), tokenHash: 'new' }, session),
          ),
      },
      byToken: { ...one, run: () => stores.invitations.byToken('hash 2', now) },
      pending: { ...some, run: () => stores.invitations.pending(workspaceId, now) },
      take: { ...one, run: () => inTransaction((session) => stores.invitations.take('hash 3', now, session)) },
      revoke: { ...one, run: () => stores.invitations.revoke(workspaceId, idOf('invitation', 4)) },
      removeMadeBy: {
        ...one,
        run: () => inTransaction((session) => stores.invitations.removeMadeBy(workspaceId, idOf('person', 1), session)),
      },
      removeFirst: {
        ...one,
        run: () => inTransaction((session) => stores.invitations.removeFirst(workspaceId, session)),
      },
    },
  };
}
