import { randomUUID } from 'node:crypto';
import { createSecretBox } from '../mongo/secret-box';
import { openDatabase } from '../mongo/connect';
import { EmailStore } from '../mongo/emails';
import { SendingDomainStore } from '../mongo/sending-domains';
import { createConversations } from './conversation';
import { createSigningKeys } from './dkim-keys';
import { createLinkSigner } from './links';
import { commandSchema, type MailerSettings, type Report } from './mailer-messages';
import { createReclaiming, reclaimEveryMs } from './reclaiming';
import { Sending } from './sending';
import { createRedaction } from './smtp-outcome';

/**
 * The process that holds the SMTP conversations. It is not the worker's own, so that a worker that is killed takes no
 * conversation with it: this one ends those under way, writes what the server said, gives back the rest, and exits.
 */

/** What is under way is cut off after so long. The worker that asked for it waits less long than one that is dead. */
const cutOffMs = { asked: 25_000, orphaned: 50_000 };
/** And the process ends, whatever hangs. */
const exitAfterCutOffMs = 8_000;

let opened: ReturnType<typeof open> | undefined;
let isEnding = false;

function open({ mongodbUri, encryptionKey, smtpUrl, returnPathDomain }: MailerSettings) {
  const redact = createRedaction(smtpUrl);
  const warn = (event: string, error: unknown): void =>
    report({ type: 'warning', event, message: redact(messageOf(error)) });
  const database = openDatabase(mongodbUri);
  const box = createSecretBox(encryptionKey);
  const emails = new EmailStore(database.db, box);
  const links = createLinkSigner(encryptionKey);
  const conversations = createConversations({
    smtpUrl,
    returnPath: (emailId) =>
      returnPathDomain === undefined ? undefined : `${links.returnPath(emailId)}@${returnPathDomain}`,
    signingKey: createSigningKeys(new SendingDomainStore(database.db, box)),
  });
  const sending = new Sending({
    ...{ emails, conversations, mailerId: randomUUID(), now: () => Date.now(), onFailure: warn },
  });
  const reclaim = createReclaiming({
    reclaim: (before) => emails.reclaim(before),
    ping: () => database.ping(),
    now: () => Date.now(),
    onFailure: (error) => warn('mailer.reclaim_failed', error),
  });
  void reclaim();
  setInterval(() => void reclaim(), reclaimEveryMs).unref();
  return { conversations, sending, redact };
}

process.on('message', (message: unknown) => {
  const command = commandSchema.parse(message);
  switch (command.type) {
    case 'open':
      opened = open(command.settings);
      return;
    case 'send':
      void send(command.id, command.mails);
      return;
    case 'drain':
      void end(cutOffMs.asked);
      return;
  }
});
// The worker is dead, or has waited long enough.
process.once('disconnect', () => void end(cutOffMs.orphaned));
// A service manager tells every process of a service; the worker is told as well, and asks when it is ready.
process.on('SIGTERM', () => undefined);
process.on('SIGINT', () => undefined);
// Nobody reads it any more when the worker is dead.
process.stderr.on('error', () => undefined);
process.title = 'emailsendx mailer';

async function send(id: number, mails: Parameters<Sending['send']>[0]): Promise<void> {
  if (!opened) throw new Error('mails have come before the settings');
  const { sending, redact } = opened;
  try {
    report({ type: 'sent', id, results: await sending.send(mails) });
  } catch (error) {
    report({ type: 'failed', id, message: redact(messageOf(error)) });
  }
}

async function end(cutOffAfterMs: number): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  setTimeout(() => opened?.conversations.close({ force: true }), cutOffAfterMs);
  setTimeout(() => process.exit(1), cutOffAfterMs + exitAfterCutOffMs);
  await opened?.sending.drain();
  // Let the last report leave.
  setImmediate(() => process.exit(0));
}

function report(message: Report): void {
  // To a worker that is dead nothing can be told; what matters is in the database.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
