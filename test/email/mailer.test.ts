import type { OutgoingMail } from '../../activities/send-emails';
import type { RunningMailer } from '../../src/email/mailer';
import { createLinkSigner } from '../../src/email/links';
import { newId } from '../../src/mongo/new-id';
import { eventually } from '../e2e/support/processes';
import { openTestDatabase, type TestDatabase } from '../mongo/support/database';
import { encryptionKey, storedMails, testMailer, uriOf } from './support/mails';
import { startSink, thinking, type Sink } from './support/sink';

let opened: TestDatabase;
let mongodbUri: string;
let sink: Sink;
let mailer: RunningMailer;
const workspaceId = newId('workspace');

beforeAll(async () => {
  opened = await openTestDatabase();
  mongodbUri = uriOf(opened.database.db.databaseName);
  sink = await startSink();
  mailer = testMailer({ mongodbUri, smtpUrl: sink.url });
});
afterAll(async () => {
  await mailer.stop();
  await sink.close();
  await opened.close();
});
beforeEach(() => {
  sink.taken.length = 0;
  sink.script = {};
});

const mails = (count: number, more?: Partial<OutgoingMail>) => storedMails(opened.stores, workspaceId, count, more);
const rowsOf = async (list: OutgoingMail[]) => {
  const rows = await opened.stores.emails.byIds(list.map(({ emailId }) => emailId));
  return list.map(({ emailId }) => rows.find(({ _id }) => _id === emailId));
};
const statusesOf = async (list: OutgoingMail[]) => (await rowsOf(list)).map((row) => row?.status);

describe('a mailer', () => {
  test('hands mails over, and has written what the server said by the time that it tells', async () => {
    const list = await mails(250);
    const results = await mailer.send(list);
    expect(results.map(({ kind }) => kind)).toEqual(list.map(() => 'sent'));
    expect(new Set(sink.taken.map(({ messageId }) => messageId))).toEqual(
      new Set(list.map(({ emailId }) => `<${emailId}@example.com>`)),
    );
    expect(sink.taken).toHaveLength(250);
    const [first] = await rowsOf(list);
    expect(first).toMatchObject({ status: 'sent', subject: 'Hello 0', sentAtMs: expect.any(Number) });
    expect(first?.smtpResponse).toMatch(/^250 /);
    expect(first).not.toHaveProperty('claim');
    expect(new Set(await statusesOf(list))).toEqual(new Set(['sent']));
  });

  test('says of each recipient what the server said', async () => {
    sink.script.recipient = (to) =>
      to.startsWith('ann1@') ? '550 5.1.1 nobody here' : to.startsWith('ann2@') ? '451 4.7.1 greylisted' : undefined;
    sink.script.data = ({ to }) =>
      to.startsWith('ann3@') ? '554 5.7.1 spam' : to.startsWith('ann4@') ? '452 4.2.2 full' : undefined;
    const list = await mails(6);
    const results = await mailer.send(list);
    expect(results.map(({ kind }) => kind)).toEqual(['sent', 'refused', 'deferred', 'refused', 'deferred', 'sent']);
    expect(results[1]).toMatchObject({ response: expect.stringContaining('550 5.1.1 nobody here') });
    const rows = await rowsOf(list);
    expect(rows.map((row) => row?.status)).toEqual(['sent', 'failed', 'queued', 'failed', 'queued', 'sent']);
    expect(rows[1]?.reason).toContain('nobody here');
    expect(rows[1]?.smtpResponse).toContain('nobody here');
    expect(rows[2]).toMatchObject({ tries: 1, reason: expect.stringContaining('greylisted') });
    expect(rows[2]).not.toHaveProperty('claim');
  });

  test('a refusal of the sender is not held against the recipient', async () => {
    sink.script.mailFrom = () => '550 5.7.1 you may not send from there';
    const list = await mails(2);
    expect((await mailer.send(list)).map(({ kind }) => kind)).toEqual(['deferred', 'deferred']);
    expect(await statusesOf(list)).toEqual(['queued', 'queued']);
  });

  test('a server that turns everyone away counts as one that cannot be reached, and costs nobody more than a try', async () => {
    sink.script.mailFrom = () => '421 4.3.2 too busy';
    const list = await mails(60);
    const first = await mailer.send(list);
    expect(new Set(first.map(({ kind }) => kind))).toEqual(new Set(['deferred']));
    expect(first.length).toBeLessThan(30);
    await expect(mailer.send(list)).rejects.toThrow('the SMTP server cannot be used: 421 4.3.2 too busy');
    const rows = await rowsOf(list);
    expect(rows.map((row) => row?.status)).toEqual(list.map(() => 'queued'));
    expect(Math.max(...rows.map((row) => row?.tries ?? 0))).toBe(1);
    sink.script = {};
    await mailer.send(list);
    expect(new Set(await statusesOf(list))).toEqual(new Set(['sent']));
    expect(sink.taken).toHaveLength(60);
  });

  test('what was sent is not sent again, nor what is asked for twice at a time', async () => {
    const list = await mails(40);
    sink.script.data = thinking(20);
    const [first, second] = await Promise.all([mailer.send([...list, ...list]), mailer.send(list)]);
    expect(first.length + second.length).toBe(40);
    expect(await mailer.send(list)).toEqual([]);
    expect(sink.taken).toHaveLength(40);
  });

  test('a connection that is dropped in the middle of a conversation puts its mail off, and the others go', async () => {
    sink.script.data = ({ to }) => (to.startsWith('ann7@') ? 'drop' : undefined);
    const list = await mails(30);
    const results = await mailer.send(list);
    expect(results.find(({ emailId }) => emailId === list[7]?.emailId)).toMatchObject({ kind: 'deferred' });
    expect(results.filter(({ kind }) => kind === 'sent')).toHaveLength(29);
    expect((await statusesOf(list)).filter((status) => status === 'queued')).toHaveLength(1);
    sink.script = {};
    expect(await mailer.send(list)).toHaveLength(1);
    expect(new Set(sink.taken.map(({ messageId }) => messageId)).size).toBe(30);
    expect(sink.taken).toHaveLength(30);
  });

  test('mail goes back to the email’s own address where there is one for returned mail', async () => {
    const other = testMailer({ mongodbUri, smtpUrl: sink.url, returnPathDomain: 'bounces.example.com' });
    const [mail] = await mails(1);
    try {
      await other.send(mail ? [mail] : []);
    } finally {
      await other.stop();
    }
    const [localPart = '', domain] = sink.taken[0]?.from.split('@') ?? [];
    expect(domain).toBe('bounces.example.com');
    expect(createLinkSigner(encryptionKey).readReturnPath(localPart)).toEqual({ emailId: mail?.emailId });
  });

  test('a dead mailer’s claims are free again once nobody has renewed them', async () => {
    const [mail] = await mails(1);
    const list = mail ? [mail] : [];
    const ids = list.map(({ emailId }) => emailId);
    await opened.stores.emails.claim(ids, 'somebody else', new Date());
    expect(await mailer.send(list)).toEqual([]);
    expect(await opened.stores.emails.renewClaims(ids, 'me', new Date())).toEqual(new Set());
    expect(await opened.stores.emails.reclaim(new Date(Date.now() - 60_000))).toBe(0);
    expect(await opened.stores.emails.reclaim(new Date(Date.now() + 1))).toBe(1);
    expect(await mailer.send(list)).toHaveLength(1);
  });
});

