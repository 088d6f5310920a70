import type { Condition } from './queries';
import type { operators } from './words';

export type Operator = keyof typeof operators;
export type Scalar = string | number | boolean | null;
export type Comparison = Extract<Condition, { field: string }>;
/** Parts under one word: all of them, any, or none. */
export interface Group {
  join: 'all' | 'any' | 'none';
  parts: (Comparison | Group)[];
}

export function isGroup(part: Comparison | Group): part is Group {
  return 'join' in part;
}

/** Any condition as groups, for the editor. */
export function groupOf(condition: Condition): Group {
  if ('all' in condition) return { join: 'all', parts: condition.all.map(partOf) };
  if ('any' in condition) return { join: 'any', parts: condition.any.map(partOf) };
  if ('not' in condition) {
    const inner = condition.not;
    return { join: 'none', parts: 'any' in inner ? inner.any.map(partOf) : [partOf(inner)] };
  }
  return { join: 'all', parts: [condition] };
}

function partOf(condition: Condition): Comparison | Group {
  return 'field' in condition ? condition : groupOf(condition);
}

export function conditionOf({ join, parts }: Group): Condition {
  const conditions = parts.map((part) => (isGroup(part) ? conditionOf(part) : part));
  const [only] = conditions;
  switch (join) {
    case 'all':
      return only && conditions.length === 1 ? only : { all: conditions };
    case 'any':
      return { any: conditions };
    case 'none':
      return { not: only && conditions.length === 1 ? only : { any: conditions } };
  }
}

/** The comparison with another operator; the value is kept as far as it fits. */
export function withOperator(before: Comparison, op: Operator): Comparison {
  const { field } = before;
  const value = 'value' in before ? before.value : '';
  const scalar = Array.isArray(value) ? (value[0] ?? '') : value;
  switch (op) {
    case 'equals':
    case 'notEquals':
      return { field, op, value: scalar };
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return { field, op, value: String(scalar ?? '') };
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return { field, op, value: Number(scalar) || 0 };
    case 'in':
      return { field, op, value: Array.isArray(value) ? value : [scalar] };
    case 'exists':
    case 'notExists':
      return { field, op };
  }
}

/** `true`, `12` and `null` are what JSON says they are; everything else is text, and `"12"` in quotes too. */
export function scalarOf(text: string): Scalar {
  if (!/^(true|false|null|-?\d+(\.\d+)?|".*")$/s.test(text.trim())) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : null;
  } catch {
    return text;
  }
}

/** The text that `scalarOf` reads as this value. */
export function textOfScalar(value: Scalar): string {
  return typeof value !== 'string' || scalarOf(value) !== value ? JSON.stringify(value) : value;
}
