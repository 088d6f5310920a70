import fc from 'fast-check';
import { classify, replyCodeOf, type Refusal } from '../../domain/bounce';
import type { BounceType } from '../../domain/email';

/** Every detail that RFC 3463 defines, and those that were registered after it, as they count in class 5. */
const details: Record<string, Record<number, BounceType>> = {
  '0': { 0: 'soft' },
  '1': {
    ...{ 0: 'hard', 1: 'hard', 2: 'hard', 3: 'hard', 4: 'soft', 5: 'soft', 6: 'hard', 7: 'soft', 8: 'soft' },
    ...{ 9: 'soft', 10: 'hard' },
  },
  '2': { 0: 'soft', 1: 'hard', 2: 'soft', 3: 'soft', 4: 'soft' },
  '3': { 0: 'soft', 1: 'soft', 2: 'soft', 3: 'soft', 4: 'soft', 5: 'soft', 6: 'soft' },
  '4': { 0: 'soft', 1: 'soft', 2: 'soft', 3: 'soft', 4: 'hard', 5: 'soft', 6: 'soft', 7: 'soft' },
  '5': { 0: 'soft', 1: 'soft', 2: 'soft', 3: 'soft', 4: 'soft', 5: 'soft', 6: 'soft' },
  '6': {
    ...{ 0: 'soft', 1: 'soft', 2: 'soft', 3: 'soft', 4: 'soft', 5: 'soft', 6: 'soft', 7: 'soft', 8: 'soft' },
    ...{ 9: 'soft', 10: 'soft' },
  },
  '7': Object.fromEntries(Array.from({ length: 31 }, (_each, detail) => [detail, 'soft' as const])),
};
const rows = Object.entries(details).flatMap(([subject, byDetail]) =>
  Object.entries(byDetail).map(([detail, bounceType]) => ({ tail: `${subject}.${detail}`, bounceType })),
);

describe('a status alone', () => {
  test.each(rows)('5.$tail is $bounceType', ({ tail, bounceType }) => {
    const found = classify({ status: `5.${tail}` });
    expect(found.bounceType).toBe(bounceType);
    expect(found.reason).not.toBe('');
  });

  test.each(rows)('4.$tail is soft, and 2.$tail too', ({ tail }) => {
    expect(classify({ status: `4.${tail}`, smtpCode: 550 }).bounceType).toBe('soft');
    expect(classify({ status: `2.${tail}` }).bounceType).toBe('soft');
  });

  test.each(['5.1.99', '5.2.99', '5.9.1', '5.4.316', '7.1.1', '', '5', 'nonsense', '5.1.1.1'])(
    'what nobody knows is soft: %j',
    (status) => expect(classify({ status }).bounceType).toBe('soft'),
  );

  test('leading zeros and comments do not matter', () => {
    expect(classify({ status: ' 5.01.001 (bad mailbox)' }).bounceType).toBe('hard');
  });
});

