import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { AddressGuard, ResolveName } from './address-guard';
import { resolveName } from './address-guard';

/** `url` is the normalised form to store; `reason` is a sentence for the person who typed the URL. */
export type EndpointUrlCheck = { ok: true; url: string } | { ok: false; reason: string };

const maxUrlLength = 2048;
// A resolver that hangs must not hang the form; the connection checks the addresses again anyway.
const resolveTimeoutMs = 3_000;
const localSuffixes = ['.localhost', '.local', '.internal', '.localdomain', '.lan', '.home.arpa'];

/**
 * Whether webhooks may be sent to this URL, asked when an endpoint is saved. Never rejects. A public name that does not
 * resolve at the moment is accepted: its attempts will show dns_error until it does.
 */
export async function checkEndpointUrl(
  url: string,
  guard: AddressGuard,
  lookup: ResolveName = resolveName,
): Promise<EndpointUrlCheck> {
  if (url.length > maxUrlLength) return refuse(`The URL is longer than ${maxUrlLength} characters; shorten it.`);
  const parsed = parseUrl(url);
  if (!parsed) return refuse('This is not a URL; write it in full, like https://hooks.example.com/emailsendx.');
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')
    return refuse('Use a URL that begins with https://.');
  if (parsed.username !== '' || parsed.password !== '') {
    return refuse(
      'Remove the user name and password from the URL; send a custom header to identify the sender instead.',
    );
  }
  parsed.hash = '';
  // `localhost.` is `localhost`, and certificates are made out without the dot.
  const hostname = parsed.hostname.replace(/\.+$/, '');
  if (hostname === '')
    return refuse('The URL has no host name; write it in full, like https://hooks.example.com/emailsendx.');
  parsed.hostname = hostname;

  const host = hostname.replace(/^\[|\]$/g, '');
  const refusal = isIP(host) === 0 ? await judgeName(parsed, host, guard, lookup) : judgeAddress(parsed, host, guard);
  return refusal === undefined ? { ok: true, url: parsed.href } : refuse(refusal);
}

function judgeAddress(url: URL, ip: string, guard: AddressGuard): string | undefined {
  if (!guard.isAllowed(ip)) return privateAddressReason(ip);
  return url.protocol === 'http:' && !guard.isAllowListed(ip) ? plainHttpReason : undefined;
}

async function judgeName(
  url: URL,
  host: string,
  guard: AddressGuard,
  lookup: ResolveName,
): Promise<string | undefined> {
  const addresses = await resolveOrEmpty(host, lookup);
  // The operator opened these ranges, so names that live in them (a compose service, localhost) are welcome.
  if (addresses.length > 0 && addresses.every((ip) => guard.isAllowListed(ip))) return undefined;
  if (isLocalName(host))
    return `"${host}" is a name of a private network; use a name that the public Internet can reach.`;
  if (!addresses.every((ip) => guard.isAllowed(ip))) return privateAddressReason(host);
  return url.protocol === 'http:' ? plainHttpReason : undefined;
}

async function resolveOrEmpty(host: string, lookup: ResolveName): Promise<readonly string[]> {
  try {
    return await Promise.race([lookup(host), delay(resolveTimeoutMs, [], { ref: false })]);
  } catch {
    return [];
  }
}

function isLocalName(host: string): boolean {
  return !host.includes('.') || localSuffixes.some((suffix) => host.endsWith(suffix));
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function refuse(reason: string): EndpointUrlCheck {
  return { ok: false, reason };
}

const plainHttpReason = 'Plain http would send your contacts’ data unencrypted; use a URL that begins with https://.';

function privateAddressReason(host: string): string {
  return `"${host}" leads to an address that is not public; use a public address, or ask the operator to add the range to WEBHOOK_ALLOWED_CIDRS.`;
}
