import { readArguments } from '../../bench/arguments';
import { openSchedule, paced } from '../../bench/client/pace';
import { destinationOf, eventOf, identify } from '../../bench/client/payload';
import { markdownTable } from '../../bench/output/table';
import { doublingWaitsSeconds } from '../../bench/scenarios/isolation';
import { worstDelayAfterMs } from '../../bench/scenarios/kill';
import { growth } from '../../bench/scenarios/soak';
import { deviations } from '../../bench/scenarios/timeline';
import { differences, distribution, largest, percentile, smallest } from '../../bench/stats';
import { builtFile, nodeFlagsOf } from '../../bench/system/files';
import { childrenOf, cpuSecondsOf, usageOf } from '../../bench/system/usage';

describe('percentiles', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  const thousand = Array.from({ length: 1_000 }, (_, index) => index + 1);
  test.each([
    [50, [7], 7],
    [99, [7], 7],
    [50, [1, 2], 1],
    [51, [1, 2], 2],
    [50, hundred, 50],
    [99, hundred, 99],
    [99.9, hundred, 100],
    [99.9, thousand, 999],
    [100, thousand, 1_000],
    [1, thousand, 10],
  ])('p%d', (percent, sorted, expected) => {
    expect(percentile(sorted, percent)).toBe(expected);
  });

  test('nothing measured has no percentile', () => {
    expect(percentile([], 50)).toBeNaN();
    expect(distribution([NaN])).toMatchObject({ count: 0, p50: NaN, max: NaN });
  });

  test('a distribution sorts, and leaves out what never came', () => {
    expect(distribution([30, NaN, 10, 20])).toMatchObject({ count: 3, p50: 20, p99: 30, max: 30 });
  });

  test('differences, largest and smallest', () => {
    const latencies = differences(Float64Array.from([5, NaN, 9]), Float64Array.from([1, 2, 3]));
    expect([...latencies]).toEqual([4, NaN, 6]);
    expect([largest(latencies), smallest(latencies), largest([])]).toEqual([6, 4, NaN]);
  });
});

