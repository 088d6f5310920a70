type Traits = Record<string, unknown>;

/** Traits that were typed in as JSON, or what is wrong with them. */
export function readTraits(text: string): { traits: Traits } | { problem: string } {
  if (text.trim() === '') return { traits: {} };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `This is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}` };
  }
  return isTraits(value) ? { traits: value } : { problem: 'Write an object, such as {"plan": "pro"}' };
}

function isTraits(value: unknown): value is Traits {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is to be sent to make the traits what they are to be: the changed ones, and null for each that is gone. */
export function changedTraits(before: Traits, after: Traits): Traits {
  const old = new Map(Object.entries(before));
  const now = new Map(Object.entries(after));
  const changed = [...now].filter(([name, value]) => JSON.stringify(old.get(name)) !== JSON.stringify(value));
  const gone = [...old.keys()].filter((name) => !now.has(name)).map((name) => [name, null] as const);
  // fromEntries defines own properties: a trait may be named __proto__.
  return Object.fromEntries([...changed, ...gone]);
}

/** A value in one line. */
export function traitText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A field as the pages call it: what the API keeps in metadata is a trait. */
export function nameOfField(field: string): string {
  return field.replace(/^metadata\./, '');
}
