import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { sha256, type ReportedNews } from '../report';
import {
  bounced,
  checkTime,
  isSame,
  readJson,
  refuseForged,
  refuseUnsigned,
  report,
  type ReadNotification,
} from './notification';

const request = z.object({
  signature: z
    .object({ timestamp: z.union([z.string(), z.number()]), token: z.string().min(1).max(500), signature: z.string() })
    .optional(),
  'event-data': z.unknown(),
});
const event = z.looseObject({
  event: z.string(),
  id: z.string().optional(),
  timestamp: z.number().optional(),
  recipient: z.string().optional(),
  severity: z.string().optional(),
  reason: z.string().optional(),
  'user-variables': z.record(z.string(), z.unknown()).optional(),
  message: z.looseObject({ headers: z.record(z.string(), z.unknown()).optional() }).optional(),
  'delivery-status': z
    .looseObject({
      code: z.number().nullish(),
      message: z.string().nullish(),
      description: z.string().nullish(),
      'enhanced-code': z.string().nullish(),
    })
    .optional(),
});

export const readMailgun: ReadNotification = ({ body }, provider, { nowMs, emailIdIn }) => {
  const found = readJson(body.toString('utf8'), request);
  if (!found.signature) throw refuseUnsigned('signature');
  const { token, signature } = found.signature;
  const timestamp = String(found.signature.timestamp);
  const expected = createHmac('sha256', provider.secret ?? '')
    .update(timestamp + token)
    .digest('hex');
  if (provider.secret === undefined || !isSame(signature.toLowerCase(), expected)) {
    throw refuseForged("compare the HTTP webhook signing key in Mailgun's settings.");
  }
  checkTime(Number(timestamp) * 1_000, nowMs);
  const parsed = event.safeParse(found['event-data']);
  const news = parsed.success ? newsOf(parsed.data) : undefined;
  if (!parsed.success || !news) return { reports: [], token };
  const { data } = parsed;
  const emailId = emailIdIn(data['user-variables']?.['esx_email']) ?? emailIdIn(data.message?.headers?.['message-id']);
  const id = data.id ?? sha256(JSON.stringify(data)).slice(0, 40);
  return { reports: [report(id, news, { emailId, recipient: data.recipient, at: data.timestamp })], token };
};

function newsOf(data: z.infer<typeof event>): ReportedNews | undefined {
  switch (data.event) {
    case 'delivered':
      return { kind: 'delivered' };
    case 'complained':
      return { kind: 'complained' };
    case 'unsubscribed':
      return { kind: 'unsubscribed', method: 'link' };
    case 'failed': {
      // Held back by Mailgun itself, for what it has heard of the address before.
      if (data.reason === 'suppress-complaint') return { kind: 'complained' };
      if (data.reason === 'suppress-unsubscribe') return { kind: 'unsubscribed', method: 'link' };
      const { code, message, description, 'enhanced-code': status } = data['delivery-status'] ?? {};
      const words = [message, description].flatMap((each) => each?.trim() || []).at(0);
      const text =
        words === undefined || /^\s*[245]\d\d/.test(words) || !code || code < 400 || code > 599
          ? words
          : `${code} ${words}`;
      // Given up after many tries: the server never said that the address is wrong.
      const isPermanent = data.severity === 'permanent' && data.reason !== 'old';
      const details = { status: status ?? undefined, text: text ?? undefined };
      return bounced(isPermanent ? 'hard' : 'soft', details, data.reason ?? 'failed');
    }
    default:
      return undefined;
  }
}
