import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Config } from '../../config';
import type { LinkSigner } from '../links';
import type { MailIntake } from './receive-mail';

/** Larger than any report: they carry the headers of a message, or a part of it. */
const maxMailBytes = 1024 * 1024;
const maxRecipients = 20;
const maxClients = 100;
const idleTimeoutMs = 60_000;
const drainMs = 5_000;
/** RFC 5321 demands the first, and reports are sent to it; the second is what feedback loops are registered with. */
const rolesWithMail = new Set(['postmaster', 'complaints']);

export interface InboundMailDeps {
  settings: NonNullable<Config['inboundMail']>;
  links: Pick<LinkSigner, 'readReturnPath'>;
  intake: MailIntake;
  logger: Logger;
}

/**
 * Listens for bounces and complaints by mail. It takes mail for signed return paths and the two role addresses alone, so
 * nobody can use it as a relay, and says 250 only when what a mail tells is durable.
 */
export async function startInboundMail(deps: InboundMailDeps): Promise<{ port: number; stop: () => Promise<void> }> {
  const { settings, links, intake, logger } = deps;
  const { domain } = settings;
  const server = new SMTPServer({
    name: domain,
    banner: 'EmailSendX reports',
    size: maxMailBytes,
    authOptional: true,
    // There is nobody to sign in, and no certificate to show; senders of reports go on without.
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    maxClients,
    socketTimeout: idleTimeoutMs,
    closeTimeout: drainMs,
    logger: false,
    onRcptTo({ address }, session, callback) {
      if (session.envelope.rcptTo.length >= maxRecipients) return callback(reply(452, '4.5.3 too many recipients'));
      return placeOf(address) ? callback() : callback(reply(550, '5.1.1 there is no such address here'));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => {
        // The rest is read and thrown away: a sender hears the answer only after it.
        if (!stream.sizeExceeded) chunks.push(chunk);
        else chunks.length = 0;
      });
      stream.on('error', (error) => callback(error));
      stream.on('end', () => {
        if (stream.sizeExceeded) return callback(reply(552, `5.3.4 the message is larger than ${maxMailBytes} bytes`));
        take(Buffer.concat(chunks), session).then(
          () => callback(null, '2.0.0 taken'),
          (error: unknown) => {
            logger.error({ err: error }, 'inbound_mail.not_stored');
            callback(reply(451, '4.3.0 it cannot be stored at the moment; send it again later'));
          },
        );
      });
    },
  });

  /** What an address stands for: an email, or a role. */
  function placeOf(address: string): { emailId?: string } | undefined {
    const at = address.lastIndexOf('@');
    const local = address.slice(0, at);
    if (at < 0 || address.slice(at + 1).toLowerCase() !== domain) return undefined;
    return links.readReturnPath(local) ?? (rolesWithMail.has(local.toLowerCase()) ? {} : undefined);
  }

  async function take(raw: Buffer, session: SMTPServerSession): Promise<void> {
    const emailIds = new Set(session.envelope.rcptTo.map(({ address }) => placeOf(address)?.emailId));
    // One that is named is known; the role address has nothing to add to it.
    if (emailIds.size > 1) emailIds.delete(undefined);
    for (const emailId of emailIds) await intake(raw, emailId === undefined ? undefined : { emailId });
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      reject(
        inUse ? new Error(`INBOUND_SMTP_PORT: ${settings.port} is in use by another program; set a free one`) : error,
      );
    });
    server.listen(settings.port, settings.host, resolve);
  });
  // From here on: connections that break.
  server.on('error', (error) => logger.debug({ err: error }, 'inbound_mail.connection'));
  const address: AddressInfo | string | null = server.server.address();
  const port = typeof address === 'object' && address ? address.port : settings.port;
  logger.info({ host: settings.host, port, domain }, 'inbound_mail.listening');
  return { port, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}

function reply(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
