/**
 * The key by which an event name is matched to an automation's trigger. Case does not count, and a run of spaces,
 * underscores and hyphens is one separator; a name without any separator is split where a lower-case letter meets an
 * upper-case one. `Purchase Completed`, `PURCHASE_COMPLETED`, `purchase-completed` and `purchaseCompleted` are one.
 * Source: the Segment document, "Event name normalization".
 */
export function eventKey(name: string): string {
  const joined = name
    .normalize('NFC')
    .replace(/[\s_-]+/g, '_')
    .replace(/^_|_$/g, '');
  const spaced = joined.includes('_') ? joined : joined.replace(/\p{Ll}(?=(\p{Lu}))/gu, separate);
  return spaced.toLowerCase().normalize('NFC');
}

/** Some capitals have no small letter: they would stand in the key too, and split it when it is read again. */
function separate(small: string, capital: string): string {
  return capital.toLowerCase() === capital ? small : `${small}_`;
}
