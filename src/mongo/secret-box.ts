import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

/** Seals texts that must not lie in the database in the clear: signing secrets, custom headers. */
export interface SecretBox {
  seal(text: string): string;
  /** Throws when the text was sealed with another key or was altered. */
  open(sealed: string): string;
  /** The same for the same text, in hex; nobody without the key can tell it. */
  digest(text: string): string;
}

const version = 'v1';

/** AES-256-GCM under a key derived from ESX_ENCRYPTION_KEY, a fresh nonce for each text. */
export function createSecretBox(encryptionKey: string): SecretBox {
  const key = createHash('sha256').update(`emailsendx secrets ${encryptionKey}`).digest();
  return {
    digest: (text) => createHmac('sha256', key).update(`digest ${text}`).digest('hex'),
    seal(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return [
        version,
        nonce.toString('base64'),
        cipher.getAuthTag().toString('base64'),
        sealed.toString('base64'),
      ].join('.');
    },
    open(text) {
      const [found, nonce, tag, sealed] = text.split('.');
      if (found !== version || nonce === undefined || tag === undefined || sealed === undefined) {
        throw new Error('a stored secret is not readable: it was not sealed by this version');
      }
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'));
      decipher.setAuthTag(Buffer.from(tag, 'base64'));
      try {
        return Buffer.concat([decipher.update(Buffer.from(sealed, 'base64')), decipher.final()]).toString('utf8');
      } catch {
        throw new Error('a stored secret cannot be opened: ESX_ENCRYPTION_KEY is not the key it was sealed with');
      }
    },
  };
}
