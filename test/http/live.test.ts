import { get, type IncomingMessage } from 'node:http';
import type { Long } from 'mongodb';
import { liveRoutes } from '../../src/http/live-routes';
import { SseStreams } from '../../src/http/sse';
import { createChangeFeeds, type FeedListener } from '../../src/live/change-feed';
import { LiveHub, maxListenersOfWorkspace } from '../../src/live/live-hub';
import { maxIds } from '../../src/live/pending-changes';
import { topicCollections } from '../../src/live/topics';
import { createLogger } from '../../src/logger';
import { startHarness, type Harness } from './harness';

let harness: Harness;
let hub: LiveHub;
let sse: SseStreams;
const feed: { opened: number; closed: number; listener: FeedListener | undefined } = {
  ...{ opened: 0, closed: 0, listener: undefined },
};

beforeAll(async () => {
  harness = await startHarness(({ database, stores, auth, now }) => {
    const logger = createLogger('silent');
    const open = createChangeFeeds(database.db, logger);
    hub = new LiveHub({
      async openFeed(listener) {
        feed.opened++;
        feed.listener = listener;
        const opened = await open(listener);
        return { close: () => opened.close().finally(() => feed.closed++) };
      },
      ownersOf: (topic, keys) => stores.documentOwners.of(topicCollections[topic], keys),
      logger,
    });
    sse = new SseStreams();
    return liveRoutes({ live: hub, sse, auth, now, recheckMs: 200 });
  });
});
afterAll(async () => {
  await Promise.all([sse.stop(), hub.stop()]);
  await harness.close();
});

interface News {
  event: string;
  data: { topic?: string; ids?: string[]; more?: boolean; now: string };
}
/** A listener with what it has heard; `until` waits for a condition on that. */
async function listen(key: string, topics?: string) {
  const heard: News[] = [];
  const waiting: (() => void)[] = [];
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const path = `/api/v1/live${topics === undefined ? '' : `?topics=${topics}`}`;
    get(`${harness.url}${path}`, { headers: { authorization: `Bearer ${key}` }, agent: false }, resolve).on(
      'error',
      reject,
    );
  });
  let text = '';
  let isEnded = false;
  const wake = (): void => waiting.splice(0).forEach((each) => each());
  response.setEncoding('utf8');
  response.on('data', (part: string) => {
    text += part;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const found = /^event: (\w+)\ndata: (.*)$/s.exec(block);
      if (found?.[1] && found[2]) heard.push({ event: found[1], data: JSON.parse(found[2]) });
    }
    wake();
  });
  response.on('close', () => {
    isEnded = true;
    wake();
  });
  response.on('error', () => undefined);
  const until = async (isMet: () => boolean): Promise<void> => {
    while (!isMet()) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const of = (topic: string) => heard.filter(({ data }) => data.topic === topic);
  return {
    ...{ response, heard, until, of },
    ids: (topic: string) => of(topic).flatMap(({ data }) => data.ids ?? []),
    hello: () => until(() => heard.some(({ event }) => event === 'hello')),
    ended: () => until(() => isEnded),
    close: () => response.destroy(),
  };
}

/** Ends the cursors of change streams over this database, as a failover does; returns how many there were. */
async function killChangeStreams(): Promise<number> {
  const { db } = harness.database;
  const found = await db.client
    .db('admin')
    .aggregate<{ cursor: { cursorId: Long } }>(
      [
        { $currentOp: { idleCursors: true, allUsers: true } },
        { $match: { ns: new RegExp(`^${db.databaseName}[.]`), 'cursor.tailable': true } },
      ],
      { readConcern: { level: 'local' } },
    )
    .toArray();
  const cursors = found.map(({ cursor }) => cursor.cursorId);
  if (cursors.length > 0) await db.command({ killCursors: '$cmd.aggregate', cursors });
  return cursors.length;
}

const campaign = (workspaceId: string, id: string) => ({ _id: id, workspaceId, name: id });
const campaigns = () => harness.database.db.collection<{ _id: string; workspaceId: string; name: string }>('campaigns');

test('what comes and what is changed is told by its id, to its own workspace alone', async () => {
  const [one, other] = await Promise.all([harness.addWorkspace(), harness.addWorkspace()]);
  const [here, there] = await Promise.all([listen(one.key), listen(other.key)]);
  await Promise.all([here.hello(), there.hello()]);
  expect(here.heard[0]?.data).toEqual({ now: '2026-04-15T10:00:00.000Z' });

  await campaigns().insertOne(campaign(one.workspaceId, 'cmp_one'));
  await here.until(() => here.ids('campaigns').length === 1);
  await campaigns().insertOne(campaign(other.workspaceId, 'cmp_other'));
  await there.until(() => there.ids('campaigns').length === 1);
  await campaigns().updateOne({ _id: 'cmp_one' }, { $set: { name: 'Changed' } });
  await here.until(() => here.ids('campaigns').length === 2);

  expect(here.ids('campaigns')).toEqual(['cmp_one', 'cmp_one']);
  expect(there.ids('campaigns')).toEqual(['cmp_other']);
  here.close();
  there.close();
});

test('a change of what nobody has seen coming finds its workspace all the same', async () => {
  const [one, other] = await Promise.all([harness.addWorkspace(), harness.addWorkspace()]);
  await campaigns().insertMany([campaign(one.workspaceId, 'cmp_old'), campaign(other.workspaceId, 'cmp_theirs')]);
  const here = await listen(one.key);
  await here.hello();
  await campaigns().updateMany({ _id: { $in: ['cmp_old', 'cmp_theirs'] } }, { $set: { name: 'Changed' } });
  await here.until(() => here.ids('campaigns').length > 0);
  expect(here.ids('campaigns')).toEqual(['cmp_old']);
  here.close();
});

