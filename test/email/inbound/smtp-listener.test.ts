import { createHash } from 'node:crypto';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { createTransport } from 'nodemailer';
import pino from 'pino';
import type { Email } from '../../../domain/email';
import { createMailIntake, ofEmail } from '../../../src/email/inbound/receive-mail';
import { startInboundMail } from '../../../src/email/inbound/smtp-listener';
import { createEmailEventLane } from '../../../src/ingest/lanes';
import { StartBudget } from '../../../src/ingest/start-budget';
import { EmailEventReceiver } from '../../../src/ingest/receive-email-events';
import { createLogger } from '../../../src/logger';
import { newId } from '../../../src/mongo/new-id';
import { openTestDatabase, type TestDatabase } from '../../mongo/support/database';
import { corpusMail, signer } from './corpus';

const domain = 'bounces.example.org';
const nowMs = Date.parse('2026-04-20T12:00:00Z');
const workspaceId = newId('workspace');
let opened: TestDatabase;
let listener: Awaited<ReturnType<typeof startInboundMail>>;
let isStoreAway = false;
const started: string[] = [];
const logged: string[] = [];

beforeAll(async () => {
  opened = await openTestDatabase();
  const { stores } = opened;
  const receiver = new EmailEventReceiver({
    emailEvents: {
      insert: (events) =>
        isStoreAway ? Promise.reject(new Error('MongoDB is away')) : stores.emailEvents.insert(events),
    },
    lane: createEmailEventLane({
      starter: { startEmailEvents: (keys) => Promise.resolve(void started.push(...keys)) },
      ...{ emailEvents: stores.emailEvents, logger: createLogger('silent'), budget: new StartBudget(100) },
    }),
    now: () => nowMs,
    onReceipts: () => undefined,
  });
  const logger = pino({ base: null }, { write: (line: string) => void logged.push(line) });
  const intake = createMailIntake({ ...stores, signer, receiver, now: () => nowMs, logger });
  listener = await startInboundMail({
    settings: { host: '127.0.0.1', port: 0, domain },
    links: signer,
    intake,
    logger: createLogger('silent'),
  });
});
afterAll(async () => {
  await listener.stop();
  await opened.close();
});

/** An email that was sent; its id is fresh. */
async function sent(change: Partial<Email> = {}): Promise<string> {
  const id = newId('email');
  await opened.stores.emails.insert([
    {
      ...{ id, workspaceId, kind: 'campaign', campaignId: newId('campaign'), contactId: newId('contact') },
      ...{ to: 'ann@example.com', status: 'sent', opens: 0, clicks: 0 },
      ...{ createdAtMs: Date.parse('2026-04-15T10:00:00Z'), ...change },
    },
  ]);
  return id;
}
const heardOf = (emailId: string) => opened.stores.emailEvents.collection.find({ emailId }).sort({ _id: 1 }).toArray();

async function mail(raw: Buffer | string, to: string | string[]) {
  const transport = createTransport({ host: '127.0.0.1', port: listener.port, secure: false, ignoreTLS: true });
  try {
    return await transport.sendMail({ envelope: { from: '', to }, raw });
  } finally {
    transport.close();
  }
}
const returnPathOf = (emailId: string): string => `${signer.returnPath(emailId)}@${domain}`;

test('a mailed bounce is an event of its email, once, however often it comes', async () => {
  const emailId = await sent();
  const answer = await mail(corpusMail('postfix-unknown-user', emailId), returnPathOf(emailId));
  expect(answer.response).toMatch(/^250 2\.0\.0/);
  await mail(corpusMail('postfix-unknown-user', emailId), returnPathOf(emailId).toUpperCase());
  const [event, ...more] = await heardOf(emailId);
  expect(more).toEqual([]);
  expect(event).toMatchObject({
    ...{ emailId, workspaceId, source: 'mail', state: 'received', at: new Date('2026-04-15T10:00:05Z') },
    news: { kind: 'bounced', bounceType: 'hard', bounceMessage: expect.stringContaining('User unknown') },
  });
  expect(started.filter((key) => key === event?._id)).toHaveLength(1);
});

test('a redacted complaint finds its email by the return path in its copy', async () => {
  const emailId = await sent();
  await mail(corpusMail('arf-redacted-return-path', emailId), `complaints@${domain}`);
  expect(await heardOf(emailId)).toMatchObject([{ news: { kind: 'complained' }, workspaceId }]);
});

test('a report of several recipients tells its email what is its own', async () => {
  const emailId = await sent({ to: 'bob@example.com' });
  await mail(corpusMail('multi-recipient', emailId), `postmaster@${domain}`);
  expect(await heardOf(emailId)).toMatchObject([{ news: { kind: 'bounced', bounceType: 'soft' } }]);
});

test('where a forwarder reports several others, each is an event', async () => {
  const emailId = await sent({ to: 'list@example.com' });
  await mail(corpusMail('multi-recipient', emailId), returnPathOf(emailId));
  const events = await heardOf(emailId);
  expect(events.map(({ _id }) => _id.slice(-2))).toEqual(['/0', '/1', '/2']);
  expect(events.map(({ news }) => news.kind)).toEqual(['bounced', 'bounced', 'delivered']);
});

test.each([
  ['auto-reply', []],
  ['postfix-delayed', []],
  ['arf-not-spam', []],
])('%s is taken and has no effect', async (name, events) => {
  const emailId = await sent();
  await mail(corpusMail(name, emailId), returnPathOf(emailId));
  expect(await heardOf(emailId)).toEqual(events);
});