describe('the open loop', () => {
  test('is due at fixed moments', () => {
    const { count, dueMs } = openSchedule({ perSecond: 200, durationMs: 3_000 });
    expect(count).toBe(600);
    expect([0, 1, 2, 599].map(dueMs)).toEqual([0, 5, 10, 2_995]);
  });

  test('streams side by side do not post in unison', () => {
    const pace = { perSecond: 100, durationMs: 1_000 };
    expect([0, 1, 2, 3].map((index) => openSchedule(pace, { index, of: 4 }).dueMs(1))).toEqual([10, 12.5, 15, 17.5]);
  });

  test('goes on while answers are late, and counts from when a post was due', async () => {
    const due: number[] = [];
    const startedAtMs = performance.timeOrigin + performance.now();
    await paced({ kind: 'open', perSecond: 100, durationMs: 50 }, { index: 0, of: 1 }, async (dueAtMs) => {
      due.push(dueAtMs - startedAtMs);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(due).toHaveLength(5);
    due.slice(1).forEach((atMs, index) => expect(atMs - (due[index] ?? NaN)).toBeCloseTo(10, 3));
  });

  test('a closed loop waits for its answers and keeps to its bound', async () => {
    let underWay = 0;
    let most = 0;
    let posts = 0;
    await paced({ kind: 'closed', clients: 3, durationMs: 5_000, maxPosts: 10 }, { index: 0, of: 1 }, async () => {
      posts++;
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay--;
    });
    expect([posts, most]).toEqual([10, 3]);
  });
});

describe('the payload', () => {
  test.each([
    [100, 500, 700],
    [300, 650, 900],
    [20_000, 19_500, 23_000],
  ])('with %d bytes of traits has a size between %d and %d', (traitsBytes, least, most) => {
    const text = identify(1, 42, traitsBytes, new Date(0).toISOString());
    expect(text.length).toBeGreaterThan(least);
    expect(text.length).toBeLessThan(most);
  });

  test('its address leads back to the event', () => {
    const { traits } = JSON.parse(identify(3, 42, 300, new Date(0).toISOString()));
    const webhook = JSON.stringify({ event: 'contact.created', data: { contactEmail: traits.email } });
    expect(eventOf(Buffer.from(webhook))).toEqual({ load: 3, event: 42 });
    const click = `{"event":"email.clicked","data":{"contactEmail":"reader-7@bench.example","url":"${destinationOf(3, 43)}"}}`;
    expect(eventOf(Buffer.from(click))).toEqual({ load: 3, event: 43 });
    expect(eventOf(Buffer.from('{"event":"webhook.test"}'))).toBeUndefined();
    expect(eventOf(Buffer.from('{"contactEmail":"morgan@acme.example"}'))).toBeUndefined();
  });
});

describe('what scenarios work out', () => {
  test('the deviation of a retry counts from the end of the attempt before it', () => {
    const at = (ms: number) => new Date(ms).toISOString();
    const attempts = [
      { number: 1, at: at(0), durationMs: 10 },
      { number: 2, at: at(1_012), durationMs: 5 },
      { number: 3, at: at(3_000), durationMs: 5 },
    ];
    expect(deviations(attempts, [1_000, 2_000])).toEqual([2, -17]);
    expect(deviations(attempts.slice(0, 1), [1_000])).toEqual([]);
  });

  test('the worst delay after a restart counts from the restart, or from the event if that is later', () => {
    const times = (...values: number[]) => Float64Array.from(values);
    const outcome = {
      ...{ name: '', sent: 4, accepted: 4, refused: 0, failedPosts: 0, lost: 0, doubled: 0, repeated: 0 },
      ...{ outOfOrderShare: 0, dueAtMs: times(), ackedAtMs: times() },
      deliveryDueAtMs: times(0, 10, 100, 210),
      deliveryAckedAtMs: times(1, NaN, 300, 220),
      // Before the restart; after it; acknowledged after it; later still.
      deliveredAtMs: times(90, 240, 310, 250),
    };
    expect(worstDelayAfterMs(200, outcome)).toBe(40);
  });

  test.each([
    [10, 31],
    [120, 155],
  ])('the waits outlast %d s of death', (deadSeconds, sum) => {
    expect(doublingWaitsSeconds(deadSeconds).reduce((all, wait) => all + wait)).toBe(sum);
  });

  test('memory that grows after its beginning is seen', () => {
    expect(growth([100, 200, 200, 200, 200, 200])).toBe(1);
    expect(growth([100, 200, 220, 240, 260, 300])).toBe(1.5);
  });
});

describe('CPU time', () => {
  test.each([
    ['00:01', 1],
    ['1:02:03', 3_723],
    ['2-00:00:01', 172_801],
    ['12:34.56', 754.56],
  ])('%s, as ps prints it', (text, seconds) => {
    expect(cpuSecondsOf(text)).toBeCloseTo(seconds);
  });

  test('of this process, and of none', () => {
    const usage = usageOf(process.pid);
    expect(usage?.cpuSeconds).toBeGreaterThan(0);
    expect(usage?.rssBytes).toBeGreaterThan(10_000_000);
    expect(usageOf(2 ** 30)).toBeUndefined();
  });

  test('finds the processes that a process has started', () => {
    expect(childrenOf(process.ppid)).toContain(process.pid);
    expect(childrenOf(2 ** 30)).toEqual([]);
  });
});

test('the product is started as package.json starts it', () => {
  expect(builtFile('src/main.js')).toMatch(/dist\/src\/main\.js$/);
  for (const flags of [nodeFlagsOf('main'), nodeFlagsOf('worker')]) {
    for (const flag of flags) expect(flag).toMatch(/^--/);
  }
  expect(nodeFlagsOf('nothing')).toEqual([]);
});

test('a table is Markdown, aligned as prettier aligns it', () => {
  const table = {
    title: '',
    head: ['name', 'ms'],
    leftColumns: [0],
    rows: [
      ['rest', '5.00'],
      ['o1000', '80'],
    ],
  };
  expect(markdownTable(table)).toBe(
    ['| name  |   ms |', '| ----- | ---: |', '| rest  | 5.00 |', '| o1000 |   80 |'].join('\n'),
  );
});

describe('arguments', () => {
  test('nothing given is the whole bench', () => {
    expect(readArguments([])).toEqual({
      names: [],
      isList: false,
      seconds: undefined,
      minutes: 60,
      mode: 'one process',
      isBareLeftOut: false,
      save: undefined,
      settings: {},
    });
  });

  test('everything given', () => {
    const given = [
      'rest',
      'kill',
      '--seconds=5',
      '--two-processes',
      '--no-bare',
      '--save=mine',
      '--set',
      'LOG_LEVEL=warn',
    ];
    expect(readArguments(given)).toMatchObject({
      names: ['rest', 'kill'],
      seconds: 5,
      mode: 'two processes',
      isBareLeftOut: true,
      save: 'mine',
      settings: { LOG_LEVEL: 'warn' },
    });
  });

  test.each([['--seconds=0'], ['--seconds=many'], ['--set=LOG_LEVEL'], ['--unknown']])('%s is refused', (argument) => {
    expect(() => readArguments([argument])).toThrow();
  });
});
