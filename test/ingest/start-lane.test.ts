import fc from 'fast-check';
import pino from 'pino';
import { createEmailEventLane, createMessageLane, type StartableMessage } from '../../src/ingest/lanes';
import { StartBudget } from '../../src/ingest/start-budget';

interface Start {
  atMs: number;
  type: string;
  keys: string[];
  fail: () => Promise<void>;
}

/** A lane whose groups are committed when the test says so. Time stands still until the test moves it. */
function openLane() {
  const starts: Start[] = [];
  const committed = new Set<string>();
  const asked: string[][] = [];
  const logLines: string[] = [];
  const inbox = {
    isAway: false,
    commitsAtOnce: false,
  };
  const note = (type: string, keys: string[]): Promise<void> => {
    let fail: () => void = () => undefined;
    const answer = new Promise<void>((_resolve, reject) => (fail = () => reject(new Error('Temporal is away'))));
    const failing = async (): Promise<void> => {
      fail();
      await jest.advanceTimersByTimeAsync(0);
    };
    starts.push({ atMs: performance.now() - beganAtMs, type, keys, fail: failing });
    return answer;
  };
  const lane = createMessageLane({
    starter: {
      startContactUpsert: (key) => note('contactUpsert', [key]),
      startCustomEvent: (key) => note('customEvent', [key]),
      startBatch: (keys) => note('ingestBatch', keys),
    },
    messages: {
      done: (keys) => {
        asked.push(keys);
        if (inbox.isAway) return Promise.reject(new Error('MongoDB is away'));
        return Promise.resolve(new Set(keys.filter((key) => inbox.commitsAtOnce || committed.has(key))));
      },
    },
    logger: pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) }),
    budget: new StartBudget(16),
    clock: () => performance.now(),
  });
  const beganAtMs = performance.now();
  /** The worker commits the group that was started as the n-th, and the lane gets to know. */
  const commit = async (index: number): Promise<void> => {
    for (const key of starts[index]?.keys ?? []) committed.add(key);
    await jest.advanceTimersByTimeAsync(10);
  };
  return { lane, starts, asked, logLines, inbox, commit, committed };
}
function parcel(name: string, count: number, type: StartableMessage['type'] = 'identify'): StartableMessage[] {
  return Array.from({ length: count }, (_, index) => ({ key: `${name}${index}`, type }));
}
const keysOf = (messages: StartableMessage[]): string[] => messages.map(({ key }) => key);
const shapeOf = (starts: Start[]) => starts.map(({ type, keys }) => [type, keys]);
const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
/** Two groups that are not committed, so that what comes next has to gather. */
function occupied() {
  const opened = openLane();
  opened.lane.add(parcel('x', 1));
  opened.lane.add(parcel('y', 1));
  expect(opened.starts).toHaveLength(2);
  return opened;
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
});
afterEach(() => jest.useRealTimers());

describe('at rest', () => {
  it('each message gets its own workflow at once', () => {
    const { lane, starts } = openLane();
    lane.add(parcel('a', 1, 'identify'));
    lane.add(parcel('b', 1, 'track'));
    expect(shapeOf(starts)).toEqual([
      ['contactUpsert', ['a0']],
      ['customEvent', ['b0']],
    ]);
    expect(lane.depth).toBe(0);
  });

  it('the messages of one request leave as one group, up to a thousand of them', () => {
    const { lane, starts } = openLane();
    lane.add(parcel('a', 1_000));
    expect(shapeOf(starts)).toEqual([['ingestBatch', keysOf(parcel('a', 1_000))]]);
  });

  it('a message a second never waits', async () => {
    const opened = openLane();
    for (let index = 0; index < 20; index++) {
      opened.lane.add(parcel(`m${index}-`, 1));
      expect(opened.starts).toHaveLength(index + 1);
      await opened.commit(index);
      await pass(990);
    }
  });

  it('nothing is started for a request without messages, and nothing is asked', async () => {
    const { lane, starts, asked } = openLane();
    lane.add([]);
    await pass(5_000);
    expect([starts, asked, lane.depth, jest.getTimerCount()]).toEqual([[], [], 0, 0]);
  });

  it('nothing is asked any more once all is committed', async () => {
    const opened = occupied();
    await opened.commit(0);
    await opened.commit(1);
    const { length } = opened.asked;
    await pass(5_000);
    expect([opened.asked.length, jest.getTimerCount()]).toEqual([length, 0]);
  });
});

