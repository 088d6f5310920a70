import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EmailEventReceiver, HeardEmailEvent } from '../../ingest/receive-email-events';
import type { EmailEventStore } from '../../mongo/email-events';
import type { EmailDocument, EmailStore } from '../../mongo/emails';
import type { Evidence, EvidenceSigner } from './evidence';
import { parseMail, type ParsedMail } from './parse-mail';
import { sha256, type InboundReport } from './report';

export interface MailIntakeDeps {
  signer: EvidenceSigner;
  emails: Pick<EmailStore, 'byIds'>;
  emailEvents: Pick<EmailEventStore, 'insert'>;
  receiver: Pick<EmailEventReceiver, 'receive'>;
  now: () => number;
  logger: Logger;
}
/** Takes a mail that came to a signed return path, or (undefined) to the address for complaints. */
export type MailIntake = (raw: Buffer, returnPath: { emailId: string } | undefined) => Promise<void>;

const source = 'mail';
/** A mail that takes so long is followed by a pause. */
const restedMs = 5;
const notReadable = 'a mail came back that is no known form of a bounce or a complaint';

/** Makes events of mailed reports. When it returns they are durable; it throws when they could not be stored. */
export function createMailIntake(deps: MailIntakeDeps): MailIntake {
  const { signer, emails, emailEvents, receiver, logger } = deps;

  /** So that an operator sees, beside the email, that something came which nobody here could read. */
  const keepUnread = async (raw: Buffer, emailId: string, reason: string): Promise<void> => {
    const at = new Date(deps.now());
    await emailEvents.insert([
      {
        ...{ _id: `${source}/${sha256(`${emailId} ${sha256(raw)}`).slice(0, 40)}`, emailId, source },
        news: { kind: 'bounced', bounceType: 'soft', bounceMessage: notReadable },
        ...{ at, receivedAt: at, doneAt: at, state: 'done', outcome: { status: 'ignored', reason } },
      },
    ]);
  };

  // Anybody may mail here: however much comes, half of the time is left for everything else in this process.
  let lastParse: Promise<unknown> = Promise.resolve();
  const parseInTurn = (raw: Buffer, returnPath: { emailId: string } | undefined): Promise<ParsedMail> => {
    let tookMs = 0;
    const parsed = lastParse.then(async () => {
      const startedMs = performance.now();
      const mail = await parseMail(raw, signer, returnPath);
      tookMs = performance.now() - startedMs;
      return mail;
    });
    const rest = (): unknown => (tookMs < restedMs ? undefined : sleep(tookMs));
    lastParse = parsed.then(rest, rest);
    return parsed;
  };

  return async (raw, returnPath) => {
    const parsed = await parseInTurn(raw, returnPath);
    // Never addresses or subjects: a log is no place for them.
    const about = { sizeBytes: raw.length, ...(returnPath ? { emailId: returnPath.emailId } : {}) };
    switch (parsed.kind) {
      case 'ignored':
        logger.info({ ...about, reason: parsed.reason }, 'inbound_mail.ignored');
        return;
      case 'unread':
        if (returnPath) await keepUnread(raw, returnPath.emailId, `${notReadable}: ${parsed.reason}`);
        logger.warn({ ...about, reason: parsed.reason }, 'inbound_mail.unread');
        return;
      case 'reports': {
        const { evidence, reports } = parsed;
        const [email] = evidence ? await emails.byIds([evidence.emailId]) : [];
        const own = evidence && email ? ofEmail(reports, evidence, email) : [];
        if (!email || own.length === 0) {
          const reason = !evidence
            ? 'it names no email of ours'
            : !email
              ? 'the email is unknown'
              : 'it names another recipient';
          logger.warn({ ...about, reason }, 'inbound_mail.unattributed');
          return;
        }
        const receipts = await receiver.receive(own.map((report, index) => toHeard(report, index, own.length, email)));
        logger.info({ ...about, emailId: email._id, receipts }, 'inbound_mail.received');
      }
    }
  };
}

/**
 * Those of the reports that may be believed to be about the email. What we have signed is believed; where it names several
 * recipients and the email's among them, the others are not its own. A bare id is known to the recipient and guessed by
 * nobody: it is believed too, but not of somebody else.
 */
export function ofEmail(
  reports: InboundReport[],
  evidence: Evidence,
  email: Pick<EmailDocument, 'to'>,
): InboundReport[] {
  const named = reports.filter(({ recipients }) => recipients.includes(email.to));
  if (named.length > 0) return named;
  if (evidence.isSigned) return reports;
  return reports.every(({ recipients }) => recipients.length === 0) ? reports : [];
}

function toHeard(report: InboundReport, index: number, count: number, email: EmailDocument): HeardEmailEvent {
  const { providerEventId, news, atMs } = report;
  return {
    ...{ key: `${source}/${providerEventId}${count > 1 ? `/${index}` : ''}`, emailId: email._id, news, source },
    workspaceId: email.workspaceId,
    // A clock that is wrong must not put a bounce before the email.
    ...(atMs === undefined ? {} : { atMs: Math.max(atMs, email.createdAt.getTime()) }),
  };
}