test('what nobody can read is kept beside the email, without its words, and without an effect', async () => {
  const emailId = await sent();
  await mail(corpusMail('reply-of-a-person', emailId), returnPathOf(emailId));
  await mail(corpusMail('reply-of-a-person', emailId), returnPathOf(emailId));
  const events = await heardOf(emailId);
  expect(events).toMatchObject([{ state: 'done', outcome: { status: 'ignored' }, doneAt: new Date(nowMs) }]);
  expect(JSON.stringify(events)).not.toMatch(/Thanks|@example/);
  expect(started).not.toContain(events[0]?._id);
});

test('the log has neither addresses nor subjects', () => {
  expect(logged.length).toBeGreaterThan(5);
  expect(logged.join('')).not.toMatch(/@|April/);
});

describe('who may mail here', () => {
  test.each([
    ['anybody else at the domain', `ann@${domain}`],
    ['a return path that was made up', `b-${'1'.repeat(24)}-${'2'.repeat(20)}@${domain}`],
    ['a role at another domain', 'postmaster@example.com'],
  ])('%s is refused', async (_name, to) => {
    await expect(mail('Subject: x\r\n\r\nx', to)).rejects.toMatchObject({ responseCode: 550 });
  });

  test('a good return path at another domain is refused: this is no relay', async () => {
    const to = `${signer.returnPath(newId('email'))}@example.com`;
    await expect(mail('Subject: x\r\n\r\nx', to)).rejects.toMatchObject({ responseCode: 550 });
  });

  test('more than twenty recipients are put off', async () => {
    const to = Array.from({ length: 21 }, () => returnPathOf(newId('email')));
    const { rejectedErrors } = await mail('Subject: x\r\n\r\nx', to);
    expect(rejectedErrors).toMatchObject([{ responseCode: 452 }]);
  });

  test('a mail of more than a megabyte is refused, announced or not', async () => {
    const emailId = await sent();
    const large = `Subject: x\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(1_200)}`;
    await expect(mail(large, returnPathOf(emailId))).rejects.toMatchObject({ responseCode: 552 });
    const socket = createConnection(listener.port, '127.0.0.1').setEncoding('utf8');
    let heard = '';
    socket.on('data', (text: string) => (heard += text));
    const say = async (line: string, answer: RegExp): Promise<void> => {
      socket.write(line);
      while (!answer.test(heard)) await once(socket, 'data');
    };
    await say('', /^220 /m);
    await say('EHLO example.com\r\n', /^250 /m);
    await say('MAIL FROM:<>\r\n', /^250 .*\r\n250 /ms);
    await say(`RCPT TO:<${returnPathOf(emailId)}>\r\nDATA\r\n`, /^354 /m);
    await say(`${large}\r\n.\r\n`, /^5\d\d /m);
    socket.destroy();
    expect(heard).toMatch(/^552 5\.3\.4/m);
    expect(await heardOf(emailId)).toEqual([]);
  });

  test('it is told to come again while nothing can be stored, and loses nothing', async () => {
    const emailId = await sent();
    const raw = corpusMail('qmail', emailId);
    isStoreAway = true;
    await expect(mail(raw, returnPathOf(emailId))).rejects.toMatchObject({ responseCode: 451 });
    isStoreAway = false;
    await mail(raw, returnPathOf(emailId));
    expect(await heardOf(emailId)).toHaveLength(1);
  });

  test('an email that was erased is no error', async () => {
    const emailId = newId('email');
    await mail(corpusMail('qmail', emailId), returnPathOf(emailId));
    expect(await heardOf(emailId)).toEqual([]);
  });
});

describe('an id that was not signed', () => {
  test('follows neither from what recipients know nor from another id', () => {
    const { emails } = opened.stores;
    const [campaignId, contactId] = ['cmp_0123456789abcdef01234567', 'con_0123456789abcdef01234567'];
    const stranger = createHash('sha256').update(`${campaignId} ${contactId}`).digest('hex').slice(0, 24);
    expect(emails.idFor(campaignId, contactId)).not.toContain(stranger);
    expect(emails.idFor(campaignId, contactId)).toBe(emails.idFor(campaignId, contactId));
    expect(emails.idFor(campaignId, 'con_0123456789abcdef01234568')).not.toBe(emails.idFor(campaignId, contactId));
    const drawn = Array.from({ length: 20 }, () => newId('email'));
    expect(new Set(drawn.map((id) => id.slice(-10))).size).toBe(20);
    expect(drawn).toEqual([...drawn].sort());
  });

  const report = (recipients: string[]) => [
    { providerEventId: 'x', news: { kind: 'complained' as const }, recipients, emailId: 'eml_1' },
  ];
  test.each([
    ['redacted', [], true],
    ['with its recipient', ['ann@example.com'], true],
    ['with somebody else', ['eve@example.com'], false],
  ] as const)('%s', (_name, recipients, isBelieved) => {
    const evidence = { emailId: 'eml_1', isSigned: false };
    expect(ofEmail(report([...recipients]), evidence, { to: 'ann@example.com' })).toHaveLength(isBelieved ? 1 : 0);
    const signed = { ...evidence, isSigned: true };
    expect(ofEmail(report([...recipients]), signed, { to: 'ann@example.com' })).toHaveLength(1);
  });
});
