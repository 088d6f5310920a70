import { z } from 'zod';
import { dkimSelector, newSigningKey } from '../email/dkim-keys';
import { checkRecords, wantedRecords, type DnsLookup, type MailPlace } from '../email/dns-records';
import { asciiDomain } from '../email/sender-address';
import { isDuplicateKey } from '../mongo/connect';
import { newId } from '../mongo/new-id';
import type { SendingDomain, SendingDomainStore } from '../mongo/sending-domains';
import { bodyOf } from './body-schema';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const recordSchema = z.object({
  kind: z.enum(['dkim', 'spf', 'dmarc', 'returnPath']),
  type: z.enum(['TXT', 'MX']),
  name: z.string(),
  expected: z.string().describe('What to set in the DNS'),
  note: z.string(),
  found: z.array(z.string()).nullable().describe('What the last check found; null before the first'),
  ok: z.boolean().nullable(),
  error: z.string().optional().describe('Why it could not be looked up'),
});
const domainSchema = z.object({
  id: z.string(),
  domain: z.string(),
  selector: z.string(),
  isVerified: z.boolean().describe('The DNS had its DKIM key at the last check'),
  verifiedAt: z.iso.datetime().nullable(),
  checkedAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  records: z.array(recordSchema),
});
const domainField = z.string({ error: 'must be a domain, such as acme.com' }).transform((text, context) => {
  const domain = asciiDomain(text);
  if (domain !== undefined && domain.includes('.') && !/^[\d.]+$/.test(domain)) return domain;
  context.addIssue({ code: 'custom', message: 'must be a domain, such as acme.com' });
  return z.NEVER;
});

export interface SendingDomainRouteDeps {
  sendingDomains: SendingDomainStore;
  dns: DnsLookup;
  mailPlace: () => MailPlace;
  now: () => number;
}

/** The domains that a workspace sends from, and what their DNS has to say. */
export function sendingDomainRoutes(deps: SendingDomainRouteDeps): Route[] {
  const find = async (workspaceId: string, id: string | undefined): Promise<SendingDomain> => {
    const domain = await deps.sendingDomains.get(workspaceId, id ?? '');
    if (!domain) throw notFound('sending domain');
    return domain;
  };
  const show = (domain: SendingDomain): z.input<typeof domainSchema> => ({
    ...{ id: domain.id, domain: domain.domain, selector: domain.selector },
    isVerified: domain.verifiedAt !== undefined,
    verifiedAt: domain.verifiedAt?.toISOString() ?? null,
    checkedAt: domain.checkedAt?.toISOString() ?? null,
    createdAt: domain.createdAt.toISOString(),
    records: wantedRecords(domain, deps.mailPlace()).map((wanted) => {
      const check = domain.checks.find(({ kind }) => kind === wanted.kind);
      return {
        ...wanted,
        ...{ found: check?.found ?? null, ok: check?.ok ?? null },
        ...(check?.error === undefined ? {} : { error: check.error }),
      };
    }),
  });

  return [
    route({
      method: 'get',
      path: '/sending-domains',
      tag: 'Sending domains',
      summary: 'Domains that email is sent from, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(domainSchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await deps.sendingDomains.page(caller.workspace._id, page);
        return toPage(rows, query.limit, (row) => ({ at: row.createdAt, id: row.id }), show);
      },
    }),
    route({
      method: 'post',
      path: '/sending-domains',
      tag: 'Sending domains',
      summary: 'Add a domain with a DKIM key of its own; the answer says what to set in its DNS',
      ownerOnly: true,
      status: 201,
      body: bodyOf({ domain: domainField }),
      response: domainSchema,
      idempotent: { secrets: [] },
      async handle({ caller, body }) {
        const { publicKey, privateKey } = await newSigningKey();
        const domain: SendingDomain = {
          ...{ id: newId('sendingDomain'), workspaceId: caller.workspace._id, domain: body.domain },
          ...{ selector: dkimSelector, publicKey, createdAt: new Date(deps.now()), checks: [] },
        };
        try {
          await deps.sendingDomains.insert(domain, privateKey);
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
          const detail = `This workspace has ${body.domain} already; its records are in GET /sending-domains.`;
          throw new Problem(409, 'domain_taken', detail, { errors: [{ pointer: '/domain', detail }] });
        }
        return show(domain);
      },
    }),
    route({
      method: 'get',
      path: '/sending-domains/:id',
      tag: 'Sending domains',
      summary: 'One domain with its DNS records',
      status: 200,
      response: domainSchema,
      handle: async ({ caller, params }) => show(await find(caller.workspace._id, params['id'])),
    }),
    route({
      method: 'post',
      path: '/sending-domains/:id/check',
      tag: 'Sending domains',
      summary: 'Look at the DNS now',
      status: 200,
      response: domainSchema,
      async handle({ caller, params }) {
        const { id, workspaceId, ...domain } = await find(caller.workspace._id, params['id']);
        const checks = await checkRecords(wantedRecords(domain, deps.mailPlace()), deps.dns);
        const key = checks.find(({ kind }) => kind === 'dkim');
        // A DNS that is away for a moment takes nothing back.
        const isVerified = key?.error === undefined ? key?.ok === true : domain.verifiedAt !== undefined;
        const at = new Date(deps.now());
        const saved = await deps.sendingDomains.saveChecks(workspaceId, id, checks, at, isVerified);
        if (!saved) throw notFound('sending domain');
        return show(saved);
      },
    }),
    route({
      method: 'delete',
      path: '/sending-domains/:id',
      tag: 'Sending domains',
      summary: 'Remove a domain; its mail is not signed any more, and it cannot be sent from',
      ownerOnly: true,
      status: 204,
      async handle({ caller, params }) {
        const isGone = await deps.sendingDomains.delete(caller.workspace._id, params['id'] ?? '');
        if (!isGone) throw notFound('sending domain');
        return undefined;
      },
    }),
  ];
}
