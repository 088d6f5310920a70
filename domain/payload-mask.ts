import { isObject, type Json } from './json';

/**
 * Fields of our webhooks that say nothing of a person: ids, times, and words of our own. All others are masked, those of
 * events to come included: so is the name of a campaign, in whose place a subject may stand that names the person.
 */
const plainFields: ReadonlySet<string> = new Set([
  ...['event', 'workspaceId', 'timestamp', 'contactId', 'emailId', 'campaignId', 'endpointId', 'source'],
  ...['createdAt', 'updatedAt', 'sentAt', 'deliveredAt', 'openedAt', 'clickedAt', 'bouncedAt', 'complainedAt'],
  ...['unsubscribedAt', 'bounceType', 'method', 'field', 'totalRecipients', 'estimatedDeliveryRate'],
]);
/** Objects and lists whose own fields are judged one by one. */
const openFields: ReadonlySet<string> = new Set(['data', 'changes']);

/**
 * The at sign may be written as URLs, JSON or HTML write it. The look behind lets a match begin at the start of a word
 * alone: from each of its letters, a long word without an at sign would take its square of time.
 */
const emailLike =
  /(?<![^\s@"'<>,;:()[\]{}])[^\s@"'<>,;:()[\]{}]+(?:@|%40|\\u0040|&#(?:64|x40);|&commat;)[^\s@"'<>,;:()[\]{}]+/giu;
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
  return spelledOut([...texts]);
}

/** Values as a text may repeat them: as they are, and as URLs, JSON and HTML write them. In lower case. */
export function spelledOut(values: readonly string[]): string[] {
  return [...new Set(values.flatMap(spellingsOf).map(lowered))];
}

/** A text from outside, such as an answer, with these texts, and whatever looks like an address or a number, masked. */
export function maskText(text: string, personal: readonly string[]): string {
  return replaceRepeats(text, personal, shapeOf).replace(emailLike, shapeOf).replace(phoneLike, shapeOf);
}

/** Replaces what was spelled out wherever a text repeats it, in whatever case. */
export function replaceRepeats(text: string, spellings: readonly string[], by: (found: string) => string): string {
  const parts: string[] = [];
  let end = 0;
  for (const place of placesOf(lowered(text), spellings)) {
    parts.push(text.slice(end, place.start), by(text.slice(place.start, place.end)));
    end = place.end;
  }
  return parts.join('') + text.slice(end);
}

/** In their order; those that overlap are one. */
function placesOf(text: string, spellings: readonly string[]): { start: number; end: number }[] {
  const places = spellings.flatMap((spelling) => {
    const found: { start: number; end: number }[] = [];
    for (let start = text.indexOf(spelling); start >= 0; start = text.indexOf(spelling, start + spelling.length)) {
      found.push({ start, end: start + spelling.length });
    }
    return found;
  });
  const merged: typeof places = [];
  for (const place of places.sort((one, other) => one.start - other.start)) {
    const last = merged.at(-1);
    if (last && place.start < last.end) last.end = Math.max(last.end, place.end);
    else merged.push(place);
  }
  return merged;
}

function spellingsOf(text: string): string[] {
  const inForm = new URLSearchParams([['', text]]).toString().slice(1);
  const inJson = JSON.stringify(text).slice(1, -1);
  const inAscii = inJson.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const inHtml = text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return [text, inForm, inForm.replaceAll('+', '%20'), inJson, inAscii, inHtml];
}

/** In lower case, with every character where it was: a few have a longer one. */
function lowered(text: string): string {
  return text.replace(/\p{Lu}/gu, (letter) => {
    const lower = letter.toLowerCase();
    return lower.length === letter.length ? lower : letter;
  });
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