describe('a server', () => {
  test('that cannot be reached is told, and the mails are queued again', async () => {
    const gone = await startSink();
    await gone.close();
    const other = testMailer({ mongodbUri, smtpUrl: gone.url });
    const list = await mails(150);
    try {
      await expect(other.send(list)).rejects.toThrow(/SMTP server cannot be used: .*ECONNREFUSED/);
      expect(new Set(await statusesOf(list))).toEqual(new Set(['queued']));
      expect((await rowsOf(list)).every((row) => row?.tries === undefined && row?.claim === undefined)).toBe(true);
      const back = await startSink({}, gone.port);
      try {
        expect(await other.send(list)).toHaveLength(150);
      } finally {
        await back.close();
      }
    } finally {
      await other.stop();
    }
  });

  test('that allows fewer connections gets fewer', async () => {
    const small = await startSink({ maxClients: 3 });
    const other = testMailer({ mongodbUri, smtpUrl: small.url });
    small.script.data = thinking(20);
    const list = await mails(60);
    try {
      expect((await other.send(list)).filter(({ kind }) => kind === 'sent')).toHaveLength(60);
      expect(small.taken).toHaveLength(60);
    } finally {
      await other.stop();
      await small.close();
    }
  });

  test('that is slow is given as many mails at a time as there are connections', async () => {
    const slow = await startSink();
    slow.script.data = thinking(100);
    const other = testMailer({ mongodbUri, smtpUrl: slow.url });
    try {
      const list = await mails(24);
      expect(await other.send(list)).toHaveLength(24);
      expect(slow.mostConnections()).toBe(8);
    } finally {
      await other.stop();
      await slow.close();
    }
  });
});

describe('stopping', () => {
  test('ends what is under way, gives back what was not begun, and leaves no process', async () => {
    const slow = await startSink();
    let begun = 0;
    slow.script.data = () => {
      begun++;
      return thinking(500)();
    };
    const other = testMailer({ mongodbUri, smtpUrl: slow.url });
    const list = await mails(100);
    const sending = other.send(list);
    await eventually('conversations are under way', () => begun === 8);
    await other.stop();
    const results = await sending;
    expect(results).toHaveLength(8);
    expect(slow.taken).toHaveLength(8);
    const statuses = await statusesOf(list);
    expect(statuses.filter((status) => status === 'sent')).toHaveLength(8);
    expect(statuses.filter((status) => status === 'queued')).toHaveLength(92);
    await expect(other.send(list)).rejects.toThrow('being stopped');
    await slow.close();
  });
});
