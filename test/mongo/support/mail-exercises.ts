import { newId } from '../../../src/mongo/new-id';
import type { SendingDomain } from '../../../src/mongo/sending-domains';
import type { Stores } from '../../../src/mongo/stores';
import { eachOf, list, nothing, now, numbers, onEachPage, one, pages, type Exercises } from './exercise';
import { at, few, idOf, many, workspaceOf, workspaces } from './filled';

const [workspaceId, otherWorkspaceId] = workspaces;
const addressOf = (row: number): string => `ann${row < few ? row % 20 : row}@example.com`;

function domainOf(row: number): SendingDomain {
  return {
    ...{ id: idOf('sendingDomain', row), workspaceId: workspaceOf(row), domain: `d${row}.example.com` },
    ...{ selector: 'esx1', publicKey: 'key', createdAt: at(row), checks: [] },
  };
}

export async function fillMail(stores: Stores): Promise<void> {
  await stores.sendingDomains.insert({ ...domainOf(0), id: idOf('sendingDomain', 9_000) }, 'a private key');
  const sealed = await stores.sendingDomains.collection.findOne({ _id: idOf('sendingDomain', 9_000) });
  if (!sealed) throw new Error('the domain was not stored');
  await stores.sendingDomains.collection.insertMany(
    numbers(few + many).map((row) => {
      const { id, ...rest } = domainOf(row + 1);
      return { _id: id, ...rest, sealedPrivateKey: sealed.sealedPrivateKey };
    }),
  );
  await stores.mailbox.collection.insertMany(
    numbers(few + many).map((row) => ({
      ...{ _id: idOf('mailboxMail', row), workspaceId: workspaceOf(row), from: 'a@b.org', to: [addressOf(row)] },
      ...{ subject: 'Hello', raw: 'Hello', isTruncated: false, receivedAt: at(row) },
    })),
  );
}

/** The stores of sending domains and of the local mailbox; see exercises.ts. */
export function mailExercisesOf(stores: Stores): {
  sendingDomains: Exercises<Stores['sendingDomains']>;
  mailbox: Exercises<Stores['mailbox']>;
} {
  const id = idOf('sendingDomain', 1);
  return {
    sendingDomains: {
      insert: {
        ...nothing,
        run: () =>
          stores.sendingDomains.insert(
            { ...domainOf(1), id: newId('sendingDomain'), domain: 'new.example.com' },
            'a private key',
          ),
      },
      get: { ...one, run: () => stores.sendingDomains.get(workspaceId, id) },
      byDomain: { ...one, run: () => stores.sendingDomains.byDomain(workspaceId, 'd1.example.com') },
      signingKey: { ...one, run: () => stores.sendingDomains.signingKey(workspaceId, 'd1.example.com') },
      page: { ...list, run: onEachPage((page) => stores.sendingDomains.page(workspaceId, page)) },
      saveChecks: {
        ...one,
        run: () =>
          eachOf([true, false], (isVerified) => {
            const check = { kind: 'spf' as const, found: ['$$REMOVE'], ok: false };
            return stores.sendingDomains.saveChecks(workspaceId, id, [check], now, isVerified);
          }),
      },
      delete: { ...one, run: () => stores.sendingDomains.delete(workspaceId, idOf('sendingDomain', 2)) },
    },
    mailbox: {
      insert: {
        ...nothing,
        run: () =>
          stores.mailbox.insert({
            ...{ id: newId('mailboxMail'), workspaceId, from: 'a@b.org', to: ['ann1@example.com'], subject: 'Hello' },
            ...{ raw: Buffer.from('Hello'), receivedAt: now },
          }),
      },
      get: { ...one, run: () => stores.mailbox.get(workspaceId, idOf('mailboxMail', 1)) },
      page: {
        ...list,
        run: () =>
          eachOf([{}, { to: 'ann1@example.com' }, { to: 'nobody@example.com' }], (where) =>
            eachOf(pages, (page) => stores.mailbox.page({ workspaceId, ...where }, page)),
          ),
      },
      heads: {
        ...list,
        run: () =>
          eachOf([{}, { to: 'ann1@example.com' }], (where) =>
            eachOf(pages, (page) => stores.mailbox.heads({ workspaceId, ...where }, page)),
          ),
      },
      // What it removes.
      clear: { ask: 120, run: () => stores.mailbox.clear(otherWorkspaceId) },
      forget: { ask: 40, run: () => stores.mailbox.forget(workspaceId, 'ann2@example.com') },
    },
  };
}
