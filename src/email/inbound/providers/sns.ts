import { verify, X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { checkTime, refuseForged, RefusedNotification, type VerifyContext } from './notification';

const common = {
  MessageId: z.string().min(1),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.string(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string(),
  SigningCertURL: z.string(),
};
const confirmation = { ...common, SubscribeURL: z.string(), Token: z.string() };
/** What Amazon's notification service posts, whatever its content type says. */
export const snsEnvelope = z.discriminatedUnion('Type', [
  z.object({ Type: z.literal('Notification'), ...common, Subject: z.string().optional() }),
  z.object({ Type: z.literal('SubscriptionConfirmation'), ...confirmation }),
  z.object({ Type: z.literal('UnsubscribeConfirmation'), ...confirmation }),
]);
export type SnsEnvelope = z.infer<typeof snsEnvelope>;

const host = String.raw`https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?`;
const certificateUrl = new RegExp(String.raw`^${host}/SimpleNotificationService-[a-z0-9]+\.pem$`);
const subscribeUrl = new RegExp(String.raw`^${host}/\?[\x21-\x7e]+$`);
/**
 * Amazon tries again for an hour and keeps the first timestamp. What comes twice within it has no effect, since the inbox
 * knows the event.
 */
const oldestMs = 65 * 60_000;

const certificates = new LRUCache<string, string>({ max: 20, ttl: 24 * 3_600_000 });

/** Throws unless Amazon has signed this, lately, for this topic. */
export async function verifySns(
  envelope: SnsEnvelope,
  topicArn: string | undefined,
  context: VerifyContext,
): Promise<void> {
  if (topicArn === undefined || envelope.TopicArn !== topicArn) {
    throw new RefusedNotification(403, 'wrong_topic', 'The notification is of another topic than this provider has.');
  }
  const url = envelope.SigningCertURL;
  if (!certificateUrl.test(url)) {
    throw new RefusedNotification(403, 'certificate_not_amazons', "SigningCertURL is not one of Amazon's.");
  }
  const pem = certificates.get(url) ?? (await context.fetchText(url));
  const certificate = readCertificate(pem, context.nowMs);
  if (!certificate) throw refuseForged('its certificate is not valid.');
  const algorithm = envelope.SignatureVersion === '1' ? 'sha1' : 'sha256';
  const signature = Buffer.from(envelope.Signature, 'base64');
  if (!verify(algorithm, Buffer.from(signedText(envelope)), certificate.publicKey, signature)) {
    throw refuseForged('it is not from Amazon, or was altered.');
  }
  // Kept once it has proved itself.
  certificates.set(url, pem);
  checkTime(Date.parse(envelope.Timestamp), context.nowMs, oldestMs);
}

/** Where a subscription is confirmed; throws unless it is Amazon's. */
export function confirmationUrl(envelope: { SubscribeURL: string }): string {
  if (subscribeUrl.test(envelope.SubscribeURL)) return envelope.SubscribeURL;
  throw new RefusedNotification(403, 'url_not_amazons', "SubscribeURL is not one of Amazon's.");
}

function readCertificate(pem: string, nowMs: number): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(pem);
    const isValid = Date.parse(certificate.validFrom) <= nowMs && nowMs <= Date.parse(certificate.validTo);
    return isValid && certificate.publicKey.asymmetricKeyType === 'rsa' ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** Names and values on lines of their own, sorted by name. */
export function signedText(envelope: SnsEnvelope): string {
  const { Message, MessageId, Timestamp, TopicArn, Type } = envelope;
  const fields: Record<string, string | undefined> =
    envelope.Type === 'Notification'
      ? { Message, MessageId, Subject: envelope.Subject, Timestamp, TopicArn, Type }
      : { Message, MessageId, SubscribeURL: envelope.SubscribeURL, Timestamp, Token: envelope.Token, TopicArn, Type };
  return Object.entries(fields)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}\n${value}\n`]))
    .join('');
}