test('messages are named as the API names them, and topics that were not asked for stay away', async () => {
  const { key, workspaceId } = await harness.addWorkspace();
  const here = await listen(key, 'events');
  await here.hello();
  await campaigns().insertOne(campaign(workspaceId, 'cmp_silent'));
  const at = new Date(harness.clock.nowMs);
  await harness.stores.messages.insert([
    {
      ...{ _id: `${workspaceId}/m-1`, workspaceId, messageId: 'm-1', type: 'track', source: 'sdk', body: '{}' },
      ...{ receivedAt: at, occurredAt: at, state: 'received' },
    },
  ]);
  await here.until(() => here.ids('events').length > 0);
  expect(here.ids('events')).toEqual(['m-1']);
  expect(here.of('campaigns')).toEqual([]);
  here.close();
});

test('five thousand changes come as a few pieces of news that name a hundred each', async () => {
  const { key, workspaceId } = await harness.addWorkspace();
  const [here, other] = [await listen(key, 'campaigns'), await listen(harness.key, 'campaigns')];
  await Promise.all([here.hello(), other.hello()]);
  const names = Array.from({ length: 5_000 }, (_each, row) => `cmp_many${row}`);
  const startedMs = performance.now();
  await campaigns().insertMany(names.map((name) => campaign(workspaceId, name)));
  await campaigns().insertOne(campaign(workspaceId, 'cmp_last'));
  // News that were cut short name what came first: so a further change is made when all else is over.
  await here.until(() => here.of('campaigns').some(({ data }) => data.more === true));
  await campaigns().updateOne({ _id: 'cmp_last' }, { $set: { name: 'Last' } });
  await here.until(() => here.ids('campaigns').includes('cmp_last'));
  const tookMs = performance.now() - startedMs;
  const news = here.of('campaigns');
  expect(news.length).toBeLessThanOrEqual(tookMs / 500 + 1);
  expect(Math.max(...news.map(({ data }) => data.ids?.length ?? 0))).toBe(maxIds);
  expect(other.of('campaigns')).toEqual([]);
  here.close();
  other.close();
});

test('all listeners share one stream', async () => {
  const before = feed.opened;
  const { key } = await harness.addWorkspace();
  const listeners = await Promise.all([listen(key), listen(key), listen(harness.key)]);
  await Promise.all(listeners.map((each) => each.hello()));
  expect(feed.opened - before).toBeLessThanOrEqual(1);
  expect(feed.opened - feed.closed).toBe(1);
  for (const each of listeners) each.close();
});

test('a gap in the stream is told to everyone', async () => {
  const here = await listen(harness.key);
  await here.hello();
  feed.listener?.onGap();
  await here.until(() => here.heard.some(({ event }) => event === 'resync'));
  here.close();
});

test('a stream that the database cuts off goes on where it was', async () => {
  const { key, workspaceId } = await harness.addWorkspace();
  const here = await listen(key, 'campaigns');
  await here.hello();
  await campaigns().insertOne(campaign(workspaceId, 'cmp_before'));
  await here.until(() => here.ids('campaigns').includes('cmp_before'));
  expect(await killChangeStreams()).toBeGreaterThan(0);
  await campaigns().insertOne(campaign(workspaceId, 'cmp_meanwhile'));
  await here.until(() => here.ids('campaigns').includes('cmp_meanwhile'));
  expect(here.heard.filter(({ event }) => event === 'resync')).toEqual([]);
  here.close();
});

test('whose key is revoked hears nothing more', async () => {
  const { key, keyId, workspaceId } = await harness.addWorkspace();
  const [here, other] = await Promise.all([listen(key), listen(harness.key)]);
  await Promise.all([here.hello(), other.hello()]);
  await harness.stores.apiKeys.insert({
    ...{ _id: 'key_other', workspaceId, name: 'other', hash: 'other', display: 'esx', createdAt: new Date() },
  });
  await harness.database.transactionOnce((session) =>
    harness.stores.apiKeys.revokeUnlessLast(workspaceId, keyId, new Date(), session),
  );
  harness.auth.forget();
  await here.ended();
  expect(other.response.destroyed).toBe(false);
  other.close();
});

test('a workspace has fifty listeners at most, and one that leaves makes room', async () => {
  const { key } = await harness.addWorkspace();
  const listeners = await Promise.all(Array.from({ length: maxListenersOfWorkspace }, () => listen(key)));
  await Promise.all(listeners.map((each) => each.hello()));
  const refused = await fetch(`${harness.url}/api/v1/live`, { headers: { authorization: `Bearer ${key}` } });
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: 'too_many_listeners' });
  listeners[0]?.close();
  await listeners[0]?.ended();
  // The server hears of it a moment later.
  for (;;) {
    const again = await listen(key);
    listeners.push(again);
    if (again.response.statusCode === 200) break;
  }
  for (const each of listeners) each.close();
});

test('a topic that is none is refused with those that there are', async () => {
  const refused = await harness.call('GET', '/live?topics=events,weather');
  expect(refused.status).toBe(400);
  expect(refused.body.errors[0]).toMatchObject({ pointer: '/topics/1', detail: expect.stringContaining('deliveries') });
});

test('when the gateway stops, its listeners are hung up on and the stream is closed', async () => {
  const here = await listen(harness.key);
  await here.hello();
  await Promise.all([sse.stop(), hub.stop()]);
  await here.ended();
  expect(feed.opened).toBe(feed.closed);
  const refused = await fetch(`${harness.url}/api/v1/live`, { headers: { authorization: `Bearer ${harness.key}` } });
  expect(refused.status).toBe(503);
});
