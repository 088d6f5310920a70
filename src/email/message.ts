import type { SendMailOptions } from 'nodemailer';
import MimeNode from 'nodemailer/lib/mime-node';
import type { OutgoingMail } from '../../activities/send-emails';
import { oneLine } from '../../domain/one-line';
import { signedHeaders, type SigningKey } from './dkim-keys';
import { quotedPrintable } from './quoted-printable';
import { senderOf, type SenderAddress } from './sender-address';

/** Tells the local mailbox, and whoever reads a returned copy, which email it is. */
export const emailIdHeader = 'X-Esx-Email';
/** Made here and nowhere else. */
const reservedHeaders = new Set([
  ...['from', 'sender', 'to', 'cc', 'bcc', 'subject', 'date', 'message-id', 'dkim-signature', 'mime-version'],
  ...['content-type', 'content-transfer-encoding', 'return-path', 'received', emailIdHeader.toLowerCase()],
]);

/** Thrown for a mail that cannot be sent, whoever is asked. */
export class MessageError extends Error {}

/** Whom a mail is from. */
export function senderOfMail(mail: OutgoingMail): SenderAddress {
  const sender = senderOf(mail.from);
  if (!sender) throw new MessageError('the sender is not an address such as News <news@acme.com>');
  return sender;
}

/** A mail as nodemailer takes it. The same email has the same Message-ID in each of its tries. */
export function messageOf(
  mail: OutgoingMail,
  sender: SenderAddress,
  options: { returnPath?: string | undefined; signingKey?: SigningKey | undefined; now: Date },
): SendMailOptions {
  const { returnPath = sender.address, signingKey, now } = options;
  const messageId = `<${mail.emailId}@${sender.domain}>`;
  return {
    messageId,
    envelope: { from: returnPath, to: [{ name: '', address: mail.to }] },
    raw: mimeOf(mail, sender, messageId, now),
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(signingKey
      ? {
          dkim: {
            domainName: signingKey.domain,
            keySelector: signingKey.selector,
            privateKey: signingKey.privateKey,
            headerFieldNames: signedHeaders,
          },
        }
      : {}),
  };
}

/** The bytes of a mail: its headers by nodemailer, which encodes and folds them, and the two forms of its text. */
export function mimeOf(mail: OutgoingMail, sender: SenderAddress, messageId: string, now: Date): Buffer {
  // Never in a part: there, what follows an equals sign is a number or the line's end.
  const boundary = `=_${mail.emailId}`;
  const head = new MimeNode(`multipart/alternative; boundary="${boundary}"`);
  head.setHeader('From', { name: oneLine(sender.name), address: sender.address });
  // As an object: a text would be read as a list of addresses.
  head.setHeader('To', { name: '', address: mail.to });
  head.setHeader('Subject', oneLine(mail.subject));
  head.setHeader('Date', now.toUTCString().replace('GMT', '+0000'));
  head.setHeader('Message-ID', messageId);
  for (const [name, value] of Object.entries(mail.headers)) {
    if (!reservedHeaders.has(name.toLowerCase().replace(/[^\x21-\x7e]|:/g, ''))) head.addHeader(name, oneLine(value));
  }
  head.setHeader(emailIdHeader, mail.emailId);
  const part = (type: string, text: string): Buffer[] => [
    Buffer.from(
      `--${boundary}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`,
    ),
    quotedPrintable(text),
    lineEnd,
  ];
  return Buffer.concat([
    Buffer.from(`${head.buildHeaders()}\r\n\r\n`),
    ...part('text/plain', mail.text),
    ...part('text/html', mail.html),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}

const lineEnd = Buffer.from('\r\n');
