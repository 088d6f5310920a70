import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Unsubscriber } from '../../domain/email-event';
import { idPrefixes, isId, makeId } from '../../domain/ids';

/**
 * Signs what stands in links and return paths, so that nobody can make one up: whose email it is, and where a click
 * leads. A link for one purpose is worth nothing for another.
 */
export interface LinkSigner {
  /** Tokens for `/t/o/…`, `/t/c/…` and `/u/…`. */
  open(emailId: string): string;
  click(emailId: string, url: string): string;
  /** `whom`: who leaves by it, so that the link holds when the email itself is kept no longer. */
  unsubscribe(emailId: string, whom?: Unsubscriber): string;
  /** For the link that confirms a sign-up. */
  confirm(signupId: string): string;
  /** The local part of an email's return path: lower case, at most 64 characters. */
  returnPath(emailId: string): string;

  /** Undefined for whatever was not signed here. */
  readOpen(token: string): { emailId: string } | undefined;
  readClick(token: string): { emailId: string; url: string } | undefined;
  readUnsubscribe(token: string): { emailId: string; whom?: Unsubscriber } | undefined;
  readConfirm(token: string): { signupId: string } | undefined;
  readReturnPath(localPart: string): { emailId: string } | undefined;
}

const signatureBytes = 16;

export function createLinkSigner(encryptionKey: string): LinkSigner {
  const key = createHash('sha256').update(`emailsendx links ${encryptionKey}`).digest();
  const signatureOf = (payload: Buffer): Buffer =>
    createHmac('sha256', key).update(payload).digest().subarray(0, signatureBytes);
  /** `purpose`, the 12 bytes of the id, and what else belongs to it. */
  const payloadOf = (purpose: string, id: string, rest = ''): Buffer =>
    Buffer.concat([Buffer.from(purpose), Buffer.from(id.slice(id.indexOf('_') + 1), 'hex'), Buffer.from(rest)]);
  const sign = (payload: Buffer): string =>
    `${payload.toString('base64url')}.${signatureOf(payload).toString('base64url')}`;
  const read = (token: string, purpose: string): { hex: string; rest: string } | undefined => {
    const [body, signature, more] = token.split('.');
    if (body === undefined || signature === undefined || more !== undefined) return undefined;
    const payload = Buffer.from(body, 'base64url');
    // Only in the one form that was written: Node's decoder passes over what is no base64.
    if (payload.toString('base64url') !== body) return undefined;
    if (payload.length < 13 || payload.subarray(0, 1).toString() !== purpose) return undefined;
    if (!isSame(Buffer.from(signature), Buffer.from(signatureOf(payload).toString('base64url')))) return undefined;
    return { hex: payload.subarray(1, 13).toString('hex'), rest: payload.subarray(13).toString('utf8') };
  };
  const readEmail = (token: string, purpose: string): { emailId: string } | undefined => {
    const found = read(token, purpose);
    return found && { emailId: makeId('email', found.hex) };
  };
  const returnPathSignature = (hex: string): string =>
    signatureOf(Buffer.from(`r${hex}`))
      .toString('hex')
      .slice(0, 20);

  return {
    open: (emailId) => sign(payloadOf('o', emailId)),
    click: (emailId, url) => sign(payloadOf('c', emailId, url)),
    unsubscribe: (emailId, whom) =>
      sign(payloadOf('u', emailId, whom ? [whom.workspaceId, whom.contactId, whom.campaignId].join(' ') : '')),
    confirm: (signupId) => sign(payloadOf('s', signupId)),
    returnPath(emailId) {
      const hex = emailId.slice(idPrefixes.email.length + 1);
      return `b-${hex}-${returnPathSignature(hex)}`;
    },
    readOpen: (token) => readEmail(token, 'o'),
    readUnsubscribe(token) {
      const found = read(token, 'u');
      if (!found) return undefined;
      const emailId = makeId('email', found.hex);
      const [workspaceId, contactId, campaignId] = found.rest.split(' ');
      if (!workspaceId || !contactId || !campaignId) return { emailId };
      return { emailId, whom: { workspaceId, contactId, campaignId } };
    },
    readClick(token) {
      const found = read(token, 'c');
      return found && { emailId: makeId('email', found.hex), url: found.rest };
    },
    readConfirm(token) {
      const found = read(token, 's');
      return found && { signupId: makeId('signup', found.hex) };
    },
    readReturnPath(localPart) {
      const [, hex = '', signature = ''] = /^b-([0-9a-f]{24})-([0-9a-f]{20})$/i.exec(localPart) ?? [];
      const emailId = makeId('email', hex.toLowerCase());
      if (!isId('email', emailId)) return undefined;
      const expected = returnPathSignature(hex.toLowerCase());
      return isSame(Buffer.from(signature.toLowerCase()), Buffer.from(expected)) ? { emailId } : undefined;
    },
  };
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
