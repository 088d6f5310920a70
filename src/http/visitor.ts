import * as ipaddr from 'ipaddr.js';
import type { Request } from 'express';

/** One household or office is one visitor: of an IPv6 address only the network counts. */
export function visitorOf(request: Request): string {
  const told = request.ip ?? '';
  if (!ipaddr.isValid(told)) return told;
  const address = ipaddr.process(told);
  return address.kind() === 'ipv6' ? address.toNormalizedString().split(':').slice(0, 4).join(':') : address.toString();
}
