import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { emailIdHeader } from '../../message';
import type { InboundReport, ReportedNews } from '../report';
import {
  bounced,
  checkTime,
  isSame,
  readJson,
  refuseForged,
  refuseUnsigned,
  report,
  type NotificationRequest,
  type ReadNotification,
} from './notification';

const pairs = z.array(z.object({ name: z.string(), value: z.string() }));
const event = z.object({
  type: z.string(),
  created_at: z.string().optional(),
  data: z.looseObject({
    to: z.union([z.string(), z.array(z.string())]).optional(),
    tags: z.union([pairs, z.record(z.string(), z.unknown())]).optional(),
    headers: pairs.nullish(),
    message_id: z.string().nullish(),
    bounce: z
      .looseObject({ type: z.string().optional(), subType: z.string().optional(), message: z.string().optional() })
      .optional(),
    failed: z.looseObject({ reason: z.string().optional() }).optional(),
  }),
});
type Data = z.infer<typeof event>['data'];

/** Resend signs by Standard Webhooks, under the header names of Svix. */
export const readResend: ReadNotification = (request, provider, { nowMs, emailIdIn }) => {
  const id = verified(request, provider.secret ?? '', nowMs);
  const { type, created_at: at, data } = readJson(request.body.toString('utf8'), event);
  const news = newsOf(type, data);
  if (!news) return { reports: [] };
  const emailId = emailIdIn(tagOf(data)) ?? emailIdIn(headerOf(data)) ?? emailIdIn(data.message_id);
  return {
    reports: [data.to ?? []].flat().map((recipient): InboundReport => report(id, news, { emailId, recipient, at })),
  };
};

/** The id of a request that is signed with this secret. The clock is ours, so the library only signs. */
function verified({ header, body }: NotificationRequest, secret: string, nowMs: number): string {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map(
    (name) => header(`svix-${name}`) ?? header(`webhook-${name}`),
  );
  if (id === undefined || timestamp === undefined || signatures === undefined)
    throw refuseUnsigned('svix-id, svix-timestamp or svix-signature');
  if (!/^\d{1,12}$/.test(timestamp)) throw refuseForged('its timestamp is not a number of seconds.');
  const expected = new Webhook(secret).sign(id, new Date(Number(timestamp) * 1_000), body);
  if (!signatures.split(' ').some((signature) => isSame(signature, expected))) {
    throw refuseForged("compare the signing secret on the webhook's page in Resend.");
  }
  checkTime(Number(timestamp) * 1_000, nowMs);
  return id;
}

function newsOf(type: string, data: Data): ReportedNews | undefined {
  switch (type) {
    case 'email.delivered':
      return { kind: 'delivered' };
    case 'email.complained':
      return { kind: 'complained' };
    case 'email.bounced': {
      const { type: bounceType, subType, message: text } = data.bounce ?? {};
      const says = bounceType === 'Transient' || bounceType === 'Undetermined' ? 'soft' : 'hard';
      return bounced(says, { text }, [bounceType, subType].filter(Boolean).join(' ') || 'bounced');
    }
    // Held back by Resend itself: the address had bounced or complained before.
    case 'email.suppressed':
      return bounced('hard', {}, 'the address is on the suppression list of Resend');
    case 'email.failed':
      return bounced('soft', {}, data.failed?.reason ?? 'Resend could not send it');
    default:
      return undefined;
  }
}

function tagOf({ tags }: Data): unknown {
  return Array.isArray(tags) ? tags.find(({ name }) => name === 'esx_email')?.value : tags?.['esx_email'];
}
function headerOf({ headers }: Data): unknown {
  return headers?.find(({ name }) => name.toLowerCase() === emailIdHeader.toLowerCase())?.value;
}