/** Words such as the servers named use, with what they mean for the address. */
const sayings: [string, BounceType, Refusal][] = [
  [
    'Postfix: unknown',
    'hard',
    {
      smtpCode: 550,
      diagnostic: '550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in virtual mailbox table',
    },
  ],
  [
    'Postfix: host not found',
    'hard',
    {
      status: '5.4.4',
      diagnostic:
        'X-Postfix; Host or domain name not found. Name service error for name=example.com type=A: Host not found',
    },
  ],
  ['Postfix: relay', 'soft', { smtpCode: 554, diagnostic: '554 5.7.1 <a@example.com>: Relay access denied' }],
  [
    'Postfix: sender domain',
    'soft',
    { smtpCode: 450, diagnostic: '450 4.1.8 <a@example.com>: Sender address rejected: Domain not found' },
  ],
  [
    'Postfix: sender domain, for good',
    'soft',
    { smtpCode: 550, diagnostic: '550 <a@example.com>: Sender address rejected: Domain not found' },
  ],
  ['Exim: unknown', 'hard', { status: '5.0.0', diagnostic: 'smtp; 550 Unrouteable address' }],
  ['Exim: unknown user', 'hard', { status: '5.0.0', diagnostic: 'smtp; 550-Verification failed\n550 Unknown user' }],
  ['Exim: administrative', 'soft', { status: '5.0.0', diagnostic: 'smtp; 550 Administrative prohibition' }],
  ['Exim: with a status in its words', 'hard', { status: '5.0.0', diagnostic: 'smtp; 550 5.1.1 no' }],
  [
    'Exchange: not found',
    'hard',
    {
      smtpCode: 550,
      diagnostic: '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient a@example.com not found by SMTP address lookup',
    },
  ],
  [
    'Exchange Online: edge',
    'hard',
    { smtpCode: 550, diagnostic: '550 5.4.1 Recipient address rejected: Access denied. [AM1.example.com]' },
  ],
  ['Exchange Online: no answer', 'soft', { status: '5.4.1', diagnostic: '550 5.4.1 no answer from host' }],
  [
    'Exchange Online: domain',
    'hard',
    { smtpCode: 550, diagnostic: '550 5.4.310 DNS domain example.com does not exist' },
  ],
  [
    'Exchange: closed group',
    'soft',
    { smtpCode: 550, diagnostic: '550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup' },
  ],
  [
    'Outlook: mailbox',
    'hard',
    { smtpCode: 550, diagnostic: '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)' },
  ],
  [
    'Outlook: block list',
    'soft',
    {
      smtpCode: 550,
      diagnostic:
        '550 5.7.1 Unfortunately, messages from [192.0.2.1] weren’t sent. Your network is on our block list (S3140)',
    },
  ],
  [
    'Outlook: not authenticated',
    'soft',
    {
      smtpCode: 550,
      diagnostic: '550 5.7.515 Access denied, sending domain does not meet the required authentication level',
    },
  ],
  [
    'Gmail: unknown',
    'hard',
    {
      smtpCode: 550,
      diagnostic:
        '550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking the address\n550 5.1.1 https://support.google.com/mail/?p=NoSuchUser a1 - gsmtp',
    },
  ],
  [
    'Gmail: disabled',
    'hard',
    { smtpCode: 550, diagnostic: '550 5.2.1 The email account that you tried to reach is disabled.' },
  ],
  [
    'Gmail: too much mail',
    'soft',
    {
      smtpCode: 550,
      diagnostic:
        '550-5.2.1 The user you are trying to contact is receiving mail at a rate that\n550 5.2.1 prevents additional messages from being delivered.',
    },
  ],
  [
    'Gmail: full',
    'soft',
    { smtpCode: 552, diagnostic: '552 5.2.2 The email account that you tried to reach is over quota.' },
  ],
  [
    'Gmail: unsolicited',
    'soft',
    { smtpCode: 550, diagnostic: '550-5.7.1 Our system has detected that this message is likely unsolicited mail.' },
  ],
  [
    'Gmail: unauthenticated',
    'soft',
    { smtpCode: 550, diagnostic: '550-5.7.26 This mail is unauthenticated, which poses a security risk' },
  ],
  [
    'Yahoo: unknown',
    'hard',
    {
      smtpCode: 554,
      diagnostic: "554 delivery error: dd This user doesn't have a yahoo.com account (a@example.com) [0] - mta1",
    },
  ],
  [
    'Yahoo: disabled',
    'hard',
    {
      smtpCode: 554,
      diagnostic: '554 30 Sorry, your message to a@example.com cannot be delivered. This mailbox is disabled (554.30).',
    },
  ],
  [
    'Yahoo: complaints',
    'soft',
    {
      smtpCode: 421,
      diagnostic: '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints',
    },
  ],
  ['Yahoo: policy', 'soft', { smtpCode: 554, diagnostic: '554 5.7.9 Message not accepted for policy reasons.' }],
  ['qmail: unknown', 'hard', { diagnostic: 'Sorry, no mailbox here by that name. (#5.1.1)' }],
  ['qmail: unknown, no status', 'hard', { diagnostic: 'Sorry, no mailbox here by that name.' }],
  ['qmail: no host', 'hard', { diagnostic: "Sorry, I couldn't find any host named example.invalid. (#5.1.2)" }],
  ['qmail: quota', 'soft', { smtpCode: 552, diagnostic: '552 sorry, that mailbox is over quota (#5.2.2)' }],
  [
    'qmail: relaying',
    'soft',
    { smtpCode: 553, diagnostic: "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)" },
  ],
  ['Sendmail: unknown', 'hard', { smtpCode: 550, diagnostic: '550 5.1.1 <a@example.com>... User unknown' }],
  ['Sendmail: no route', 'hard', { status: '5.1.2', diagnostic: 'X-Unix; 68' }],
  [
    'a block list under a wrong status',
    'soft',
    { smtpCode: 550, diagnostic: '550 5.1.1 blocked using zen.spamhaus.org, see https://check.spamhaus.org' },
  ],
  [
    'reputation under 5.1.0',
    'soft',
    { status: '5.1.0', diagnostic: '550 5.1.0 rejected: poor reputation of your server' },
  ],
  [
    'an address with a word in it',
    'hard',
    { status: '5.1.1', diagnostic: '550 5.1.1 <spam-reputation@dmarc.example.com>: user unknown' },
  ],
  [
    'a temporary condition',
    'soft',
    { smtpCode: 550, diagnostic: '550 mailbox temporarily unavailable, try again later' },
  ],
  ['a moved mailbox', 'hard', { smtpCode: 551, diagnostic: '551 user not local' }],
  ['only a code', 'hard', { smtpCode: 550 }],
  ['only a code that means everything', 'soft', { smtpCode: 554, diagnostic: '554 transaction failed' }],
  ['only a temporary code', 'soft', { smtpCode: 451, diagnostic: '451 user unknown' }],
  ['no mail for the domain at all', 'hard', { smtpCode: 556, diagnostic: '556 5.1.10 null MX' }],
  ['an IP address that looks like a status', 'soft', { smtpCode: 554, diagnostic: '554 5.1.1.1 refused' }],
  ['nothing', 'soft', {}],
];
test.each(sayings)('%s: %s', (_name, bounceType, refusal) => {
  expect(classify(refusal)).toMatchObject({ bounceType });
});

test('whatever comes in, an answer comes out, in time', () => {
  fc.assert(
    fc.property(
      fc.option(fc.string(), { nil: undefined }),
      fc.option(fc.integer(), { nil: undefined }),
      fc.string({
        maxLength: 20_000,
        unit: fc.constantFrom('a ', '5.', '1', '@', 'user ', 'exceeds ', '550 ', '\n', '-'),
      }),
      (status, smtpCode, diagnostic) => {
        const { bounceType } = classify({
          diagnostic,
          ...(status === undefined ? {} : { status }),
          ...(smtpCode === undefined ? {} : { smtpCode }),
        });
        expect(['hard', 'soft']).toContain(bounceType);
      },
    ),
  );
});

test('a status of class 4 is never hard, whatever the words', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.nat(400), fc.constantFrom(...sayings), (subject, detail, [, , refusal]) => {
      fc.pre(detail > 0);
      expect(classify({ ...refusal, status: `4.${subject}.${detail}` }).bounceType).toBe('soft');
    }),
  );
});

test.each([
  ['550 5.1.1 no', 550],
  ['250-one\r\n250 two', 250],
  ['', undefined],
  ['5501 no', undefined],
])('the reply code of %j is %p', (response, code) => expect(replyCodeOf(response)).toBe(code));
