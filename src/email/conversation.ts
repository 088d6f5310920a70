import { MongoError } from 'mongodb';
import { createTransport, type NodemailerError, type SendMailOptions } from 'nodemailer';
import type { OutgoingMail } from '../../activities/send-emails';
import type { SigningKey } from './dkim-keys';
import { MessageError, messageOf, senderOfMail } from './message';
import { createRedaction, outcomeOfError, type SmtpOutcome } from './smtp-outcome';

export interface ConversationSettings {
  /** Settings of nodemailer's pool in its query count: `?maxConnections=20`. */
  smtpUrl: string;
  /** Where bounces of an email go; undefined: to its sender. */
  returnPath: (emailId: string) => string | undefined;
  signingKey: (workspaceId: string, domain: string) => Promise<SigningKey | undefined>;
}
/** One SMTP server, over connections that are kept open. Never rejects. */
export interface Conversations {
  /** Resolves when the server has said what becomes of the mail. */
  hold(mail: OutgoingMail): Promise<SmtpOutcome>;
  /** How many may be held at a time. */
  maxUnderWay: number;
  /** `force` ends what is under way, as cut off. */
  close(options?: { force: boolean }): void;
}

const standardConnections = 8;

export function createConversations({ smtpUrl, returnPath, signingKey }: ConversationSettings): Conversations {
  const redact = createRedaction(smtpUrl);
  const asked = Number(URL.canParse(smtpUrl) ? new URL(smtpUrl).searchParams.get('maxConnections') : 0);
  const maxConnections = Number.isInteger(asked) && asked > 0 ? asked : standardConnections;
  const transport = createTransport({
    pool: true,
    url: smtpUrl,
    maxConnections,
    maxMessages: Number.POSITIVE_INFINITY,
    connectionTimeout: 20_000,
    greetingTimeout: 20_000,
    dnsTimeout: 10_000,
    // A server may think long about a mail, and giving up before it has answered means to hand it over twice.
    socketTimeout: 300_000,
  });
  // Without a listener an error of an idle connection would end the process.
  transport.on('error', () => undefined);
  /** Message-IDs of mails whose conversation is under way. */
  const begun = new Set<unknown>();
  transport.use('stream', (mail, done) => {
    // Called when a connection stands and takes this mail.
    mail.message.processFunc((input) => {
      begun.add(mail.data.messageId);
      return input;
    });
    done();
  });

  /** Whatever is wrong with one mail, or with its domain's key, must not keep the others from the server. */
  const compose = async (mail: OutgoingMail): Promise<SendMailOptions> => {
    try {
      const sender = senderOfMail(mail);
      const key = await signingKey(mail.workspaceId, sender.domain);
      const options = { returnPath: returnPath(mail.emailId), signingKey: key, now: new Date() };
      return messageOf(mail, sender, options);
    } catch (error) {
      if (error instanceof MessageError || error instanceof MongoError) throw error;
      throw new MessageError(`the mail cannot be made: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const hold = async (mail: OutgoingMail): Promise<SmtpOutcome> => {
    let messageId: string | undefined;
    try {
      const message = await compose(mail);
      ({ messageId } = message);
      const { response } = await transport.sendMail(message);
      return { kind: 'sent', response: redact(response) };
    } catch (error) {
      return withRedaction(outcomeOf(error, begun.has(messageId)), redact);
    } finally {
      begun.delete(messageId);
    }
  };
  return { hold, maxUnderWay: maxConnections, close: (options) => transport.close(options) };
}

function outcomeOf(error: unknown, hasBegun: boolean): SmtpOutcome {
  // Not refused: that would be held against the recipient.
  if (error instanceof MessageError) return { kind: 'deferred', response: error.message };
  if (!(error instanceof Error)) return { kind: 'unreachable', reason: String(error) };
  const failure: NodemailerError = error;
  return outcomeOfError(failure, hasBegun);
}

function withRedaction(outcome: SmtpOutcome, redact: (text: string) => string): SmtpOutcome {
  return outcome.kind === 'unreachable'
    ? { ...outcome, reason: redact(outcome.reason) }
    : { ...outcome, response: redact(outcome.response) };
}
