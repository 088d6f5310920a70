import fc from 'fast-check';
import { createAttemptGroup, type DueDelivery, type GroupLimits } from '../../activities/attempt-group';
import { EndpointSlots } from '../../activities/endpoint-slots';
import { gate } from '../workflows/support/until';
import {
  answering,
  atMs,
  delivery,
  due,
  heldAttempts,
  holdTime,
  many,
  memoryRecorder,
  receiver,
  retryDelaysMs,
  settled,
} from './support/attempts';

const limits: GroupLimits = { maxAtOnce: 3, cutAfterMs: 2_000, atCut: 'leave' };

/** A group whose attempts end when the test says so; time stands still until the test moves it. */
function scene(more: Partial<GroupLimits> = {}) {
  const held = heldAttempts();
  const recorder = memoryRecorder();
  const slots = new EndpointSlots();
  const group = createAttemptGroup({ recorder, makeAttempt: held.makeAttempt, slots, now: () => Date.now() });
  const attempt = (dues: DueDelivery[], beforeLate?: Promise<boolean>) =>
    group(receiver(), dues, 'batch/b1/0', retryDelaysMs, { ...limits, ...more }, beforeLate);
  return { ...held, recorder, slots, attempt };
}
const nothing = { isGone: false, delivered: 0, failed: [], exhausted: 0, underWay: [], notStarted: [], slowestMs: 0 };
const idsOf = (dues: DueDelivery[]): string[] => dues.map(({ delivery: { id } }) => id);

beforeEach(holdTime);
afterEach(() => jest.useRealTimers());

describe('until the cut', () => {
  it('makes each attempt once, so many at once, in their order, and gives every slot back', async () => {
    const { attempt, exchanges, underWay, slots, recorder } = scene();
    const dues = many(7, due);
    const result = attempt(dues);
    await settled();
    expect([exchanges.length, slots.underWay('whe_1')]).toEqual([3, 3]);
    for (let ended = 0; ended < dues.length; ended++) {
      exchanges[ended]?.answer(200);
      await settled();
      expect(underWay()).toBe(Math.min(3, dues.length - ended - 1));
    }
    expect(await result).toEqual({ ...nothing, delivered: 7, slowestMs: 5 });
    expect(exchanges.map(({ deliveryId, body }) => [deliveryId, body])).toEqual(
      dues.map(({ delivery: { id }, body }) => [id, body]),
    );
    expect(recorder.records).toHaveLength(7);
    expect([slots.underWay('whe_1'), jest.getTimerCount()]).toEqual([0, 0]);
  });

  it('two groups at one endpoint share its slots', async () => {
    const { attempt, underWay, exchanges } = scene();
    const results = [attempt(many(4, due)), attempt(many(4, (index) => due(`other${index}`)))];
    await settled();
    expect(underWay()).toBe(3);
    for (let next = 0; next < 8; next++) {
      exchanges[next]?.answer(200);
      await settled();
      expect(underWay()).toBeLessThanOrEqual(3);
    }
    await Promise.all(results);
    expect(exchanges).toHaveLength(8);
  });

  it('names an attempt by the group, the next number of its delivery and its round', async () => {
    const { attempt, exchanges, recorder } = scene();
    const before = delivery(1, { attemptCount: 4, round: 2, attemptsInRound: 1, status: 'retrying' });
    const result = attempt([due(1, { delivery: before, round: 2, slot: 1, isNew: false })]);
    await settled();
    expect(exchanges[0]?.name).toEqual({ key: 'batch/b1/0', number: 5, round: 2, trigger: 'schedule' });
    exchanges[0]?.answer(500);
    expect((await result).failed).toEqual([
      { id: 'dlv_1', round: 2, attemptsInRound: 2, nextAttemptAtMs: atMs + 5 + 120_000 },
    ]);
    expect(recorder.records).toMatchObject([
      { delivery: before, isNew: false, after: { status: 'retrying', attemptCount: 5, round: 2, attemptsInRound: 2 } },
    ]);
  });

  it('says what failed and goes on, counts what failed for good, and records each with its outcome', async () => {
    const recorder = memoryRecorder();
    const statuses: Record<string, number> = { dlv_a: 200, dlv_b: 500, dlv_c: 503, dlv_d: 404 };
    const { makeAttempt } = answering((id) => statuses[id] ?? 0);
    const group = createAttemptGroup({ recorder, makeAttempt, slots: new EndpointSlots(), now: () => Date.now() });
    const dues = [due('a'), due('b'), due('c', { slot: 1 }), due('d', { slot: 2 })];
    const result = await group(receiver(), dues, 'k', retryDelaysMs, limits);
    expect(result).toMatchObject({
      delivered: 1,
      failed: [
        { id: 'dlv_b', round: 1, attemptsInRound: 1, nextAttemptAtMs: atMs + 5 + 30_000 },
        { id: 'dlv_c', round: 1, attemptsInRound: 2, nextAttemptAtMs: atMs + 5 + 120_000 },
      ],
      exhausted: 1,
    });
    expect(recorder.records.map(({ attempt, after, isNew }) => [attempt.statusCode, after.status, isNew])).toEqual([
      [200, 'delivered', true],
      [500, 'retrying', true],
      [503, 'retrying', true],
      [404, 'failed', true],
    ]);
    expect(recorder.records.map(({ after }) => 'isGone' in after)).toEqual([false, false, false, false]);
  });

  it('a receiver that answers 410 is disabled before its delivery is recorded as failed', async () => {
    const { attempt, exchanges, recorder } = scene();
    const result = attempt([due(1)]);
    await settled();
    const disabledBefore: number[] = [];
    recorder.before = () => void disabledBefore.push(recorder.disabled.length);
    exchanges[0]?.answer(410);
    expect(await result).toMatchObject({ failed: [], exhausted: 1 });
    expect(recorder.disabled).toEqual([{ endpointId: 'whe_1', reason: 'the receiver answered 410 Gone' }]);
    expect([recorder.records[0]?.after.status, disabledBefore]).toEqual(['failed', [1]]);
  });

  it('the database holds up no attempt, but the end of the group', async () => {
    const { attempt, exchanges, recorder } = scene({ maxAtOnce: 1 });
    const { opened, open } = gate();
    recorder.before = () => opened;
    let isOver = false;
    const result = attempt(many(2, due)).finally(() => (isOver = true));
    await settled();
    exchanges[0]?.answer(200);
    await settled();
    exchanges[1]?.answer(200);
    await settled();
    expect([exchanges.length, isOver]).toEqual([2, false]);
    open();
    await result;
    expect(recorder.records).toHaveLength(2);
  });

  it('nothing to attempt is done at once', async () => {
    const { attempt } = scene();
    expect(await attempt([])).toEqual(nothing);
  });
});

