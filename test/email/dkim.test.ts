import { newSigningKey } from '../../src/email/dkim-keys';
import type { RunningMailer } from '../../src/email/mailer';
import { newId } from '../../src/mongo/new-id';
import { openTestDatabase, type TestDatabase } from '../mongo/support/database';
import { verifyDkim } from './support/dkim';
import { storedMails, testMailer, uriOf } from './support/mails';
import { startSink, type Sink } from './support/sink';

let opened: TestDatabase;
let sink: Sink;
let mailer: RunningMailer;
let publicKey: string;
const workspaceId = newId('workspace');
const headers = {
  'List-Unsubscribe': `<https://mail.example.com/u/${'abcdefghij'.repeat(12)}>, <mailto:leave@example.com>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  'Feedback-ID': 'cmp_1:ws_1:campaign:emailsendx',
};

beforeAll(async () => {
  opened = await openTestDatabase();
  sink = await startSink();
  mailer = testMailer({ mongodbUri: uriOf(opened.database.db.databaseName), smtpUrl: sink.url });
  const key = await newSigningKey();
  ({ publicKey } = key);
  await opened.stores.sendingDomains.insert(
    {
      ...{ id: newId('sendingDomain'), workspaceId, domain: 'acme.com', selector: 'esx1', publicKey },
      ...{ createdAt: new Date(), checks: [] },
    },
    key.privateKey,
  );
});
afterAll(async () => {
  await mailer.stop();
  await sink.close();
  await opened.close();
});
beforeEach(() => {
  sink.taken.length = 0;
});

async function received(from: string, ofWorkspace: string, more = {}): Promise<string> {
  const mails = await storedMails(opened.stores, ofWorkspace, 1, { from, headers, ...more });
  expect(await mailer.send(mails)).toMatchObject([{ kind: 'sent' }]);
  return sink.taken[0]?.raw ?? '';
}

const covered = [
  ...['from', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type'],
  ...['list-unsubscribe', 'list-unsubscribe-post', 'feedback-id'],
];

test('a mail that was really received has a signature that is right and covers what it must', async () => {
  const raw = await received('News <news@acme.com>', workspaceId);
  const { names, domain, selector } = verifyDkim(raw, publicKey);
  expect({ domain, selector }).toEqual({ domain: 'acme.com', selector: 'esx1' });
  expect(names).toEqual(expect.arrayContaining(covered));
  expect(raw.match(/^list-unsubscribe:/gim)).toHaveLength(1);
  expect(raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n/m);
});

test.each([
  ['names and subjects that are not ASCII', { subject: 'Grüße, 世界 🎉 '.repeat(12), from: '世界 <news@acme.com>' }],
  ['texts with dots, blanks and blank lines', { text: '.\n..\n a \t \n\n\n', html: '<p>\n.\n</p>\n\n \n\n' }],
])('the signature is right for %s', async (_what, more) => {
  verifyDkim(await received('News <news@acme.com>', workspaceId, more), publicKey);
});

test('whoever changes a header or the body makes it wrong', async () => {
  const raw = await received('News <news@acme.com>', workspaceId);
  expect(() => verifyDkim(raw.replace('List-Unsubscribe=One-Click', 'List-Unsubscribe=Two-Click'), publicKey)).toThrow(
    'signature',
  );
  expect(() => verifyDkim(raw.replace('Hello 0</p>', 'Hello 1</p>'), publicKey)).toThrow('body');
});

test.each([
  ['another workspace that writes from the same domain', 'News <news@acme.com>', newId('workspace')],
  ['another domain', 'News <news@example.com>', workspaceId],
  ['a domain below it', 'News <news@sub.acme.com>', workspaceId],
])('mail of %s is not signed with its key', async (_who, from, ofWorkspace) => {
  expect(await received(from, ofWorkspace)).not.toMatch(/^dkim-signature:/im);
});
