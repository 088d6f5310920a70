import { evaluate, type Condition, type Facts } from './condition';
import { valueAt } from './json';

/**
 * Why a condition does not hold now, with the value that decided it; undefined when it holds. Traces leave values out,
 * since they are kept; here somebody asks who may see the contact anyway.
 */
export function whyNot(condition: Condition, facts: Facts): string | undefined {
  const result = evaluate(condition, facts);
  if (result.holds) return undefined;
  const fields = [...new Set(decisive(condition, facts))];
  const values = fields.map((field) => `${field} is ${shown(valueAt(facts, field.split('.')))}`);
  return values.length === 0 ? result.failed : `${result.failed}: ${values.join(', ')}`;
}

/** The fields of the comparisons that make a condition fail. */
function decisive(condition: Condition, facts: Facts): string[] {
  if ('all' in condition) {
    const failing = condition.all.find((part) => !evaluate(part, facts).holds);
    return failing ? decisive(failing, facts) : [];
  }
  if ('any' in condition) return condition.any.flatMap((part) => decisive(part, facts));
  return 'not' in condition ? [] : [condition.field];
}

function shown(value: unknown): string {
  if (value === undefined) return 'not there';
  const text = JSON.stringify(value) ?? 'not there';
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
