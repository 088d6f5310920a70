import { MongoNetworkError } from 'mongodb';
import type { OutgoingMail } from '../../activities/send-emails';
import { createConversations } from '../../src/email/conversation';
import { startSink } from './support/sink';

const mailFrom = (from: string): OutgoingMail => ({
  ...{ emailId: 'eml_1', workspaceId: 'ws_1', from, to: 'ann@example.org' },
  ...{ subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', headers: {} },
});

test('a mail that cannot be made is put off by itself; a MongoDB that is away is not held against it', async () => {
  const sink = await startSink();
  const conversations = createConversations({
    smtpUrl: sink.url,
    returnPath: () => undefined,
    signingKey: (_workspaceId, domain) => {
      if (domain === 'sealed.com') return Promise.reject(new Error('the key cannot be opened'));
      return domain === 'away.com' ? Promise.reject(new MongoNetworkError('away')) : Promise.resolve(undefined);
    },
  });
  expect(await conversations.hold(mailFrom('news@sealed.com'))).toEqual({
    ...{ kind: 'deferred', response: 'the mail cannot be made: the key cannot be opened' },
  });
  expect(await conversations.hold(mailFrom('news'))).toMatchObject({ kind: 'deferred' });
  expect(await conversations.hold(mailFrom('news@away.com'))).toEqual({ kind: 'unreachable', reason: 'away' });
  expect(await conversations.hold(mailFrom('news@acme.com'))).toMatchObject({ kind: 'sent' });
  expect(sink.taken).toHaveLength(1);
  conversations.close();
  await sink.close();
});
