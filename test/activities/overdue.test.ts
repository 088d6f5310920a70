import { createOverdue, type OverduePage } from '../../activities/overdue';
import type { Delivery } from '../../domain/delivery';
import { atMs, delivery, many } from './support/attempts';

const graceMs = 120_000;
const waitMs = 600_000;
const nowMs = atMs + 3_600_000;
const own = (name: number | string): string => `delivery/whe_1/evt_${name}`;
const group = 'retry-group/whe_1/g';
/** A delivery that was due so many seconds after `atMs`. */
const row = (name: number | string, workflowId = own(name), dueSeconds = 0): Delivery =>
  delivery(name, {
    ...{ status: 'retrying', attemptCount: 2, attemptsInRound: 2, nextAttemptAtMs: atMs + dueSeconds * 1_000 },
    workflowId,
  });

/** Rows by status and tracks by key; workflows are open until they are closed at a moment. Unknown ones never were. */
function scene(rows: Delivery[], tracks: { key: string; receivedAtMs: number }[] = []) {
  const log = new Map(rows.map((each) => [each.id, each]));
  const workflows = new Map<string, 'open' | number>();
  const asked: string[] = [];
  const started: Delivery[] = [];
  const startedTracks: string[] = [];
  const hooks = { onAsk: (_workflowId: string): void => undefined, onStart: (_delivery: Delivery): void => undefined };
  const pageOf = <Row>(all: Row[], place: (row: Row) => { atMs: number; id: string }, page: OverduePage): Row[] => {
    const isBehind = (one: Row): boolean => {
      const { atMs: at, id } = place(one);
      return !page.after || at > page.after.atMs || (at === page.after.atMs && id > page.after.id);
    };
    const inOrder = [...all].sort((a, b) => place(a).atMs - place(b).atMs || (place(a).id < place(b).id ? -1 : 1));
    return inOrder.filter((one) => place(one).atMs < page.beforeMs && isBehind(one)).slice(0, page.limit);
  };
  const { goOnDeliveries, goOnTracks } = createOverdue({
    overdue: {
      deliveries: (status, page) => {
        const place = ({ id, nextAttemptAtMs, createdAtMs }: Delivery) => ({
          atMs: nextAttemptAtMs ?? createdAtMs,
          id,
        });
        const all = [...log.values()].filter((each) => each.status === status);
        return Promise.resolve(pageOf(all, place, page));
      },
      claim: (read, to) => {
        if (log.get(read.id) !== read) return Promise.resolve(false);
        log.set(read.id, { ...read, workflowId: to });
        return Promise.resolve(true);
      },
      tracks: (page) =>
        Promise.resolve(pageOf(tracks, ({ key, receivedAtMs }) => ({ atMs: receivedAtMs, id: key }), page)),
    },
    starter: {
      lateIdentifyWaitMs: waitMs,
      isOpenOrClosedSince: (workflowId, sinceMs) => {
        asked.push(workflowId);
        const state = workflows.get(workflowId);
        hooks.onAsk(workflowId);
        return Promise.resolve(state === 'open' || (state !== undefined && state > sinceMs));
      },
      startDeliveryAgain: (each) => {
        hooks.onStart(each);
        started.push(each);
        return Promise.resolve();
      },
      startCustomEvent: (key) => Promise.resolve(void startedTracks.push(key)),
    },
    now: () => nowMs,
  });
  return { log, workflows, asked, started, startedTracks, hooks, goOnDeliveries, goOnTracks };
}