describe('while two groups are not committed', () => {
  it('arrivals gather, and leave as one group once one of them is', async () => {
    const { lane, starts, commit } = occupied();
    lane.add(parcel('a', 1));
    lane.add(parcel('b', 3));
    lane.add(parcel('c', 1, 'track'));
    await pass(1_000);
    expect([starts.length, lane.depth]).toEqual([2, 5]);
    await commit(1);
    expect(shapeOf(starts.slice(2))).toEqual([['ingestBatch', ['a0', 'b0', 'b1', 'b2', 'c0']]]);
    expect(lane.depth).toBe(0);
    lane.add(parcel('d', 1));
    expect(starts).toHaveLength(3);
    await commit(0);
    expect(shapeOf(starts.slice(3))).toEqual([['contactUpsert', ['d0']]]);
  });

  it('one that gathered alone leaves as its own workflow', async () => {
    const { lane, starts, commit } = occupied();
    lane.add(parcel('a', 1, 'track'));
    await commit(0);
    expect(shapeOf(starts.slice(2))).toEqual([['customEvent', ['a0']]]);
  });

  it('the inbox is asked for one message of each: its last identify where there is one, since a track may have to wait', async () => {
    const { lane, asked } = openLane();
    lane.add([...parcel('t', 2, 'track'), ...parcel('i', 2)]);
    lane.add(parcel('u', 2, 'track'));
    await pass(10);
    expect(asked).toEqual([['i1', 'u0']]);
  });

  it('a group has at most 200 messages unless one request brought more, and no request is split', async () => {
    const { lane, starts, inbox } = occupied();
    for (const [name, count] of Object.entries({ a: 120, b: 80, c: 1, d: 200, e: 350, f: 99, g: 101, h: 1 })) {
      lane.add(parcel(name, count));
    }
    inbox.commitsAtOnce = true;
    await pass(2_000);
    expect(starts.slice(2).map(({ keys }) => [keys.length, keys[0]])).toEqual([
      [200, 'a0'],
      [1, 'c0'],
      [200, 'd0'],
      [350, 'e0'],
      [200, 'f0'],
      [1, 'h0'],
    ]);
  });

  it('a request of more than a thousand leaves in pieces, in its order', async () => {
    const { lane, starts, inbox } = openLane();
    const messages = parcel('a', 2_500);
    lane.add(messages);
    expect(lane.depth).toBe(500);
    inbox.commitsAtOnce = true;
    await pass(100);
    expect(starts.map(({ keys }) => keys.length)).toEqual([1_000, 1_000, 500]);
    expect(starts.flatMap(({ keys }) => keys)).toEqual(keysOf(messages));
  });

  it('the gate opens after a second and a half: a worker that is away must not keep it shut', async () => {
    const { lane, starts } = occupied();
    lane.add(parcel('a', 2));
    await pass(1_490);
    expect(starts).toHaveLength(2);
    await pass(20);
    expect(shapeOf(starts.slice(2))).toEqual([['ingestBatch', ['a0', 'a1']]]);
  });

  it('a MongoDB that does not say what is committed keeps it shut no longer, and is asked again', async () => {
    const { lane, starts, inbox, asked, commit } = occupied();
    inbox.isAway = true;
    lane.add(parcel('a', 2));
    await pass(1_490);
    expect([starts.length, asked.length > 10]).toEqual([2, true]);
    await pass(20);
    expect(starts).toHaveLength(3);
    inbox.isAway = false;
    lane.add(parcel('b', 1));
    lane.add(parcel('c', 1));
    await commit(2);
    await pass(1_000);
    expect(starts.flatMap(({ keys }) => keys)).toEqual(['x0', 'y0', 'a0', 'a1', 'b0', 'c0']);
  });
});

