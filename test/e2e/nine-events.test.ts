import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTransport } from 'nodemailer';
import { Webhook } from 'standardwebhooks';
import { webhookEnvelope, webhookEventTypes, type WebhookEventType } from '../../domain/webhook-events';
import { freePort } from '../../src/embedded/ports';
import { startSink, type Sink, type TakenMail } from '../email/support/sink';
import { testMongoUri, testTemporalAddress } from '../support/engines';
import { eventually } from './support/processes';
import { startSystem, type System } from './support/system';

/** Each of the nine events, from a cause in the world outside to a webhook that a customer has verified. */
interface Verified {
  event: WebhookEventType;
  workspaceId: string;
  timestamp: string;
  data: Record<string, any>;
}
const verified: Verified[] = [];
let secret = '';
let customer: Server;
let sink: Sink;
let system: System;
let inboundPort: number;
const inboundDomain = 'bounces.example.com';

beforeAll(async () => {
  customer = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      if (!body.includes('"webhook.test"')) {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const),
        );
        new Webhook(secret).verify(body, headers);
        verified.push(JSON.parse(body));
      }
      response.end();
    });
  });
  await new Promise<void>((resolve) => customer.listen(0, '127.0.0.1', resolve));
  sink = await startSink();
  sink.script.recipient = (to) => (to.startsWith('nobody') ? '550 5.1.1 no such user here' : undefined);
  inboundPort = await freePort();
  system = await startSystem(
    { mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() },
    {
      SMTP_URL: sink.url,
      MAIL_FROM: 'News <news@example.com>',
      INBOUND_SMTP_PORT: String(inboundPort),
      INBOUND_DOMAIN: inboundDomain,
    },
  );
  await system.untilReady();
  const { port } = customer.address() as AddressInfo;
  const endpoint = await post('/webhooks', { url: `http://127.0.0.1:${port}/hooks`, events: [...webhookEventTypes] });
  secret = endpoint.secret;
}, 90_000);

afterAll(async () => {
  await system?.stop();
  await sink?.close();
  customer?.close();
  customer?.closeAllConnections();
}, 150_000);

async function post(path: string, body: unknown = {}, status = [200, 201, 202]): Promise<any> {
  const answer = await system.call('POST', `/api/v1${path}`, body);
  if (!status.includes(answer.status)) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
  return answer.json;
}

/** The verified webhook of that type about that address; it has exactly the documented fields. */
async function webhook(type: WebhookEventType, contactEmail?: string, more: object = {}): Promise<Verified> {
  const found = await eventually(`${type} ${contactEmail ?? ''}`, () =>
    verified.find(
      ({ event, data }) =>
        event === type &&
        (contactEmail === undefined || data['contactEmail'] === contactEmail) &&
        Object.entries(more).every(([name, value]) => data[name] === value),
    ),
  );
  expect(webhookEnvelope(type).parse(found)).toEqual(found);
  return found;
}

const mailTo = (to: string): Promise<TakenMail> =>
  eventually(`a mail to ${to}`, () => sink.taken.find((mail) => mail.to === to));

