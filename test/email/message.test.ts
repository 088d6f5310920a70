import fc from 'fast-check';
import PostalMime from 'postal-mime';
import type { OutgoingMail } from '../../activities/send-emails';
import { messageOf, mimeOf, senderOfMail } from '../../src/email/message';
import { quotedPrintable } from '../../src/email/quoted-printable';
import { asciiDomain, senderOf } from '../../src/email/sender-address';

const now = new Date('2026-04-15T10:00:00Z');
const mail = (more: Partial<OutgoingMail> = {}): OutgoingMail => ({
  emailId: 'eml_0123456789abcdef01234567',
  workspaceId: 'ws_1',
  from: 'News <news@acme.com>',
  to: 'ann@example.org',
  subject: 'Hello',
  html: '<p>Hello</p>',
  text: 'Hello',
  headers: {},
  ...more,
});
const rawOf = (one: OutgoingMail): string =>
  mimeOf(one, senderOfMail(one), `<${one.emailId}@acme.com>`, now).toString('utf8');
const headOf = (one: OutgoingMail): string => rawOf(one).split('\r\n\r\n')[0] ?? '';
const namesOf = (head: string): string[] =>
  head
    .split(/\r\n(?![ \t])/)
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
    .sort();
const plainNames = namesOf(headOf(mail()));

test('a mail has each header once', () => {
  expect(plainNames).toEqual([
    ...['content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to', 'x-esx-email'],
  ]);
  expect(headOf(mail())).toContain('Message-ID: <eml_0123456789abcdef01234567@acme.com>');
  expect(headOf(mail())).toContain('Date: Wed, 15 Apr 2026 10:00:00 +0000');
});

test.each<[string, Partial<OutgoingMail>]>([
  ['a subject with a line break', { subject: 'Hello\r\nBcc: everybody@example.com' }],
  ['a subject with a lone line feed and a body', { subject: 'Hello\n\n<script>' }],
  ['a name with a line break', { from: '"News\r\nBcc: everybody@example.com" <news@acme.com>' }],
  ['a recipient with a line break', { to: 'ann@example.org\r\nBcc: everybody@example.com' }],
  [
    'headers that are ours alone',
    { headers: { Bcc: 'x@y.org', 'message-id': '<a@b>', From: 'x@y.org', 'TO ': 'x@y.org' } },
  ],
  ['a header hidden in a name', { headers: { 'From: x@y.org\r\nX': 'a', 'Subject:': 'b' } }],
])('%s makes no header of its own', (_what, more) => {
  const names = namesOf(headOf(mail(more)));
  expect(names.filter((name) => name !== 'fromx@y.orgx' && !name.startsWith('fromx'))).toEqual(plainNames);
  expect(headOf(mail(more))).not.toMatch(/^(bcc|from: x@y)/im);
});

test('a header’s value cannot begin another', () => {
  const head = headOf(mail({ headers: { 'X-Note': 'a\r\nBcc: everybody@example.com' } }));
  expect(namesOf(head)).toEqual([...plainNames, 'x-note'].sort());
});

test('no text makes a header, and what was written is what is read', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 120 });
  await fc.assert(
    fc.asyncProperty(text, text, text, async (name, subject, body) => {
      const sender = { name, address: 'news@acme.com', domain: 'acme.com' };
      const one = mail({ subject, text: body, html: body, headers: { 'X-Note': subject } });
      const raw = mimeOf(one, sender, '<a@acme.com>', now);
      // The headers are ASCII, the lines as short as RFC 5322 asks.
      expect(raw.toString('latin1')).toMatch(/^[\x09\x0a\x0d\x20-\x7e]*$/);
      for (const line of raw.toString('latin1').split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
      const names = namesOf(raw.toString('latin1').split('\r\n\r\n')[0] ?? '');
      expect(names.filter((each) => each !== 'x-note' && each !== 'subject')).toEqual(
        plainNames.filter((each) => each !== 'subject'),
      );
      const parsed = await PostalMime.parse(raw);
      expect(parsed.from?.address).toBe('news@acme.com');
      expect(parsed.to?.map(({ address }) => address)).toEqual(['ann@example.org']);
    }),
    { numRuns: 200 },
  );
});

test('quoted-printable gives back every text, in lines of at most 76', () => {
  const decode = (encoded: string): string =>
    Buffer.from(
      encoded
        .replace(/=\r\n/g, '')
        .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      'latin1',
    ).toString('utf8');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
      const encoded = quotedPrintable(text).toString('latin1');
      expect(decode(encoded)).toBe(
        Buffer.from(text)
          .toString()
          .replace(/\r\n|\r|\n/g, '\r\n'),
      );
      for (const line of encoded.split('\r\n')) {
        expect(line.length).toBeLessThanOrEqual(76);
        expect(line).not.toMatch(/[ \t]$/);
      }
    }),
    { numRuns: 500 },
  );
  expect(quotedPrintable(`${'é'.repeat(200)} =\t`).toString()).toMatch(/=3D=09$/);
});

test('the envelope has the one recipient, whatever it looks like', () => {
  const options = { now };
  const sender = senderOfMail(mail());
  expect(messageOf(mail(), sender, options).envelope).toEqual({
    from: 'news@acme.com',
    to: [{ name: '', address: 'ann@example.org' }],
  });
  expect(messageOf(mail(), sender, { ...options, returnPath: 'b-1@bounces.acme.com' }).envelope).toMatchObject({
    from: 'b-1@bounces.acme.com',
  });
});

test.each([
  ['News <news@acme.com>', { name: 'News', address: 'news@acme.com', domain: 'acme.com' }],
  ['NEWS@Acme.COM', { name: '', address: 'news@acme.com', domain: 'acme.com' }],
  [
    '"Müller, Söhne" <info@müller.de>',
    { name: 'Müller, Söhne', address: 'info@müller.de', domain: 'xn--mller-kva.de' },
  ],
  ['EmailSendX <no-reply@emailsendx.localhost>', expect.objectContaining({ domain: 'emailsendx.localhost' })],
  ['root@localhost', expect.objectContaining({ domain: 'localhost' })],
  ['', undefined],
  ['News', undefined],
  ['a@acme.com, b@acme.com', undefined],
  ['Team: a@acme.com, b@acme.com;', undefined],
  ['a@b@acme.com', undefined],
  ['News <news@acme.com> <x@y.org>', undefined],
])('%s is from %j', (from, sender) => {
  const read = senderOf(from);
  if (sender === undefined && read) expect(read.address).toMatch(/^\S+@\S+$/);
  else expect(read).toEqual(sender);
});

test.each([
  ['Acme.com', 'acme.com'],
  ['müller.de', 'xn--mller-kva.de'],
  ['acme.com.', 'acme.com'],
  ['acme..com', undefined],
  ['acme.com/x', undefined],
  ['-acme.com', undefined],
  ['', undefined],
])('%s is the domain %s', (text, domain) => expect(asciiDomain(text)).toBe(domain));
