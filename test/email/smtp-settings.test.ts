import pino from 'pino';
import { createRedaction } from '../../src/email/smtp-outcome';
import { newId } from '../../src/mongo/new-id';
import { openTestDatabase, type TestDatabase } from '../mongo/support/database';
import { selfSignedCertificate } from '../webhooks/self-signed-certificate';
import { storedMails, testMailer, uriOf } from './support/mails';
import { startSink } from './support/sink';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const password = 's3cr/et p&ss';
const lines: string[] = [];
const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
const forms = [password, encodeURIComponent(password), Buffer.from(password).toString('base64')];

async function sendOne(smtpUrl: string): Promise<{ results?: unknown; failure?: string; statuses: string[] }> {
  const mailer = testMailer({ mongodbUri: uriOf(opened.database.db.databaseName), smtpUrl }, logger);
  const mails = await storedMails(opened.stores, newId('workspace'), 2);
  const statuses = async () =>
    (await opened.stores.emails.byIds(mails.map(({ emailId }) => emailId))).map(({ status }) => status);
  try {
    return { results: await mailer.send(mails), statuses: await statuses() };
  } catch (error) {
    return { failure: String(error), statuses: await statuses() };
  } finally {
    await mailer.stop();
  }
}

describe('a server that asks for a password', () => {
  const start = () =>
    startSink({
      authOptional: false,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth({ username, password: given }, _session, done) {
        if (username === 'ann' && given === password) return done(null, { user: username });
        // As careless servers do.
        return done(new Error(`no such password: ${given} ${Buffer.from(given ?? '').toString('base64')}`));
      },
    });

  test('gets it', async () => {
    const sink = await start();
    const url = `smtp://ann:${encodeURIComponent(password)}@127.0.0.1:${sink.port}`;
    expect(await sendOne(url)).toMatchObject({ results: [{ kind: 'sent' }, { kind: 'sent' }] });
    await sink.close();
  });

  test('and is given another fails the whole sending, without the password in any error or log', async () => {
    const sink = await start();
    const url = `smtp://bob:${encodeURIComponent(password)}@127.0.0.1:${sink.port}`;
    const { failure, statuses } = await sendOne(url);
    expect(failure).toMatch(/SMTP server cannot be used: .*Invalid login.*535|SMTP server cannot be used: 535/);
    expect(statuses).toEqual(['queued', 'queued']);
    for (const form of forms) expect(`${failure}${lines.join()}`).not.toContain(form);
    expect(failure).toContain('no such password: ***');
    await sink.close();
  });

  test('and is given none fails the whole sending', async () => {
    const sink = await start();
    const { failure, statuses } = await sendOne(sink.url);
    expect(failure).toMatch(/SMTP server cannot be used: 530/);
    expect(statuses).toEqual(['queued', 'queued']);
    await sink.close();
  });
});

describe('TLS', () => {
  const certificate = selfSignedCertificate('localhost');

  test('a certificate that nobody vouches for is refused', async () => {
    const sink = await startSink({ ...certificate, disabledCommands: ['AUTH'] });
    const { failure, statuses } = await sendOne(sink.url);
    expect(failure).toMatch(/SMTP server cannot be used: .*certificate/);
    expect(statuses).toEqual(['queued', 'queued']);
    expect(sink.taken).toEqual([]);
    await sink.close();
  });

  test('unless the URL says so', async () => {
    const sink = await startSink({ ...certificate, disabledCommands: ['AUTH'] });
    expect(await sendOne(`${sink.url}?tls.rejectUnauthorized=false`)).toMatchObject({
      results: [{ kind: 'sent' }, { kind: 'sent' }],
    });
    await sink.close();
  });

  test('smtps:// is TLS from the first byte', async () => {
    const sink = await startSink({ ...certificate, secure: true, disabledCommands: ['AUTH', 'STARTTLS'] });
    const url = `smtps://127.0.0.1:${sink.port}?tls.rejectUnauthorized=false`;
    expect(await sendOne(url)).toMatchObject({ results: [{ kind: 'sent' }, { kind: 'sent' }] });
    await sink.close();
  });
});

test('a redaction knows every form of the password, and leaves the rest', () => {
  const redact = createRedaction(`smtps://ann:${encodeURIComponent(password)}@mail.example.com`);
  for (const form of forms) expect(redact(`a ${form} b`)).toBe('a *** b');
  expect(redact(`AUTH PLAIN ${Buffer.from(`\0ann\0${password}`).toString('base64')}`)).toBe('AUTH PLAIN ***');
  expect(createRedaction('smtp://mail.example.com')('as it is')).toBe('as it is');
});
