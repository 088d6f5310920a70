import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { maskPayload } from '../../domain/payload-mask';
import { newWebhookSecret } from '../../src/webhooks/signature';
import { checkSignature, type Pasted, type Sent } from '../../web/src/pages/deliveries/signature-check';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const secret = newWebhookSecret();
const older = newWebhookSecret();
const webhookId = 'evt_65f012345678901234567890';
const body = JSON.stringify({
  event: 'contact.created',
  data: { contactId: 'con_1', firstName: 'Zoë', note: '\u2028/' },
});
const sentAt = Date.parse('2026-04-15T10:00:00Z');
const seconds = sentAt / 1_000;
const printOf = (text: string) => {
  const printed = `emailsendx share\n${webhookId}\n${text}`;
  return { sha256: sha256(printed), bodySha256: sha256(`${printed}\n${body}`) };
};

const sent: Sent = {
  webhookId,
  timestamps: [seconds - 30, seconds],
  body: { bytes: Buffer.byteLength(body) },
  payload: maskPayload(JSON.parse(body)),
  secretPrints: [
    { ...printOf(secret), isCurrent: true },
    { ...printOf(older), isCurrent: false },
  ],
  nowMs: sentAt + 60_000,
};
const right: Pasted = {
  ...{ secret, body, id: webhookId, timestamp: String(seconds), clock: '2026-04-15T10:00:04Z' },
  signature: new Webhook(secret).sign(webhookId, new Date(sentAt), body),
};
const check = async (change: Partial<Pasted>, known: Partial<Sent> = {}) => {
  const findings = await checkSignature({ ...right, ...change }, { ...sent, ...known });
  return Object.fromEntries(findings.map(({ part, verdict, text }) => [part, `${verdict}: ${text}`]));
};

test('what is right is said to be right, with both secrets of a rotation', async () => {
  expect(Object.values(await check({})).every((text) => text.startsWith('ok: '))).toBe(true);
  const signature = `${right.signature} ${new Webhook(older).sign(webhookId, new Date(sentAt), body)}`;
  expect(await check({ secret: older, signature })).toMatchObject({
    secret: expect.stringMatching(/^ok: .*before the last rotation/),
    signature: expect.stringMatching(/^ok/),
  });
});

test.each([
  ['another secret', { secret: newWebhookSecret() }, 'secret', /^wrong: Not the secret of this endpoint/],
  ['no prefix', { secret: secret.slice('whsec_'.length) }, 'secret', /^wrong: .*begins with whsec_/],
  ['a line break at its end', { secret: `${secret}\n` }, 'secret', /^wrong: .*line break around it/],
  ['a parsed and printed body', { body: JSON.stringify(JSON.parse(body), null, 2) }, 'body', /^wrong: .*other spaces/],
  ['escapes', { body: body.replace('ë', '\\u00eb') }, 'body', /^wrong: .*escapes/],
  ['a line break after the body', { body: `${body}\n` }, 'body', /^wrong: .*line break around it/],
  ['a body that was cut off', { body: body.slice(0, 40) }, 'body', /^wrong: Not complete JSON: 40 bytes, where/],
  ['a changed value', { body: body.replace('con_1', 'con_2') }, 'body', /^wrong: Other content/],
  ['the id of another', { id: 'evt_other' }, 'id', /^wrong: .*here it is evt_65f0/],
  ['milliseconds', { timestamp: String(sentAt) }, 'timestamp', /^wrong: These are milliseconds/],
  ['another time', { timestamp: String(seconds + 5) }, 'timestamp', /^wrong: No attempt was sent then/],
  ['a clock 9 min ahead', { clock: '2026-04-15T10:09:00Z' }, 'clock', /^wrong: Your clock was 9 min ahead/],
  ['a clock 7 min behind', { clock: String(seconds - 420) }, 'clock', /^wrong: Your clock was 7 min behind/],
  ['a clock that says nothing', { clock: 'noon' }, 'clock', /^wrong: Not a time/],
  ['a signature of nothing known', { signature: 'sha256=abc' }, 'signature', /^wrong: No signature of the version v1/],
  ['an altered signature', { signature: 'v1,AAAA' }, 'signature', /^wrong: .*though all parts are right/],
])('%s is found out', async (_what, change, part, words) => {
  const found = await check(change);
  expect(found[part]).toMatch(words);
});

test('fields in another order are told from other content', async () => {
  const { event, data } = JSON.parse(body);
  const turned = JSON.stringify({ data: { note: data.note, ...data }, event });
  expect((await check({ body: turned }))['body']).toMatch(/^wrong: .*in another order/);
});

test('the signature names the parts that it differs by', async () => {
  const found = await check({ id: 'evt_other', body: `${body} ` });
  expect(found['signature']).toBe('wrong: It differs because of the body and the id.');
});

test('who has not the secret cannot hold a guess of the body against it', async () => {
  for (const other of ['', newWebhookSecret()]) {
    expect((await check({ secret: other }))['body']).toMatch(/^open: It can be compared once the right signing secret/);
  }
  const bare = secret.slice('whsec_'.length);
  expect((await check({ secret: bare }))['body']).toMatch(/^ok/);
});

test('what is not pasted stays open, and an old webhook is said to be old', async () => {
  const nothing = { secret: '', body: '', id: '', timestamp: '', signature: '', clock: '' };
  const texts = Object.values(await check(nothing));
  expect(texts.every((text) => text.startsWith('open: Paste'))).toBe(true);
  const late = await check({ clock: '' }, { nowMs: sentAt + 540_000 });
  expect(late['clock']).toMatch(/^open: It is 9 min old by now/);
  const erased = await check({}, { body: null, secretPrints: [] });
  expect([erased['body'], erased['secret']].every((text) => text?.startsWith('open: '))).toBe(true);
});
