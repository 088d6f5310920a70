import { foldEmailEvents } from '../../domain/email-event';
import { newContact } from '../../domain/contact';
import { createLinkSigner } from '../../src/email/links';
import { createNotificationIntake } from '../../src/email/inbound/receive-notification';
import { providerHeaders } from '../../src/email/inbound/providers/headers';
import { RefusedNotification } from '../../src/email/inbound/providers/notification';
import { inboundRoutes } from '../../src/http/inbound-routes';
import { providerRoutes } from '../../src/http/provider-routes';
import { createEmailEventLane } from '../../src/ingest/lanes';
import { StartBudget } from '../../src/ingest/start-budget';
import { EmailEventReceiver } from '../../src/ingest/receive-email-events';
import { createLogger } from '../../src/logger';
import { newId } from '../../src/mongo/new-id';
import { providerNames } from '../../src/mongo/providers';
import {
  amazon,
  certificateUrl,
  mailgunKey,
  resendSecret,
  sendgridKey,
  signMailgun,
  signResend,
  signSendgrid,
  signSns,
  subscribeUrl,
  topicArn,
  type SignedRequest,
} from '../email/inbound/signed';
import { selfSignedCertificate } from '../webhooks/self-signed-certificate';
import { startHarness, type Harness } from './harness';

const logger = createLogger('silent');
const fetched: string[] = [];
/** What stands at Amazon's URLs. */
const atAmazon = new Map<string, string>();
let harness: Harness;
let nowMs: number;

beforeAll(async () => {
  harness = await startHarness(
    ({ stores, now }) => providerRoutes({ ...stores, now, publicUrl: () => 'https://mail.example.org' }),
    ({ stores, now }) => {
      const lane = createEmailEventLane({
        starter: { startEmailEvents: () => Promise.resolve() },
        ...{ emailEvents: stores.emailEvents, logger, budget: new StartBudget(100) },
      });
      const receiver = new EmailEventReceiver({
        emailEvents: stores.emailEvents,
        lane,
        now,
        onReceipts: () => undefined,
      });
      const fetchText = (url: string): Promise<string> => {
        fetched.push(url);
        const text = atAmazon.get(url);
        if (text !== undefined) return Promise.resolve(text);
        return Promise.reject(new RefusedNotification(503, 'amazon_unavailable', 'it is away'));
      };
      const links = createLinkSigner('a key of the tests');
      const intake = createNotificationIntake({ ...stores, receiver, links, fetchText, now, logger });
      return inboundRoutes({ providers: stores.providers, intake });
    },
  );
  // Certificates are valid for the year that it is.
  harness.clock.nowMs = nowMs = Date.now();
});
afterAll(() => harness.close());
beforeEach(() => {
  atAmazon.clear();
  atAmazon.set(certificateUrl, amazon.cert).set(subscribeUrl, '<ConfirmSubscriptionResponse/>');
  fetched.length = 0;
});

type Workspace = Awaited<ReturnType<typeof workspaceWith>>;
/** A workspace with a provider, a contact for each address, and an email to each. */
async function workspaceWith(body: object) {
  const workspace = await harness.addWorkspace();
  const { body: provider } = await workspace.call('POST', '/providers', body);
  const path = new URL(provider.url).pathname;
  const post = async (request: SignedRequest, to = path) => {
    const response = await fetch(`${harness.url}${to}`, { method: 'POST', ...request });
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text) };
  };
  const sendTo = async (to: string): Promise<string> => {
    const { stores } = harness;
    const { workspaceId } = workspace;
    const contactId = newId('contact');
    const id = newId('email');
    const contact = newContact({ id: contactId, workspaceId, email: to, source: 'api' }, nowMs - 60_000);
    await harness.database.transaction((session) =>
      stores.contacts.save({ created: [contact], changed: [], robbedIds: [] }, session),
    );
    await stores.emails.insert([
      {
        ...{ id, workspaceId, kind: 'campaign', campaignId: newId('campaign'), contactId, to, status: 'sent' },
        ...{ sentAtMs: nowMs - 30_000, opens: 0, clicks: 0, createdAtMs: nowMs - 60_000 },
      },
    ]);
    return id;
  };
  return { ...workspace, provider, path, post, sendTo };
}
const heardOf = (emailId: string) => harness.stores.emailEvents.collection.find({ emailId }).sort({ _id: 1 }).toArray();
/** What the workflow does. */
async function commit(emailId: string): Promise<void> {
  const keys = (await heardOf(emailId)).map(({ _id }) => _id);
  await harness.stores.emailIngest.commit(keys, { nowMs }, (events, known) =>
    foldEmailEvents(events, known, { nowMs, newId }),
  );
}

