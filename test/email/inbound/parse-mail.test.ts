import fc from 'fast-check';
import { makeId } from '../../../domain/ids';
import { parseMail, type ParsedMail } from '../../../src/email/inbound/parse-mail';
import type { ReportedNews } from '../../../src/email/inbound/report';
import { corpusMail, names, signer } from './corpus';

const emailId = makeId('email', '0123456789abcdef01234567');
const read = (name: string): Promise<ParsedMail> => parseMail(corpusMail(name, emailId), signer, undefined);

type Expected =
  string | [recipients: string[], kind: ReportedNews['kind'], bounceType?: 'hard' | 'soft', says?: RegExp][];
const ann = ['ann@example.com'];
/** Of each mail what it tells, or what is in the reason why it tells nothing. */
const expected: Record<string, { tells: Expected; evidence?: 'signed' | 'bare' | 'none' }> = {
  'postfix-unknown-user': {
    tells: [[ann, 'bounced', 'hard', /^550 5\.1\.1 .*User unknown in virtual mailbox table$/]],
  },
  'postfix-expired': { tells: [[ann, 'bounced', 'soft', /Connection timed out/]], evidence: 'none' },
  'postfix-host-not-found': {
    tells: [[['ann@nowhere.example.com'], 'bounced', 'hard', /Host not found/]],
    evidence: 'none',
  },
  'postfix-delayed': { tells: 'delayed' },
  'postfix-delivered': { tells: [[ann, 'delivered']], evidence: 'none' },
  'postfix-without-dsn': { tells: [[ann, 'bounced', 'soft', /^552 5\.2\.2 /]], evidence: 'none' },
  'policy-refusal': { tells: [[ann, 'bounced', 'soft', /spamhaus/]], evidence: 'none' },
  'exim-unknown-user': { tells: [[ann, 'bounced', 'hard', /^550 No such user here$/]] },
  'exim-dsn': { tells: [[ann, 'bounced', 'hard', /^550 Unrouteable address$/]] },
  'exim-delayed': { tells: 'delayed' },
  'exchange-ndr': { tells: [[ann, 'bounced', 'hard', /^550 5\.1\.10 RESOLVER/]], evidence: 'bare' },
  'office365-blocked': { tells: [[ann, 'bounced', 'soft', /^550 5\.7\.515 /]], evidence: 'none' },
  'exchange-plain': { tells: [[ann, 'bounced', 'hard', /^550 5\.1\.1 RESOLVER/]], evidence: 'bare' },
  'gmail-not-found': { tells: [[ann, 'bounced', 'hard', /^550-5\.1\.1 The email account/]], evidence: 'bare' },
  'gmail-plain': { tells: [[ann, 'bounced', 'hard', /^550 5\.2\.1 .*disabled\.$/]], evidence: 'bare' },
  qmail: { tells: [[ann, 'bounced', 'hard', /^Sorry, no mailbox here by that name/]] },
  'qmail-several': {
    tells: [
      [ann, 'bounced', 'soft', /^552 5\.2\.2 sorry/],
      [['bob@example.com'], 'bounced', 'hard', /no mailbox here/],
    ],
  },
  yahoo: { tells: [[ann, 'bounced', 'hard', /This user doesn't have a yahoo/]], evidence: 'bare' },
  sendmail: { tells: [[ann, 'bounced', 'hard', /User unknown$/]], evidence: 'bare' },
  'sendmail-plain': { tells: [[ann, 'bounced', 'hard', /^550 5\.1\.1 /]], evidence: 'none' },
  'multi-recipient': {
    tells: [
      [ann, 'bounced', 'hard', /no such user/],
      [['bob@example.com'], 'bounced', 'soft', /mailbox full/],
      [['fay@example.com', 'fay@forward.example.net'], 'delivered'],
    ],
  },
  'arf-abuse': { tells: [[ann, 'complained']] },
  'arf-redacted-return-path': { tells: [[[], 'complained']] },
  'arf-redacted-unsubscribe-link': { tells: [[[], 'complained']] },
  'arf-redacted-message-id': { tells: [[[], 'complained']], evidence: 'bare' },
  'arf-not-spam': { tells: 'not-spam' },
  'auto-reply': { tells: 'automatic reply' },
  'auto-reply-outlook': { tells: 'automatic reply' },
  'reply-of-a-person': { tells: 'neither' },
};

test('every mail of the corpus is expected to tell something', () => {
  expect(Object.keys(expected).sort()).toEqual([...names].sort());
});

test.each(Object.entries(expected))('%s', async (name, { tells, evidence = 'signed' }) => {
  const parsed = await read(name);
  if (typeof tells === 'string') {
    expect(parsed.kind).not.toBe('reports');
    expect(parsed).toHaveProperty('reason', expect.stringContaining(tells));
    return;
  }
  if (parsed.kind !== 'reports') throw new Error(parsed.reason);
  expect(parsed.evidence).toEqual(evidence === 'none' ? undefined : { emailId, isSigned: evidence === 'signed' });
  expect(parsed.reports).toHaveLength(tells.length);
  tells.forEach(([recipients, kind, bounceType, says], index) => {
    const report = parsed.reports[index];
    expect(report).toMatchObject({ recipients, news: { kind, ...(bounceType ? { bounceType } : {}) } });
    if (says) expect(report?.news).toHaveProperty('bounceMessage', expect.stringMatching(says));
    expect(report?.atMs).toBeGreaterThan(Date.parse('2026-04-15T09:00:00Z'));
  });
});

describe('which email it is about', () => {
  test('the return path that it came to stands above everything in it', async () => {
    const other = makeId('email', 'f'.repeat(24));
    const parsed = await parseMail(corpusMail('qmail', emailId), signer, { emailId: other });
    expect(parsed).toMatchObject({ evidence: { emailId: other, isSigned: true } });
  });

  test('a return path that was made up is no evidence', async () => {
    const forged = corpusMail('arf-redacted-return-path', emailId)
      .toString()
      .replace(signer.returnPath(emailId), `b-${'1'.repeat(24)}-${'2'.repeat(20)}`);
    expect(await parseMail(Buffer.from(forged), signer, undefined)).toMatchObject({ evidence: undefined });
  });

  test('the same report has the same id, and another at another return path', async () => {
    const idOf = async (id: string): Promise<string | undefined> => {
      const parsed = await parseMail(corpusMail('sendmail-plain', emailId), signer, { emailId: id });
      return parsed.kind === 'reports' ? parsed.reports[0]?.providerEventId : undefined;
    };
    expect(await idOf(emailId)).toBe(await idOf(emailId));
    expect(await idOf(emailId)).not.toBe(await idOf(makeId('email', 'f'.repeat(24))));
    expect(await idOf(emailId)).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe('forms that are not quite right', () => {
  const status = (fields: string): Promise<ParsedMail> =>
    parseMail(
      Buffer.from(
        `From: a@example.com\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n${fields.replaceAll('\n', '\r\n')}\r\n--x--\r\n`,
      ),
      signer,
      { emailId },
    );

  test.each([
    [
      'no blank line between recipients',
      'Final-Recipient: rfc822;a@example.com\nAction: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822;b@example.com\nAction: failed\nStatus: 5.2.2',
      ['hard', 'soft'],
    ],
    [
      'no blank line after the fields of the message',
      'Reporting-MTA: dns; x\nFinal-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1',
      ['hard'],
    ],
    ['no action', 'Final-Recipient: rfc822; a@example.com\nStatus: 5.1.1', ['hard']],
    ['no type of the address', 'Final-Recipient: <a@example.com>\nAction: failed\nStatus: 5.1.1', ['hard']],
    ['no address', 'Final-Recipient: rfc822; nobody\nAction: failed\nStatus: 5.1.1', ['hard']],
    ['capital letters', 'FINAL-RECIPIENT: RFC822; A@EXAMPLE.COM\nACTION: FAILED\nSTATUS: 5.1.1', ['hard']],
    [
      'a comment after the status',
      'Final-Recipient: rfc822; a@example.com\nAction: failed (gave up)\nStatus: 5.1.1 (unknown)',
      ['hard'],
    ],
  ])('%s', async (_name, fields, types) => {
    const parsed = await status(fields);
    expect(parsed.kind === 'reports' && parsed.reports.map(({ news }) => news)).toEqual(
      types.map((bounceType) => expect.objectContaining({ kind: 'bounced', bounceType })),
    );
  });

  test('control characters do not get into a message', async () => {
    const parsed = await status(
      'Final-Recipient: rfc822; a@example.com\nAction: failed\nDiagnostic-Code: smtp; 550 no\u0000\u001b[31m such user',
    );
    expect(parsed).toHaveProperty('reports.0.news.bounceMessage', expect.not.stringMatching(/\p{Cc}/u));
  });
});

describe('nothing that comes in makes it throw', () => {
  const results = (raw: Buffer) => parseMail(raw, signer, { emailId });
  const kinds = ['reports', 'ignored', 'unread'];

  test('random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), async (bytes) => {
        expect(kinds).toContain((await results(Buffer.from(bytes))).kind);
      }),
      { numRuns: 300 },
    );
  });

  test('mails of the corpus with bytes changed, lost and doubled', async () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(200),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
        fc
          .constantFrom(
            '\r\n',
            '\r\n\r\n',
            '--',
            '=',
            ';',
            'Content-Type: message/rfc822\r\n\r\n',
            '\r\nStatus: 5.9.9',
            '"',
            '<',
          )
          .map((text) => Buffer.from(text)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        async (name, changes) => {
          let raw = corpusMail(name, emailId);
          for (const { at, remove, insert } of changes) {
            const start = Math.floor(at * raw.length);
            raw = Buffer.concat([raw.subarray(0, start), insert, raw.subarray(start + remove)]);
          }
          const parsed = await results(raw);
          expect(kinds).toContain(parsed.kind);
          if (parsed.kind === 'reports') {
            for (const { news } of parsed.reports) {
              if (news.kind === 'bounced') expect(news.bounceMessage.length).toBeGreaterThan(0);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    [
      'nested a thousand times',
      Buffer.from(
        Array.from(
          { length: 1_000 },
          (_each, depth) => `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n`,
        ).join(''),
      ),
    ],
    [
      'a million opening brackets',
      Buffer.from(
        `From: MAILER-DAEMON@example.com\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program at x.\r\n${'<'.repeat(900_000)}`,
      ),
    ],
    [
      'a hundred thousand addresses',
      Buffer.from(
        `From: MAILER-DAEMON@example.com\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program at x.\r\n${'<a@example.com>:\r\n'.repeat(50_000)}`,
      ),
    ],
    [
      'one endless line',
      Buffer.from(
        `From: MAILER-DAEMON@example.com\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program at x. ${'user '.repeat(180_000)}`,
      ),
    ],
    [
      'a hundred thousand fields',
      Buffer.from(
        `Content-Type: message/delivery-status\r\n\r\n${'Final-Recipient: rfc822; a@example.com\r\n'.repeat(25_000)}`,
      ),
    ],
    [
      'closing brackets before the end of a line that is none',
      Buffer.from(
        `From: a@example.com\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nOriginal-Rcpt-To: a\r\n ${'>'.repeat(200_000)}\u2028a\r\n`,
      ),
    ],
    ['a hundred thousand empty lines', Buffer.from(`From: a@example.com\r\n\r\n${'\r\n'.repeat(120_000)}`)],
    [
      'a hundred thousand parts',
      Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n'.repeat(50_000)}`),
    ],
    ['nothing', Buffer.alloc(0)],
  ])('%s, in time', async (_name, raw) => {
    const startedMs = performance.now();
    expect(kinds).toContain((await results(raw)).kind);
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  });
});
