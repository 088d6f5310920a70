import { Resolver } from 'node:dns/promises';
import type { RecordCheck, SendingDomain } from '../mongo/sending-domains';

/** What is asked of the DNS; tests answer it themselves. */
export interface DnsLookup {
  resolveTxt(name: string): Promise<string[][]>;
  resolveMx(name: string): Promise<{ exchange: string; priority: number }[]>;
}
export function createDnsLookup(): DnsLookup {
  return new Resolver({ timeout: 3_000, tries: 2 });
}

/** What of the installation's settings the DNS has to know. */
export interface MailPlace {
  /** The host of SMTP_URL; undefined: the local mailbox. */
  smtpHost: string | undefined;
  /** Where returned mail goes to; undefined: to the senders. */
  returnPath: { domain: string; host: string } | undefined;
}

/** A record that is to stand in the DNS. */
export interface WantedRecord {
  kind: RecordCheck['kind'];
  type: 'TXT' | 'MX';
  name: string;
  expected: string;
  /** What it is for, and what about it may differ. */
  note: string;
}

export function wantedRecords(
  { domain, selector, publicKey }: Pick<SendingDomain, 'domain' | 'selector' | 'publicKey'>,
  { smtpHost, returnPath }: MailPlace,
): WantedRecord[] {
  return [
    {
      ...{ kind: 'dkim', type: 'TXT', name: `${selector}._domainkey.${domain}` },
      expected: `v=DKIM1; k=rsa; p=${publicKey}`,
      note: 'The key that the mail is signed with. It also shows that the domain is yours: it is verified by this record alone.',
    },
    {
      // Receivers look at the domain of the return path.
      ...{ kind: 'spf', type: 'TXT', name: returnPath?.domain ?? domain },
      expected: `v=spf1 ${smtpHost === undefined ? 'mx' : `a:${smtpHost}`} ~all`,
      note: 'Names who may send. If your SMTP provider names an include of its own, put that in place of the middle part; a domain has one SPF record only, so add to the one that is there.',
    },
    {
      ...{ kind: 'dmarc', type: 'TXT', name: `_dmarc.${domain}` },
      expected: 'v=DMARC1; p=none',
      note: 'What receivers do with mail that is not signed. Any policy is fine; Gmail and Yahoo ask bulk senders for one.',
    },
    ...(returnPath
      ? [
          {
            ...{ kind: 'returnPath' as const, type: 'MX' as const, name: returnPath.domain },
            expected: `10 ${returnPath.host}`,
            note: 'Leads bounces and complaints to the inbound SMTP listener (INBOUND_SMTP_PORT), which the world must reach at port 25.',
          },
        ]
      : []),
  ] satisfies WantedRecord[];
}

/** Looks every record up. A DNS that does not answer is a finding like others. */
export async function checkRecords(wanted: readonly WantedRecord[], dns: DnsLookup): Promise<RecordCheck[]> {
  return Promise.all(
    wanted.map(async ({ kind, type, name, expected }): Promise<RecordCheck> => {
      try {
        const found = kind === 'dmarc' ? await dmarcOf(name, dns) : await textsOf(type, name, dns);
        const relevant = found.filter((text) => isOfKind(kind, text)).slice(0, 10);
        return { kind, found: relevant, ok: isRight(kind, relevant, expected) };
      } catch (error) {
        return { kind, found: [], ok: false, error: `the DNS did not answer: ${codeOf(error)}` };
      }
    }),
  );
}

async function textsOf(type: 'TXT' | 'MX', name: string, dns: DnsLookup): Promise<string[]> {
  try {
    if (type === 'TXT') return (await dns.resolveTxt(name)).map((parts) => parts.join('').slice(0, 2_000));
    return (await dns.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}`);
  } catch (error) {
    if (['ENOTFOUND', 'ENODATA'].includes(codeOf(error))) return [];
    throw error;
  }
}

/** A domain without a policy has that of the domain above it. */
async function dmarcOf(name: string, dns: DnsLookup): Promise<string[]> {
  const labels = name.split('.').slice(1);
  for (let from = 0; labels.length - from >= 2; from++) {
    const texts = await textsOf('TXT', ['_dmarc', ...labels.slice(from)].join('.'), dns);
    if (texts.some((text) => isOfKind('dmarc', text))) return texts;
  }
  return [];
}

function isOfKind(kind: RecordCheck['kind'], text: string): boolean {
  switch (kind) {
    case 'dkim':
      return /(^|;)\s*p\s*=/i.test(text);
    case 'spf':
      return /^v=spf1(\s|$)/i.test(text);
    case 'dmarc':
      return /^v\s*=\s*DMARC1\b/i.test(text);
    case 'returnPath':
      return true;
  }
}

function isRight(kind: RecordCheck['kind'], found: readonly string[], expected: string): boolean {
  switch (kind) {
    case 'dkim':
      return found.length === 1 && keyIn(found[0] ?? '') === keyIn(expected);
    case 'spf':
      // Two make receivers ignore both, and one that lets everybody send says nothing.
      return found.length === 1 && !/\+all\b|\sall\b/i.test(found[0] ?? '');
    case 'dmarc':
      return found.length === 1 && /;\s*p\s*=\s*(none|quarantine|reject)\b/i.test(found[0] ?? '');
    case 'returnPath': {
      const hostOf = (text: string): string => (text.split(' ')[1] ?? '').replace(/\.$/, '').toLowerCase();
      return found.some((text) => hostOf(text) === hostOf(expected));
    }
  }
}

/** The `p=` of a key record. DNS services break it with spaces as they like. */
function keyIn(record: string): string | undefined {
  const [, key] = /(?:^|;)\s*p\s*=([^;]*)/i.exec(record) ?? [];
  return key?.replace(/\s/g, '');
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : 'unknown';
}