/** For each provider: how it is added, and how it says each thing about an email. */
const iso = (): string => new Date(nowMs - 10_000).toISOString();
let count = 0;
interface About {
  emailId?: string;
  to: string;
  id?: string;
}
type Says = (about: About) => object;
interface Setting {
  add: object;
  sign: (event: object, options?: { atMs?: number; id?: string }) => SignedRequest;
  hard: Says;
  policy: Says;
  soft: Says;
  complaint: Says;
  delivery: Says;
  unsubscribe?: Says;
  nothing: Says;
}
const esx = (emailId: string | undefined) => (emailId === undefined ? {} : { esx_email: emailId });
const sesMail = ({ emailId, id }: About) => ({
  messageId: id ?? `ses-${++count}`,
  headers: emailId === undefined ? [] : [{ name: 'X-Esx-Email', value: emailId }],
});
const sesBounce =
  (bounceType: string, status: string, diagnosticCode: string): Says =>
  (about) => ({
    eventType: 'Bounce',
    mail: sesMail(about),
    bounce: {
      ...{ bounceType, bounceSubType: 'General', timestamp: iso(), feedbackId: about.id ?? `fb-${++count}` },
      bouncedRecipients: [{ emailAddress: about.to, action: 'failed', status, diagnosticCode }],
    },
  });
const sendgrid =
  (event: string, more: object = {}): Says =>
  ({ emailId, to, id }) => ({
    ...{ event, email: to, timestamp: Math.floor(nowMs / 1_000) - 10, sg_event_id: id ?? `sg-${++count}` },
    ...esx(emailId),
    ...more,
  });
const postmark =
  (RecordType: string, more: object): Says =>
  ({ emailId, to, id }) => ({
    ...{ RecordType, ID: id ?? ++count, MessageID: `pm-${++count}`, Email: to, Recipient: to, BouncedAt: iso() },
    ...{ Metadata: emailId === undefined ? {} : { 'esx-email': emailId } },
    ...more,
  });
const mailgun =
  (event: string, more: object = {}): Says =>
  ({ emailId, to, id }) => ({
    ...{ event, id: id ?? `mg-${++count}`, timestamp: nowMs / 1_000 - 10, recipient: to },
    ...{ 'user-variables': esx(emailId) },
    ...more,
  });
const resend =
  (type: string, more: object = {}): Says =>
  ({ emailId, to }) => ({
    ...{ type, created_at: iso() },
    data: { to: [to], headers: emailId === undefined ? null : [{ name: 'X-Esx-Email', value: emailId }], ...more },
  });

