import type { Settlement } from '../../src/mongo/emails';
import type { SmtpOutcome } from '../../src/email/smtp-outcome';
import { outcomeOfError } from '../../src/email/smtp-outcome';
import { Sending } from '../../src/email/sending';
import type { OutgoingMail } from '../../activities/send-emails';
import { eventually } from '../e2e/support/processes';

const mailOf = (emailId: string): OutgoingMail => ({
  ...{ emailId, workspaceId: 'ws_1', from: 'news@acme.com', to: 'ann@example.org' },
  ...{ subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', headers: {} },
});
const mailsOf = (count: number): OutgoingMail[] => Array.from({ length: count }, (_each, index) => mailOf(`e${index}`));

/** A store and a server that do as the test says; the clock stands still until it moves it. */
function scene(hold: (mail: OutgoingMail) => Promise<SmtpOutcome>, maxUnderWay = 4) {
  const clock = { nowMs: 1_000_000 };
  const claimed = new Map<string, string>();
  const settled: Settlement[] = [];
  const released: string[] = [];
  const failures: string[] = [];
  const store = { isAway: false };
  const emails = {
    claim: (ids: string[], by: string) => {
      if (store.isAway) return Promise.reject(new Error('MongoDB is away'));
      const own = ids.filter((id) => !claimed.has(id));
      for (const id of own) claimed.set(id, by);
      return Promise.resolve(new Set(own));
    },
    release: (ids: string[], by: string) => {
      released.push(...ids.filter((id) => claimed.get(id) === by && claimed.delete(id)));
      return Promise.resolve();
    },
    renewClaims: (ids: string[], by: string) => Promise.resolve(new Set(ids.filter((id) => claimed.get(id) === by))),
    settle: (settlements: Settlement[]) => {
      if (store.isAway) return Promise.reject(new Error('MongoDB is away'));
      settled.push(...settlements);
      return Promise.resolve();
    },
  };
  const sending = new Sending({
    ...{ emails, mailerId: 'm', now: () => clock.nowMs, onFailure: (what) => void failures.push(what) },
    conversations: { hold, maxUnderWay, close: () => undefined },
  });
  return { sending, clock, claimed, settled, released, failures, store };
}
const sent: SmtpOutcome = { kind: 'sent', response: '250 ok' };

test('what the server said is told only when it is written, also when MongoDB was away for a while', async () => {
  const { sending, store, settled, failures } = scene(() => Promise.resolve(sent));
  const first = await sending.send([mailOf('a')]);
  expect(first).toEqual([{ emailId: 'a', kind: 'sent', response: '250 ok', atMs: 1_000_000 }]);
  const second = sending.send([mailOf('b')]);
  store.isAway = true;
  await eventually('it fails to write', () => failures.includes('mailer.settle_failed'));
  store.isAway = false;
  expect(await second).toMatchObject([{ emailId: 'b', kind: 'sent' }]);
  expect(settled.map(({ emailId }) => emailId)).toEqual(['a', 'b']);
  await sending.drain();
});

test('what could not be claimed was not begun, and is given back', async () => {
  let begun = 0;
  const { sending, store } = scene(() => {
    begun++;
    return Promise.resolve(sent);
  });
  store.isAway = true;
  await expect(sending.send([mailOf('a')])).rejects.toThrow('MongoDB is away');
  expect(begun).toBe(0);
  await sending.drain();
});

test('what was taken while the server became unreachable is told, and the rest is given back', async () => {
  let count = 0;
  const { sending, settled, released } = scene(
    () => Promise.resolve(count++ < 3 ? sent : { kind: 'unreachable', reason: 'ECONNREFUSED' }),
    1,
  );
  const results = await sending.send(mailsOf(10));
  expect(results.map(({ emailId }) => emailId)).toEqual(['e0', 'e1', 'e2']);
  expect(settled).toHaveLength(3);
  expect([...released].sort()).toEqual(['e3', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9']);
  await expect(sending.send([mailOf('x')])).rejects.toThrow('cannot be used: ECONNREFUSED');
  await sending.drain();
});

test('nothing is begun on a claim that was not renewed for long', async () => {
  const begun: string[] = [];
  let finish: (outcome: SmtpOutcome) => void = () => undefined;
  const { sending, clock, released } = scene((mail) => {
    begun.push(mail.emailId);
    return new Promise((resolve) => (finish = resolve));
  }, 1);
  const sendingAll = sending.send(mailsOf(3));
  await eventually('the first is under way', () => begun.length === 1);
  // As after the machine has slept.
  clock.nowMs += 61_000;
  finish(sent);
  expect(await sendingAll).toHaveLength(1);
  expect(begun).toEqual(['e0']);
  expect(released).toEqual(['e1', 'e2']);
  await sending.drain();
});

test('a drain begins nothing new, gives back at once, and waits for what is under way', async () => {
  const finish: ((outcome: SmtpOutcome) => void)[] = [];
  const { sending, released, settled } = scene(() => new Promise((resolve) => finish.push(resolve)), 2);
  const sendingAll = sending.send(mailsOf(5));
  await eventually('two are under way', () => finish.length === 2);
  let isDrained = false;
  const drained = sending.drain().then(() => (isDrained = true));
  await eventually('the others are given back', () => released.length === 3);
  expect(isDrained).toBe(false);
  for (const end of finish) end(sent);
  await drained;
  expect(await sendingAll).toHaveLength(2);
  expect(settled).toHaveLength(2);
  expect(await sending.send([mailOf('late')])).toEqual([]);
});

describe('what nodemailer throws', () => {
  const error = (more: object) => Object.assign(new Error('message'), more);
  const answer = (responseCode: number, command: string) =>
    error({
      responseCode,
      command,
      response: `${responseCode} said`,
      permanent: responseCode >= 500,
      code: 'EENVELOPE',
    });
  test.each<[string, Error, boolean, SmtpOutcome['kind']]>([
    ['nobody there', answer(550, 'RCPT TO'), true, 'refused'],
    ['greylisted', answer(450, 'RCPT TO'), true, 'deferred'],
    ['content refused', answer(554, 'DATA'), true, 'refused'],
    ['mailbox full', answer(452, 'DATA'), true, 'deferred'],
    ['the session in disorder', error({ responseCode: 503, command: 'DATA', permanent: false }), true, 'deferred'],
    ['a sender that is not allowed', answer(550, 'MAIL FROM'), true, 'deferred'],
    ['a server that wants a password', answer(530, 'MAIL FROM'), true, 'unreachable'],
    ['a wrong password', error({ code: 'EAUTH', responseCode: 535 }), false, 'unreachable'],
    ['no connection', error({ code: 'ESOCKET' }), false, 'unreachable'],
    ['a greeting that says no', error({ code: 'EPROTOCOL', responseCode: 554 }), false, 'unreachable'],
    ['no TLS', error({ code: 'ETLS' }), true, 'unreachable'],
    ['a connection lost in the middle', error({ code: 'ECONNECTION' }), true, 'deferred'],
    ['a mail that is larger than the server takes', error({ code: 'EMESSAGE' }), true, 'deferred'],
  ])('%s', (_what, thrown, hasBegun, kind) => {
    expect(outcomeOfError(thrown, hasBegun).kind).toBe(kind);
  });
});

describe('a server that turns mails away', () => {
  const away: SmtpOutcome = { kind: 'deferred', response: '421 4.3.2 too busy', isTurnedAway: true };

  test('costs some of them a try; then it counts as one that cannot be used, until it listens again', async () => {
    let reply: SmtpOutcome = away;
    let begun = 0;
    const { sending, settled, claimed } = scene(() => {
      begun++;
      return Promise.resolve(reply);
    });
    const first = await sending.send(mailsOf(100));
    expect(first.map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => 'deferred'));
    expect(settled).toHaveLength(20);
    const rest = mailsOf(100).slice(20);
    begun = 0;
    await expect(sending.send(rest)).rejects.toThrow('cannot be used: 421 4.3.2 too busy');
    expect(begun).toBeLessThan(20);
    expect(rest.filter(({ emailId }) => claimed.has(emailId))).toEqual([]);
    reply = sent;
    expect(await sending.send(rest)).toHaveLength(80);
    await sending.drain();
  });

  test('and others not is asked for each', async () => {
    let count = 0;
    const { sending } = scene(() => Promise.resolve(count++ % 10 === 0 ? sent : away));
    expect(await sending.send(mailsOf(100))).toHaveLength(100);
    await sending.drain();
  });
});

test('a mail that was asked for alone does not stand behind a campaign, and such mails keep their order', async () => {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const { sending } = scene((mail) => {
    begun.push(mail.emailId);
    return new Promise((resolve) => ends.push(() => resolve(sent)));
  }, 1);
  const campaign = sending.send(mailsOf(3));
  await eventually('the campaign has begun', () => begun.length === 1);
  const alone = [sending.send([mailOf('first')]), sending.send([mailOf('second')])];
  await new Promise((resolve) => setImmediate(resolve));
  for (let count = 1; count <= 5; count++) {
    await eventually(`mail ${count} has begun`, () => begun.length === count);
    ends[count - 1]?.();
  }
  await Promise.all([campaign, ...alone]);
  expect(begun).toEqual(['e0', 'first', 'second', 'e1', 'e2']);
  await sending.drain();
});
