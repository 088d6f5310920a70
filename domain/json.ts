/** A value as JSON can carry it. */
export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** True for what JSON writes as `{…}`: not null, not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * True when arrays and objects nest deeper than `limit`. Walks with its own stack: a body nested 100,000 deep is
 * legal JSON and would overflow a recursive walk.
 */
export function isDeeperThan(value: unknown, limit: number): boolean {
  const stack: { value: unknown; depth: number }[] = [{ value, depth: 1 }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.depth > limit) return true;
    const depth = next.depth + 1;
    for (const child of Object.values(next.value)) stack.push({ value: child, depth });
  }
  return false;
}

/** The value with whatever lies deeper than `limit` levels replaced by "…", so that it can be written again. */
export function prune(value: unknown, limit: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (limit === 0) return '…';
  if (Array.isArray(value)) return value.map((item: unknown) => prune(item, limit - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, unknown] => [key, prune(item, limit - 1)]),
  );
}

/** Structural equality of two JSON values; the order of an object's keys does not count. */
export function jsonEquals(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => jsonEquals(item, b[index]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && jsonEquals(a[key], b[key]))
    );
  }
  return false;
}

/** The value at a path of keys, or undefined. Own properties only, so `constructor` finds nothing. */
export function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
