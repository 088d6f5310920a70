import { z } from 'zod';
import { normalizeEmail } from './email-address';
import { isDeeperThan, isObject, type JsonObject } from './json';

/** Objects and arrays may nest this deep: deeper bodies are refused before anything walks them by recursion. */
export const maxNesting = 32;

const ignoredTypes = ['page', 'screen', 'group', 'alias', 'delete'] as const;
export type IgnoredType = (typeof ignoredTypes)[number];
const messageTypes = ['identify', 'track', ...ignoredTypes] as const;

/** Numbers are read as text, since CDPs send numeric user ids; null and what is blank mean absent. */
const optionalText = z
  .union([z.string(), z.number()], { error: 'must be a string' })
  .nullish()
  .transform((value) => (value == null ? undefined : textOf(value)));
const jsonObject = z.custom<JsonObject>(isObject, { error: 'must be an object' });
/** The PHP libraries write an object without entries as `[]`. */
const optionalObject = z
  .union([jsonObject, z.tuple([])], { error: 'must be an object' })
  .nullish()
  .transform((value): JsonObject => (value == null || Array.isArray(value) ? {} : value));

/** One CDP event as Segment and RudderStack send it; fields without effect here are left alone. */
const cdpEvent = z.object({
  type: z
    .string({ error: 'must be a string' })
    .transform((type) => type.trim().toLowerCase())
    .pipe(z.enum(messageTypes, { error: `must be one of ${messageTypes.join(', ')}` })),
  messageId: optionalText,
  userId: optionalText,
  anonymousId: optionalText,
  event: optionalText,
  traits: optionalObject,
  properties: optionalObject,
  context: z
    .unknown()
    .optional()
    .transform((context): unknown => (isObject(context) ? context['traits'] : undefined)),
  timestamp: z.unknown().optional(),
  originalTimestamp: z.unknown().optional(),
  receivedAt: z.unknown().optional(),
  sentAt: z.unknown().optional(),
});

interface Sender {
  userId?: string;
  anonymousId?: string;
  /** From traits.email, else context.traits.email, else a userId that is an address. */
  email?: string;
}
export interface Identify extends Sender {
  type: 'identify';
  /** traits over context.traits: many RudderStack SDKs fill only the latter. */
  traits: JsonObject;
}
export interface Track extends Sender {
  type: 'track';
  event: string;
  properties: JsonObject;
}
/** A message that has an effect. */
export type Message = Identify | Track;

export type ReadMessage =
  | { kind: 'message'; message: Message; messageId?: string; occurredAtMs?: number }
  | { kind: 'ignored'; type: IgnoredType; messageId?: string }
  | { kind: 'rejected'; reason: string; pointer: string; messageId?: string };

/**
 * Reads one event of a CDP. Never throws: whatever is wrong becomes a `rejected` whose reason names the field and
 * what to send instead. `occurredAtMs` is the sender's clock corrected by `sentAt` and never later than receipt.
 */
export function readMessage(raw: unknown, received: { atMs: number; sentAt?: unknown }): ReadMessage {
  if (!isObject(raw))
    return { kind: 'rejected', pointer: '', reason: 'an event must be a JSON object, such as {"type":"identify",…}' };
  const messageId = messageIdOf(raw);
  const known = messageId === undefined ? {} : { messageId };
  const rejected = (pointer: string, reason: string): ReadMessage => ({ kind: 'rejected', pointer, reason, ...known });

  if (isDeeperThan(raw, maxNesting))
    return rejected('', `objects and arrays nest deeper than ${maxNesting}; send a flatter event`);
  if (raw['type'] === undefined) return rejected('/type', `type is missing; send one of ${messageTypes.join(', ')}`);
  const parsed = cdpEvent.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') ?? '';
    return rejected(`/${field.replaceAll('.', '/')}`, `${field} ${issue?.message ?? 'is not valid'}`);
  }
  const event = parsed.data;
  if (event.type !== 'identify' && event.type !== 'track') return { kind: 'ignored', type: event.type, ...known };

  const contextTraits = isObject(event.context) ? asJsonObject(event.context) : {};
  const email =
    normalizeEmail(event.traits['email']) ?? normalizeEmail(contextTraits['email']) ?? normalizeEmail(event.userId);
  const sender: Sender = {
    ...(event.userId === undefined ? {} : { userId: event.userId }),
    ...(event.anonymousId === undefined ? {} : { anonymousId: event.anonymousId }),
    ...(email === undefined ? {} : { email }),
  };
  if (Object.keys(sender).length === 0) {
    return rejected('/userId', 'nobody to apply this to; send a userId, an anonymousId or an email in traits');
  }
  const occurredAtMs = occurredAt(event, received);
  const when = occurredAtMs === undefined ? {} : { occurredAtMs };
  if (event.type === 'identify') {
    return {
      kind: 'message',
      ...known,
      ...when,
      message: { type: 'identify', ...sender, traits: { ...contextTraits, ...event.traits } },
    };
  }
  if (event.event === undefined || event.event.trim() === '') {
    return rejected('/event', 'a track needs the name of its event, for example "event":"Purchase Completed"');
  }
  return {
    kind: 'message',
    ...known,
    ...when,
    message: { type: 'track', ...sender, event: event.event, properties: event.properties },
  };
}

