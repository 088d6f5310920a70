import type { EmailRenderer, Mailer, OutgoingMail, SendResult } from '../../../activities/send-emails';
import type { EmailStore } from '../../../src/mongo/emails';

/** `250 …` takes the mail, a 4xx puts it off, a 5xx refuses it. */
export type ServerReply = string;
/** `index` counts the mails from 0. A rejection is a server that cannot be reached. */
export type MailScript = (mail: OutgoingMail, index: number) => ServerReply | Promise<ServerReply>;

/** An SMTP server with its mailer, as far as the store knows: it follows a script and remembers what it was handed. */
export interface ScriptedMailer extends Mailer {
  mails: (OutgoingMail & { atMs: number })[];
  follow(script: MailScript): void;
}

export function createScriptedMailer(emails: EmailStore, now: () => number): ScriptedMailer {
  let script: MailScript = () => '250 2.0.0 taken';
  let mailers = 0;
  const sent: (OutgoingMail & { atMs: number })[] = [];
  return {
    mails: sent,
    follow(next) {
      script = next;
    },
    async send(mails) {
      const by = `mailer ${++mailers}`;
      const ids = mails.map(({ emailId }) => emailId);
      const own = await emails.claim(ids, by, new Date());
      const results: SendResult[] = [];
      for (const mail of mails.filter(({ emailId }) => own.has(emailId))) {
        const { emailId, subject } = mail;
        const atMs = now();
        let response: string;
        try {
          response = await script(mail, sent.push({ ...mail, atMs }) - 1);
        } catch (error) {
          await emails.release(ids, by);
          throw error;
        }
        if (response.startsWith('2')) {
          await emails.settle([{ emailId, status: 'sent', response, subject, atMs }]);
          results.push({ emailId, kind: 'sent', response, atMs });
        } else if (response.startsWith('4')) {
          await emails.settle([{ emailId, status: 'queued', reason: response }]);
          results.push({ emailId, kind: 'deferred', response });
        } else {
          await emails.settle([{ emailId, status: 'failed', reason: response, response }]);
          results.push({ emailId, kind: 'refused', response });
        }
      }
      return results;
    },
  };
}

/** Content as it stands: what a renderer makes of it has its own tests. */
export const plainRenderer: EmailRenderer = {
  render: ({ subject, html, text = '' }) => Promise.resolve({ subject, html, text, headers: {} }),
};
