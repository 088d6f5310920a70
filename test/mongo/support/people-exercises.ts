import type { ClientSession } from 'mongodb';
import type { Person } from '../../../domain/erasure';
import type { Form } from '../../../domain/form';
import { chunkId, type ImportDocument } from '../../../src/mongo/imports';
import { newId } from '../../../src/mongo/new-id';
import type { SignupDocument } from '../../../src/mongo/signups';
import type { Stores } from '../../../src/mongo/stores';
import { eachOf, ids, limit, list, nothing, now, numbers, onEachPage, one, type Exercises } from './exercise';
import { at, idOf, many, workspaceOf, workspaces as workspaceIds } from './filled';

const [workspaceId, otherWorkspaceId] = workspaceIds;
type Names = 'imports' | 'forms' | 'signups' | 'erasures' | 'personalData';
const rows = numbers(many);

const statuses = ['completed', 'pending', 'running', 'uploading'] as const;
const importOf = (row: number): ImportDocument => ({
  ...{ _id: idOf('import', row), workspaceId: workspaceOf(row), listIds: [], columns: [], total: 3, processed: 0 },
  ...{ chunks: 2, created: 0, updated: 0, unchanged: 0, refused: 0, createdAt: at(row), touchedAt: at(row) },
  status: row < 80 ? (statuses[row % 4] ?? 'completed') : 'completed',
});
const formOf = (row: number): Form => ({
  ...{ id: idOf('form', row), workspaceId: workspaceOf(row), name: 'News', listIds: [], fields: [] },
  ...{
    counts: { asked: 0, joined: 0 },
    doubleOptIn: true,
    createdAtMs: at(row).getTime(),
    updatedAtMs: at(row).getTime(),
  },
});
const signupOf = (row: number): SignupDocument => ({
  ...{
    _id: idOf('signup', row),
    workspaceId: workspaceOf(row),
    formId: idOf('form', 1),
    email: `ann${row}@example.com`,
  },
  ...{ values: '[]', mails: 1, mailedAt: at(row), createdAt: at(row) },
});

/** Imports, forms, sign-ups and erasures; their rows stand beside those of filled.ts. */
export async function fillPeople(stores: Stores): Promise<void> {
  await stores.imports.collection.insertMany(rows.map(importOf));
  await stores.imports.chunks.insertMany(
    rows.map((row) => ({
      ...{ _id: chunkId(idOf('import', row % 900), Math.floor(row / 900)), importId: idOf('import', row % 900) },
      ...{ workspaceId: workspaceOf(row), state: row % 2 ? ('open' as const) : ('done' as const), rows: '[]' },
      ...{ refusals: [], emails: row % 2 ? [`ann${row}@example.com`] : [], createdAt: at(row) },
      ...(row % 900 === 3 ? { lastRefusedLine: row } : {}),
    })),
  );
  await Promise.all(rows.slice(0, 900).map((row) => stores.forms.save(formOf(row))));
  await stores.signups.collection.insertMany(rows.map(signupOf));
  await stores.erasures.collection.insertMany(
    rows.map((row) => ({
      ...{ _id: idOf('contact', 50_000 + row), workspaceId: workspaceOf(row), removed: {} },
      ...{ status: row < 40 ? ('pending' as const) : ('completed' as const), createdAt: at(row), touchedAt: at(row) },
    })),
  );
}

