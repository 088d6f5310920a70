import { createTransport } from 'nodemailer';
import { z } from 'zod';
import type { Config } from '../../config';
import type { Api } from '../api';
import { firstLine } from '../engines';
import { plain } from '../output';
import { fail, look, ok, warn, type Check } from './check';
import type { Session } from './server';

const domainSchema = z.object({
  id: z.string(),
  domain: z.string(),
  records: z.array(z.object({ kind: z.string(), ok: z.boolean().nullable(), name: z.string(), expected: z.string() })),
});
const domainPage = z.object({ data: z.array(domainSchema) });
const maxDomains = 20;

/** By this machine's own settings, where it has some; else by what the server says. */
export function checkMail(config: Config | undefined, session: Session | undefined): Promise<Check[]> {
  const smtpUrl = config?.email.smtpUrl;
  return look('SMTP', 'check SMTP_URL, its user and its password', async () => {
    if (smtpUrl !== undefined) return checkSmtp(smtpUrl);
    if (!session) return [];
    return session.server.isMailboxUsed
      ? ok('SMTP', 'not set: email stays in the local mailbox of the server')
      : ok('SMTP', 'set on the server; run esx doctor with its SMTP_URL to try the connection');
  });
}

async function checkSmtp(smtpUrl: string): Promise<Check> {
  const { host } = new URL(smtpUrl);
  const limits = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 10_000 };
  const transport = createTransport({ url: smtpUrl, ...limits });
  try {
    await transport.verify();
    return ok('SMTP', `${host} lets us in`);
  } catch (error) {
    return fail('SMTP', `${host}: ${plain(firstLine(error))}`, 'check SMTP_URL: host, port, user and password');
  } finally {
    transport.close();
  }
}

/** The DNS of each sending domain, looked up now. */
export function checkDomains(api: Api, { server }: Session): Promise<Check[]> {
  return look('sending domains', 'see Settings → Sending in the dashboard', async () => {
    const { data } = await api.get('/sending-domains', domainPage, { limit: maxDomains });
    if (data.data.length === 0) {
      return server.isMailboxUsed
        ? []
        : warn(
            'sending domains',
            'none',
            'add the domain of MAIL_FROM under Settings → Sending: unsigned mail is junk',
          );
    }
    const checks: Check[] = [];
    for (const { id } of data.data) {
      const { data: domain } = await api.post(`/sending-domains/${id}/check`, domainSchema);
      checks.push(checkDomain(domain));
    }
    return checks;
  });
}

function checkDomain({ domain, records }: z.infer<typeof domainSchema>): Check {
  const wrong = records.filter((record) => record.ok !== true);
  const name = `DNS of ${plain(domain)}`;
  if (wrong.length === 0) return ok(name, 'all records are there');
  const remedy = wrong.map((record) => `${plain(record.name)}  ${plain(record.expected)}`).join('\n');
  const words = `not there or different: ${wrong.map(({ kind }) => kind).join(', ')}`;
  return wrong.some(({ kind }) => kind === 'dkim') ? fail(name, words, remedy) : warn(name, words, remedy);
}