describe('deliveries that are overdue', () => {
  test('go on in workflows of their own, in the place that they have, when nobody carries them', async () => {
    const rows = [row('a'), row('b', group), row('c', group)];
    const { log, started, goOnDeliveries } = scene(rows);
    expect(await goOnDeliveries()).toBe(3);
    expect(started).toEqual(['a', 'b', 'c'].map((name) => row(name)));
    expect([...log.values()]).toEqual(started);
  });

  test('are left alone while their carrier is open, which is asked for once', async () => {
    const { workflows, asked, started, goOnDeliveries } = scene([row('a', group), row('b', group), row('c')]);
    workflows.set(group, 'open');
    expect(await goOnDeliveries()).toBe(1);
    expect(started.map(({ id }) => id)).toEqual(['dlv_c']);
    expect(asked).toEqual([group, own('c')]);
  });

  test.each<[string, number, number]>([
    ['a moment ago: an attempt may still be under way', nowMs - graceMs + 1, 0],
    ['longer ago than an attempt takes', nowMs - graceMs, 1],
  ])('are left alone or go on when their carrier was closed %s', async (_what, closedAtMs, count) => {
    const { workflows, started, goOnDeliveries } = scene([row('a')]);
    workflows.set(own('a'), closedAtMs);
    expect(await goOnDeliveries()).toBe(count);
    expect(started).toHaveLength(count);
  });

  test('are those that are late by more than the grace; first attempts by their making', async () => {
    const secondsLate = (late: number): number => (nowMs - atMs - graceMs) / 1_000 - late;
    const { nextAttemptAtMs: _none, ...first } = row('first');
    const made = { ...first, status: 'pending' as const, attemptCount: 0, attemptsInRound: 0 };
    const rows = [
      row('late', own('late'), secondsLate(1)),
      row('not late', own('not late'), secondsLate(0)),
      { ...made, createdAtMs: nowMs - graceMs - 1 },
      { ...made, id: 'dlv_second', createdAtMs: nowMs - graceMs },
    ];
    const { started, goOnDeliveries } = scene(rows);
    expect(await goOnDeliveries()).toBe(2);
    expect(started.map(({ id }) => id)).toEqual(['dlv_late', 'dlv_first']);
  });

  test('are not started when anything became of them since they were read', async () => {
    const { log, hooks, started, goOnDeliveries } = scene([row('a', group)]);
    hooks.onAsk = () => void log.set('dlv_a', { ...row('a', group), status: 'delivered' });
    await goOnDeliveries();
    expect(started).toEqual([]);
    expect(log.get('dlv_a')).toMatchObject({ status: 'delivered', workflowId: group });
  });

  test('beyond a page that is late and open are found by the next looks, and then it begins anew', async () => {
    const alive = many(200, (index) => row(index, own(index), index));
    const { workflows, asked, started, goOnDeliveries } = scene([...alive, row('gone', own('gone'), 200)]);
    for (const { workflowId } of alive) workflows.set(workflowId, 'open');
    expect([await goOnDeliveries(), await goOnDeliveries(), await goOnDeliveries()]).toEqual([0, 0, 1]);
    expect(started.map(({ id }) => id)).toEqual(['dlv_gone']);
    asked.length = 0;
    await goOnDeliveries();
    expect(asked).toEqual(alive.slice(0, 100).map(({ workflowId }) => workflowId));
  });

  test('of a page that cannot be started do not keep those behind it from going on', async () => {
    const rows = many(101, (index) => row(index, own(index), index));
    const { hooks, started, goOnDeliveries } = scene(rows);
    hooks.onStart = ({ id }) => {
      if (id === 'dlv_0') throw new Error('Temporal does not take it');
    };
    await expect(goOnDeliveries()).rejects.toThrow('does not take it');
    expect(await goOnDeliveries()).toBe(1);
    expect(started.map(({ id }) => id)).toContain('dlv_100');
  });

  test('are a hundred at a time', async () => {
    const { started, goOnDeliveries } = scene(many(250, (index) => row(index, group, index)));
    await goOnDeliveries();
    expect(started).toHaveLength(100);
  });
});

test('tracks that wait for longer than they may go on unless their workflow is open', async () => {
  const lateBy = (ms: number): number => nowMs - graceMs - waitMs - ms;
  const { workflows, startedTracks, goOnTracks } = scene(
    [],
    [
      { key: 'ws_1/open', receivedAtMs: lateBy(3) },
      { key: 'ws_1/gone', receivedAtMs: lateBy(2) },
      { key: 'ws_1/waits', receivedAtMs: lateBy(0) },
    ],
  );
  workflows.set('track/ws_1/open', 'open');
  expect(await goOnTracks()).toBe(1);
  expect(startedTracks).toEqual(['ws_1/gone']);
});
