import { createPublicKey, createSign, createVerify } from 'node:crypto';
import type { DnsLookup } from '../../src/email/dns-records';
import { createFromCheck, vetFrom } from '../../src/http/from-check';
import { mailPlaceOf } from '../../src/http/mail-place';
import { sendingDomainRoutes } from '../../src/http/sending-domain-routes';
import { startHarness, type Harness } from './harness';

let harness: Harness;
/** The DNS as it stands; an error is thrown. */
let zone: Record<string, string[][] | { exchange: string; priority: number }[] | Error> = {};
const look = (name: string) => {
  const found = zone[name] ?? Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
};
const dns: DnsLookup = {
  resolveTxt: async (name) => (await look(`TXT ${name}`)) as string[][],
  resolveMx: async (name) => (await look(`MX ${name}`)) as { exchange: string; priority: number }[],
};
const config = {
  email: { smtpUrl: 'smtps://ann:secret@smtp.example.net:465', from: 'News <news@example.com>' },
  inboundMail: { host: '0.0.0.0', port: 25, domain: 'bounces.example.com' },
  publicUrl: 'https://mail.example.com',
};

beforeAll(async () => {
  harness = await startHarness(({ stores, now }) =>
    sendingDomainRoutes({ ...stores, dns, now, mailPlace: () => mailPlaceOf(config) }),
  );
});
afterAll(() => harness.close());
beforeEach(async () => {
  zone = {};
  await harness.stores.sendingDomains.collection.deleteMany({});
});

const add = async (domain = 'acme.com') => (await harness.call('POST', '/sending-domains', { domain })).body;
const recordOf = (body: any, kind: string) => body.records.find((record: any) => record.kind === kind);
/** The DNS as the answer asks for it. */
const setAsAsked = (body: any) => {
  for (const { type, name, expected } of body.records) {
    const [priority, exchange] = expected.split(' ');
    // As a DNS gives it back: in parts of 255.
    zone[`${type} ${name}`] =
      type === 'MX' ? [{ priority: Number(priority), exchange }] : [expected.match(/.{1,255}/g)];
  }
};

test('a domain is added with a key of its own, and the answer says what to set in its DNS', async () => {
  const { status, body } = await harness.call('POST', '/sending-domains', { domain: ' Müller.DE ' });
  expect(status).toBe(201);
  expect(body).toMatchObject({ domain: 'xn--mller-kva.de', selector: 'esx1', isVerified: false, checkedAt: null });
  expect(body.records.map(({ kind, type, name }: any) => [kind, type, name])).toEqual([
    ['dkim', 'TXT', 'esx1._domainkey.xn--mller-kva.de'],
    ['spf', 'TXT', 'bounces.example.com'],
    ['dmarc', 'TXT', '_dmarc.xn--mller-kva.de'],
    ['returnPath', 'MX', 'bounces.example.com'],
  ]);
  expect(body.records.every(({ found, ok }: any) => found === null && ok === null)).toBe(true);
  expect(recordOf(body, 'spf').expected).toBe('v=spf1 a:smtp.example.net ~all');
  expect(recordOf(body, 'returnPath').expected).toBe('10 mail.example.com');
  expect(JSON.stringify(body)).not.toContain('secret');

  // The key in the DNS belongs to the one that signs, and that one is not in the clear anywhere.
  const [, published = ''] = /p=(.*)$/.exec(recordOf(body, 'dkim').expected) ?? [];
  const publicKey = createPublicKey({ key: Buffer.from(published, 'base64'), format: 'der', type: 'spki' });
  expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(2_048);
  const key = await harness.stores.sendingDomains.signingKey(harness.workspaceId, body.domain);
  const signature = createSign('sha256')
    .update('x')
    .sign(key?.privateKey ?? '');
  expect(createVerify('sha256').update('x').verify(publicKey, signature)).toBe(true);
  const stored = await harness.stores.sendingDomains.collection.findOne({});
  expect(JSON.stringify(stored)).not.toContain('PRIVATE KEY');
  expect(JSON.stringify(await harness.call('GET', '/sending-domains'))).not.toContain('PRIVATE KEY');
});

test.each(['', 'acme', 'acme .com', 'https://acme.com', 'ann@acme.com', '127.0.0.1', 'acme..com', 7])(
  '%j is no domain',
  async (domain) => {
    const answer = await harness.call('POST', '/sending-domains', { domain });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/domain' }] } });
  },
);

test('a check finds what is in the DNS; with the key the domain is verified', async () => {
  const domain = await add();
  const before = (await harness.call('POST', `/sending-domains/${domain.id}/check`)).body;
  expect(before.records.map(({ found, ok }: any) => [found, ok])).toEqual(domain.records.map(() => [[], false]));
  expect(before).toMatchObject({ isVerified: false, verifiedAt: null, checkedAt: expect.any(String) });

  setAsAsked(domain);
  const { status, body } = await harness.call('POST', `/sending-domains/${domain.id}/check`);
  expect(status).toBe(200);
  expect(body.records.map(({ kind, ok }: any) => [kind, ok])).toEqual([
    ...[['dkim', true], ['spf', true], ['dmarc', true], ['returnPath', true]], // prettier-ignore
  ]);
  expect(body).toMatchObject({ isVerified: true, verifiedAt: expect.any(String) });
  expect((await harness.call('GET', `/sending-domains/${domain.id}`)).body).toEqual(body);
  expect((await harness.call('GET', '/sending-domains')).body.data).toEqual([body]);

  // A DNS that is away for a moment takes nothing back, a key that is gone does.
  const key = `TXT ${recordOf(domain, 'dkim').name}`;
  zone[key] = Object.assign(new Error('away'), { code: 'ETIMEOUT' });
  const away = (await harness.call('POST', `/sending-domains/${domain.id}/check`)).body;
  expect(away.isVerified).toBe(true);
  expect(recordOf(away, 'dkim')).toMatchObject({ ok: false, error: expect.stringContaining('ETIMEOUT') });
  delete zone[key];
  expect((await harness.call('POST', `/sending-domains/${domain.id}/check`)).body.isVerified).toBe(false);
});

