import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { SendingDomainStore } from '../mongo/sending-domains';

/** The first and only one so far; a later key gets another name, so that both can stand in the DNS. */
export const dkimSelector = 'esx1';
/** 2048 bits: what Gmail and Yahoo ask for, and what still fits the DNS. */
const modulusLength = 2_048;
/** How long a domain that was added or removed may go unnoticed. */
const cacheMs = 15_000;

/**
 * The headers that a signature covers, those that a mail has. nodemailer's own list lacks List-Unsubscribe-Post, and a
 * receiver offers its one-click button only when both are covered (RFC 8058).
 */
export const signedHeaders = [
  ...['From', 'Sender', 'Reply-To', 'To', 'Cc', 'Subject', 'Date', 'Message-ID', 'In-Reply-To', 'References'],
  ...['MIME-Version', 'Content-Type', 'Content-Transfer-Encoding'],
  ...['List-Id', 'List-Unsubscribe', 'List-Unsubscribe-Post', 'Feedback-ID', 'X-Esx-Email'],
].join(':');

export interface SigningKey {
  domain: string;
  selector: string;
  privateKey: KeyObject;
}

/** A fresh key: the public one as it stands in the DNS, the private one in PEM. */
export async function newSigningKey(): Promise<{ publicKey: string; privateKey: string }> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { publicKey: publicKey.toString('base64'), privateKey };
}

/** Finds what a workspace's mail is signed with, remembering it for some seconds. */
export function createSigningKeys(
  domains: Pick<SendingDomainStore, 'signingKey'>,
): (workspaceId: string, domain: string) => Promise<SigningKey | undefined> {
  const cache = new LRUCache<string, Promise<SigningKey | undefined>>({ max: 1_000, ttl: cacheMs });
  const look = async (workspaceId: string, domain: string): Promise<SigningKey | undefined> => {
    const found = await domains.signingKey(workspaceId, domain);
    return found && { ...found, privateKey: createPrivateKey(found.privateKey) };
  };
  return (workspaceId, domain) => {
    const place = `${workspaceId}/${domain}`;
    const known = cache.get(place);
    if (known) return known;
    const looking = look(workspaceId, domain);
    cache.set(place, looking);
    // What could not be read is looked for again.
    looking.catch(() => cache.delete(place));
    return looking;
  };
}
