import fc from 'fast-check';
import { afterAttempt, type Attempt, type Delivery } from '../../domain/delivery';
import { deliveryTimeline } from '../../domain/delivery-timeline';
import { standardRetryDelaysMs as delaysMs } from '../../domain/retry-timeline';

const startMs = Date.parse('2026-04-15T10:00:00Z');
type Known = Pick<Delivery, 'status' | 'round' | 'createdAtMs' | 'nextAttemptAtMs'>;
const delivery = (known: Partial<Known> = {}): Known => ({
  ...{ status: 'pending' as const, round: 1, createdAtMs: startMs },
  ...known,
});
const attempt = (number: number, known: Partial<Attempt> = {}): Attempt => ({
  ...{ deliveryId: 'dlv_1', key: `k${number}`, number, round: 1, trigger: 'schedule', atMs: startMs },
  ...{ durationMs: 0, statusCode: 500, responseBody: '' },
  ...known,
});
const states = (timeline: ReturnType<typeof deliveryTimeline>): string =>
  timeline.slots.map(({ state }) => state).join(' ');
const offsets = (timeline: ReturnType<typeof deliveryTimeline>): (number | null)[] =>
  timeline.slots.map(({ plannedAtMs }) => (plannedAtMs === undefined ? null : (plannedAtMs - startMs) / 1_000));

describe('the timeline of a delivery', () => {
  it('shows the promised six before the first attempt', () => {
    const timeline = deliveryTimeline(delivery(), [], delaysMs);
    expect(states(timeline)).toBe('next future future future future future');
    expect(offsets(timeline)).toEqual([0, 30, 150, 750, 2_550, 6_150]);
    expect(timeline.slots.map(({ waitMs }) => waitMs)).toEqual([0, ...delaysMs]);
  });

  it('measures the next from the end of the last, and how late each was', () => {
    const attempts = [
      attempt(1, { atMs: startMs + 40, durationMs: 1_960 }),
      attempt(2, { atMs: startMs + 32_084, durationMs: 916 }),
    ];
    const nextAttemptAtMs = startMs + 153_000;
    const timeline = deliveryTimeline(delivery({ status: 'retrying', nextAttemptAtMs }), attempts, delaysMs);
    expect(states(timeline)).toBe('failed failed next future future future');
    expect(offsets(timeline)).toEqual([0, 32, 153, 753, 2_553, 6_153]);
    expect(timeline.slots.map(({ driftMs }) => driftMs)).toEqual([40, 84, undefined, undefined, undefined, undefined]);
  });

  it('honours what the receiver asked to wait', () => {
    const asked = attempt(1, { statusCode: 503, retryAfterMs: 45_000 });
    const late = attempt(2, { atMs: startMs + 45_010, statusCode: 200 });
    const timeline = deliveryTimeline(delivery({ status: 'delivered' }), [asked, late], delaysMs);
    expect(offsets(timeline)).toEqual([0, 45, null, null, null, null]);
    expect(timeline.slots[1]).toMatchObject({ state: 'done', driftMs: 10 });
  });

  test.each([
    ['delivered', [200], 'done skipped skipped skipped skipped skipped'],
    ['delivered', [500, 204], 'failed done skipped skipped skipped skipped'],
    ['failed', [410], 'failed skipped skipped skipped skipped skipped'],
    ['failed', [500, 500, 500, 500, 500, 500], 'failed failed failed failed failed failed'],
    ['cancelled', [500], 'failed skipped skipped skipped skipped skipped'],
    ['cancelled', [], 'skipped skipped skipped skipped skipped skipped'],
    ['held', [], 'next future future future future future'],
    ['held', [500], 'failed next future future future future'],
  ] as const)('of one that is %s after %j', (status, codes, expected) => {
    const attempts = codes.map((statusCode, index) => attempt(index + 1, { statusCode }));
    const timeline = deliveryTimeline(delivery({ status }), attempts, delaysMs);
    expect(states(timeline)).toBe(expected);
    // Nobody knows when an endpoint is resumed, and what is over has no time.
    expect(timeline.slots.slice(codes.length).every(({ plannedAtMs }) => plannedAtMs === undefined)).toBe(true);
  });

  it('gives an attempt that a person made early its slot, without a drift', () => {
    const early = attempt(2, { trigger: 'manual', atMs: startMs + 5_000 });
    const nextAttemptAtMs = startMs + 125_000;
    const timeline = deliveryTimeline(delivery({ status: 'retrying', nextAttemptAtMs }), [attempt(1), early], delaysMs);
    expect(timeline.slots[1]).toMatchObject({ state: 'failed', plannedAtMs: startMs + 30_000 });
    expect(timeline.slots[1]).not.toHaveProperty('driftMs');
    expect(offsets(timeline).slice(2)).toEqual([125, 725, 2_525, 6_125]);
  });

  it('begins anew in the next round, and lists what was before', () => {
    const attempts = [
      ...[1, 2, 3, 4, 5, 6].map((number) => attempt(number)),
      attempt(7, { round: 2, trigger: 'manual', atMs: startMs + 9_000_000, statusCode: 200 }),
    ];
    const timeline = deliveryTimeline(delivery({ status: 'delivered', round: 2 }), attempts, delaysMs);
    expect(states(timeline)).toBe('done skipped skipped skipped skipped skipped');
    expect(timeline.slots[0]).not.toHaveProperty('plannedAtMs');
    expect(timeline.others).toEqual([{ round: 1, numbers: [1, 2, 3, 4, 5, 6], isDelivered: false }]);
  });

  it('has a place for what two workflows made at the same time', () => {
    const attempts = [1, 2, 3, 4, 5, 6, 7].map((number) => attempt(number));
    const timeline = deliveryTimeline(delivery({ status: 'failed' }), attempts, delaysMs);
    expect(timeline.slots).toHaveLength(6);
    expect(timeline.others).toEqual([{ round: 1, numbers: [7], isDelivered: false }]);
  });
});