const settings: Record<(typeof providerNames)[number], Setting> = {
  ses: {
    add: { provider: 'ses', topicArn },
    sign: (event, { atMs = nowMs } = {}) => signSns({ Type: 'Notification', Message: JSON.stringify(event) }, atMs),
    hard: sesBounce('Permanent', '5.1.1', 'smtp; 550 5.1.1 user unknown'),
    policy: sesBounce('Permanent', '5.7.1', 'smtp; 550 5.7.1 blocked by spamhaus'),
    soft: sesBounce('Transient', '4.2.2', 'smtp; 452 4.2.2 mailbox full'),
    complaint: (about) => ({
      notificationType: 'Complaint',
      mail: sesMail(about),
      complaint: {
        complainedRecipients: [{ emailAddress: about.to }],
        complaintFeedbackType: 'abuse',
        timestamp: iso(),
      },
    }),
    delivery: (about) => ({
      eventType: 'Delivery',
      mail: sesMail(about),
      delivery: { recipients: [about.to], timestamp: iso(), smtpResponse: '250 ok' },
    }),
    nothing: (about) => ({ eventType: 'Open', mail: sesMail(about), open: {} }),
  },
  sendgrid: {
    add: { provider: 'sendgrid', publicKey: sendgridKey },
    sign: (event, { atMs = nowMs } = {}) => signSendgrid(JSON.stringify([event]), atMs),
    hard: sendgrid('bounce', { type: 'bounce', status: '5.1.1', reason: '550 5.1.1 user unknown' }),
    policy: sendgrid('bounce', { type: 'bounce', reason: '550 your reputation', bounce_classification: 'Reputation' }),
    soft: sendgrid('bounce', { type: 'blocked', status: '4.0.0', reason: '450 later' }),
    complaint: sendgrid('spamreport'),
    delivery: sendgrid('delivered', { response: '250 ok' }),
    unsubscribe: sendgrid('group_unsubscribe'),
    nothing: sendgrid('open'),
  },
  postmark: {
    add: { provider: 'postmark' },
    sign: (event) => ({ headers: {}, body: JSON.stringify(event) }),
    hard: postmark('Bounce', { Type: 'HardBounce', Details: 'smtp;550 5.1.1 user unknown' }),
    policy: postmark('Bounce', { Type: 'HardBounce', Details: '550 5.7.1 listed by spamhaus' }),
    soft: postmark('Bounce', { Type: 'SoftBounce', Details: '452 4.2.2 mailbox full' }),
    complaint: postmark('SpamComplaint', {}),
    delivery: postmark('Delivery', { ID: undefined, DeliveredAt: new Date().toISOString() }),
    unsubscribe: postmark('SubscriptionChange', {
      ...{ SuppressSending: true, SuppressionReason: 'ManualSuppression', Origin: 'Recipient' },
    }),
    nothing: postmark('Bounce', { Type: 'AutoResponder' }),
  },
  mailgun: {
    add: { provider: 'mailgun', signingKey: mailgunKey },
    sign: (event, { atMs = nowMs, id = `token-${++count}` } = {}) => signMailgun(event, atMs, id),
    hard: mailgun('failed', { severity: 'permanent', 'delivery-status': { code: 550, message: '5.1.1 user unknown' } }),
    policy: mailgun('failed', { severity: 'permanent', 'delivery-status': { code: 550, message: 'blocked for spam' } }),
    soft: mailgun('failed', { severity: 'temporary', 'delivery-status': { code: 452, message: 'mailbox full' } }),
    complaint: mailgun('complained'),
    delivery: mailgun('delivered'),
    unsubscribe: mailgun('unsubscribed'),
    nothing: mailgun('clicked'),
  },
  resend: {
    add: { provider: 'resend', signingSecret: resendSecret },
    sign: (event, { atMs = nowMs, id = `msg_${++count}` } = {}) => signResend(JSON.stringify(event), atMs, id),
    hard: resend('email.bounced', {
      bounce: { type: 'Permanent', subType: 'General', message: '550 5.1.1 user unknown' },
    }),
    policy: resend('email.bounced', { bounce: { type: 'Permanent', message: '550 5.7.1 your reputation is low' } }),
    soft: resend('email.bounced', { bounce: { type: 'Transient', message: '452 mailbox full' } }),
    complaint: resend('email.complained'),
    delivery: resend('email.delivered'),
    nothing: resend('contact.created'),
  },
};
/** Postmark signs in instead. */
const signedFor = (workspace: Workspace, setting: Setting, event: object, options?: { atMs?: number; id?: string }) => {
  const request = setting.sign(event, options);
  const { credentials } = workspace.provider;
  if (!credentials) return request;
  const basic = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  return { ...request, headers: { ...request.headers, authorization: `Basic ${basic}` } };
};

