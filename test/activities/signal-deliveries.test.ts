import { createSignalDeliveries, type SignalPageInput } from '../../activities/signal-deliveries';
import type { Delivery } from '../../domain/delivery';
import { workflowIds } from '../../domain/ids';
import { atMs, delivery, many, receiver } from './support/attempts';

const lane = workflowIds.webhookDispatch('whe_1');

/** An endpoint's deliveries in memory, and a Temporal that takes notes. */
function scene(rows: Delivery[]) {
  const log = new Map(rows.map((row) => [row.id, row]));
  const notes: string[] = [];
  const temporal = { isAway: false };
  const note = (text: string): Promise<void> => {
    if (temporal.isAway) return Promise.reject(new Error('Temporal is away'));
    return Promise.resolve(void notes.push(text));
  };
  const change = (ids: string[], statuses: string[], to: Partial<Delivery>): Promise<void> => {
    for (const id of ids) {
      const row = log.get(id);
      if (row && statuses.includes(row.status)) log.set(id, { ...row, ...to });
    }
    return Promise.resolve();
  };
  const activities = createSignalDeliveries({
    deliveries: {
      ofEndpoint: (_endpointId, { statuses, afterId = '' }, limit) =>
        Promise.resolve(
          [...log.values()].filter(({ id, status }) => statuses.includes(status) && id > afterId).slice(0, limit),
        ),
      markCancelled: (id) => change([id], ['pending', 'retrying', 'held'], { status: 'cancelled' }),
      claimFailed: (ids, workflowId) => change(ids, ['failed'], { workflowId }),
      moveToDispatch: (ids, workflowId) => change(ids, ['pending', 'held'], { workflowId, status: 'pending' }),
      receiver: () => Promise.resolve(receiver()),
      clearNotice: () => Promise.resolve(),
    },
    signaller: {
      retrigger: ({ id }) => note(`retrigger ${id}`),
      resume: ({ id }) => note(`resume ${id}`),
      cancelDelivery: ({ id }) => note(`cancel ${id}`).then(() => false),
      startRetryGroup: ({ groupId, deliveries, together }) =>
        note(`group ${groupId} of ${deliveries.length}, round ${together.deliveries[0]?.round}`),
      startDispatch: ({ id }) => note(`lane of ${id}`),
    },
    now: () => atMs,
    ownRunId: () => 'run-1',
  });
  const signal = (action: SignalPageInput['action'], more: Partial<SignalPageInput> = {}) =>
    activities.signalDeliveries({ endpointId: 'whe_1', action, limit: 100, ...more });
  return { log, notes, temporal, signal, rows: () => [...log.values()] };
}
/** Names that sort in their order. */
const named = (count: number, more: Partial<Delivery>): Delivery[] =>
  many(count, (index) => delivery(String(index).padStart(3, '0'), more));
const ownOf = (row: Delivery): Delivery => ({ ...row, workflowId: workflowIds.webhookDelivery(row) });

describe('resuming', () => {
  const held = { status: 'held', workflowId: lane } as const;

  it('what was never attempted goes into the endpoint’s lane, which hears of it before and after', async () => {
    const { notes, signal, rows } = scene(named(100, held));
    expect(await signal('resume')).toEqual({ signalled: 100, lastId: 'dlv_099' });
    expect(notes).toEqual(['lane of whe_1', 'lane of whe_1']);
    expect(rows()).toEqual(named(100, { status: 'pending', workflowId: lane }));
  });

  it('what has a place on its timeline, and what are few, goes on by itself', async () => {
    const tried = named(5, { ...held, attemptCount: 1, attemptsInRound: 1 });
    const { notes, signal } = scene([...tried, ...many(3, (index) => delivery(`few${index}`, held))]);
    await signal('resume');
    expect(notes).toEqual([...tried.map(({ id }) => `resume ${id}`), ...many(3, (index) => `resume dlv_few${index}`)]);
  });

  it('a second try, after Temporal was away, tells the lane: what is in it must not lie there', async () => {
    const { notes, temporal, signal } = scene(named(10, held));
    temporal.isAway = true;
    await expect(signal('resume')).rejects.toThrow('Temporal is away');
    temporal.isAway = false;
    await signal('resume');
    expect(notes).toContain('lane of whe_1');
  });
});

describe('recovering', () => {
  const failed = { status: 'failed', attemptCount: 3, attemptsInRound: 3 } as const;

  it('what a group brought to its end begins the next round together', async () => {
    const { notes, signal, rows } = scene(named(100, { ...failed, workflowId: 'retry-group/whe_1/g' }));
    await signal('retrigger');
    expect(notes).toEqual(['group run-1-dlv_000 of 100, round 2']);
    expect(new Set(rows().map(({ workflowId }) => workflowId))).toEqual(new Set(['retry-group/whe_1/run-1-dlv_000']));
  });

  it('a second try of a page names the same group', async () => {
    const { notes, temporal, signal } = scene(named(10, { ...failed, workflowId: 'retry-group/whe_1/g' }));
    temporal.isAway = true;
    await expect(signal('retrigger', { afterId: 'dlv_002' })).rejects.toThrow('Temporal is away');
    temporal.isAway = false;
    await signal('retrigger', { afterId: 'dlv_002' });
    await signal('retrigger', { afterId: 'dlv_002' });
    expect(new Set(notes)).toEqual(new Set(['group run-1-dlv_003 of 7, round 2']));
  });

  it('what may have an open workflow of its own is signalled, 25 on a page', async () => {
    const { notes, signal } = scene(named(60, failed).map(ownOf));
    expect(await signal('retrigger')).toEqual({ signalled: 25, lastId: 'dlv_024' });
    expect(await signal('retrigger', { afterId: 'dlv_049' })).toEqual({ signalled: 10 });
    expect(notes).toHaveLength(35);
    expect(notes[24]).toBe('retrigger dlv_024');
  });

  it('a page with both kinds leaves none out and takes none twice', async () => {
    const rows = named(100, { ...failed, workflowId: 'retry-group/whe_1/g' });
    const { notes, signal } = scene(rows.map((row, index) => (index % 3 === 0 ? ownOf(row) : row)));
    const { signalled, lastId } = await signal('retrigger');
    // The 26th with its own workflow is the first of the next page.
    expect([signalled, lastId]).toEqual([75, 'dlv_074']);
    expect(notes.filter((each) => each.startsWith('retrigger'))).toHaveLength(25);
    expect(notes.filter((each) => each.startsWith('group'))).toEqual([expect.stringContaining(' of 50, ')]);
  });
});

it('cancelling closes what is open and leaves what has failed for good', async () => {
  const { signal, rows } = scene([
    delivery(1, { status: 'retrying', workflowId: 'retry-group/whe_1/g' }),
    delivery(2, { status: 'failed' }),
    delivery(3, { status: 'held' }),
    delivery(4, { status: 'delivered' }),
  ]);
  expect(await signal('cancel')).toEqual({ signalled: 3 });
  expect(rows().map(({ status }) => status)).toEqual(['cancelled', 'failed', 'cancelled', 'delivered']);
});
