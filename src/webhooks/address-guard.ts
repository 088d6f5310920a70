import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import * as ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.process>;
type Cidr = ReturnType<typeof ipaddr.parseCIDR>;

/** All addresses (v4 and v6, in the resolver's order) of a host name; rejects when it has none. */
export type ResolveName = (hostname: string) => Promise<readonly string[]>;

/** Judges IP addresses in text form; anything that is not a plain IPv4 or IPv6 address is never allowed. */
export interface AddressGuard {
  /** A unicast address of the public Internet. */
  isPublic(ip: string): boolean;
  /** Inside one of the ranges that the operator allowed. */
  isAllowListed(ip: string): boolean;
  /** Public or allow-listed: webhooks may go there. */
  isAllowed(ip: string): boolean;
}

// Azure's host agent answers here on every virtual machine, yet no registry marks the address as special.
const deniedThoughUnicast = new Set(['168.63.129.16']);

// IANA assigns global unicast from 2000::/3 only; beyond it lie forms such as ::10.0.0.1 that some stacks map to IPv4.
const globalUnicastV6 = ipaddr.parseCIDR('2000::/3');

/** The system's resolver, as the operating system and its hosts file see it. */
export const resolveName: ResolveName = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);

/**
 * Comma- or space-separated CIDRs and single addresses (`10.0.0.0/8, ::1`) as a list of normalised CIDRs.
 * Throws an Error that names the part it cannot read.
 */
export function parseCidrs(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => {
      const [address, bits] = parseCidr(part);
      return `${address.toString()}/${bits}`;
    });
}

/** A guard that allows public addresses and the given CIDRs (as `parseCidrs` returns them); throws on a bad CIDR. */
export function createAddressGuard(allowedCidrs: readonly string[]): AddressGuard {
  const allowed = allowedCidrs.map(parseCidr);

  function isPublic(ip: string): boolean {
    const address = parseAddress(ip);
    if (!address || address.range() !== 'unicast') return false;
    if (address instanceof ipaddr.IPv6) return contains(globalUnicastV6, address);
    return !deniedThoughUnicast.has(address.toString());
  }

  function isAllowListed(ip: string): boolean {
    const address = parseAddress(ip);
    return address !== undefined && allowed.some((cidr) => contains(cidr, address));
  }

  return { isPublic, isAllowListed, isAllowed: (ip) => isPublic(ip) || isAllowListed(ip) };
}

/** A v4-mapped IPv6 address is judged as the IPv4 address that the connection would reach. */
function parseAddress(ip: string): Address | undefined {
  // ipaddr.js alone also reads `0x7f.1` or `10`, which the socket layer would hand to DNS instead.
  switch (isIP(ip)) {
    case 4:
      return ipaddr.process(ip);
    case 6: {
      // ipaddr.js takes ::8.8.8.8 for the v4-mapped ::ffff:8.8.8.8, so the dots go first. Scoped addresses (fe80::1%eth0) fail.
      const url = `http://[${ip}]/`;
      return URL.canParse(url) ? ipaddr.process(new URL(url).hostname.slice(1, -1)) : undefined;
    }
    default:
      return undefined;
  }
}

function parseCidr(part: string): Cidr {
  const [ip = '', bitsText, ...rest] = part.split('/');
  const family = isIP(ip);
  const widthBits = family === 4 ? 32 : 128;
  const bits = bitsText === undefined ? widthBits : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : NaN;
  const address = parseAddress(ip);
  if (!address || rest.length > 0 || !(bits <= widthBits)) {
    throw new Error(`"${part}" is not an address range; write it like 10.0.0.0/8 or fd00::/8`);
  }
  if (family === 4 || address instanceof ipaddr.IPv6) return [address, bits];
  if (bits < 96) throw new Error(`"${part}" mixes IPv4 and IPv6 addresses; write the IPv4 range as 10.0.0.0/8`);
  return [address, bits - 96];
}

function contains([network, bits]: Cidr, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}
