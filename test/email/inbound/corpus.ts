import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createLinkSigner } from '../../../src/email/links';

const folder = path.join(__dirname, '../corpus');
export const signer = createLinkSigner('a key of the tests');
export const names = readdirSync(folder)
  .filter((file) => file.endsWith('.eml'))
  .map((file) => file.slice(0, -4));

/** A mail of the corpus, about that email. */
export function corpusMail(name: string, emailId: string): Buffer {
  const text = readFileSync(path.join(folder, `${name}.eml`), 'utf8')
    .replaceAll('{{returnPath}}', signer.returnPath(emailId))
    .replaceAll('{{emailId}}', emailId)
    .replaceAll('{{unsubscribe}}', signer.unsubscribe(emailId));
  return Buffer.from(text.replace(/\r?\n/g, '\r\n'));
}