describe('however fast commits are done', () => {
  it('four starts leave at once and then as many a second as it may', async () => {
    const { lane, starts, inbox } = openLane();
    inbox.commitsAtOnce = true;
    const countAt: number[] = [];
    for (let ms = 0; ms <= 3_000; ms += 5) {
      lane.add(parcel(`m${ms}-`, 1));
      if (ms % 1_000 === 60) countAt.push(starts.length);
      await pass(5);
    }
    expect(countAt).toEqual([4, 20, 36]);
    expect(new Set(starts.flatMap(({ keys }) => keys)).size).toBeGreaterThan(585);
  });

  it('a rest gives four at once again, and not more', async () => {
    const { lane, starts, inbox } = openLane();
    inbox.commitsAtOnce = true;
    for (const name of ['a', 'b']) {
      await pass(60_000);
      const before = starts.length;
      for (let index = 0; index < 10; index++) {
        lane.add(parcel(`${name}${index}-`, 1));
        await pass(5);
      }
      expect(starts.length - before).toBe(4);
    }
  });
});

describe('when a start fails', () => {
  it('what gathered is left to the sweep as well, it is said so once, and the lane works on afterwards', async () => {
    const { lane, starts, logLines, commit } = occupied();
    lane.add(parcel('a', 2));
    lane.add(parcel('b', 1));
    await starts[0]?.fail();
    expect(logLines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ msg: 'start.left_to_sweep', messages: 4 }),
    ]);
    expect([starts.length, lane.depth]).toEqual([2, 0]);
    lane.add(parcel('c', 1));
    expect(shapeOf(starts.slice(2))).toEqual([['contactUpsert', ['c0']]]);
    // The other one is still open, and so is this one.
    lane.add(parcel('d', 1));
    expect(starts).toHaveLength(3);
    await pass(100);
    await commit(1);
    expect(shapeOf(starts.slice(3))).toEqual([['contactUpsert', ['d0']]]);
  });

  it('again and again, every place becomes free again', async () => {
    const { lane, starts, logLines } = openLane();
    for (let round = 1; round <= 10; round++) {
      lane.add(parcel('a', 1));
      lane.add(parcel('b', 1));
      expect(starts).toHaveLength(round * 2);
      for (const start of starts.slice(-2)) await start.fail();
      expect(logLines).toHaveLength(round * 2);
      await pass(1_000);
    }
  });

  it('before it even begins, add does not throw', async () => {
    const logLines: string[] = [];
    const broken = (): Promise<void> => {
      throw new Error('no connection');
    };
    const lane = createMessageLane({
      starter: { startContactUpsert: broken, startCustomEvent: broken, startBatch: broken },
      messages: { done: () => Promise.resolve(new Set()) },
      logger: pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) }),
      budget: new StartBudget(16),
    });
    for (let count = 1; count <= 10; count++) {
      lane.add(parcel('a', 2));
      await pass(1_000);
      expect([logLines.length, lane.depth]).toEqual([count, 0]);
    }
  });
});

describe('more than it can start', () => {
  it('is full while 10,000 messages wait for a start, and takes in again when some have left', async () => {
    const { lane, commit } = occupied();
    lane.add(parcel('a', 9_999));
    expect([lane.depth, lane.isFull]).toEqual([9_999, false]);
    // What was stored is never refused: full means that nothing more should be stored.
    lane.add(parcel('b', 2));
    expect([lane.depth, lane.isFull]).toEqual([10_001, true]);
    await commit(0);
    expect([lane.depth, lane.isFull]).toEqual([9_001, false]);
  });

  it('slows senders down while a group’s worth waits: as many go on as leave, and none waits more than 250 ms', async () => {
    const { lane, commit } = occupied();
    lane.add(parcel('a', 2));
    await lane.room();
    lane.add(parcel('b', 198));
    const passed: number[] = [];
    const askFor = (count: number): void => {
      for (let index = 0; index < count; index++) void lane.room().then(() => passed.push(index));
    };
    askFor(201);
    await pass(100);
    expect(passed).toEqual([]);
    await commit(0);
    expect(passed).toEqual(Array.from({ length: 200 }, (_, index) => index));
    await pass(139);
    expect(passed).toHaveLength(200);
    await pass(1);
    expect(passed).toHaveLength(201);
  });

  it('a sender who has waited long enough takes nobody’s turn', async () => {
    const { lane, commit } = occupied();
    lane.add(parcel('a', 200));
    const passed: string[] = [];
    for (let index = 0; index < 200; index++) void lane.room();
    await pass(249);
    void lane.room().then(() => passed.push('came later'));
    await pass(1);
    expect(passed).toEqual([]);
    await commit(0);
    expect(passed).toEqual(['came later']);
  });
});

