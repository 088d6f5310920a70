import { isObject, type Json } from './json';

/**
 * Fields of our webhooks that say nothing of a person: ids, times, and words of our own. All others are masked, those of
 * events to come included.
 */
const plainFields: ReadonlySet<string> = new Set([
  ...[
    'event',
    'workspaceId',
    'timestamp',
    'contactId',
    'emailId',
    'campaignId',
    'campaignName',
    'endpointId',
    'source',
  ],
  ...['createdAt', 'updatedAt', 'sentAt', 'deliveredAt', 'openedAt', 'clickedAt', 'bouncedAt', 'complainedAt'],
  ...['unsubscribedAt', 'bounceType', 'method', 'field', 'totalRecipients', 'estimatedDeliveryRate'],
]);
/** Objects and lists whose own fields are judged one by one. */
const openFields: ReadonlySet<string> = new Set(['data', 'changes']);

const emailLike = /[^\s@"'<>,;:()[\]{}]+@[^\s@"'<>,;:()[\]{}]+/gu;
/** Seven digits or more, as people write them; a time has a T or colons in it, an id has letters. */
const phoneLike = /(?<![\w.:-])\+?\(?\d(?:[ ().\-/]{0,2}\d){6,14}(?![\w:])/g;
/** Shorter values turn up in any text by chance. */
const minLength = { text: 3, number: 5 } as const;

/** The payload with what it says of a person masked: the shape stays, so that it can still be compared. */
export function maskPayload(payload: Json): Json {
  return maskFields(payload, () => undefined);
}

/** What maskPayload masks, as it would stand in a text that repeats it. */
export function personalTexts(payload: Json): string[] {
  const texts = new Set<string>();
  maskFields(payload, (value) => {
    if (String(value).length >= minLength[typeof value === 'string' ? 'text' : 'number']) texts.add(String(value));
  });
  // Whole addresses before the names in them.
  return [...texts].sort((one, other) => other.length - one.length);
}

/** A text from outside, such as an answer, with these texts, and whatever looks like an address or a number, masked. */
export function maskText(text: string, personal: readonly string[]): string {
  const masked = personal.reduce((rest, value) => rest.replaceAll(value, shapeOf), text);
  return masked.replace(emailLike, shapeOf).replace(phoneLike, shapeOf);
}

/** Letters become x, digits 0; what stands between them stays: `Ada_1@b.co` is `Xxx_0@x.xx`. */
export function shapeOf(text: string): string {
  return text
    .replace(/\p{N}/gu, '0')
    .replace(/\p{Lu}/gu, 'X')
    .replace(/[^\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e\s0X]/gu, 'x');
}

type Found = (value: string | number) => void;

function maskFields(value: Json, found: Found): Json {
  if (Array.isArray(value)) return value.map((item) => maskFields(item, found));
  if (!isObject(value)) return maskAll(value, found);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]): [string, Json] => {
      if (openFields.has(name)) return [name, maskFields(item, found)];
      const isPlain = plainFields.has(name) && (typeof item === 'string' || typeof item === 'number');
      return [name, isPlain ? plainValue(item) : maskAll(item, found)];
    }),
  );
}

/** An address may stand in a field of ours, too, such as the name of a campaign. */
function plainValue(value: string | number): string | number {
  return typeof value === 'string' ? value.replace(emailLike, shapeOf) : value;
}

function maskAll(value: Json, found: Found): Json {
  if (typeof value === 'string' || typeof value === 'number') {
    found(value);
    return typeof value === 'string' ? shapeOf(value) : 0;
  }
  if (typeof value === 'boolean') return false;
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => maskAll(item, found));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]): [string, Json] => [maskText(name, []), maskAll(item, found)]),
  );
}
