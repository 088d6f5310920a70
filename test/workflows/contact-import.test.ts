import { importProgressQuery } from '../../workflows/messages';
import { deliveriesOf, untilAll, untilExecution } from './support/look';
import { importOf, people, storeImport, untilImported } from './support/people';
import { addContact, addEndpoint, addList, receive } from './support/seed';
import { setStage } from './support/stage';
import { gate, until } from './support/until';

const stage = setStage();

test('a file becomes contacts on their lists, with a webhook each, and tells how far it has come', async () => {
  const scene = await stage.open();
  await addEndpoint(scene);
  const listId = await addList(scene);
  const known = await addContact(scene, { email: 'known@example.com' });
  const id = await storeImport(scene, [...people(450), 'known@example.com,Known', 'nobody,Nobody'], [listId]);
  await scene.starter.startContactImport(id);
  const done = await untilImported(scene, id);
  expect(done).toMatchObject({ total: 452, processed: 452, created: 450, updated: 1, unchanged: 0, refused: 1 });

  const contacts = await scene.place.stores.contacts.collection.find({ workspaceId: scene.workspaceId }).toArray();
  expect(contacts).toHaveLength(451);
  expect(contacts.filter(({ source }) => source === 'import')).toHaveLength(450);
  expect(contacts.every(({ listIds }) => listIds.includes(listId))).toBe(true);
  expect(contacts.find(({ _id }) => _id === known.id)).toMatchObject({ firstName: 'Known', source: 'api' });
  expect(await scene.place.stores.imports.refusals(id, 0, 10)).toMatchObject([{ line: 453, raw: 'nobody,Nobody' }]);

  await until('every webhook is delivered', async () => (await deliveriesOf(scene)).length === 450);
  await untilAll(scene, 'delivered');
  await untilExecution(scene, `import/${id}`, 'COMPLETED');
  const progress = await scene.handle(`import/${id}`).query(importProgressQuery);
  expect(progress).toEqual({ created: 450, updated: 1, unchanged: 0, refused: 1 });
  // What has become of a person is not kept a second time.
  const chunks = await scene.place.stores.imports.chunks.find({ importId: id }).toArray();
  expect(chunks.map(({ rows, emails }) => [rows, emails])).toEqual(chunks.map(() => ['', []]));
});

test('the same file again changes nothing and sends nothing', async () => {
  const scene = await stage.open();
  const first = await storeImport(scene, people(20));
  await scene.starter.startContactImport(first);
  await untilImported(scene, first);
  const { events } = scene.place.stores;
  const before = await events.collection.countDocuments({ workspaceId: scene.workspaceId });
  const second = await storeImport(scene, people(20));
  await scene.starter.startContactImport(second);
  expect(await untilImported(scene, second)).toMatchObject({ created: 0, updated: 0, unchanged: 20 });
  expect(await events.collection.countDocuments({ workspaceId: scene.workspaceId })).toBe(before);
});

test('who has unsubscribed stays so', async () => {
  const scene = await stage.open();
  const { id: contactId } = await addContact(scene, { email: 'p0@example.com' });
  const { collection } = scene.place.stores.contacts;
  await collection.updateOne({ _id: contactId }, { $set: { status: 'unsubscribed' } });
  const id = await storeImport(scene, people(1));
  await scene.starter.startContactImport(id);
  await untilImported(scene, id);
  expect(await collection.findOne({ _id: contactId })).toMatchObject({ status: 'unsubscribed', firstName: 'Name 0' });
});

test('a worker that is lost after a commit repeats it without a second effect', async () => {
  const lost = new Set<number>();
  const scene = await stage.open({
    replace: ({ imports }) => ({
      imports: {
        ...imports,
        async commitChunk(...input) {
          const chunk = await imports.commitChunk(...input);
          // Each chunk is committed, and then its worker is gone.
          if (!lost.has(input[1])) {
            lost.add(input[1]);
            throw new Error('killed');
          }
          return chunk;
        },
      },
    }),
  });
  await addEndpoint(scene);
  const id = await storeImport(scene, people(450));
  await scene.starter.startContactImport(id);
  expect(await untilImported(scene, id)).toMatchObject({ created: 450, processed: 450 });
  expect([...lost]).toEqual([0, 1, 2]);
  await until('every webhook is there once', async () => (await deliveriesOf(scene)).length >= 450);
  expect(await scene.place.stores.events.collection.countDocuments({ workspaceId: scene.workspaceId })).toBe(450);
  expect(await deliveriesOf(scene)).toHaveLength(450);
});

test('a cancel between two chunks stops it there', async () => {
  const reached = gate();
  const go = gate();
  const scene = await stage.open({
    replace: ({ imports }) => ({
      imports: {
        ...imports,
        async commitChunk(...input) {
          const chunk = await imports.commitChunk(...input);
          if (input[1] === 0) {
            reached.open();
            await go.opened;
          }
          return chunk;
        },
      },
    }),
  });
  const id = await storeImport(scene, people(450));
  await scene.starter.startContactImport(id);
  await reached.opened;
  const { imports } = scene.place.stores;
  expect(await imports.cancel(id, new Date(scene.place.now()))).toBe(true);
  await imports.dropOpen(id);
  go.open();
  await untilExecution(scene, `import/${id}`, 'COMPLETED');
  expect(await importOf(scene, id)).toMatchObject({ status: 'cancelled', created: 200, processed: 200 });
  expect(await imports.chunks.countDocuments({ importId: id })).toBe(1);
});

test('a long file goes on in new runs', async () => {
  const scene = await stage.open();
  // 12 chunks are two pages.
  const id = await storeImport(scene, people(2_250));
  const { firstExecutionRunId } = await scene.start('contactImport', `import/${id}`, { importId: id, pagesPerRun: 1 });
  expect(await untilImported(scene, id)).toMatchObject({ created: 2_250 });
  await untilExecution(scene, `import/${id}`, 'COMPLETED');
  expect((await scene.handle(`import/${id}`).describe()).runId).not.toBe(firstExecutionRunId);
  const progress = await scene.handle(`import/${id}`).query(importProgressQuery);
  expect(progress.created).toBe(2_250);
});

test('the sweep starts an import that was stored and not started, and clears uploads away that were cut off', async () => {
  const scene = await stage.open();
  const id = await storeImport(scene, people(3));
  const { imports } = scene.place.stores;
  const long = new Date(scene.place.now() - 2 * 3_600_000);
  const { _id: _same, ...like } = await importOf(scene, id);
  await imports.begin({ ...like, _id: `${id.slice(0, -1)}x`, status: 'uploading', touchedAt: long });
  await scene.activities.sweepNotices({ olderThanMs: -1_000 });
  await untilImported(scene, id);
  expect(await imports.cutOff(new Date(scene.place.now() + 1_000), 10)).toEqual([]);
});

test('a track that waits for its contact goes on when a file brings it', async () => {
  const scene = await stage.open();
  const key = await receive(scene, { type: 'track', userId: 'p0@example.com', event: 'Opened' });
  await scene.starter.startCustomEvent(key);
  const { messages } = scene.place.stores;
  await until('it waits', async () => (await messages.byKeys([key]))[0]?.state === 'waiting');
  await until('it stands in the waiting room', async () => {
    const refs = [`${scene.workspaceId}/e/p0@example.com`];
    return (await scene.place.stores.waiters.waitingFor(refs)).length > 0;
  });
  const id = await storeImport(scene, people(1));
  await scene.starter.startContactImport(id);
  await until('it is recorded', async () => (await messages.byKeys([key]))[0]?.outcome?.status === 'recorded');
});