test('all leave once, in the order that they came, the messages of a request together, at most two groups open', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.record({ add: fc.integer({ min: 1, max: 250 }) }),
          fc.record({ passMs: fc.integer({ min: 1, max: 400 }) }),
          fc.record({ commit: fc.nat(5) }),
        ),
        { maxLength: 60 },
      ),
      async (steps) => {
        const { lane, starts, inbox, commit, committed } = openLane();
        const parcels: StartableMessage[][] = [];
        for (const step of steps) {
          if ('add' in step) {
            const messages = parcel(`p${parcels.length}-`, step.add);
            parcels.push(messages);
            lane.add(messages);
          } else if ('passMs' in step) await pass(step.passMs);
          else await commit(step.commit);
          const nowMs = Math.max(0, ...starts.map(({ atMs }) => atMs));
          const open = starts.filter(({ atMs, keys }) => nowMs - atMs < 1_500 && !committed.has(keys[0] ?? ''));
          expect(open.length).toBeLessThanOrEqual(2);
        }
        inbox.commitsAtOnce = true;
        while (lane.depth > 0) await pass(1_500);
        const groups = starts.map(({ keys }) => keys);
        expect(groups.flat()).toEqual(parcels.flatMap(keysOf));
        const homeOf = new Map(groups.flatMap((group, index) => group.map((key) => [key, index])));
        for (const messages of parcels) expect(new Set(keysOf(messages).map((key) => homeOf.get(key))).size).toBe(1);
        for (const group of groups.filter(({ length }) => length > 200)) {
          expect(new Set(group.map((key) => key.split('-')[0])).size).toBe(1);
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe('a lane of email events', () => {
  function openEventLane() {
    const starts: string[][] = [];
    const logLines: string[] = [];
    const done = new Set<string>();
    const asked: string[] = [];
    const temporal = { isAway: false };
    const lane = createEmailEventLane({
      starter: {
        startEmailEvents(keys) {
          if (temporal.isAway) return Promise.reject(new Error('Temporal is away'));
          return Promise.resolve(void starts.push(keys));
        },
      },
      emailEvents: {
        done(keys) {
          asked.push(...keys);
          return Promise.resolve(new Set(keys.filter((key) => done.has(key))));
        },
      },
      logger: pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) }),
      budget: new StartBudget(16),
      clock: () => performance.now(),
    });
    return { lane, starts, logLines, done, asked, temporal };
  }

  it('starts each by itself at rest, and what gathers as one group of at most 200', async () => {
    const { lane, starts, done } = openEventLane();
    for (let index = 0; index < 300; index++) lane.add([{ key: `e${index}` }]);
    expect(starts).toEqual([['e0'], ['e1']]);
    done.add('e0');
    done.add('e1');
    await pass(10);
    expect(starts).toHaveLength(2);
    // Each start is paid for three times.
    await pass(180);
    expect(starts.slice(2).map(({ length }) => length)).toEqual([200]);
    await pass(190);
    expect(starts.flat()).toEqual(Array.from({ length: 300 }, (_, index) => `e${index}`));
  });

  it('asks for the last of a group, since all of it has its outcome at the commit', async () => {
    const { lane, asked } = openEventLane();
    lane.add([{ key: 'a' }, { key: 'b' }, { key: 'c' }]);
    await pass(10);
    expect(asked).toEqual(['c']);
  });

  it('leaves to the sweep what cannot be started, and says what it was', async () => {
    const { lane, logLines, temporal } = openEventLane();
    temporal.isAway = true;
    lane.add([{ key: 'a' }, { key: 'b' }]);
    await pass(0);
    expect([lane.depth, ...logLines.map((line) => JSON.parse(line))]).toEqual([
      0,
      expect.objectContaining({ msg: 'start.left_to_sweep', emailEvents: 2 }),
    ]);
  });
});
