import { timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';
import { classify, replyCodeOf, type Refusal } from '../../../../domain/bounce';
import type { BounceType } from '../../../../domain/email';
import { normalizeEmail } from '../../../../domain/email-address';
import type { Provider } from '../../../mongo/providers';
import { bounceMessageOf, type InboundReport, type ReportedNews } from '../report';

/** A request as it came, byte for byte. */
export interface NotificationRequest {
  header: (name: string) => string | undefined;
  body: Buffer;
}
/** What a verified request says. What has no effect here, opens and clicks among it, is left out. */
export interface Notification {
  reports: InboundReport[];
  /** A token that signs one request only. */
  token?: string;
  /** What the provider tells about itself. */
  subscription?: 'confirmed' | 'ended';
}
export interface VerifyContext {
  nowMs: number;
  /** An id of ours in a header or a field. */
  emailIdIn: (value: unknown) => string | undefined;
  /** The text of a URL of Amazon's; throws when it cannot be had. */
  fetchText: (url: string) => Promise<string>;
}
/** Verifies a request and reads it. Throws RefusedNotification. */
export type ReadNotification = (
  request: NotificationRequest,
  provider: Provider,
  context: VerifyContext,
) => Notification | Promise<Notification>;

/** A request that nothing is made of; the message says why to whoever sent it. */
export class RefusedNotification extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 503,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** How old a signature may be, and how far a clock may be ahead. */
export const toleranceMs = 5 * 60_000;

export function refuseUnsigned(what: string): RefusedNotification {
  return new RefusedNotification(401, 'signature_missing', `The request is not signed: ${what} is missing.`);
}
export function refuseForged(hint: string): RefusedNotification {
  return new RefusedNotification(401, 'signature_wrong', `The signature does not fit the request; ${hint}`);
}

/** A moment that was signed must be near: what is older was recorded and sent again. */
export function checkTime(atMs: number, nowMs: number, oldestMs = toleranceMs): void {
  if (atMs >= nowMs - oldestMs && atMs <= nowMs + toleranceMs) return;
  throw new RefusedNotification(
    401,
    'signature_expired',
    'The request was signed too long ago, or its clock is wrong; it is not taken again.',
  );
}

export function isSame(given: string | Buffer, expected: string | Buffer): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The body as JSON of that shape; only what was verified is read. */
export function readJson<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new RefusedNotification(400, 'not_json', 'The body is not JSON.');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success)
    throw new RefusedNotification(400, 'not_understood', 'The body has not the form of this provider.');
  return parsed.data;
}

/**
 * A bounce that a provider calls permanent is hard, unless the server's own words tell that it refused the sender or the
 * message: providers lump these together.
 */
export function bounced(
  says: BounceType,
  details: { status?: string | undefined; text?: string | undefined },
  otherwise: string,
): ReportedNews {
  const { status, text } = details;
  const refusal: Refusal = {};
  if (status !== undefined) refusal.status = status;
  if (text !== undefined) {
    refusal.diagnostic = text;
    const smtpCode = replyCodeOf(text);
    if (smtpCode !== undefined) refusal.smtpCode = smtpCode;
  }
  const found = classify(refusal);
  const bounceType = says === 'hard' && found.bounceType === 'soft' && !found.isGuess ? 'soft' : says;
  return { kind: 'bounced', bounceType, bounceMessage: bounceMessageOf(text, otherwise) };
}

export function report(
  providerEventId: string,
  news: ReportedNews,
  about: { emailId: string | undefined; recipient: unknown; at?: string | number | undefined },
): InboundReport {
  const recipient = normalizeEmail(about.recipient);
  const atMs = typeof about.at === 'number' ? about.at * 1_000 : Date.parse(about.at ?? '');
  return {
    ...{ providerEventId, news, recipients: recipient === undefined ? [] : [recipient] },
    ...(about.emailId === undefined ? {} : { emailId: about.emailId }),
    ...(Number.isFinite(atMs) && atMs > 0 && atMs < 8e15 ? { atMs: Math.round(atMs) } : {}),
  };
}
