import { connect } from 'node:net';
import { createTransport } from 'nodemailer';
import { startMailboxServer, type MailboxServer } from '../../src/email/mailbox-server';
import { mailboxRoutes } from '../../src/http/mailbox-routes';
import { createLogger } from '../../src/logger';
import { newId } from '../../src/mongo/new-id';
import { readAll, startHarness, type Harness } from '../http/harness';
import { storedMails, testMailer, uriOf } from './support/mails';

let harness: Harness;
let server: MailboxServer;
beforeAll(async () => {
  harness = await startHarness(({ stores }) => mailboxRoutes({ ...stores, isMailboxUsed: true }));
  server = await startMailboxServer(harness.stores, createLogger('silent'), () => (harness.clock.nowMs += 1_000));
});
afterAll(async () => {
  await server.stop();
  await harness.close();
});
beforeEach(() => harness.stores.mailbox.collection.deleteMany({}));

const emailIn = async (workspaceId: string) => {
  const [mail] = await storedMails(harness.stores, workspaceId, 1);
  if (!mail) throw new Error('no mail was stored');
  return mail;
};
const handOver = (more: object) => {
  const transport = createTransport(server.url);
  return transport.sendMail({ from: 'news@acme.com', to: 'ann@example.org', subject: 'Hello', text: 'Hello', ...more });
};

test('what the mailer sends is listed for its workspace, newest first, and for no other', async () => {
  const mailer = testMailer({ mongodbUri: uriOf(harness.database.db.databaseName), smtpUrl: server.url });
  const mails = await storedMails(harness.stores, harness.workspaceId, 5, { subject: 'Grüße' });
  try {
    expect((await mailer.send(mails)).map(({ kind }) => kind)).toEqual(mails.map(() => 'sent'));
  } finally {
    await mailer.stop();
  }
  const rows = await readAll(harness.call, '/mailbox', 2);
  expect(rows.map(({ emailId }) => emailId).sort()).toEqual(mails.map(({ emailId }) => emailId).sort());
  expect(rows.map(({ receivedAt }) => receivedAt)).toEqual(
    rows
      .map(({ receivedAt }) => receivedAt)
      .sort()
      .reverse(),
  );
  const [mail] = await readAll(harness.call, '/mailbox?to=Ann3@example.org', 50);
  expect(mail).toMatchObject({
    ...{ from: 'news@example.com', to: ['ann3@example.org'], subject: 'Grüße', isTruncated: false },
    raw: expect.stringContaining(`X-Esx-Email: ${mails[3]?.emailId}`),
  });
  const { raw, ...head } = mail;
  const parts = { html: expect.stringContaining('<p>'), text: expect.any(String) };
  expect((await harness.call('GET', `/mailbox/${mail.id}`)).body).toEqual({ ...head, raw, ...parts });
  expect(await readAll(harness.call, '/mailbox?to=ann3@example.org&raw=false', 50)).toEqual([head]);

  const other = await harness.addWorkspace();
  expect((await other.call('GET', '/mailbox')).body.data).toEqual([]);
  expect((await other.call('GET', `/mailbox/${mail.id}`)).status).toBe(404);
  expect((await other.call('DELETE', '/mailbox')).status).toBe(204);
  expect(await readAll(harness.call, '/mailbox', 50)).toHaveLength(5);
  expect((await harness.call('DELETE', '/mailbox')).status).toBe(204);
  expect(await readAll(harness.call, '/mailbox', 50)).toEqual([]);
});

test('the same mail is taken twice and kept once; to somebody else it is another', async () => {
  const { emailId } = await emailIn(harness.workspaceId);
  const mail = { messageId: '<one@acme.com>', headers: { 'X-Esx-Email': emailId } };
  await handOver(mail);
  await expect(handOver(mail)).resolves.toMatchObject({ response: expect.stringMatching(/^250/) });
  expect(await readAll(harness.call, '/mailbox', 50)).toHaveLength(1);
  await handOver({ ...mail, to: 'bob@example.org' });
  expect(await readAll(harness.call, '/mailbox', 50)).toHaveLength(2);
});

test('mail that is no email of ours is taken, and shown to nobody', async () => {
  await handOver({ headers: { 'X-Esx-Email': newId('email') } });
  await handOver({ headers: { 'X-Esx-Email': 'eml_x\u0000' } });
  await handOver({});
  expect(await harness.stores.mailbox.collection.countDocuments()).toBe(3);
  expect(await readAll(harness.call, '/mailbox', 50)).toEqual([]);
});

test('a long mail is kept up to a bound; one that is too long is refused, and the size is said at the start', async () => {
  const { emailId } = await emailIn(harness.workspaceId);
  const long = { headers: { 'X-Esx-Email': emailId }, text: 'a line\n'.repeat(100_000) };
  await handOver(long);
  const [mail] = await readAll(harness.call, '/mailbox', 50);
  expect(mail.isTruncated).toBe(true);
  expect(mail.raw).toHaveLength(256 * 1024);
  await expect(handOver({ text: 'a line\n'.repeat(1_600_000) })).rejects.toThrow('552 5.3.4');

  const { port } = new URL(server.url);
  const greeting = await new Promise<string>((resolve) => {
    let said = '';
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('data', (chunk) => {
      said += chunk.toString();
      if (said.startsWith('220 ') && said.endsWith('mailbox\r\n')) socket.write('EHLO test\r\n');
      if (/^250 /m.test(said)) socket.end(() => resolve(said));
    });
  });
  expect(greeting).toMatch(/SIZE 10485760/);
  expect(greeting).not.toMatch(/AUTH|STARTTLS/);
});

test('a mail that cannot be stored is put off', async () => {
  const broken = await startMailboxServer(
    {
      mailbox: Object.assign(Object.create(harness.stores.mailbox), {
        insert: () => Promise.reject(new Error('MongoDB is away')),
      }),
      emails: harness.stores.emails,
    },
    createLogger('silent'),
    harness.now,
  );
  const transport = createTransport(broken.url);
  await expect(
    transport.sendMail({ from: 'a@b.org', to: 'ann@example.org', subject: 'x', text: 'x' }),
  ).rejects.toMatchObject({ responseCode: 451 });
  await broken.stop();
});

test('with SMTP_URL there is no mailbox, and the answer says so', async () => {
  const elsewhere = await startHarness(({ stores }) => mailboxRoutes({ ...stores, isMailboxUsed: false }));
  for (const [method, path] of [
    ['GET', '/mailbox'],
    ['GET', '/mailbox/mbx_1'],
    ['DELETE', '/mailbox'],
  ] as const) {
    const answer = await elsewhere.call(method, path);
    expect(answer).toMatchObject({ status: 404, body: { code: 'no_mailbox' } });
    expect(answer.body.detail).toContain('SMTP_URL');
  }
  await elsewhere.close();
});