/** Quoted-printable undone: the links as the reader's program sees them. */
function htmlOf({ raw }: TakenMail): string {
  return raw
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
function linkIn(mail: TakenMail, kind: 't/o' | 't/c' | 'u'): string {
  const [link] = new RegExp(`${system.url}/${kind}/[\\w.=-]+`).exec(htmlOf(mail)) ?? [];
  if (link === undefined) throw new Error(`no /${kind}/ link in the mail`);
  return link;
}

const people = ['ann', 'ben', 'cleo', 'dora', 'nobody'].map((name) => `${name}@example.org`);
const [ann = '', ben = '', cleo = '', dora = '', nobody = ''] = people;
let campaign: any;

test('contact.created and contact.updated: a contact is added and changed through the API', async () => {
  const list = await post('/lists', { name: 'Readers' });
  for (const email of people) await post('/contacts', { email, firstName: email.split('@')[0], listIds: [list.id] });
  const created = await webhook('contact.created', ann);
  expect(created.data).toMatchObject({ firstName: 'ann', source: 'api' });
  await system.call('PATCH', `/api/v1/contacts/${created.data['contactId']}`, { metadata: { plan: 'pro' } });
  const updated = await webhook('contact.updated', ann);
  expect(updated.data['changes']).toEqual([{ field: 'metadata.plan', oldValue: null, newValue: 'pro' }]);
  campaign = await post('/campaigns', {
    name: 'April Newsletter',
    subject: 'News for {{ contact.firstName }}',
    html: '<p>Hello {{ contact.firstName }}, <a href="https://acme.example/blog?utm=1&x=2">read on</a></p>',
    listIds: [list.id],
  });
}, 60_000);

test('email.delivered for each accepted email, and campaign.sent once: a campaign is sent by SMTP', async () => {
  await post(`/campaigns/${campaign.id}/send`);
  const sent = await webhook('campaign.sent');
  expect(sent.data).toMatchObject({
    campaignId: campaign.id,
    campaignName: 'April Newsletter',
    totalRecipients: 4,
    subject: 'News for {{ contact.firstName }}',
  });
  for (const email of people.filter((each) => each !== nobody)) {
    const { data } = await webhook('email.delivered', email);
    expect(data).toMatchObject({ campaignId: campaign.id, campaignName: 'April Newsletter' });
  }
  expect(sink.taken.map(({ to }) => to).sort()).toEqual([ann, ben, cleo, dora].sort());
  expect((await mailTo(ann)).raw).toContain('Subject: News for ann');
}, 60_000);

test('email.bounced, hard: the server refuses the recipient in the conversation', async () => {
  const { data } = await webhook('email.bounced', nobody);
  expect(data).toMatchObject({ campaignId: campaign.id, bounceType: 'hard' });
  expect(data['bounceMessage']).toContain('5.1.1');
  const { data: found } = (await system.call('GET', `/api/v1/contacts?email=${nobody}`)).json;
  expect(found[0]).toMatchObject({ status: 'bounced' });
});

test('email.opened: the pixel is loaded, each time', async () => {
  const pixel = linkIn(await mailTo(ann), 't/o');
  for (const agent of ['Mozilla/5.0 (iPhone)', 'Thunderbird/128']) {
    const answer = await fetch(pixel, { headers: { 'user-agent': agent } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('image/gif');
    const { data } = await webhook('email.opened', ann, { userAgent: agent });
    expect(data).toMatchObject({ campaignId: campaign.id, ip: '127.0.0.1' });
  }
});

test('email.clicked: a link is followed', async () => {
  const answer = await fetch(linkIn(await mailTo(ben), 't/c'), {
    redirect: 'manual',
    headers: { 'user-agent': 'Mozilla/5.0 (Macintosh)' },
  });
  expect(answer.status).toBe(302);
  expect(answer.headers.get('location')).toBe('https://acme.example/blog?utm=1&x=2');
  const { data } = await webhook('email.clicked', ben);
  expect(data).toMatchObject({ url: 'https://acme.example/blog?utm=1&x=2', campaignId: campaign.id });
});

test('email.unsubscribed: by one click of the mail program, and by the link', async () => {
  const [, oneClick = ''] =
    /^List-Unsubscribe: <([^>]+)>/im.exec((await mailTo(ben)).raw.replace(/\r\n\s+/g, ' ')) ?? [];
  const form = new FormData();
  form.set('List-Unsubscribe', 'One-Click');
  expect((await fetch(oneClick, { method: 'POST', body: form, redirect: 'manual' })).status).toBe(200);
  expect((await webhook('email.unsubscribed', ben)).data).toMatchObject({ method: 'one-click' });
  expect((await webhook('contact.updated', ben)).data['changes']).toEqual([
    { field: 'status', oldValue: 'active', newValue: 'unsubscribed' },
  ]);

  const page = linkIn(await mailTo(cleo), 'u');
  const shown = await fetch(page);
  expect(shown.status).toBe(200);
  expect((await system.call('GET', `/api/v1/contacts?email=${cleo}`)).json.data[0].status).toBe('active');
  expect((await fetch(page, { method: 'POST', body: new URLSearchParams(), redirect: 'manual' })).status).toBe(200);
  expect((await webhook('email.unsubscribed', cleo)).data).toMatchObject({ method: 'link' });
});

test('email.bounced, soft: a report is mailed to the return path', async () => {
  const mail = await mailTo(dora);
  expect(mail.from).toMatch(/^b-[0-9a-f]{24}-[0-9a-f]{20}@bounces\.example\.com$/);
  await report(mail.from, [
    'From: MAILER-DAEMON@mx.example.org',
    `To: ${mail.from}`,
    'Subject: Undelivered Mail Returned to Sender',
    `Message-ID: <${randomBytes(8).toString('hex')}@mx.example.org>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"',
    '',
    '--b1',
    'Content-Type: text/plain',
    '',
    'The mailbox is full.',
    '--b1',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.org',
    '',
    `Final-Recipient: rfc822; ${dora}`,
    'Action: failed',
    'Status: 5.2.2',
    'Diagnostic-Code: smtp; 552 5.2.2 mailbox full',
    '',
    '--b1--',
  ]);
  const { data } = await webhook('email.bounced', dora);
  expect(data).toMatchObject({ bounceType: 'soft', campaignId: campaign.id });
  expect((await system.call('GET', `/api/v1/contacts?email=${dora}`)).json.data[0].status).toBe('active');
});

test('email.complained: a provider’s signed request; the address is suppressed from then on', async () => {
  const signingKey = randomBytes(16).toString('hex');
  const provider = await post('/providers', { provider: 'mailgun', signingKey });
  const mail = await mailTo(dora);
  const complaint = (key: string) => {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const token = randomBytes(25).toString('hex');
    const signature = createHmac('sha256', key)
      .update(timestamp + token)
      .digest('hex');
    return fetch(provider.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        signature: { timestamp, token, signature },
        'event-data': {
          event: 'complained',
          id: 'ncV2XwymRUKbPek_MIM-Gw',
          timestamp: Date.now() / 1_000,
          recipient: dora,
          message: { headers: { 'message-id': mail.messageId.replace(/[<>]/g, '') } },
        },
      }),
    });
  };
  expect([401, 403, 406]).toContain((await complaint('another key')).status);
  expect((await complaint(signingKey)).status).toBe(200);
  const { data } = await webhook('email.complained', dora);
  expect(data).toMatchObject({ campaignId: campaign.id });

  const taken = sink.taken.length;
  const { id } = await post('/emails', { to: dora, subject: 'Receipt', html: '<p>Thanks</p>' });
  const email = await eventually('the email to be held back', async () => {
    const { json } = await system.call('GET', `/api/v1/emails/${id}`);
    return json.status === 'skipped' && json;
  });
  expect(email.reason).toContain('complained');
  expect(sink.taken).toHaveLength(taken);
});

test('every webhook of this file had exactly the documented fields, and each email event came once', () => {
  for (const each of verified) expect(webhookEnvelope(each.event).parse(each)).toEqual(each);
  const once = verified.filter(({ event }) => ['email.delivered', 'email.bounced', 'campaign.sent'].includes(event));
  const keys = once.map(({ event, data }) => `${event} ${data['emailId'] ?? data['campaignId']}`);
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(verified.map(({ event }) => event))).toEqual(new Set(webhookEventTypes));
});

/** Mails a report to the inbound listener, as another server does: from the null sender. */
async function report(to: string, lines: string[]): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: inboundPort, secure: false, ignoreTLS: true });
  await transport.sendMail({ envelope: { from: '', to }, raw: lines.join('\r\n') });
  transport.close();
}