describe('a record is right', () => {
  const checked = async (kind: string, texts: string[]) => {
    const domain = await add();
    const record = recordOf(domain, kind);
    zone[`TXT ${record.name}`] = texts.map((text) => [
      text.replace('KEY', recordOf(domain, 'dkim').expected.split('p=')[1]),
    ]);
    return recordOf((await harness.call('POST', `/sending-domains/${domain.id}/check`)).body, kind);
  };
  test.each<[string, string[], boolean]>([
    ['dkim', ['k=rsa; p=KEY'], true],
    ['dkim', ['v=DKIM1; p= KEY ;'], true],
    ['dkim', ['something else', 'v=DKIM1; p=KEY'], true],
    ['dkim', ['v=DKIM1; p=KEYx'], false],
    ['dkim', ['v=DKIM1; p='], false],
    ['dkim', ['v=DKIM1; p=KEY', 'v=DKIM1; p=AAAA'], false],
    ['spf', ['v=spf1 include:amazonses.com -all', 'google-site-verification=x'], true],
    ['spf', ['v=spf1 a ~all', 'v=spf1 mx ~all'], false],
    ['spf', ['v=spf1 +all'], false],
    ['spf', ['v=spf1 all'], false],
    ['spf', ['v=spf10 a ~all'], false],
    ['dmarc', ['v=DMARC1; p=reject; rua=mailto:d@acme.com'], true],
    ['dmarc', ['v=DMARC1; sp=none'], false],
    ['dmarc', ['p=none'], false],
  ])('%s %j: %j', async (kind, texts, ok) => {
    expect((await checked(kind, texts)).ok).toBe(ok);
  });

  test('also where the policy is that of the domain above', async () => {
    const domain = await add('news.acme.com');
    zone['TXT _dmarc.acme.com'] = [['v=DMARC1; p=none']];
    const { body } = await harness.call('POST', `/sending-domains/${domain.id}/check`);
    expect(recordOf(body, 'dmarc').ok).toBe(true);
  });

  test('and what a stranger’s DNS says is kept as it is', async () => {
    const found = (await checked('spf', ['v=spf1 $$REMOVE {"$set":1} ~all'])).found;
    expect(found).toEqual(['v=spf1 $$REMOVE {"$set":1} ~all']);
  });
});

test('a workspace has a domain once and sees its own; another one may have it too', async () => {
  const domain = await add();
  expect(await harness.call('POST', '/sending-domains', { domain: 'ACME.com' })).toMatchObject({
    ...{ status: 409, body: { code: 'domain_taken' } },
  });
  const other = await harness.addWorkspace();
  expect((await other.call('GET', '/sending-domains')).body.data).toEqual([]);
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/check'],
  ] as const) {
    expect((await other.call(method, `/sending-domains/${domain.id}${path}`)).status).toBe(404);
  }
  const theirs = await other.call('POST', '/sending-domains', { domain: 'acme.com' });
  expect(recordOf(theirs.body, 'dkim').expected).not.toBe(recordOf(domain, 'dkim').expected);

  expect((await harness.call('DELETE', `/sending-domains/${domain.id}`)).status).toBe(204);
  expect((await harness.call('GET', `/sending-domains/${domain.id}`)).status).toBe(404);
  expect((await harness.call('DELETE', `/sending-domains/${domain.id}`)).status).toBe(404);
});

describe('whom a workspace may send from', () => {
  const checkOf = (smtpUrl: string | undefined) =>
    createFromCheck(harness.stores, { email: { ...config.email, smtpUrl } });
  const real = () => checkOf(config.email.smtpUrl);

  test.each([
    ['news@example.com', true],
    ['Somebody Else <NEWS@example.com>', true],
    ['other@example.com', false],
    ['not an address', false],
    ['a@example.com, news@example.com', false],
    ['News\r\nBcc: x@y.org <news@example.com>', false],
  ])('%j: %j', async (from, ok) => {
    expect(await real()(harness.workspaceId, from)).toMatchObject({ ok });
  });

  test('a domain of its own, once it is verified; without SMTP_URL at once', async () => {
    const domain = await add();
    const other = await harness.addWorkspace();
    const from = 'Acme <hello@acme.com>';
    expect(await checkOf(undefined)(harness.workspaceId, from)).toEqual({ ok: true });
    expect(await checkOf(undefined)(other.workspaceId, from)).toMatchObject({ ok: false });
    expect(await real()(harness.workspaceId, from)).toMatchObject({
      reason: expect.stringContaining(`/sending-domains/${domain.id}/check`),
    });
    setAsAsked(domain);
    await harness.call('POST', `/sending-domains/${domain.id}/check`);
    expect(await real()(harness.workspaceId, from)).toEqual({ ok: true });
    expect(await real()(harness.workspaceId, 'hello@sub.acme.com')).toMatchObject({ ok: false });
    expect(await real()(other.workspaceId, from)).toMatchObject({ ok: false });
  });

  test('a refusal names the field', async () => {
    await expect(vetFrom(real(), harness.workspaceId, 'x@y.org')).rejects.toMatchObject({
      ...{ status: 422, code: 'from_not_allowed', more: { errors: [{ pointer: '/from' }] } },
    });
    await expect(vetFrom(real(), harness.workspaceId, 'news@example.com')).resolves.toBeUndefined();
  });
});
