/**
 * The key by which an event name is matched to an automation's trigger. Case does not count, and a run of spaces,
 * underscores and hyphens is one separator; a name without any separator is split where a lower-case letter meets an
 * upper-case one. `Purchase Completed`, `PURCHASE_COMPLETED`, `purchase-completed` and `purchaseCompleted` are one.
 * Source: the Segment document, "Event name normalization", and design.md §2.
 */
export function eventKey(name: string): string {
  const trimmed = name.normalize('NFC').trim();
  const spaced = /[\s_-]/.test(trimmed) ? trimmed : trimmed.replace(/(\p{Ll})(?=\p{Lu})/gu, '$1_');
  return spaced
    .toLowerCase()
    .normalize('NFC')
    .replace(/[\s_-]+/g, '_')
    .replace(/^_+|_+$/g, '');
}
