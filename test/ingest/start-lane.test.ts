import fc from 'fast-check';
import pino from 'pino';
import { StartLane, type Startable } from '../../src/ingest/start-lane';
import { until } from './gateway';

interface Start {
  type: string;
  keys: string[];
  succeed: () => void;
  fail: () => void;
}

/** A lane whose starts end when the test says so. */
function openLane() {
  const starts: Start[] = [];
  const logLines: string[] = [];
  const note = (type: string, keys: string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      starts.push({ type, keys, succeed: resolve, fail: () => reject(new Error('Temporal is away')) });
    });
  const lane = new StartLane(
    {
      startContactUpsert: (key) => note('contactUpsert', [key]),
      startCustomEvent: (key) => note('customEvent', [key]),
      startBatch: (keys) => note('ingestBatch', keys),
    },
    pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) }),
  );
  return { lane, starts, logLines };
}
function parcel(name: string, count: number, type: Startable['type'] = 'identify'): Startable[] {
  return Array.from({ length: count }, (_, index) => ({ key: `${name}${index}`, type }));
}
function keysOf(messages: Startable[]): string[] {
  return messages.map(({ key }) => key);
}
/** Fills the four places for starts, so that what comes next has to gather. */
function occupy(opened: ReturnType<typeof openLane>): void {
  for (const name of ['w', 'x', 'y', 'z']) opened.lane.add(parcel(name, 1));
  expect(opened.starts.length).toBe(4);
}

describe('at rest', () => {
  it('each message gets its own workflow at once', () => {
    const { lane, starts } = openLane();
    lane.add(parcel('a', 1, 'identify'));
    lane.add(parcel('b', 1, 'track'));
    expect(starts.map(({ type, keys }) => [type, keys])).toEqual([
      ['contactUpsert', ['a0']],
      ['customEvent', ['b0']],
    ]);
    expect(lane.depth).toBe(0);
  });

  it('the messages of one request leave as one group, however many they are', () => {
    const { lane, starts } = openLane();
    const messages = parcel('a', 250);
    lane.add(messages);
    expect(starts.map(({ type, keys }) => [type, keys])).toEqual([['ingestBatch', keysOf(messages)]]);
  });

  it('nothing is started for a request without messages', () => {
    const { lane, starts } = openLane();
    lane.add([]);
    expect([starts, lane.depth]).toEqual([[], 0]);
  });
});

