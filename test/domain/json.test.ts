import fc from 'fast-check';
import { isDeeperThan, isObject, jsonEquals, prune, valueAt, type Json } from '../../domain/json';

function nested(depth: number, kind: 'array' | 'object'): Json {
  const text =
    kind === 'array' ? `${'['.repeat(depth)}${']'.repeat(depth)}` : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  return JSON.parse(text);
}
const json: fc.Arbitrary<Json> = fc.jsonValue().map((value): Json => JSON.parse(JSON.stringify(value)));

describe('isObject', () => {
  test.each([
    [{}, true],
    [{ a: 1 }, true],
    [JSON.parse('{"__proto__":1}'), true],
    [[], false],
    [null, false],
    [undefined, false],
    ['{}', false],
    [0, false],
  ])('%j: %p', (value, expected) => {
    expect(isObject(value)).toBe(expected);
  });
});

describe('isDeeperThan', () => {
  test.each(['array', 'object'] as const)('counts the levels of nested %ss', (kind) => {
    expect(isDeeperThan(nested(32, kind), 32)).toBe(false);
    expect(isDeeperThan(nested(33, kind), 32)).toBe(true);
  });

  it('finds the deep place anywhere', () => {
    expect(isDeeperThan([1, { a: [] }, { b: { c: nested(4, 'array') } }], 7)).toBe(false);
    expect(isDeeperThan([1, { a: [] }, { b: { c: nested(4, 'array') } }, 2], 6)).toBe(true);
  });

  it('says no of what has no levels', () => {
    for (const value of [null, undefined, 1, 'a', true]) expect(isDeeperThan(value, 0)).toBe(false);
    expect(isDeeperThan({}, 0)).toBe(true);
  });

  test.each(['array', 'object'] as const)('does not overflow on %ss nested 1,000,000 deep', (kind) => {
    expect(isDeeperThan(nested(1_000_000, kind), 32)).toBe(true);
  });
});

describe('prune', () => {
  it('leaves a value alone that is flat enough', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(prune(value, 100)).toEqual(value);
      }),
    );
  });

  it('cuts below the limit and nothing above it', () => {
    expect(prune({ a: 1, b: [2, { c: [] }] }, 2)).toEqual({ a: 1, b: [2, '…'] });
  });

  test.each(['array', 'object'] as const)('makes %ss nested 1,000,000 deep small enough to write', (kind) => {
    const pruned = prune(nested(1_000_000, kind), 32);
    expect(isDeeperThan(pruned, 32)).toBe(false);
    expect(JSON.stringify(pruned).length).toBeLessThan(1_000);
  });

  it('keeps a key named __proto__ a key', () => {
    expect(JSON.stringify(prune(JSON.parse('{"__proto__":{"a":1}}'), 5))).toBe('{"__proto__":{"a":1}}');
  });
});

describe('jsonEquals', () => {
  test.each<[Json | undefined, Json | undefined, boolean]>([
    [1, 1, true],
    [1, '1', false],
    [0, false, false],
    [null, null, true],
    [null, undefined, false],
    [undefined, undefined, true],
    ['', null, false],
    [[], {}, false],
    [[1, 2], [1, 2], true],
    [[1, 2], [2, 1], false],
    [[1], [1, 1], false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 1 }, false],
    [{ a: null }, {}, false],
    [{ a: 1 }, { b: 1 }, false],
    [{ a: { b: [1, { c: null }] } }, { a: { b: [1, { c: null }] } }, true],
  ])('%j and %j: %p', (a, b, expected) => {
    expect(jsonEquals(a, b)).toBe(expected);
    expect(jsonEquals(b, a)).toBe(expected);
  });

  it('does not take an inherited property for a key', () => {
    expect(jsonEquals({ toString: 1 }, { a: 1 })).toBe(false);
    expect(jsonEquals(JSON.parse('{"__proto__":1}'), JSON.parse('{"a":1}'))).toBe(false);
    expect(jsonEquals(JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":2}'))).toBe(false);
  });

  it('holds for a value and its copy, and for an object with its keys in another order', () => {
    fc.assert(
      fc.property(json, (value) => {
        const copy: Json = JSON.parse(JSON.stringify(value));
        expect(jsonEquals(value, copy)).toBe(true);
        if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) return;
        expect(jsonEquals(value, Object.fromEntries(Object.entries(copy).reverse()))).toBe(true);
      }),
    );
  });

  it('fails for a value and a changed one', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(jsonEquals(value, [value])).toBe(false);
        expect(jsonEquals([value, 1], [value, 2])).toBe(false);
        expect(jsonEquals({ a: value }, { b: value })).toBe(false);
      }),
    );
  });
});

describe('valueAt', () => {
  const root = { a: { b: [10, { c: null }] }, 'x.y': 1 };
  test.each([
    [['a', 'b', '0'], 10],
    [['a', 'b', '1', 'c'], null],
    [[], root],
    [['x.y'], 1],
    [['x', 'y'], undefined],
    [['a', 'b', '2'], undefined],
    [['a', 'nothing', 'c'], undefined],
    [['a', 'b', 'length'], 2],
    [['constructor'], undefined],
    [['__proto__'], undefined],
    [['a', 'b', 'map'], undefined],
    [['a', 'b', '0', 'toFixed'], undefined],
  ])('at %j: %j', (path, expected) => {
    expect(valueAt(root, path)).toEqual(expected);
  });
});
