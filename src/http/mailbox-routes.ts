import { z } from 'zod';
import type { MailboxMail, MailboxStore } from '../mongo/mailbox';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const mailSchema = z.object({
  id: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  raw: z.string().describe('The mail as it came over SMTP, at most 256 KB of it'),
  isTruncated: z.boolean(),
  emailId: z.string().nullable().describe('The email that it is'),
  receivedAt: z.iso.datetime(),
});

export interface MailboxRouteDeps {
  mailbox: MailboxStore;
  /** SMTP_URL is not set: mail goes to the local mailbox. */
  isMailboxUsed: boolean;
}

/** What the local SMTP server took. */
export function mailboxRoutes({ mailbox, isMailboxUsed }: MailboxRouteDeps): Route[] {
  const checkUsed = (): void => {
    if (isMailboxUsed) return;
    throw new Problem(
      404,
      'no_mailbox',
      'There is no local mailbox here: SMTP_URL is set, so email goes to that server. Look at GET /emails.',
    );
  };
  return [
    route({
      method: 'get',
      path: '/mailbox',
      tag: 'Mailbox',
      summary: 'Mails that the local SMTP server took, newest first; only where SMTP_URL is not set',
      status: 200,
      query: z.object({
        ...pageQuery,
        to: z.string().trim().toLowerCase().min(1).optional().describe('Mails to exactly this address'),
      }),
      response: pageOf(mailSchema),
      async handle({ caller, query }) {
        checkUsed();
        const where = { workspaceId: caller.workspace._id, ...(query.to === undefined ? {} : { to: query.to }) };
        const rows = await mailbox.page(where, { after: readCursor(query.cursor), limit: query.limit + 1 });
        return toPage(rows, query.limit, (row) => ({ at: row.receivedAt, id: row.id }), show);
      },
    }),
    route({
      method: 'get',
      path: '/mailbox/:id',
      tag: 'Mailbox',
      summary: 'One mail',
      status: 200,
      response: mailSchema,
      async handle({ caller, params }) {
        checkUsed();
        const mail = await mailbox.get(caller.workspace._id, params['id'] ?? '');
        if (!mail) throw notFound('mail');
        return show(mail);
      },
    }),
    route({
      method: 'delete',
      path: '/mailbox',
      tag: 'Mailbox',
      summary: 'Empty the mailbox',
      status: 204,
      async handle({ caller }) {
        checkUsed();
        await mailbox.clear(caller.workspace._id);
        return undefined;
      },
    }),
  ];
}

function show({ emailId, receivedAt, id, from, to, subject, raw, isTruncated }: MailboxMail) {
  return {
    ...{ id, from, to, subject, raw, isTruncated },
    emailId: emailId ?? null,
    receivedAt: receivedAt.toISOString(),
  };
}
