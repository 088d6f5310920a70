import type { Logger } from 'pino';
import type { OutgoingMail } from '../../../activities/send-emails';
import { startMailer, type RunningMailer } from '../../../src/email/mailer';
import type { MailerSettings } from '../../../src/email/mailer-messages';
import { createLogger } from '../../../src/logger';
import { newId } from '../../../src/mongo/new-id';
import type { Stores } from '../../../src/mongo/stores';
import { testMongoUri } from '../../support/engines';
import { program } from './mailer-program';

export const encryptionKey = 'a key for tests alone';
/** The URI of a test's own database. */
export function uriOf(databaseName: string): string {
  const uri = new URL(testMongoUri());
  uri.pathname = `/${databaseName}`;
  return uri.href;
}

export function testMailer(
  settings: Partial<MailerSettings> & Pick<MailerSettings, 'mongodbUri' | 'smtpUrl'>,
  logger: Logger = createLogger('silent'),
): RunningMailer {
  return startMailer({ settings: { encryptionKey, ...settings }, logger, program });
}

/** Emails that are stored and queued, as they go to a mailer. */
export async function storedMails(
  stores: Pick<Stores, 'emails'>,
  workspaceId: string,
  count: number,
  more: Partial<OutgoingMail> = {},
): Promise<OutgoingMail[]> {
  const mails = Array.from({ length: count }, (_each, index) => ({
    emailId: newId('email'),
    workspaceId,
    from: 'News <news@example.com>',
    to: `ann${index}@example.org`,
    subject: `Hello ${index}`,
    html: `<p>Hello ${index}</p>`,
    text: `Hello ${index}`,
    headers: {},
    ...more,
  }));
  await stores.emails.insert(
    mails.map(({ emailId, to }) => ({
      ...{ id: emailId, workspaceId, kind: 'transactional' as const, campaignId: 'transactional', to },
      ...{ status: 'queued' as const, createdAtMs: Date.now(), opens: 0, clicks: 0 },
    })),
  );
  return mails;
}
