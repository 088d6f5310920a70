import childProcess from 'node:child_process';
import { newId } from '../../src/mongo/new-id';
import { openTestDatabase, type TestDatabase } from '../mongo/support/database';
import { storedMails, testMailer, uriOf } from './support/mails';
import { startSink } from './support/sink';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());
afterEach(() => jest.restoreAllMocks());

const { fork } = childProcess;
const refusals: [string, typeof fork][] = [
  // As where the system has no process left to give.
  ['comes to nothing', ((module: string) => fork(module, [], { execPath: '/nowhere', silent: true })) as typeof fork],
  [
    'is refused',
    () => {
      throw new Error('spawn ENOMEM');
    },
  ],
];

test.each(refusals)('a mailer process whose start %s is started again', async (_what, refuse) => {
  const forked = jest.spyOn(childProcess, 'fork').mockImplementationOnce(refuse);
  const sink = await startSink();
  const mailer = testMailer({ mongodbUri: uriOf(opened.database.db.databaseName), smtpUrl: sink.url });
  try {
    const list = await storedMails(opened.stores, newId('workspace'), 1);
    expect(await mailer.send(list)).toMatchObject([{ kind: 'sent' }]);
    expect(forked).toHaveBeenCalledTimes(2);
  } finally {
    await mailer.stop();
    await sink.close();
  }
});
