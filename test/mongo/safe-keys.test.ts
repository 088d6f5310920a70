import fc from 'fast-check';
import { decodeKeys, encodeKeys } from '../../src/mongo/safe-keys';
import type { JsonObject } from '../../domain/json';

const awkward: JsonObject = JSON.parse(
  '{"a.b":1,"$set":{"$where":"x","c.d":[{"e.f":2}]},"__proto__":{"x":1},"constructor":3,"%2E":4,"":5,"nul\\u0000":6}',
);

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [...(Array.isArray(value) ? [] : [key]), ...keysOf(child)]);
}

test('what MongoDB or a prototype would misread is not in stored keys, and comes back as it was', () => {
  const stored = encodeKeys(awkward);
  for (const key of keysOf(stored)) expect(key).not.toMatch(/[.$\0]|^__proto__$/);
  expect(JSON.stringify(decodeKeys(stored))).toBe(JSON.stringify(awkward));
});

test('any object comes back as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (object) => {
      const json: JsonObject = JSON.parse(JSON.stringify(object));
      expect(JSON.stringify(decodeKeys(encodeKeys(json)))).toBe(JSON.stringify(json));
    }),
  );
});