/** The id of a message, also of one that is not readable otherwise. */
export function messageIdOf(raw: unknown): string | undefined {
  const id = isObject(raw) ? raw['messageId'] : undefined;
  return typeof id === 'string' || typeof id === 'number' ? textOf(id) : undefined;
}

/** Half of a surrogate pair is replaced: MongoDB would do so silently, and what is looked up would never be found. */
function textOf(value: string | number): string | undefined {
  const text = String(value).replace(/\p{Cs}/gu, '\ufffd');
  return text.trim() === '' ? undefined : text;
}

function asJsonObject(value: Record<string, unknown>): JsonObject {
  return jsonObject.parse(value);
}

/**
 * A CDP that forwards an event has corrected `timestamp` itself and says so by `receivedAt` beside
 * `originalTimestamp`. An SDK's own clock is corrected by how far its `sentAt` is from our receipt.
 */
function occurredAt(
  event: { timestamp?: unknown; originalTimestamp?: unknown; receivedAt?: unknown; sentAt?: unknown },
  received: { atMs: number; sentAt?: unknown },
): number | undefined {
  const timestampMs = readTimeMs(event.timestamp);
  const originalMs = readTimeMs(event.originalTimestamp);
  const forwarded = timestampMs !== undefined && originalMs !== undefined && readTimeMs(event.receivedAt) !== undefined;
  if (forwarded) return Math.min(timestampMs, received.atMs);
  // RudderStack's SDKs always set originalTimestamp; timestamp beside it is the time that the caller gave.
  const clientMs = timestampMs ?? originalMs;
  if (clientMs === undefined) return undefined;
  const sentMs = readTimeMs(event.sentAt) ?? readTimeMs(received.sentAt);
  const correctedMs = sentMs === undefined ? clientMs : received.atMs - (sentMs - clientMs);
  // Further back than 1970 only when a clock was wrong by decades between the event and its sending.
  return correctedMs < 0 ? undefined : Math.min(correctedMs, received.atMs);
}

/** ISO 8601 only: JavaScript would read a year out of almost any text, and a text without a zone in the server's own. */
const isoTime = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s?(Z|[+-]\d{2}:?\d{2})?)?$/i;
/** A number below this is seconds: as milliseconds it would lie in 1973 or before. */
const leastMilliseconds = 1e11;

function readTimeMs(value: unknown): number | undefined {
  const ms =
    typeof value === 'string' ? parseIsoMs(value.trim()) : typeof value === 'number' ? fromNumberMs(value) : Number.NaN;
  // Outside of this range a Date cannot be made, and a time before 1970 is a broken clock.
  return Number.isFinite(ms) && ms >= 0 && ms <= 8.64e15 ? ms : undefined;
}

function parseIsoMs(text: string): number {
  const [, date, time = '00:00', zone = 'Z'] = isoTime.exec(text) ?? [];
  return date === undefined ? Number.NaN : Date.parse(`${date}T${time}${zone.toUpperCase()}`);
}

function fromNumberMs(value: number): number {
  return value < leastMilliseconds ? value * 1_000 : value;
}
