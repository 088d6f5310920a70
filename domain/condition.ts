import { z } from 'zod';
import { jsonEquals, valueAt, type Json } from './json';

const field = z
  .string()
  .max(300)
  .regex(/^(contact|properties)\.[^.]+(\.[^.]+)*$/, {
    error: 'must name a field such as properties.amount, contact.email or contact.metadata.plan',
  });
const text = z.string().max(1000);
const number = z.number();
const scalar = z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]);

const comparisonSchema = z.discriminatedUnion('op', [
  z.strictObject({ field, op: z.enum(['equals', 'notEquals']), value: scalar }),
  z.strictObject({ field, op: z.enum(['contains', 'startsWith', 'endsWith']), value: text }),
  z.strictObject({ field, op: z.enum(['gt', 'gte', 'lt', 'lte']), value: number }),
  z.strictObject({ field, op: z.literal('in'), value: z.array(scalar).min(1).max(200) }),
  z.strictObject({ field, op: z.enum(['exists', 'notExists']) }),
]);
type Comparison = z.infer<typeof comparisonSchema>;

/** A test on the contact and the event's properties: one comparison, or several joined by `all`, `any` or `not`. */
export type Condition = Comparison | { all: Condition[] } | { any: Condition[] } | { not: Condition };
export const conditionSchema: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    comparisonSchema,
    z.strictObject({ all: z.array(conditionSchema).min(1).max(50) }),
    z.strictObject({ any: z.array(conditionSchema).min(1).max(50) }),
    z.strictObject({ not: conditionSchema }),
  ]),
);

/** What a condition may look at. */
export interface Facts {
  contact: {
    email: string;
    firstName: string | null;
    lastName: string | null;
    status: string;
    metadata: Record<string, Json>;
    listIds: string[];
  };
  properties: Record<string, Json>;
}

/** Whether the condition holds; when it does not, `failed` names the comparison that decided it, in words. */
export function evaluate(condition: Condition, facts: Facts): { holds: true } | { holds: false; failed: string } {
  if ('all' in condition) {
    for (const part of condition.all) {
      const result = evaluate(part, facts);
      if (!result.holds) return result;
    }
    return { holds: true };
  }
  if ('any' in condition) {
    const failures: string[] = [];
    for (const part of condition.any) {
      const result = evaluate(part, facts);
      if (result.holds) return result;
      failures.push(result.failed);
    }
    return { holds: false, failed: shorten(failures.join(' and '), 500) };
  }
  if ('not' in condition) {
    return evaluate(condition.not, facts).holds
      ? { holds: false, failed: 'a condition under "not" holds' }
      : { holds: true };
  }
  const actual = valueAt(facts, condition.field.split('.'));
  if (compare(condition, actual)) return { holds: true };
  // The wanted value comes from the automation and may be shown; the contact's own value stays out of logs and traces.
  const wanted = 'value' in condition ? ` ${shorten(JSON.stringify(condition.value), 100)}` : '';
  return { holds: false, failed: `${condition.field} ${condition.op}${wanted} is not true` };
}

/** Reasons stand in every trace: they are for reading, not for keeping the condition. */
function shorten(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

function compare(condition: Comparison, actual: unknown): boolean {
  const equals = (value: Json): boolean => jsonEquals(value, isJson(actual) ? actual : undefined);
  switch (condition.op) {
    case 'equals':
      return equals(condition.value);
    case 'notEquals':
      return !equals(condition.value);
    case 'in':
      return condition.value.some(equals);
    case 'exists':
      return actual !== undefined && actual !== null;
    case 'notExists':
      return actual === undefined || actual === null;
    case 'contains':
      return Array.isArray(actual)
        ? actual.includes(condition.value)
        : typeof actual === 'string' && actual.includes(condition.value);
    case 'startsWith':
      return typeof actual === 'string' && actual.startsWith(condition.value);
    case 'endsWith':
      return typeof actual === 'string' && actual.endsWith(condition.value);
    case 'gt':
      return typeof actual === 'number' && actual > condition.value;
    case 'gte':
      return typeof actual === 'number' && actual >= condition.value;
    case 'lt':
      return typeof actual === 'number' && actual < condition.value;
    case 'lte':
      return typeof actual === 'number' && actual <= condition.value;
  }
}

/** Facts come from JSON, so whatever is there at all is JSON. */
function isJson(value: unknown): value is Json {
  return value !== undefined;
}