export function peopleExercisesOf(
  stores: Stores,
  inTransaction: (work: (session: ClientSession) => Promise<unknown>) => Promise<unknown>,
): { [Name in Names]: Exercises<Stores[Name]> } {
  const importId = idOf('import', 3);
  const counts = { created: 1, updated: 0, unchanged: 0, refused: 0 };

  const imports: Exercises<Stores['imports']> = {
    begin: { ...nothing, run: () => stores.imports.begin({ ...importOf(1), _id: newId('import') }) },
    addChunk: {
      ...nothing,
      run: () =>
        stores.imports.addChunk(newId('import'), workspaceId, { number: 0, rows: [], refusals: [], emails: [] }, now),
    },
    finishUpload: { ...one, run: () => stores.imports.finishUpload(importId, { total: 3, chunks: 1 }) },
    drop: { ask: 10, run: () => stores.imports.drop(idOf('import', 7)) },
    get: { ...one, run: () => stores.imports.get(workspaceId, idOf('import', 4)) },
    find: { ...one, run: () => stores.imports.find(importId) },
    page: { ...list, readKeys: 250, run: onEachPage((page) => stores.imports.page(workspaceId, page)) },
    refusals: { ...list, run: () => eachOf([0, 1_000], (after) => stores.imports.refusals(importId, after, limit)) },
    start: { ...one, run: () => stores.imports.start(idOf('import', 1), now) },
    chunk: { ...one, run: () => stores.imports.chunk(chunkId(importId, 1)) },
    count: { ...one, run: () => inTransaction((session) => stores.imports.count(importId, counts, now, session)) },
    finishChunk: {
      ...one,
      run: () =>
        inTransaction((session) =>
          stores.imports.finishChunk(
            chunkId(importId, 0),
            { refusals: [], emails: [], outcome: { counts, eventIds: [] }, at: now },
            session,
          ),
        ),
    },
    end: { ...one, run: () => stores.imports.end(idOf('import', 2), now) },
    cancel: { ...one, run: () => stores.imports.cancel(idOf('import', 6), now) },
    dropOpen: { ask: 10, run: () => stores.imports.dropOpen(idOf('import', 8)) },
    leftBehind: { ask: 50, run: () => stores.imports.leftBehind(now, 50) },
    cutOff: { ask: 50, run: () => stores.imports.cutOff(now, 50) },
  };

  const forms: Exercises<Stores['forms']> = {
    save: {
      ...one,
      run: () => eachOf([formOf(1), { ...formOf(1), id: newId('form') }], (form) => stores.forms.save(form)),
    },
    count: { ...one, run: () => inTransaction((session) => stores.forms.count(idOf('form', 1), 'asked', session)) },
    get: { ...one, run: () => stores.forms.get(workspaceId, idOf('form', 1)) },
    find: { ...one, run: () => stores.forms.find(idOf('form', 1)) },
    delete: { ...one, run: () => stores.forms.delete(workspaceId, idOf('form', 2)) },
    page: { ...list, run: onEachPage((page) => stores.forms.page(workspaceId, page)) },
  };

  const signups: Exercises<Stores['signups']> = {
    get: { ...one, run: () => stores.signups.get(idOf('signup', 1)) },
    save: { ...one, run: () => inTransaction((session) => stores.signups.save(signupOf(1), session)) },
    ofEmail: { ...one, run: () => stores.signups.ofEmail(workspaceId, 'ann3@example.com', 100) },
    forget: { ...one, run: () => stores.signups.forget(workspaceId, ['ann2@example.com']) },
  };

  const person: Person = {
    ...{ workspaceId, contactId: idOf('contact', 3), emails: ['ann7@example.com'], userIds: ['u7'] },
  };
  const erasures: Exercises<Stores['erasures']> = {
    insert: {
      ...nothing,
      run: () =>
        inTransaction((session) => stores.erasures.insert({ ...person, contactId: newId('contact') }, now, session)),
    },
    get: { ...one, run: () => stores.erasures.get(workspaceId, idOf('contact', 50_001)) },
    page: { ...list, run: onEachPage((page) => stores.erasures.page(workspaceId, page)) },
    begin: { ...one, run: () => stores.erasures.begin(idOf('contact', 50_001), now) },
    count: { ...one, run: () => stores.erasures.count(idOf('contact', 50_001), { messages: 2 }) },
    end: { ...one, run: () => stores.erasures.end(idOf('contact', 50_001), now) },
    leftBehind: { ask: 50, run: () => stores.erasures.leftBehind(now, 50) },
  };

  // What is looked through is the whole of a workspace's refused, kept and loose rows: they are few beside the others.
  const page = { ask: 500 };
  const personalData: Exercises<Stores['personalData']> = {
    messages: { ...page, run: () => stores.personalData.messages(person) },
    looseMessages: {
      ...page,
      // Of what is received but not done the keys of other workspaces are read too.
      readKeys: 1_500,
      run: () =>
        eachOf(['received', 'waiting', 'unresolved', 'failed'] as const, (state) =>
          stores.personalData.looseMessages(state, person),
        ),
    },
    // An endpoint has a key for each event: those of thousands of tombstones are looked at.
    events: {
      ask: 4_000,
      readKeys: 20_000,
      run: () => stores.personalData.events({ ...person, workspaceId: otherWorkspaceId }),
    },
    eraseEvents: {
      ask: 20,
      run: () => stores.personalData.eraseEvents(ids('event', 20), ids('delivery', 20), now),
    },
    runs: { ...page, run: () => stores.personalData.runs(person) },
    emails: { ...page, run: () => stores.personalData.emails(person) },
    emailsTo: { ...page, run: () => stores.personalData.emailsTo(person) },
    waiting: { ...one, run: () => stores.personalData.waiting(person) },
    refused: {
      ...page,
      run: () =>
        eachOf([undefined, `${at(300).getTime()} ${idOf('rejection', 300)}`], (after) =>
          stores.personalData.refused(person, after),
        ),
    },
    keptAnswers: {
      ...page,
      run: () => eachOf([undefined, `${workspaceId}/m300`], (after) => stores.personalData.keptAnswers(person, after)),
    },
    importLines: { ...one, run: () => stores.personalData.importLines(person) },
    signups: { ...one, run: () => stores.personalData.signups(person) },
    mails: { ...one, run: () => stores.personalData.mails(person) },
  };

  return { imports, forms, signups, erasures, personalData };
}
