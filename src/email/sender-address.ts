import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';
import { normalizeEmail } from '../../domain/email-address';

/** Whom an email is from. */
export interface SenderAddress {
  name: string;
  /** Lower case. */
  address: string;
  /** Its domain as DNS knows it. */
  domain: string;
}

/** Reads `News <news@acme.com>` or a bare address; undefined when it is not exactly one address. */
export function senderOf(from: string): SenderAddress | undefined {
  const [only, more] = addressparser(from);
  if (!only || more || only.group) return undefined;
  // MAIL_FROM may be of a domain without a dot, as localhost is.
  const address = normalizeEmail(only.address) ?? bareAddress(only.address ?? '');
  const domain = address === undefined ? undefined : asciiDomain(address.slice(address.lastIndexOf('@') + 1));
  return address === undefined || domain === undefined ? undefined : { name: only.name, address, domain };
}

/** A domain in the form that DNS and signatures have it in; undefined when it is none. */
export function asciiDomain(text: string): string | undefined {
  // Of a URL it would take the host alone.
  if (/[\s/\\?#@:%]/.test(text.trim())) return undefined;
  const ascii = domainToASCII(text.trim().replace(/\.$/, '')).toLowerCase();
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
  return ascii.length <= 253 && new RegExp(`^${label}(?:\\.${label})*$`).test(ascii) ? ascii : undefined;
}

function bareAddress(text: string): string | undefined {
  return /^[\w.+-]{1,64}@[\w.-]+$/.test(text) ? text.toLowerCase() : undefined;
}
