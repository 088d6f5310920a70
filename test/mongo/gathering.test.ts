import fc from 'fast-check';
import { Gathering, OverloadedError, type GatheringLimits } from '../../src/mongo/gathering';

interface Write {
  items: string[];
  /** Gives each item itself in capitals as its result. */
  succeed: () => Promise<void>;
  fail: () => Promise<void>;
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const resultsOf = (items: string[]): string[] => items.map((item) => item.toUpperCase());

/** A gathering whose writes end when the test says so. */
function open(limits: Partial<GatheringLimits> = {}) {
  const writes: Write[] = [];
  const write = (items: string[]): Promise<string[]> =>
    new Promise((resolve, reject) => {
      const end = async (act: () => void): Promise<void> => {
        act();
        await settled();
      };
      writes.push({
        items,
        succeed: () => end(() => resolve(resultsOf(items))),
        fail: () => end(() => reject(new Error(`not written: ${items.join()}`))),
      });
    });
  return { gathering: new Gathering(write, { maxItems: 5, maxInFlight: 2, maxWaiting: 10, ...limits }), writes };
}
const itemsOf = (writes: Write[]): string[][] => writes.map(({ items }) => items);

test('at rest a write leaves at once', () => {
  const { gathering, writes } = open();
  void gathering.add(['a']);
  expect(itemsOf(writes)).toEqual([['a']]);
  void gathering.add(['b', 'c']);
  expect(itemsOf(writes)).toEqual([['a'], ['b', 'c']]);
});

test('while so many writes are under way, what arrives gathers and leaves with the next one', async () => {
  const { gathering, writes } = open();
  for (const item of ['a', 'b', 'c', 'd', 'e']) void gathering.add([item]);
  expect(itemsOf(writes)).toEqual([['a'], ['b']]);
  await writes[1]?.succeed();
  expect(itemsOf(writes)).toEqual([['a'], ['b'], ['c', 'd', 'e']]);
});

test('each caller gets the results of its own items, in their order', async () => {
  const { gathering, writes } = open({ maxInFlight: 1 });
  const added = [['a'], ['b', 'c'], ['d'], ['e', 'f']].map((items) => gathering.add(items));
  await writes[0]?.succeed();
  await writes[1]?.succeed();
  await writes[2]?.succeed();
  expect(await Promise.all(added)).toEqual([['A'], ['B', 'C'], ['D'], ['E', 'F']]);
});

test('a parcel is never split: it waits for the next write, or makes one of its own', async () => {
  const { gathering, writes } = open({ maxInFlight: 1, maxWaiting: 100 });
  for (const items of ['a', 'bcd', 'ef', 'g', 'hijklmn', 'o']) void gathering.add([...items]);
  for (let next = 0; next < writes.length; next++) await writes[next]?.succeed();
  expect(itemsOf(writes).map((items) => items.join(''))).toEqual(['a', 'bcdef', 'g', 'hijklmn', 'o']);
});

test('a write that fails fails for all in it and for nobody else', async () => {
  const { gathering, writes } = open({ maxInFlight: 1 });
  const outcomes: string[] = [];
  for (const items of [['a'], ['b', 'c'], ['d'], ['e', 'f', 'g']]) {
    gathering.add(items).then(
      (results) => outcomes.push(results.join('')),
      (error: Error) => outcomes.push(error.message),
    );
  }
  await writes[0]?.succeed();
  await writes[1]?.fail();
  await writes[2]?.succeed();
  expect(outcomes).toEqual(['A', 'not written: b,c,d', 'not written: b,c,d', 'EFG']);
});

test('a write that throws before it begins fails in the same way', async () => {
  const gathering = new Gathering<string, string>(
    () => {
      throw new Error('no connection');
    },
    { maxItems: 5, maxInFlight: 1, maxWaiting: 10 },
  );
  await expect(gathering.add(['a'])).rejects.toThrow('no connection');
  await expect(gathering.add(['b'])).rejects.toThrow('no connection');
});

test('nothing to write is done without a write', async () => {
  const { gathering, writes } = open();
  expect([await gathering.add([]), writes]).toEqual([[], []]);
});

describe('more than may wait', () => {
  it('is refused, and taken again when some of it has left', async () => {
    const { gathering, writes } = open({ maxInFlight: 1, maxWaiting: 4 });
    void gathering.add(['under way']);
    void gathering.add(['a', 'b', 'c']);
    void gathering.add(['f']);
    await expect(gathering.add(['g'])).rejects.toBeInstanceOf(OverloadedError);
    await writes[0]?.succeed();
    void gathering.add(['h']);
    await writes[1]?.succeed();
    expect(itemsOf(writes)).toEqual([['under way'], ['a', 'b', 'c', 'f'], ['h']]);
  });

  it('a parcel larger than that is taken where fewer wait: it could never be otherwise', async () => {
    const { gathering, writes } = open({ maxInFlight: 1, maxWaiting: 2 });
    void gathering.add(['under way']);
    void gathering.add(['a', 'b', 'c']);
    await expect(gathering.add(['d'])).rejects.toBeInstanceOf(OverloadedError);
    await writes[0]?.succeed();
    expect(itemsOf(writes)[1]).toEqual(['a', 'b', 'c']);
  });
});

test('whatever arrives and however writes end: nothing is lost or doubled, and each gets its own results', async () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 0, max: 8 }) }),
    fc.record({ endsWell: fc.boolean(), which: fc.nat(3) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 50 }),
      fc.record({ maxItems: fc.integer({ min: 1, max: 6 }), maxInFlight: fc.integer({ min: 1, max: 3 }) }),
      async (steps, limits) => {
        const { gathering, writes } = open({ ...limits, maxWaiting: Infinity });
        const callers: { items: string[]; results?: string[]; error?: string }[] = [];
        const underWay = new Set<Write>();
        const failed = new Set<string>();
        let seen = 0;
        const look = (): void => {
          for (const each of writes.slice(seen)) underWay.add(each);
          seen = writes.length;
          expect(underWay.size).toBeLessThanOrEqual(limits.maxInFlight);
        };
        const end = async (ending: Write, endsWell: boolean): Promise<void> => {
          underWay.delete(ending);
          if (!endsWell) ending.items.forEach((item) => failed.add(item));
          await (endsWell ? ending.succeed() : ending.fail());
          look();
        };
        for (const each of steps) {
          if ('add' in each) {
            const items = Array.from({ length: each.add }, (_, index) => `c${callers.length}i${index}`);
            const caller: (typeof callers)[number] = { items };
            callers.push(caller);
            gathering.add(items).then(
              (results) => (caller.results = results),
              (error: Error) => (caller.error = error.message),
            );
            look();
          } else {
            const ending = [...underWay][each.which % Math.max(1, underWay.size)];
            if (ending) await end(ending, each.endsWell);
          }
        }
        for (const [ending] of underWay.entries()) await end(ending, true);
        await settled();
        expect(itemsOf(writes).flat()).toEqual(callers.flatMap(({ items }) => items));
        for (const { items } of writes) {
          const isOneParcel = callers.some(({ items: own }) => own.length === items.length && own[0] === items[0]);
          expect(items.length <= limits.maxItems || isOneParcel).toBe(true);
        }
        for (const { items, results, error } of callers) {
          if (items.some((item) => failed.has(item))) expect([results, error]).toEqual([undefined, expect.any(String)]);
          else expect([results, error]).toEqual([resultsOf(items), undefined]);
        }
      },
    ),
    { numRuns: 200 },
  );
});
