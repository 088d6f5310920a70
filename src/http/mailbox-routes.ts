import { z } from 'zod';
import { partsOf } from '../email/mail-parts';
import type { MailboxMail, MailboxStore } from '../mongo/mailbox';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const headSchema = z.object({
  id: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  isTruncated: z.boolean().describe('It has more than the 256 KB that are kept'),
  emailId: z.string().nullable().describe('The email that it is'),
  receivedAt: z.iso.datetime(),
});
const raw = z.string().describe('The mail as it came over SMTP, at most 256 KB of it');
const mailSchema = headSchema.extend({
  raw,
  html: z.string().nullable(),
  text: z.string().nullable(),
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
        raw: z.stringbool().default(true).describe('false leaves the mails themselves out'),
        to: z.string().trim().toLowerCase().min(1).optional().describe('Mails to exactly this address'),
      }),
      response: pageOf(headSchema.extend({ raw: raw.optional() })),
      async handle({ caller, query }) {
        checkUsed();
        const where = { workspaceId: caller.workspace._id, ...(query.to === undefined ? {} : { to: query.to }) };
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const place = (row: { receivedAt: Date; id: string }) => ({ at: row.receivedAt, id: row.id });
        if (!query.raw) return toPage(await mailbox.heads(where, page), query.limit, place, showHead);
        const show = (mail: MailboxMail) => ({ ...showHead(mail), raw: mail.raw });
        return toPage(await mailbox.page(where, page), query.limit, place, show);
      },
    }),
    route({
      method: 'get',
      path: '/mailbox/:id',
      tag: 'Mailbox',
      summary: 'One mail, with its parts as they are shown',
      status: 200,
      response: mailSchema,
      async handle({ caller, params }) {
        checkUsed();
        const mail = await mailbox.get(caller.workspace._id, params['id'] ?? '');
        if (!mail) throw notFound('mail');
        return { ...showHead(mail), raw: mail.raw, ...(await partsOf(mail.raw)) };
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

function showHead(mail: Omit<MailboxMail, 'raw'>): z.infer<typeof headSchema> {
  const { emailId, receivedAt, id, from, to, subject, isTruncated } = mail;
  return {
    ...{ id, from, to, subject, isTruncated },
    emailId: emailId ?? null,
    receivedAt: receivedAt.toISOString(),
  };
}
