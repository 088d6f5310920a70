import { startMailer } from '../../../src/email/mailer';
import { createLogger } from '../../../src/logger';
import { program } from './mailer-program';

/** A worker as far as its mailer sees it: a process of its own, which the test kills in the middle. */
process.once('message', (message: any) => {
  const mailer = startMailer({ settings: message.settings, logger: createLogger('silent'), program });
  mailer.send(message.mails).then(
    () => process.send?.('sent'),
    (error: unknown) => process.send?.(String(error)),
  );
});