describe('under load', () => {
  it('at most four starts are under way, and arrivals gather meanwhile', async () => {
    const opened = openLane();
    occupy(opened);
    opened.lane.add(parcel('a', 1));
    opened.lane.add(parcel('b', 3));
    opened.lane.add(parcel('c', 1, 'track'));
    expect([opened.starts.length, opened.lane.depth]).toEqual([4, 5]);

    opened.starts[1]?.succeed();
    await until(() => opened.starts.length === 5);
    expect(opened.starts[4]).toMatchObject({ type: 'ingestBatch', keys: ['a0', 'b0', 'b1', 'b2', 'c0'] });
    expect(opened.lane.depth).toBe(0);
  });

  it('one that gathered alone leaves as its own workflow', async () => {
    const opened = openLane();
    occupy(opened);
    opened.lane.add(parcel('a', 1, 'track'));
    opened.starts[0]?.succeed();
    await until(() => opened.starts.length === 5);
    expect(opened.starts[4]).toMatchObject({ type: 'customEvent', keys: ['a0'] });
  });

  it('a group has at most 100 messages unless one request brought more, and no request is split', async () => {
    const opened = openLane();
    occupy(opened);
    for (const [name, count] of [
      ['a', 60],
      ['b', 40],
      ['c', 1],
      ['d', 100],
      ['e', 150],
      ['f', 99],
    ] as const)
      opened.lane.add(parcel(name, count));
    for (let next = 0; next < opened.starts.length; next++) {
      const left = opened.lane.depth;
      opened.starts[next]?.succeed();
      if (left > 0) await until(() => opened.lane.depth < left);
    }
    expect(opened.starts.slice(4).map(({ keys }) => [keys.length, keys[0]])).toEqual([
      [100, 'a0'],
      [1, 'c0'],
      [100, 'd0'],
      [150, 'e0'],
      [99, 'f0'],
    ]);
  });

  it('all leave once, in the order that they came, the messages of a request together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 130 }), { minLength: 1, maxLength: 30 }),
        fc.infiniteStream(fc.boolean()),
        async (sizes, ends) => {
          const { lane, starts } = openLane();
          const parcels = sizes.map((size, index) => parcel(`p${index}-`, size));
          let ended = 0;
          const endOne = async (): Promise<void> => {
            const depth = lane.depth;
            const start = starts[ended++];
            if (ends.next().value) start?.succeed();
            else start?.fail();
            if (depth > 0) await until(() => lane.depth < depth);
          };
          for (const messages of parcels) {
            lane.add(messages);
            if (ends.next().value) await endOne();
          }
          while (ended < starts.length) await endOne();
          const groups = starts.map(({ keys }) => keys);
          expect(groups.flat()).toEqual(parcels.flatMap(keysOf));
          for (const messages of parcels) {
            const homes = groups.filter((group) => keysOf(messages).some((key) => group.includes(key)));
            expect(homes.length).toBe(1);
          }
          expect(lane.depth).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('when a start fails', () => {
  it('its messages are left to the sweep, it is said so once, and the lane goes on', async () => {
    const opened = openLane();
    occupy(opened);
    opened.lane.add(parcel('a', 2));
    opened.lane.add(parcel('b', 1));
    opened.starts[0]?.fail();
    await until(() => opened.starts.length === 5);
    opened.starts[4]?.fail();
    await until(() => opened.logLines.length === 2);
    expect(opened.logLines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ msg: 'start.left_to_sweep', messages: 1 }),
      expect.objectContaining({ msg: 'start.left_to_sweep', messages: 3 }),
    ]);
    opened.lane.add(parcel('c', 1));
    expect(opened.starts[5]?.keys).toEqual(['c0']);
    expect(opened.starts.flatMap(({ keys }) => keys).filter((key) => key === 'a0').length).toBe(1);
  });

  it('all at once and again and again, every place becomes free again', async () => {
    const opened = openLane();
    for (let round = 1; round <= 20; round++) {
      occupy(opened);
      for (const start of opened.starts.splice(0)) start.fail();
      await until(() => opened.logLines.length === round * 4);
    }
  });

  it('before it even begins, add does not throw', async () => {
    const logLines: string[] = [];
    const broken = (): Promise<void> => {
      throw new Error('no connection');
    };
    const lane = new StartLane(
      { startContactUpsert: broken, startCustomEvent: broken, startBatch: broken },
      pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) }),
    );
    for (let count = 1; count <= 10; count++) {
      lane.add(parcel('a', 1));
      await until(() => logLines.length === count);
    }
    expect(lane.depth).toBe(0);
  });
});

describe('the bound', () => {
  it('leaves to the sweep what does not fit, a request as a whole, and takes what fits again', async () => {
    const opened = openLane();
    occupy(opened);
    opened.lane.add(parcel('a', 19_999));
    opened.lane.add(parcel('b', 2));
    expect(opened.lane.depth).toBe(19_999);
    opened.lane.add(parcel('c', 1));
    expect(opened.lane.depth).toBe(20_000);
    opened.lane.add(parcel('d', 1));
    expect(opened.lane.depth).toBe(20_000);

    opened.starts[0]?.succeed();
    await until(() => opened.lane.depth < 20_000);
    opened.lane.add(parcel('e', 1));
    for (let next = 1; next < opened.starts.length || opened.lane.depth > 0; next++) {
      await until(() => opened.starts.length > next);
      opened.starts[next]?.succeed();
    }
    const started = new Set(opened.starts.flatMap(({ keys }) => keys));
    expect([started.has('a0'), started.has('b0'), started.has('c0'), started.has('d0'), started.has('e0')]).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});
