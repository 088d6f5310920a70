import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import pino from 'pino';
import type { OutgoingMail } from '../../activities/send-emails';
import { newId } from '../../src/mongo/new-id';
import { processRecord, isRunning } from '../../src/embedded/processes';
import { eventually } from '../e2e/support/processes';
import { openTestDatabase, type TestDatabase } from '../mongo/support/database';
import { hookArguments } from './support/mailer-program';
import { encryptionKey, storedMails, testMailer, uriOf } from './support/mails';
import { startSink, thinking, type Sink } from './support/sink';

let opened: TestDatabase;
let mongodbUri: string;
let sink: Sink;
beforeAll(async () => {
  opened = await openTestDatabase();
  mongodbUri = uriOf(opened.database.db.databaseName);
});
afterAll(() => opened.close());
beforeEach(async () => {
  sink = await startSink();
});
afterEach(() => sink.close());

const childrenOf = (pid: number): number[] => {
  const list = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return list
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([id = 0, parent]) => (parent === pid ? [id] : []));
};
const statusesOf = async (list: OutgoingMail[]) =>
  (await opened.stores.emails.byIds(list.map(({ emailId }) => emailId))).map(({ status }) => status);

/** A worker with its mailer, in a process group of its own. */
function startParent(list: OutgoingMail[]): ChildProcess {
  const parent = fork(path.join(__dirname, 'support/mail-parent.ts'), [], {
    execArgv: hookArguments,
    serialization: 'advanced',
    detached: true,
  });
  parent.send({ settings: { mongodbUri, encryptionKey, smtpUrl: sink.url }, mails: list });
  return parent;
}

test('a worker that is killed repeats and loses nothing: each mail is accepted once', async () => {
  sink.script.data = thinking(40);
  const list = await storedMails(opened.stores, newId('workspace'), 400);
  const parents: number[] = [];
  for (const goal of [40, 120, 200]) {
    const parent = startParent(list);
    await eventually(`${goal} mails are taken`, () => sink.taken.length >= goal);
    const [mailer] = childrenOf(parent.pid ?? 0);
    const record = mailer === undefined ? undefined : processRecord(mailer);
    if (!record) throw new Error('there is no mailer process');
    parents.push(record.pid);
    // As a terminal or a service manager would: the whole group.
    process.kill(-(parent.pid ?? 0), 'SIGKILL');
    // It ends what is under way, writes it down, gives back the rest, and ends by itself.
    await eventually('the mailer has ended', () => !isRunning(record));
    const statuses = await statusesOf(list);
    expect(statuses.filter((status) => status === 'sending')).toEqual([]);
    expect(statuses.filter((status) => status === 'sent')).toHaveLength(sink.taken.length);
    expect(sink.taken.length).toBeLessThan(400);
  }
  expect(new Set(parents).size).toBe(3);

  const last = testMailer({ mongodbUri, smtpUrl: sink.url });
  try {
    await last.send(list);
  } finally {
    await last.stop();
  }
  expect(new Set(await statusesOf(list))).toEqual(new Set(['sent']));
  expect(sink.taken).toHaveLength(400);
  expect(new Set(sink.taken.map(({ messageId }) => messageId)).size).toBe(400);
}, 120_000);

test('a mailer that dies is replaced; what it had is rejected, and sent when its claims have ended', async () => {
  sink.script.data = thinking(300);
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const mailer = testMailer({ mongodbUri, smtpUrl: sink.url }, logger);
  const list = await storedMails(opened.stores, newId('workspace'), 20);
  const before = new Set(childrenOf(process.pid));
  try {
    const sending = mailer.send(list);
    const rejected = expect(sending).rejects.toThrow(/mailer process has ended \(signal SIGKILL\)/);
    await eventually('mails are under way', () => sink.taken.length >= 8);
    const own = childrenOf(process.pid).filter((pid) => before.has(pid) && isMailer(pid));
    expect(own).toHaveLength(1);
    for (const pid of own) process.kill(pid, 'SIGKILL');
    await rejected;
    expect(lines.some((line) => line.includes('mailer.ended'))).toBe(true);
    // The new one leaves alone what may still be the old one's.
    expect(await mailer.send(list)).toEqual([]);
    await opened.stores.emails.reclaim(new Date(Date.now() + 1));
    await mailer.send(list);
    expect(new Set(await statusesOf(list))).toEqual(new Set(['sent']));
    expect(new Set(sink.taken.map(({ messageId }) => messageId)).size).toBe(20);
  } finally {
    await mailer.stop();
  }
});

function isMailer(pid: number): boolean {
  const command = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return /emailsendx mailer|mailer-process/.test(command);
}