describe('at the cut', () => {
  it('leaves those under way and those not started, and says since when the one and which the other', async () => {
    const { attempt, exchanges, recorder } = scene();
    const dues = many(6, due);
    const result = attempt(dues);
    await settled();
    await jest.advanceTimersByTimeAsync(1_500);
    exchanges[1]?.answer(500);
    await settled();
    await jest.advanceTimersByTimeAsync(499);
    expect(exchanges).toHaveLength(4);
    await jest.advanceTimersByTimeAsync(1);
    const { failed, underWay, notStarted, slowestMs } = await result;
    expect(failed.map(({ id }) => id)).toEqual(['dlv_1']);
    expect(underWay.map(({ due: { delivery: each }, startedAtMs }) => [each.id, startedAtMs - atMs])).toEqual([
      ['dlv_0', 0],
      ['dlv_2', 0],
      ['dlv_3', 1_500],
    ]);
    expect(idsOf(notStarted)).toEqual(['dlv_4', 'dlv_5']);
    expect(slowestMs).toBe(2_000);
    expect(recorder.records).toHaveLength(1);
  });

  it('begins no further attempt when one of those left ends', async () => {
    const { attempt, exchanges, slots } = scene();
    const result = attempt(many(6, due));
    await jest.advanceTimersByTimeAsync(2_000);
    await result;
    exchanges.forEach(({ answer }) => answer(200));
    await settled();
    expect([exchanges.length, slots.underWay('whe_1')]).toEqual([3, 0]);
  });

  it('records those left when they end: as stored by then, and not before the caller has stored them', async () => {
    const { attempt, exchanges, recorder } = scene();
    const { opened, open } = gate();
    const result = attempt(
      many(2, due),
      opened.then(() => true),
    );
    await jest.advanceTimersByTimeAsync(2_000);
    const { failed, underWay } = await result;
    expect([failed.length, underWay.length]).toEqual([0, 2]);
    exchanges[0]?.answer(200);
    exchanges[1]?.answer(500);
    await settled();
    expect(recorder.records).toEqual([]);
    open();
    await settled();
    expect(recorder.records.map(({ delivery: { id }, after, isNew }) => [id, after.status, isNew])).toEqual([
      ['dlv_0', 'delivered', false],
      ['dlv_1', 'retrying', false],
    ]);
    // The caller has its answer: what failed later is not its to hand over.
    expect(failed).toEqual([]);
  });

  it('a 410 that comes late disables the endpoint all the same', async () => {
    const { attempt, exchanges, recorder } = scene();
    const result = attempt([due(1)], Promise.resolve(true));
    await jest.advanceTimersByTimeAsync(2_000);
    await result;
    exchanges[0]?.answer(410);
    await settled();
    expect([recorder.disabled.length, recorder.records[0]?.after.status]).toEqual([1, 'failed']);
  });

  it('waits for those under way when it is told to, and leaves only what was not started', async () => {
    const { attempt, exchanges, recorder } = scene({ atCut: 'wait' });
    let isOver = false;
    const result = attempt(many(5, due)).finally(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(20_000);
    expect([isOver, exchanges.length]).toEqual([false, 3]);
    exchanges.forEach(({ answer }) => answer(500, { durationMs: 20_000 }));
    const { failed, underWay, notStarted, slowestMs } = await result;
    expect([failed.length, underWay.length, idsOf(notStarted)]).toEqual([3, 0, ['dlv_3', 'dlv_4']]);
    expect(slowestMs).toBe(20_000);
    expect(recorder.records.map(({ isNew }) => isNew)).toEqual([true, true, true]);
  });

  it('one that waits for a slot until then is not started', async () => {
    const { attempt, exchanges, slots } = scene();
    await Promise.all(many(3, () => slots.take('whe_1', 3)));
    const result = attempt(many(2, due));
    await jest.advanceTimersByTimeAsync(2_000);
    expect(await result).toMatchObject({ underWay: [], failed: [], exhausted: 0 });
    many(3, () => slots.release('whe_1'));
    await settled();
    expect([exchanges.length, slots.underWay('whe_1')]).toEqual([0, 0]);
  });
});

describe('a fault of our own', () => {
  it('in an attempt is thrown after what was answered is recorded; nothing further is begun', async () => {
    const { attempt, exchanges, recorder, slots } = scene();
    const result = attempt(many(6, due));
    await settled();
    exchanges[0]?.fail(new Error('the exchange was cut off by a shutdown'));
    await settled();
    exchanges[1]?.answer(200);
    exchanges[2]?.answer(500);
    await expect(result).rejects.toThrow('cut off');
    expect(recorder.records.map(({ delivery: { id } }) => id)).toEqual(['dlv_1', 'dlv_2']);
    expect([exchanges.length, slots.underWay('whe_1')]).toEqual([3, 0]);
  });

  it('in a record is thrown after the others were recorded', async () => {
    const { attempt, exchanges, recorder } = scene();
    recorder.before = ({ delivery: { id } }) =>
      id === 'dlv_0' ? Promise.reject(new Error('MongoDB is away')) : undefined;
    const result = attempt(many(3, due));
    await settled();
    exchanges.forEach(({ answer }) => answer(200));
    await expect(result).rejects.toThrow('MongoDB is away');
    expect(recorder.records.map(({ delivery: { id } }) => id)).toEqual(['dlv_1', 'dlv_2']);
  });

  it('after the cut is nobody’s: it ends no process, and the attempt is as good as lost with its worker', async () => {
    const { attempt, exchanges, slots } = scene();
    const result = attempt([due(1)]);
    await jest.advanceTimersByTimeAsync(2_000);
    await result;
    exchanges[0]?.fail(new Error('the exchange was cut off by a shutdown'));
    await settled();
    expect(slots.underWay('whe_1')).toBe(0);
  });
});

test('each delivery ends in one place, however attempts end around the cut', async () => {
  const kinds = ['delivered', 'failed', 'hangs'] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...kinds), { maxLength: 20 }),
      fc.integer({ min: 1, max: 5 }),
      async (ends, maxAtOnce) => {
        const { attempt, exchanges, recorder } = scene({ maxAtOnce });
        const dues = ends.map((_end, index) => due(index));
        const result = attempt(dues, Promise.resolve(true));
        await settled();
        for (let next = 0; next < exchanges.length; next++) {
          const end = ends[next];
          if (end !== 'hangs') exchanges[next]?.answer(end === 'delivered' ? 200 : 500);
          await settled();
        }
        await jest.advanceTimersByTimeAsync(2_000);
        const { failed, underWay, notStarted } = await result;
        const inTime = recorder.records.map(({ delivery: { id } }) => id);
        const left = underWay.map(({ due: { delivery: each } }) => each.id);
        expect([...inTime, ...left, ...idsOf(notStarted)].sort()).toEqual(idsOf(dues).sort());
        expect(failed.map(({ id }) => id)).toEqual(
          recorder.records.filter(({ after }) => after.status === 'retrying').map(({ delivery: { id } }) => id),
        );
      },
    ),
    { numRuns: 60 },
  );
});
