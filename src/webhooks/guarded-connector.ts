import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressGuard, ResolveName } from './address-guard';

/** The connection was refused by our own rules. `plainHttp`: a public address, but without TLS. */
export class BlockedAddressError extends Error {
  constructor(readonly plainHttp: boolean) {
    super('address not allowed');
  }
}

/** The host name has no address, or its name server did not answer. */
export class NameNotResolvedError extends Error {}

export interface GuardedConnectorOptions {
  guard: AddressGuard;
  lookup: ResolveName;
  connectTimeoutMs: number;
  /** PEM of certificate authorities to trust in place of the built-in ones. */
  ca?: string;
}

/**
 * An undici connector that only opens sockets to allowed addresses. Names are judged in the very lookup that connects,
 * so that a name which changes its address between check and connection gains nothing.
 */
export function createGuardedConnector(options: GuardedConnectorOptions): buildConnector.connector {
  const { guard, lookup } = options;
  const judges = {
    https: (ip: string) => {
      if (!guard.isAllowed(ip)) throw new BlockedAddressError(false);
    },
    http: (ip: string) => {
      if (!guard.isAllowListed(ip)) throw new BlockedAddressError(guard.isPublic(ip));
    },
  };
  const base = {
    timeout: options.connectTimeoutMs,
    autoSelectFamily: true,
    // Node's 250 ms gives up on every far endpoint that has several addresses.
    autoSelectFamilyAttemptTimeout: 1_000,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  const connectors = {
    https: buildConnector({ ...base, lookup: guardedLookup(lookup, judges.https) }),
    http: buildConnector({ ...base, lookup: guardedLookup(lookup, judges.http) }),
  };

  return (target, callback) => {
    const scheme = target.protocol === 'https:' ? 'https' : 'http';
    const host = target.hostname.replace(/^\[|\]$/g, '');
    // A literal address never reaches the lookup.
    if (isIP(host) !== 0) {
      try {
        judges[scheme](host);
      } catch (error) {
        callback(asError(error), null);
        return;
      }
    }
    connectors[scheme](target, callback);
  };
}

function guardedLookup(lookup: ResolveName, judge: (ip: string) => void): LookupFunction {
  return (hostname, options, callback) => {
    resolveAndJudge(lookup, hostname, judge).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(asError(error), ''),
    );
  };
}

type Resolved = { address: string; family: number };

async function resolveAndJudge(
  lookup: ResolveName,
  hostname: string,
  judge: (ip: string) => void,
): Promise<[Resolved, ...Resolved[]]> {
  let ips: readonly string[];
  try {
    ips = await lookup(hostname);
  } catch (error) {
    throw new NameNotResolvedError('name not resolved', { cause: error });
  }
  // One bad answer condemns the name: which of several the socket would take is not ours to know.
  ips.forEach(judge);
  const [first, ...rest] = ips.map((address) => ({ address, family: isIP(address) }));
  if (!first) throw new NameNotResolvedError('name has no address');
  return [first, ...rest];
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
