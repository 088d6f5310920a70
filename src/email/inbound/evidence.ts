import { idPrefixes, isId } from '../../../domain/ids';
import type { LinkSigner } from '../links';

/**
 * Which email a report is about. Anyone may mail a report, so what we have signed (the return path, the unsubscribe
 * link) counts more than a bare id, which can be guessed from another one.
 */
export interface Evidence {
  emailId: string;
  isSigned: boolean;
}
export type EvidenceSigner = Pick<LinkSigner, 'readReturnPath' | 'readUnsubscribe'>;

const returnPathForm = /\bb-[0-9a-f]{24}-[0-9a-f]{20}\b/gi;
const unsubscribeForm = /\/u\/([\w-]{10,200}\.[\w-]{10,200})/g;
const bareForm = new RegExp(`\\b${idPrefixes.email}_[0-9a-f]{24}\\b`, 'g');
const maxTries = 20;

/** Reads the copy of the message that a report carries, and what else may name it, the best first. */
export function findEvidence(text: string, signer: EvidenceSigner): Evidence | undefined {
  // Quoted-printable copies: soft line breaks fall into the middle of long tokens.
  const readable = text.replace(/=\r?\n/g, '');
  for (const [token] of matches(readable, returnPathForm)) {
    const found = signer.readReturnPath(token);
    if (found) return { ...found, isSigned: true };
  }
  for (const [, token = ''] of matches(readable, unsubscribeForm)) {
    const found = signer.readUnsubscribe(token);
    if (found) return { ...found, isSigned: true };
  }
  const [bare] = matches(readable, bareForm);
  return bare ? { emailId: bare[0], isSigned: false } : undefined;
}

/** An id of ours in a header or a field of a provider's: bare, signed as a return path, or within a Message-ID. */
export function emailIdIn(value: unknown, signer: Pick<LinkSigner, 'readReturnPath'>): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [bare] = value.match(new RegExp(`${idPrefixes.email}_[0-9a-f]{24}`)) ?? [];
  if (bare !== undefined && isId('email', bare)) return bare;
  const [token = ''] = value.match(returnPathForm) ?? [];
  return signer.readReturnPath(token)?.emailId;
}

function matches(text: string, pattern: RegExp): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (const match of text.matchAll(pattern)) if (found.push(match) >= maxTries) break;
  return found;
}