describe.each(providerNames)('%s', (name) => {
  const setting = settings[name];
  const to = 'ann@example.com';
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await workspaceWith(setting.add);
  });
  const report = (event: object, options?: { atMs?: number; id?: string }) =>
    workspace.post(signedFor(workspace, setting, event, options));

  test.each([
    ['hard', { kind: 'bounced', bounceType: 'hard', bounceMessage: expect.stringContaining('user unknown') }],
    ['policy', { kind: 'bounced', bounceType: 'soft', bounceMessage: expect.stringMatching(/\w/) }],
    ['soft', { kind: 'bounced', bounceType: 'soft', bounceMessage: expect.stringMatching(/\w/) }],
    ['complaint', { kind: 'complained' }],
    ['delivery', { kind: 'delivered' }],
    ['unsubscribe', { kind: 'unsubscribed', method: 'link' }],
  ] as const)('%s is heard of the email that it names, once', async (what, news) => {
    const says = setting[what];
    if (!says) return;
    const emailId = await workspace.sendTo(`${what}@example.com`);
    await workspace.sendTo(`other.${what}@example.com`);
    const event = says({ emailId, to: `${what}@example.com` });
    expect(await report(event, { id: `first-${what}` })).toEqual({
      ...{ status: 200, body: { accepted: 1, duplicate: 0, unknown: 0 } },
    });
    // The provider has lost our answer, and signs the same event again.
    const again = await report(event, name === 'resend' ? { id: `first-${what}` } : {});
    expect(again).toEqual({ status: 200, body: { accepted: 0, duplicate: 1, unknown: 0 } });
    expect(await heardOf(emailId)).toEqual([
      expect.objectContaining({ news, source: name, workspaceId: workspace.workspaceId, state: 'received' }),
    ]);
    expect((await heardOf(emailId))[0]?._id).toMatch(new RegExp(`^${name}/${workspace.provider.id}/[\\w.:-]{1,100}$`));
  });

  test('an email that it does not name is the last one to the recipient', async () => {
    const address = 'Last@Example.com';
    await workspace.sendTo('last@example.com');
    const emailId = await workspace.sendTo('last.two@example.com');
    await report(setting.complaint({ to: address.replace('@', '.two@') }));
    expect(await heardOf(emailId)).toMatchObject([{ news: { kind: 'complained' } }]);
  });

  test('another workspace hears nothing of its email', async () => {
    const other = await workspaceWith(setting.add);
    const emailId = await other.sendTo('theirs@example.com');
    const answer = await report(setting.hard({ emailId, to: 'theirs@example.com' }));
    expect(answer).toMatchObject({ status: 200, body: { accepted: 0, unknown: 1 } });
    expect(await heardOf(emailId)).toEqual([]);
  });

  test('what has no effect here, and what nobody knows, is taken', async () => {
    for (const event of [setting.nothing({ to }), { event: 'new.thing', type: 'new', RecordType: 'New', data: {} }]) {
      expect(await report(event)).toMatchObject({ status: 200, body: { accepted: 0 } });
    }
  });

  test('a request that was altered after it was signed is refused', async () => {
    const emailId = await workspace.sendTo('altered@example.com');
    const request = signedFor(workspace, setting, setting.hard({ emailId, to: 'altered@example.com' }));
    const answer =
      name === 'postmark'
        ? await workspace.post({ ...request, headers: { authorization: 'Basic ZW1haWxzZW5keDp3cm9uZw==' } })
        : name === 'mailgun'
          ? await workspace.post({ ...request, body: request.body.replace(/"token":"/, '"token":"x') })
          : await workspace.post({ ...request, body: request.body.replace('altered@', 'victim@') });
    expect(answer).toMatchObject({ status: 401, body: { code: 'signature_wrong' } });
    expect(await heardOf(emailId)).toEqual([]);
  });

  test('a request without a signature is refused', async () => {
    const { body } = setting.sign(setting.hard({ to }));
    const bare = name === 'mailgun' ? JSON.stringify({ 'event-data': setting.hard({ to }) }) : body;
    const stripped = name === 'ses' ? body.replace(/"Signature":"[^"]*"/, '"Signature":""') : bare;
    const answer = await workspace.post({ headers: {}, body: stripped });
    expect(answer.status).toBe(401);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['a list', '[[]]'],
    ['null', 'null'],
  ])('%s for a body is refused, and is no fault of ours', async (_name, body) => {
    const answer = await workspace.post({ headers: {}, body });
    expect([400, 401, 403]).toContain(answer.status);
  });

  test('a provider that is unknown, another one, or deleted is not there', async () => {
    const request = signedFor(workspace, setting, setting.hard({ to }));
    const wrongName = workspace.path.replace(name, name === 'ses' ? 'resend' : 'ses');
    const wrongId = `/inbound/${name}/${newId('provider')}`;
    for (const path of [wrongName, wrongId, `/inbound/${name}/x`]) {
      expect((await workspace.post(request, path)).status).toBe(404);
    }
    const other = await workspaceWith(setting.add);
    await other.call('DELETE', `/providers/${other.provider.id}`);
    expect((await other.post(request)).status).toBe(404);
  });

  test('the headers that carry our id cannot hold anything else', () => {
    const emailId = newId('email');
    for (const [header, value] of Object.entries(providerHeaders(name, emailId))) {
      expect(header).toMatch(/^X-[\w-]+$/);
      expect(value).toContain(emailId);
    }
  });
});

test.each(['sendgrid', 'mailgun', 'resend', 'ses'] as const)(
  '%s: what was signed long ago is refused',
  async (name) => {
    const setting = settings[name];
    const workspace = await workspaceWith(setting.add);
    const emailId = await workspace.sendTo('old@example.com');
    const event = setting.hard({ emailId, to: 'old@example.com' });
    const minutes = name === 'ses' ? 66 : 6;
    for (const atMs of [nowMs - minutes * 60_000, nowMs + 6 * 60_000]) {
      const answer = await workspace.post(setting.sign(event, { atMs }));
      expect(answer).toMatchObject({ status: 401, body: { code: 'signature_expired' } });
    }
    expect(await heardOf(emailId)).toEqual([]);
  },
);

describe('what comes of it', () => {
  test('a hard bounce suppresses, a soft one does not, a complaint does', async () => {
    const workspace = await workspaceWith(settings.sendgrid.add);
    const { stores } = harness;
    const ids = {
      hard: await workspace.sendTo('hard@example.com'),
      soft: await workspace.sendTo('soft@example.com'),
      complaint: await workspace.sendTo('complaint@example.com'),
    };
    const events = (['hard', 'soft', 'complaint'] as const).map((what) =>
      settings.sendgrid[what]({ emailId: ids[what], to: `${what}@example.com` }),
    );
    // Several recipients in one notification.
    const answer = await workspace.post(signSendgrid(JSON.stringify(events), nowMs));
    expect(answer.body).toEqual({ accepted: 3, duplicate: 0, unknown: 0 });
    for (const emailId of Object.values(ids)) await commit(emailId);
    const addresses = Object.keys(ids).map((what) => `${what}@example.com`);
    const suppressed = await stores.suppressions.among(workspace.workspaceId, addresses);
    expect([...suppressed].map(([email, { reason }]) => [email, reason]).sort()).toEqual([
      ['complaint@example.com', 'complained'],
      ['hard@example.com', 'bounced'],
    ]);
    const rows = await stores.contacts.page(workspace.workspaceId, {}, { limit: 10 });
    expect(Object.fromEntries(rows.map(({ email, status }) => [email, status]))).toEqual({
      ...{ 'hard@example.com': 'bounced', 'soft@example.com': 'active', 'complaint@example.com': 'complained' },
    });
  });

  test('an event that stands twice in one notification counts once', async () => {
    const workspace = await workspaceWith(settings.sendgrid.add);
    const emailId = await workspace.sendTo('twice@example.com');
    const event = settings.sendgrid.hard({ emailId, to: 'twice@example.com' });
    const answer = await workspace.post(signSendgrid(JSON.stringify([event, event]), nowMs));
    expect(answer.body).toEqual({ accepted: 1, duplicate: 1, unknown: 0 });
    expect(await heardOf(emailId)).toHaveLength(1);
  });

  test('each recipient of an SES notification finds an email of its own', async () => {
    const workspace = await workspaceWith(settings.ses.add);
    const ids = [];
    for (const address of ['one@example.com', 'two@example.com']) ids.push(await workspace.sendTo(address));
    const recipients = ['one@example.com', 'two@example.com', 'nobody@example.com'];
    const event = {
      eventType: 'Bounce',
      mail: { messageId: 'several', tags: { esx_email: [ids[0]] } },
      bounce: {
        ...{ bounceType: 'Permanent', timestamp: iso(), feedbackId: 'several' },
        bouncedRecipients: recipients.map((emailAddress) => ({ emailAddress, status: '5.1.1' })),
      },
    };
    const answer = await workspace.post(settings.ses.sign(event));
    expect(answer.body).toEqual({ accepted: 2, duplicate: 0, unknown: 1 });
    const keys = await Promise.all(ids.map(async (id) => (await heardOf(id)).map(({ _id }) => _id)));
    const prefix = `ses/${workspace.provider.id}/several`;
    expect(keys).toEqual([[prefix], [`${prefix}/1`]]);
  });
});

describe('Mailgun, whose signature does not cover the body', () => {
  test('a token is taken once: the same request is refused, and another body with it', async () => {
    const workspace = await workspaceWith(settings.mailgun.add);
    const emailId = await workspace.sendTo('ann@example.com');
    const victimId = await workspace.sendTo('victim@example.com');
    const request = settings.mailgun.sign(settings.mailgun.hard({ emailId, to: 'ann@example.com' }), { id: 'once' });
    expect((await workspace.post(request)).status).toBe(200);
    const refused = { status: 403, body: { code: 'signature_used' } };
    expect(await workspace.post(request)).toMatchObject(refused);
    const altered = request.body.replaceAll(emailId, victimId).replaceAll('ann@', 'victim@').replace('mg-', 'mg-x');
    expect(await workspace.post({ ...request, body: altered })).toMatchObject(refused);
    expect(await heardOf(victimId)).toEqual([]);
  });

  test('a try that was cut off before it was stored may be made again', async () => {
    const workspace = await workspaceWith(settings.mailgun.add);
    const emailId = await workspace.sendTo('ann@example.com');
    const request = settings.mailgun.sign(settings.mailgun.hard({ emailId, to: 'ann@example.com' }));
    const spy = jest.spyOn(harness.stores.emailEvents, 'insert').mockRejectedValueOnce(new Error('away'));
    expect((await workspace.post(request)).status).toBe(500);
    spy.mockRestore();
    expect(await workspace.post(request)).toMatchObject({ status: 200, body: { accepted: 1 } });
  });
});

describe('SES through SNS', () => {
  const hard = (): string => JSON.stringify(settings.ses.hard({ to: 'nobody@example.com' }));
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await workspaceWith(settings.ses.add);
  });

  test('a subscription is confirmed at Amazon, and ends', async () => {
    const statusNow = async () => (await workspace.call('GET', `/providers/${workspace.provider.id}`)).body.status;
    expect(await statusNow()).toBe('pending');
    atAmazon.delete(subscribeUrl);
    const request = signSns({ Type: 'SubscriptionConfirmation', Message: 'You have chosen to subscribe' }, nowMs);
    expect((await workspace.post(request)).status).toBe(503);
    expect(await statusNow()).toBe('pending');
    atAmazon.set(subscribeUrl, 'ok');
    expect((await workspace.post(request)).status).toBe(200);
    expect(fetched).toContain(subscribeUrl);
    expect(await statusNow()).toBe('active');
    await workspace.post(signSns({ Type: 'UnsubscribeConfirmation', Message: 'bye' }, nowMs));
    expect(await statusNow()).toBe('pending');
  });

  test.each(['1', '2'] as const)('version %s of the signature, with a subject and without', async (version) => {
    for (const more of [{}, { Subject: 'Amazon SES Email Event Notification' }]) {
      const request = signSns({ Type: 'Notification', Message: hard(), ...more }, nowMs, { version });
      expect((await workspace.post(request)).status).toBe(200);
    }
  });

  test.each([
    ['another topic', { TopicArn: `${topicArn}-of-mine` }, 'wrong_topic'],
    [
      'a certificate of somebody else',
      { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com.example.com/SimpleNotificationService-1.pem' },
      'certificate_not_amazons',
    ],
    [
      'a certificate by plain http',
      { SigningCertURL: certificateUrl.replace('https', 'http') },
      'certificate_not_amazons',
    ],
    [
      'a certificate of a bucket',
      { SigningCertURL: 'https://s3.amazonaws.com/SimpleNotificationService-1.pem' },
      'certificate_not_amazons',
    ],
    [
      'a certificate behind a user name',
      { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com@example.com/SimpleNotificationService-1.pem' },
      'certificate_not_amazons',
    ],
  ])('%s is refused, and nothing is fetched', async (_name, given, code) => {
    const request = signSns({ Type: 'Notification', Message: hard(), ...given }, nowMs);
    expect(await workspace.post(request)).toMatchObject({ status: 403, body: { code } });
    expect(fetched).toEqual([]);
  });

  test("a SubscribeURL that is not Amazon's is not called, though it is signed", async () => {
    const to = 'https://sns.eu-west-1.amazonaws.com.example.com/?Action=ConfirmSubscription';
    const given = { Type: 'SubscriptionConfirmation', Message: 'x', SubscribeURL: to };
    expect(await workspace.post(signSns(given, nowMs))).toMatchObject({
      status: 403,
      body: { code: 'url_not_amazons' },
    });
    expect(fetched).not.toContain(to);
  });

  test('a signature of another key is refused', async () => {
    const { key } = selfSignedCertificate('sns.amazonaws.com', 'rsa');
    const request = signSns({ Type: 'Notification', Message: hard() }, nowMs, { key });
    expect(await workspace.post(request)).toMatchObject({ status: 401, body: { code: 'signature_wrong' } });
  });

  test('a version that was changed afterwards does not verify', async () => {
    const request = signSns({ Type: 'Notification', Message: hard() }, nowMs, { change: { SignatureVersion: '1' } });
    expect((await workspace.post(request)).status).toBe(401);
  });

  test('a certificate is kept once it has proved itself, and fetched where it is not known', async () => {
    const fresh = certificateUrl.replace('0123456789abcdef', 'fedcba9876543210');
    const request = () => signSns({ Type: 'Notification', Message: hard(), SigningCertURL: fresh }, nowMs);
    expect((await workspace.post(request())).status).toBe(503);
    atAmazon.set(fresh, 'not a certificate');
    expect((await workspace.post(request())).status).toBe(401);
    atAmazon.set(fresh, amazon.cert);
    expect((await workspace.post(request())).status).toBe(200);
    expect((await workspace.post(request())).status).toBe(200);
    expect(fetched.filter((url) => url === fresh)).toHaveLength(3);
  });
});

test('Postmark may also send the password in a header', async () => {
  const workspace = await workspaceWith({ provider: 'postmark' });
  const { password } = workspace.provider.credentials;
  const body = JSON.stringify(settings.postmark.nothing({ to: 'ann@example.com' }));
  expect((await workspace.post({ headers: { 'X-Esx-Token': password }, body })).status).toBe(200);
  expect((await workspace.post({ headers: { 'X-Esx-Token': `${password}x` }, body })).status).toBe(401);
});
