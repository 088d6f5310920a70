import type { Logger } from 'pino';
import type { Stores } from '../mongo/stores';
import { startMailboxServer } from './mailbox-server';
import { startMailer, type RunningMailer } from './mailer';
import type { MailerSettings } from './mailer-messages';

/** Where mail leaves from, and how. */
export interface OutgoingMailSettings extends Omit<MailerSettings, 'smtpUrl'> {
  /** Undefined: the local mailbox. */
  smtpUrl: string | undefined;
}

/** The mailer, and the local mailbox's server where no other is named. */
export function startOutgoingMail(
  settings: OutgoingMailSettings,
  stores: Pick<Stores, 'mailbox' | 'emails'>,
  logger: Logger,
): RunningMailer {
  const { smtpUrl, ...rest } = settings;
  const mailbox = smtpUrl === undefined ? startMailboxServer(stores, logger, () => Date.now()) : undefined;
  const opened = async (): Promise<MailerSettings> => ({ ...rest, smtpUrl: smtpUrl ?? (await mailbox)?.url ?? '' });
  const mailer = startMailer({ settings: opened(), logger });
  return {
    send: (mails) => mailer.send(mails),
    async stop() {
      await mailer.stop();
      await (await mailbox)?.stop();
    },
  };
}
