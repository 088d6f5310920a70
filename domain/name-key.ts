/** What is kept of a name to search by; nobody types in more. */
const maxKeyLength = 200;

/** A name in the form that a search compares: without regard to case, accents and the number of spaces. */
export function nameKey(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, maxKeyLength);
}

/** The keys under which a person is found by name; one who has none is found by the others. */
export function nameKeysOf(person: { firstName: string | null; lastName: string | null }): {
  nameKey?: string;
  lastNameKey?: string;
} {
  const whole = nameKey(`${person.firstName ?? ''} ${person.lastName ?? ''}`);
  const last = nameKey(person.lastName ?? '');
  return {
    ...(whole === '' ? {} : { nameKey: whole }),
    // Without a first name both are the same.
    ...(last === '' || last === whole ? {} : { lastNameKey: last }),
  };
}