/** Lives of a delivery as the product writes them: attempts one after another, each a little late. */
const lives = fc
  .record({
    delays: fc.array(fc.integer({ min: 1, max: 3_600_000 }), { maxLength: 8 }),
    attempts: fc.array(
      fc.record({
        lateMs: fc.nat(5_000),
        durationMs: fc.nat(30_000),
        statusCode: fc.constantFrom(200, 204, 301, 404, 410, 429, 500, undefined),
        retryAfterMs: fc.option(fc.nat(10_000_000), { nil: undefined }),
      }),
      { maxLength: 9 },
    ),
  })
  .map(({ delays, attempts }) => {
    const made: Attempt[] = [];
    let state: Known = delivery();
    for (const { lateMs, durationMs, statusCode, retryAfterMs } of attempts) {
      if (state.status !== 'pending' && state.status !== 'retrying') break;
      const dueMs = state.nextAttemptAtMs ?? startMs;
      const one = attempt(made.length + 1, {
        atMs: dueMs + lateMs,
        durationMs,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      });
      const answered: Attempt = statusCode === undefined ? { ...one, error: 'timeout' } : { ...one, statusCode };
      if (statusCode === undefined) delete answered.statusCode;
      made.push(answered);
      const { status, nextAttemptAtMs } = afterAttempt(answered, made.length - 1, delays);
      state = delivery({ status, ...(nextAttemptAtMs === undefined ? {} : { nextAttemptAtMs }) });
    }
    return { delays, made, state, lateMs: attempts.map(({ lateMs }) => lateMs) };
  });

describe('whatever becomes of a delivery', () => {
  it('each slot of the timeline stands there once, in order, and each attempt in one place', () => {
    fc.assert(
      fc.property(lives, ({ delays, made, state }) => {
        const timeline = deliveryTimeline(state, made, delays);
        expect(timeline.slots.map(({ place }) => place)).toEqual(
          Array.from({ length: delays.length + 1 }, (_, i) => i + 1),
        );
        const shown = timeline.slots.flatMap((slot) => (slot.attempt ? [slot.attempt.number] : []));
        expect(shown).toEqual(made.map(({ number }) => number));
      }),
    );
  });

  it('the drift is how late each attempt was, and planned times never go back', () => {
    fc.assert(
      fc.property(lives, ({ delays, made, state, lateMs }) => {
        const { slots } = deliveryTimeline(state, made, delays);
        expect(slots.flatMap(({ driftMs }) => driftMs ?? [])).toEqual(lateMs.slice(0, made.length));
        const planned = slots.flatMap(({ plannedAtMs }) => plannedAtMs ?? []);
        expect(planned).toEqual([...planned].sort((one, other) => one - other));
      }),
    );
  });

  it('at most one attempt is next, and only where one is to come', () => {
    fc.assert(
      fc.property(lives, ({ delays, made, state }) => {
        const { slots } = deliveryTimeline(state, made, delays);
        const next = slots.filter((slot) => slot.state === 'next');
        expect(next).toHaveLength(state.status === 'pending' || state.status === 'retrying' ? 1 : 0);
        if (state.nextAttemptAtMs !== undefined) expect(next[0]?.plannedAtMs).toBe(state.nextAttemptAtMs);
      }),
    );
  });
});
