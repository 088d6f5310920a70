import type { Logger } from 'pino';
import { assertNever } from '../../../domain/assert-never';
import type { EmailEventReceiver, HeardEmailEvent } from '../../ingest/receive-email-events';
import type { EmailDocument, EmailStore } from '../../mongo/emails';
import type { Provider, ProviderName, ProviderStore, ProviderTokenStore } from '../../mongo/providers';
import type { LinkSigner } from '../links';
import { emailIdIn } from './evidence';
import { readMailgun } from './providers/mailgun';
import { RefusedNotification, type NotificationRequest, type ReadNotification } from './providers/notification';
import { readPostmark } from './providers/postmark';
import { readResend } from './providers/resend';
import { readSendgrid } from './providers/sendgrid';
import { readSes } from './providers/ses';
import { keyPart, sha256, type InboundReport } from './report';

export interface NotificationIntakeDeps {
  providers: Pick<ProviderStore, 'setStatus'>;
  providerTokens: Pick<ProviderTokenStore, 'use'>;
  emails: Pick<EmailStore, 'byIds' | 'latestTo'>;
  receiver: Pick<EmailEventReceiver, 'receive'>;
  links: Pick<LinkSigner, 'readReturnPath'>;
  /** The text of a URL of Amazon's; throws when it cannot be had. */
  fetchText: (url: string) => Promise<string>;
  now: () => number;
  logger: Logger;
}
/** What was made of a request; all of `accepted` is durable. */
export interface NotificationReceipt {
  accepted: number;
  duplicate: number;
  /** Reports about emails that are not known here. */
  unknown: number;
}
export type NotificationIntake = (request: NotificationRequest, provider: Provider) => Promise<NotificationReceipt>;

/** Makes events of a provider's request. Throws RefusedNotification for what is not the provider's, or came before. */
export function createNotificationIntake(deps: NotificationIntakeDeps): NotificationIntake {
  const { providers, providerTokens, receiver, logger } = deps;

  return async (request, provider) => {
    const nowMs = deps.now();
    const notification = await readerOf(provider.provider)(request, provider, {
      nowMs,
      emailIdIn: (value) => emailIdIn(value, deps.links),
      fetchText: deps.fetchText,
    });
    const at = new Date(nowMs);
    if (notification.subscription !== undefined) {
      await providers.setStatus(provider.id, notification.subscription === 'confirmed' ? 'active' : 'pending', at);
      logger.info({ providerId: provider.id, subscription: notification.subscription }, 'provider.subscription');
    }
    const { token } = notification;
    const use =
      token === undefined
        ? 'new'
        : await providerTokens.use(`${provider.id}/${keyPart(token)}`, sha256(request.body), at);
    if (use === 'other') throw replayed();

    const heard = await attribute(deps.emails, provider, notification.reports);
    const receipts = heard.length === 0 ? [] : await receiver.receive(heard);
    const accepted = receipts.filter(({ status }) => status === 'accepted').length;
    // A first try that was cut off before it was stored may be made again; one that was stored may not.
    if (use === 'same' && accepted === 0) throw replayed();
    const unknown = notification.reports.length - heard.length;
    if (unknown > 0) logger.info({ providerId: provider.id, unknown }, 'provider.unattributed');
    return { accepted, duplicate: receipts.length - accepted, unknown };
  };
}

function readerOf(provider: ProviderName): ReadNotification {
  switch (provider) {
    case 'ses':
      return readSes;
    case 'sendgrid':
      return readSendgrid;
    case 'postmark':
      return readPostmark;
    case 'mailgun':
      return readMailgun;
    case 'resend':
      return readResend;
    default:
      return assertNever(provider);
  }
}

function replayed(): RefusedNotification {
  return new RefusedNotification(
    403,
    'signature_used',
    'A request with this token was taken before; it is not taken again.',
  );
}

/** Finds the email of each report: the one that it names, or else the last one to its recipient. */
async function attribute(
  emails: Pick<EmailStore, 'byIds' | 'latestTo'>,
  provider: Provider,
  reports: InboundReport[],
): Promise<HeardEmailEvent[]> {
  const { workspaceId } = provider;
  const namedIds = [...new Set(reports.flatMap(({ emailId }) => emailId ?? []))];
  const rows = await emails.byIds(namedIds);
  // One of another workspace is as good as none.
  const named = new Map(rows.filter((row) => row.workspaceId === workspaceId).map((row) => [row._id, row]));
  const latest = new Map<string, Promise<EmailDocument | undefined>>();
  const latestTo = (recipient: string): Promise<EmailDocument | undefined> => {
    const found = latest.get(recipient) ?? emails.latestTo(workspaceId, recipient);
    latest.set(recipient, found);
    return found;
  };

  const seen = new Map<string, (string | undefined)[]>();
  const heard: HeardEmailEvent[] = [];
  for (const report of reports) {
    const { providerEventId, news, atMs, emailId, recipients } = report;
    // One notification names several recipients; the same one twice is a repeat.
    const others = seen.get(providerEventId) ?? [];
    seen.set(providerEventId, others);
    const index = others.includes(recipients[0]) ? others.indexOf(recipients[0]) : others.push(recipients[0]) - 1;
    const email = await emailOf(emailId, recipients[0], { named, latestTo });
    if (!email) continue;
    const suffix = index === 0 ? '' : `/${index}`;
    heard.push({
      key: `${provider.provider}/${provider.id}/${keyPart(providerEventId)}${suffix}`,
      ...{ emailId: email._id, news, workspaceId, source: provider.provider },
      // A clock that is wrong must not put a bounce before the email.
      ...(atMs === undefined ? {} : { atMs: Math.max(atMs, email.createdAt.getTime()) }),
    });
  }
  return heard;
}

async function emailOf(
  emailId: string | undefined,
  recipient: string | undefined,
  known: {
    named: ReadonlyMap<string, EmailDocument>;
    latestTo: (recipient: string) => Promise<EmailDocument | undefined>;
  },
): Promise<EmailDocument | undefined> {
  const named = emailId === undefined ? undefined : known.named.get(emailId);
  // One email has one recipient: a report that names it for somebody else is about somebody else's.
  if (named && (recipient === undefined || named.to === recipient)) return named;
  // Named, and not known here: it was erased, or is another workspace's.
  if (!named && emailId !== undefined) return undefined;
  return recipient === undefined ? undefined : known.latestTo(recipient);
}
