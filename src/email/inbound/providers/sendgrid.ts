import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { sha256, type InboundReport, type ReportedNews } from '../report';
import {
  bounced,
  checkTime,
  readJson,
  refuseForged,
  refuseUnsigned,
  report,
  type ReadNotification,
} from './notification';

const event = z.looseObject({
  event: z.string(),
  email: z.string().optional(),
  timestamp: z.number().optional(),
  sg_event_id: z.string().optional(),
  reason: z.string().nullish(),
  status: z.string().nullish(),
  type: z.string().nullish(),
  bounce_classification: z.string().nullish(),
});
type SendgridEvent = z.infer<typeof event>;

/** The verification key as SendGrid shows it: base64 of the DER of an ECDSA key. */
export function readSendgridKey(text: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}

export const readSendgrid: ReadNotification = ({ header, body }, provider, { nowMs, emailIdIn }) => {
  const signature = header('x-twilio-email-event-webhook-signature');
  const timestamp = header('x-twilio-email-event-webhook-timestamp');
  if (signature === undefined || timestamp === undefined)
    throw refuseUnsigned('X-Twilio-Email-Event-Webhook-Signature or -Timestamp');
  const key = readSendgridKey(provider.secret ?? '');
  const signed = Buffer.concat([Buffer.from(timestamp), body]);
  if (!key || !isSigned(signed, key, signature)) throw refuseForged('compare the verification key in SendGrid.');
  checkTime(Number(timestamp) * 1_000, nowMs);
  const events = readJson(body.toString('utf8'), z.array(z.unknown()).max(10_000));
  return {
    reports: events.flatMap((each): InboundReport[] => {
      const parsed = event.safeParse(each);
      const news = parsed.success ? newsOf(parsed.data) : undefined;
      if (!parsed.success || !news) return [];
      const { data } = parsed;
      const emailId = emailIdIn(data['esx_email']) ?? emailIdIn(data['smtp-id']);
      const id = data.sg_event_id ?? sha256(JSON.stringify(data)).slice(0, 40);
      return [report(id, news, { emailId, recipient: data.email, at: data.timestamp })];
    }),
  };
};

function isSigned(signed: Buffer, key: KeyObject, signature: string): boolean {
  try {
    return verify('sha256', signed, key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

function newsOf(data: SendgridEvent): ReportedNews | undefined {
  const { reason, status } = data;
  const details = { status: status ?? undefined, text: reason ?? undefined };
  switch (data.event) {
    case 'delivered':
      return { kind: 'delivered' };
    case 'bounce': {
      const isRefused =
        data.type === 'blocked' ||
        /reputation|content|technical|frequency|volume/i.test(data.bounce_classification ?? '');
      return bounced(isRefused ? 'soft' : 'hard', details, data.type ?? 'bounced');
    }
    // Held back by SendGrid itself, for what it has heard of the address before.
    case 'dropped':
      if (/spam report/i.test(reason ?? '')) return { kind: 'complained' };
      if (/unsubscribed/i.test(reason ?? '')) return { kind: 'unsubscribed', method: 'link' };
      return bounced(/^\s*(?:bounced address|invalid)/i.test(reason ?? '') ? 'hard' : 'soft', details, 'dropped');
    case 'spamreport':
      return { kind: 'complained' };
    case 'unsubscribe':
    case 'group_unsubscribe':
      return { kind: 'unsubscribed', method: 'link' };
    default:
      return undefined;
  }
}
