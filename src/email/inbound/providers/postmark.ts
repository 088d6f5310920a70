import { z } from 'zod';
import { sha256, type InboundReport } from '../report';
import { bounced, isSame, readJson, refuseForged, refuseUnsigned, report, type ReadNotification } from './notification';

/** What Postmark signs in with: it has no signatures. */
export const postmarkUser = 'emailsendx';
export const postmarkHeader = 'X-Esx-Token';

const record = z.looseObject({
  RecordType: z.string(),
  ID: z.union([z.number(), z.string()]).optional(),
  Type: z.string().optional(),
  MessageID: z.string().optional(),
  Email: z.string().optional(),
  Recipient: z.string().optional(),
  BouncedAt: z.string().optional(),
  DeliveredAt: z.string().optional(),
  ChangedAt: z.string().optional(),
  Description: z.string().optional(),
  Details: z.string().optional(),
  SuppressSending: z.boolean().optional(),
  SuppressionReason: z.string().nullish(),
  Origin: z.string().nullish(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
});

const hardTypes = new Set(['HardBounce', 'BadEmailAddress', 'ManuallyDeactivated']);
const softTypes = new Set(['SoftBounce', 'Transient', 'DnsError', 'SpamNotification', 'DMARCPolicy', 'Blocked']);
['AddressChange', 'VirusNotification', 'SMTPApiError', 'Undeliverable', 'Unknown'].forEach((type) =>
  softTypes.add(type),
);

export const readPostmark: ReadNotification = ({ header, body }, provider, { emailIdIn }) => {
  const given = header(postmarkHeader) ?? passwordOf(header('authorization'));
  if (given === undefined) throw refuseUnsigned(`Basic authentication or ${postmarkHeader}`);
  // Hashed, so that neither length nor beginning can be felt for.
  if (provider.secret === undefined || !isSame(sha256(given), sha256(provider.secret))) {
    throw refuseForged('compare user name and password at Postmark.');
  }
  const found = readJson(body.toString('utf8'), record);
  return {
    reports: readRecord(found, emailIdIn(found.Metadata?.['esx-email']) ?? emailIdIn(found.Metadata?.['esx_email'])),
  };
};

function readRecord(found: z.infer<typeof record>, emailId: string | undefined): InboundReport[] {
  const recipient = found.Email ?? found.Recipient;
  // A delivery has no id of its own.
  const id = `${found.RecordType}-${found.ID ?? sha256(`${found.MessageID} ${recipient} ${found.ChangedAt ?? ''}`).slice(0, 40)}`;
  switch (found.RecordType) {
    case 'Delivery':
      return [report(id, { kind: 'delivered' }, { emailId, recipient, at: found.DeliveredAt })];
    case 'SpamComplaint':
      return [report(id, { kind: 'complained' }, { emailId, recipient, at: found.BouncedAt })];
    case 'Bounce': {
      const { Type: type = '', Details: text, Description: otherwise = type } = found;
      const about = { emailId, recipient, at: found.BouncedAt };
      if (type === 'SpamComplaint') return [report(id, { kind: 'complained' }, about)];
      if (type === 'Unsubscribe') return [report(id, { kind: 'unsubscribed', method: 'link' }, about)];
      if (hardTypes.has(type)) return [report(id, bounced('hard', { text }, otherwise), about)];
      // Automatic replies and the like are no bounces.
      return softTypes.has(type) ? [report(id, bounced('soft', { text }, otherwise), about)] : [];
    }
    case 'SubscriptionChange': {
      // Its other reasons were reported as a bounce or a complaint before.
      const hasLeft =
        found.SuppressSending === true &&
        found.SuppressionReason === 'ManualSuppression' &&
        found.Origin === 'Recipient';
      return hasLeft
        ? [report(id, { kind: 'unsubscribed', method: 'link' }, { emailId, recipient, at: found.ChangedAt })]
        : [];
    }
    default:
      return [];
  }
}

function passwordOf(authorization: string | undefined): string | undefined {
  const [, credentials] = /^basic\s+(\S+)$/i.exec(authorization?.trim() ?? '') ?? [];
  if (credentials === undefined) return undefined;
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}
