import { OverloadedError } from '../../src/mongo/gathering';
import type { MessageDocument } from '../../src/mongo/messages';
import { openTestDatabase, type TestDatabase } from './support/database';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

let workspaces = 0;
/** Messages of a workspace that no other test has. */
function inbox() {
  const workspaceId = `ws_${++workspaces}`;
  return (name: string, more: Partial<MessageDocument> = {}): MessageDocument => ({
    _id: `${workspaceId}/${name}`,
    workspaceId,
    messageId: name,
    type: 'identify',
    source: 'sdk',
    body: '{}',
    receivedAt: new Date(),
    occurredAt: new Date(),
    state: 'received',
    ...more,
  });
}

describe('messages of requests at the same time', () => {
  it('the same message in all of them is fresh for exactly one, whose body is kept', async () => {
    const { messages } = opened.stores;
    const message = inbox();
    // Two leave at once; the others gather and leave in one group, which holds the message many times.
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) => messages.insert([message('same', { body: `{"index":${index}}` })])),
    );
    const fresh = results.flatMap((known, index) => (known.size === 0 ? [index] : []));
    expect(fresh).toHaveLength(1);
    const [stored] = await messages.byKeys([message('same')._id]);
    expect(stored?.body).toBe(`{"index":${fresh[0]}}`);
    expect(results.filter((known) => known.has(message('same')._id))).toHaveLength(49);
  });

  it('each request learns which of its own were there already, in groups that overlap', async () => {
    const { messages } = opened.stores;
    const message = inbox();
    await messages.insert([message('m3')]);
    const parcels = Array.from({ length: 30 }, (_, start) =>
      Array.from({ length: 5 }, (_each, index) => message(`m${start + index}`)),
    );
    const known = await Promise.all(parcels.map((parcel) => messages.insert(parcel)));
    const freshTimes = new Map<string, number>();
    for (const [index, parcel] of parcels.entries()) {
      for (const { _id } of parcel) {
        if (!known[index]?.has(_id)) freshTimes.set(_id, (freshTimes.get(_id) ?? 0) + 1);
      }
      expect(parcel.map(({ _id }) => _id)).toEqual(expect.arrayContaining([...(known[index] ?? [])]));
    }
    const all = [...new Set(parcels.flat().map(({ _id }) => _id))];
    expect(Object.fromEntries(freshTimes)).toEqual(
      Object.fromEntries(all.filter((_id) => _id !== message('m3')._id).map((_id) => [_id, 1])),
    );
    expect(await messages.byKeys(all)).toHaveLength(all.length);
  });

  it('far fewer writes than requests reach MongoDB', async () => {
    const { messages } = opened.stores;
    const message = inbox();
    const insertMany = jest.spyOn(messages.collection, 'insertMany');
    try {
      await Promise.all(Array.from({ length: 300 }, (_, index) => messages.insert([message(`m${index}`)])));
      expect(insertMany.mock.calls.length).toBeLessThan(30);
    } finally {
      insertMany.mockRestore();
    }
  });

  it('more than may wait is refused and not stored', async () => {
    const { messages } = opened.stores;
    const message = inbox();
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, parcel) =>
        messages.insert(Array.from({ length: 250 }, (_each, index) => message(`p${parcel}-${index}`))),
      ),
    );
    const refused = results.flatMap((result, parcel) => (result.status === 'rejected' ? [{ parcel, ...result }] : []));
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(OverloadedError);
    const stored = await messages.byKeys(results.map((_result, parcel) => message(`p${parcel}-0`)._id));
    expect(stored).toHaveLength(results.length - refused.length);
  });
});

it('says which messages are committed: those with an outcome, and tracks that wait for their contact', async () => {
  const { messages } = opened.stores;
  const message = inbox();
  const outcome = { status: 'unresolved' as const };
  await messages.insert([
    message('received'),
    message('waiting', { state: 'waiting', type: 'track' }),
    message('done', { state: 'done', outcome: { ...outcome, reason: 'nobody' } }),
  ]);
  const keys = ['received', 'waiting', 'done', 'unknown'].map((name) => message(name)._id);
  // A track may wait for ten minutes: it must not keep the gate of the start lane shut.
  expect([...(await messages.done(keys))].sort()).toEqual([message('done')._id, message('waiting')._id]);
});
