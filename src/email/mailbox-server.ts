import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { isId, makeId } from '../../domain/ids';
import type { EmailStore } from '../mongo/emails';
import type { MailboxStore } from '../mongo/mailbox';
import { emailIdHeader } from './message';

const maxBytes = 10 * 1024 * 1024;
const drainMs = 5_000;

export interface MailboxServer {
  /** What a mailer is told as SMTP_URL. */
  url: string;
  stop(): Promise<void>;
}

/** A real SMTP server for an installation that has none: what it takes is shown, and goes nowhere. */
export async function startMailboxServer(
  stores: { mailbox: MailboxStore; emails: Pick<EmailStore, 'byIds'> },
  logger: Logger,
  now: () => number,
): Promise<MailboxServer> {
  const server = new SMTPServer({
    banner: 'EmailSendX local mailbox',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: maxBytes,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: drainMs,
    onData(stream, session, done) {
      keep(stream, session).then(
        (refusal) => done(refusal),
        (error: unknown) => {
          logger.warn({ err: error }, 'mailbox.failed');
          done(smtpError(451, '4.3.0 The mail could not be stored, try again'));
        },
      );
    },
  });
  server.on('error', (error: Error) => logger.debug({ err: error }, 'mailbox.connection_failed'));

  /** 250 is only said once the mail is in the database. */
  const keep = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Error | null> => {
    const chunks: Buffer[] = [];
    // To its end also when it is too long: the client would not listen before.
    for await (const chunk of stream) if (Buffer.isBuffer(chunk) && !stream.sizeExceeded) chunks.push(chunk);
    if (stream.sizeExceeded) return smtpError(552, `5.3.4 A mail may have at most ${maxBytes} bytes`);
    await stores.mailbox.insert(await mailOf(Buffer.concat(chunks), session));
    return null;
  };

  const mailOf = async (raw: Buffer, session: SMTPServerSession) => {
    const parsed = await PostalMime.parse(raw).catch(() => undefined);
    const to = session.envelope.rcptTo.map(({ address }) => address.toLowerCase()).sort();
    const messageId = parsed?.messageId ?? createHash('sha256').update(raw).digest('hex');
    const key = createHash('sha256')
      .update(JSON.stringify([messageId, to]))
      .digest('hex');
    const { mailFrom } = session.envelope;
    return {
      id: makeId('mailboxMail', key.slice(0, 24)),
      ...(await ownerOf(parsed?.headers.find(({ key: name }) => name === emailIdHeader.toLowerCase())?.value)),
      from: parsed?.from?.address ?? (mailFrom ? mailFrom.address : ''),
      to,
      subject: parsed?.subject ?? '',
      raw,
      receivedAt: new Date(now()),
    };
  };

  const ownerOf = async (header: string | undefined): Promise<{ workspaceId?: string; emailId?: string }> => {
    const emailId = header?.trim() ?? '';
    if (!isId('email', emailId)) return {};
    const [email] = await stores.emails.byIds([emailId]);
    return email ? { workspaceId: email.workspaceId, emailId } : {};
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address: AddressInfo | string | null = server.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `smtp://127.0.0.1:${port}?ignoreTLS=true`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
