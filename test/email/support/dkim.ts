import { createHash, createPublicKey, verify } from 'node:crypto';

/** Verifies a relaxed/relaxed RSA signature by RFC 6376 itself; returns what is wrong, or the header names that it covers. */
export function verifyDkim(raw: string, publicKey: string): { names: string[]; domain: string; selector: string } {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const fields = head.replace(/\r\n([ \t])/g, '\r\n$1').split(/\r\n(?![ \t])/);
  const nameOf = (field: string): string => field.slice(0, field.indexOf(':')).trim().toLowerCase();
  const signature = fields.find((field) => nameOf(field) === 'dkim-signature');
  if (!signature) throw new Error('the mail is not signed');
  const tags = Object.fromEntries(
    signature
      .slice(signature.indexOf(':') + 1)
      .split(';')
      .map((tag) => {
        const [name = '', ...value] = tag.split('=');
        return [name.trim(), value.join('=').replace(/\s+/g, '')];
      }),
  );
  const canonicalBody = body
    .split('\r\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
    .join('\r\n')
    .replace(/(\r\n)*$/, '\r\n');
  const bodyHash = createHash('sha256').update(canonicalBody).digest('base64');
  if (bodyHash !== tags['bh']) throw new Error('the body was changed');

  const relaxed = (field: string): string => {
    const value = field.slice(field.indexOf(':') + 1).replace(/\r\n/g, '');
    return `${nameOf(field)}:${value.replace(/[ \t]+/g, ' ').trim()}`;
  };
  const names = (tags['h'] ?? '').toLowerCase().split(':');
  const left = [...fields];
  const covered = names.flatMap((name) => {
    // From the bottom up, each once.
    const index = left.findLastIndex((field) => nameOf(field) === name);
    return index < 0 ? [] : left.splice(index, 1).map(relaxed);
  });
  const own = relaxed(signature).replace(/(;\s*b=)[^;]*/, '$1');
  const signed = [...covered, own].join('\r\n');
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  if (!verify('sha256', Buffer.from(signed), key, Buffer.from(tags['b'] ?? '', 'base64'))) {
    throw new Error('the signature is not right');
  }
  return { names, domain: tags['d'] ?? '', selector: tags['s'] ?? '' };
}
