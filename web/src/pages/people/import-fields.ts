/** What a column of a CSV file can become. */
export const targets = [
  { value: 'email', label: 'Email' },
  { value: 'firstName', label: 'First name' },
  { value: 'lastName', label: 'Last name' },
  { value: 'userId', label: 'User id' },
  { value: 'trait', label: 'Trait' },
  { value: 'ignored', label: 'Ignore' },
] as const;
export type Target = (typeof targets)[number]['value'];

/** What somebody has chosen for a column; `trait` names the trait. */
export interface Choice {
  target: Target;
  trait: string;
}

const traitPrefix = 'metadata.';

export function choiceOf(field: string, column: string): Choice {
  if (field.startsWith(traitPrefix)) return { target: 'trait', trait: field.slice(traitPrefix.length) };
  const known = targets.find(({ value }) => value === field);
  return { target: known?.value ?? 'ignored', trait: column };
}

/** The `map` of the API: what was chosen, for the columns that were touched. */
export function mapOf(choices: ReadonlyMap<string, Choice>): string[] {
  return [...choices].map(([column, { target, trait }]) => `${column}:${fieldOf(target, trait)}`);
}

function fieldOf(target: Target, trait: string): string {
  switch (target) {
    case 'trait':
      return `${traitPrefix}${trait}`;
    case 'ignored':
      return 'ignore';
    case 'email':
    case 'firstName':
    case 'lastName':
    case 'userId':
      return target;
  }
}

/** What is wrong with the name of a trait; the last colon in a mapping ends the column. */
export function traitProblem(trait: string): string | undefined {
  if (trait.trim() === '') return 'Name the trait';
  if (trait.includes(':')) return 'A name without a colon';
  return trait.length > 200 ? 'At most 200 characters' : undefined;
}

/** A field in the words of the page: `email`, `trait plan`. */
export function wordsFor(field: string): string {
  const { target, trait } = choiceOf(field, '');
  const label = targets.find(({ value }) => value === target)?.label.toLowerCase() ?? field;
  return target === 'trait' ? `${label} ${trait}` : label;
}
