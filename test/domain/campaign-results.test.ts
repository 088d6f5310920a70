import fc from 'fast-check';
import { noProgress } from '../../domain/campaign';
import { paceOf, rateWindowMs, timelineOf } from '../../domain/campaign-results';

const hourMs = 3_600_000;
const startMs = Date.parse('2026-04-15T10:00:00Z');

describe('the timeline', () => {
  test('goes hour by hour for two days, and day by day after that', () => {
    const buckets = timelineOf(startMs, startMs + 100 * hourMs, {
      opened: [
        { hour: 0, count: 5 },
        { hour: 47, count: 2 },
        { hour: 48, count: 1 },
        { hour: 71, count: 3 },
        { hour: 72, count: 7 },
      ],
      clicked: [{ hour: 0, count: 1 }],
    });
    expect(buckets).toHaveLength(50);
    expect(buckets[0]).toEqual({ fromMs: startMs, untilMs: startMs + hourMs, opened: 5, clicked: 1 });
    expect(buckets[47]).toMatchObject({ opened: 2 });
    expect(buckets[48]).toEqual({
      fromMs: startMs + 48 * hourMs,
      untilMs: startMs + 72 * hourMs,
      opened: 4,
      clicked: 0,
    });
    expect(buckets[49]).toMatchObject({ untilMs: startMs + 96 * hourMs, opened: 7 });
  });

  test('has the hours up to now, and no silence of weeks at its end', () => {
    const none = { opened: [], clicked: [] };
    expect(timelineOf(startMs, startMs, none)).toHaveLength(1);
    expect(timelineOf(startMs, startMs + 5.5 * hourMs, none)).toHaveLength(6);
    expect(timelineOf(startMs, startMs + 2_000 * hourMs, none)).toHaveLength(48);
  });

  test('puts what a clock makes happen before the start into the first hour', () => {
    const [first] = timelineOf(startMs, startMs, { opened: [{ hour: -2, count: 3 }], clicked: [] });
    expect(first).toMatchObject({ fromMs: startMs, opened: 3 });
  });

  test('loses nothing, leaves no gap, whatever was heard', () => {
    const hours = fc.array(
      fc.record({ hour: fc.integer({ min: -5, max: 3_000 }), count: fc.integer({ min: 1, max: 9 }) }),
    );
    fc.assert(
      fc.property(hours, hours, fc.integer({ min: 0, max: 3_000 }), (opened, clicked, elapsedHours) => {
        const buckets = timelineOf(startMs, startMs + elapsedHours * hourMs, { opened, clicked });
        const sum = (counts: { count: number }[]) => counts.reduce((total, { count }) => total + count, 0);
        expect(buckets.reduce((total, bucket) => total + bucket.opened, 0)).toBe(sum(opened));
        expect(buckets.reduce((total, bucket) => total + bucket.clicked, 0)).toBe(sum(clicked));
        for (const [place, bucket] of buckets.entries()) {
          expect(bucket.fromMs).toBe(place === 0 ? startMs : buckets[place - 1]?.untilMs);
        }
      }),
    );
  });
});

describe('the pace', () => {
  const sending = {
    ...{ status: 'sending' as const, startedAtMs: startMs, updatedAtMs: startMs, ratePerSecond: 100 },
    progress: { ...noProgress, audience: 10_000, sent: 3_900, skipped: 90, failed: 10, retrying: 0 },
  };
  const afterAMinute = startMs + 60_000;

  test('tells the rate of now and how long the rest will take', () => {
    const pace = paceOf(sending, { count: 500, windowMs: 10_000 }, afterAMinute);
    expect(pace).toEqual({ elapsedMs: 60_000, ratePerMinute: 3_000, etaMs: 120_000 });
  });

  test('takes the rate that it may have where none can be seen yet', () => {
    const pace = paceOf(sending, { count: 0, windowMs: 10_000 }, afterAMinute);
    expect(pace).toMatchObject({ ratePerMinute: 0, etaMs: 60_000 });
  });

  test('counts no time before the start', () => {
    const pace = paceOf(sending, { count: 200, windowMs: 10_000 }, startMs + 2_000);
    expect(pace.ratePerMinute).toBe(6_000);
  });

  test('does not know when a server will take what it has put off', () => {
    const progress = { ...sending.progress, sent: 9_800, retrying: 100 };
    expect(paceOf({ ...sending, progress }, { count: 0, windowMs: 10_000 }, afterAMinute).etaMs).toBeNull();
  });

  test('of one that is over ends with it, of a draft there is none', () => {
    const recent = { count: 9, windowMs: 10_000 };
    const over = { elapsedMs: 30_000, ratePerMinute: null, etaMs: null };
    expect(paceOf({ ...sending, status: 'sent', sentAtMs: startMs + 30_000 }, recent, afterAMinute)).toEqual(over);
    expect(paceOf({ ...sending, status: 'cancelled', updatedAtMs: startMs + 30_000 }, recent, afterAMinute)).toEqual(
      over,
    );
    expect(paceOf({ ...sending, status: 'paused' }, recent, afterAMinute)).toEqual({ ...over, elapsedMs: 60_000 });
    const { startedAtMs: _startedAtMs, ...draft } = sending;
    expect(paceOf({ ...draft, status: 'draft' }, recent, afterAMinute).elapsedMs).toBeNull();
  });

  test('is measured over some seconds for a fast campaign and some minutes for a slow one', () => {
    expect(rateWindowMs(10_000)).toBe(10_000);
    expect(rateWindowMs(50)).toBe(20_000);
    expect(rateWindowMs(0.01)).toBe(300_000);
  });
});
