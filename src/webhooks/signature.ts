import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** The headers of Standard Webhooks 1.0.0. */
export interface SignatureHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/** `secrets` are `whsec_…`, newest first; more than one while a rotation is under way. `body` is signed as UTF-8. */
export interface WebhookToSign {
  id: string;
  timestamp: Date;
  body: string;
  secrets: readonly string[];
}

/** Signs one attempt, once for each secret. Throws when there is no secret, or an id that could forge signed content. */
export function signWebhook({ id, timestamp, body, secrets }: WebhookToSign): SignatureHeaders {
  // Id, time and body are joined by dots: with a dot in the id, two messages could share a signature.
  if (!/^[\w-]+$/.test(id)) throw new Error('a webhook id is made of letters, digits, _ and -');
  if (secrets.length === 0) throw new Error('a webhook needs at least one secret to be signed with');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, timestamp, body)).join(' '),
  };
}

/** A fresh endpoint secret: `whsec_` and the base64 of 32 random bytes. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
