import type { EmailEventDocument } from '../../src/mongo/email-events';
import { createLinkSigner } from '../../src/email/links';
import { newId } from '../../src/mongo/new-id';
import { OverloadedError } from '../../src/mongo/gathering';
import { startTestGateway, until, type TestGateway } from '../ingest/gateway';
import { startOwnMongod } from '../support/engines';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  gateway.temporal.isAway = false;
  gateway.worker.isHeld = false;
  await until(() => gateway.emailEventLane.depth === 0);
  gateway.starts.length = 0;
  await gateway.stores.emailEvents.collection.deleteMany({});
});

const emailId = newId('email');
const iPhone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15';
const ask = (path: string, init: RequestInit = {}, from = gateway): Promise<Response> =>
  fetch(`${from.url}${path}`, { redirect: 'manual', ...init, headers: { 'user-agent': iPhone, ...init.headers } });
const heard = (from = gateway): Promise<EmailEventDocument[]> => from.stores.emailEvents.collection.find().toArray();
const openPath = (): string => `/t/o/${gateway.links.open(emailId)}`;
const clickPath = (url: string): string => `/t/c/${gateway.links.click(emailId, url)}`;
const unsubscribePath = (): string => `/u/${gateway.links.unsubscribe(emailId)}`;
async function metric(name: string): Promise<string | undefined> {
  const lines = (await gateway.metrics.registry.metrics()).split('\n');
  return lines
    .find((line) => line.startsWith(name))
    ?.split(' ')
    .at(-1);
}

describe('the pixel', () => {
  test.each(['', '.gif'])('%s is a picture that nobody keeps, and an open', async (ending) => {
    const before = Date.now();
    const response = await ask(`${openPath()}${ending}`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/gif',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect(response.headers.get('set-cookie')).toBeNull();
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([bytes.length, bytes.subarray(0, 6).toString()]).toEqual([43, 'GIF89a']);

    const [open, ...others] = await heard();
    expect(others).toEqual([]);
    expect(open).toEqual({
      ...{ _id: expect.stringMatching(/^emv_[0-9a-f]{24}$/), emailId, state: 'received' },
      ...{ at: expect.any(Date), receivedAt: open?.at },
      news: { kind: 'opened', userAgent: iPhone, ip: '127.0.0.1', flags: [] },
    });
    expect(open?.at.getTime()).toBeGreaterThanOrEqual(before);
    await until(() => gateway.starts.length > 0);
    expect(gateway.starts).toEqual([['emailEvent', open?._id]]);
  });

  test('each loading is an open of its own, and is counted', async () => {
    const before = Number(await metric('esx_email_events_total{kind="opened",status="accepted"}'));
    await ask(openPath());
    await ask(openPath());
    expect(await heard()).toHaveLength(2);
    expect(Number(await metric('esx_email_events_total{kind="opened",status="accepted"}'))).toBe(before + 2);
  });

  test('a name of any length is cut, and none at all is said so', async () => {
    await ask(openPath(), { headers: { 'user-agent': 'x'.repeat(5_000) } });
    await ask(openPath(), { headers: { 'user-agent': '' } });
    const news = (await heard()).map((event) => event.news);
    expect(news).toMatchObject([
      { userAgent: 'x'.repeat(500), flags: [] },
      { userAgent: '', flags: ['no-user-agent'] },
    ]);
  });

  test('a thousand at once are all kept, in few groups', async () => {
    // Nothing is committed meanwhile, so that what comes has to gather.
    gateway.worker.isHeld = true;
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async () => {
        const response = await ask(openPath());
        await response.arrayBuffer();
        return response.status;
      }),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(await heard()).toHaveLength(1_000);
    gateway.worker.isHeld = false;
    await until(() => gateway.starts.flat().length === 1_000 + gateway.starts.length);
    expect(gateway.starts.length).toBeLessThan(15);
    expect(new Set(gateway.starts.map(([type]) => type))).toEqual(new Set(['emailEvent']));
    expect(new Set(gateway.starts.flatMap(([, ...keys]) => keys)).size).toBe(1_000);
  });
});

describe('a link', () => {
  const url = 'https://acmecorp.com/blog/whats-new-april?utm_source=newsletter&q=a%20b#part';

  test('leads on, and is a click', async () => {
    const response = await ask(clickPath(url));
    expect([response.status, response.headers.get('location'), await response.text()]).toEqual([302, url, '']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(await heard()).toMatchObject([
      { emailId, news: { kind: 'clicked', url, userAgent: iPhone, ip: '127.0.0.1', flags: [] } },
    ]);
  });

  test.each([
    ['https://exämple.com/ä?q=☃', 'https://xn--exmple-cua.com/%C3%A4?q=%E2%98%83'],
    ['http://example.com', 'http://example.com/'],
    ['https://example.com/a\r\nSet-Cookie: x=1', 'https://example.com/aSet-Cookie:%20x=1'],
  ])('%j is a header that is nothing but a destination', async (given, location) => {
    const response = await ask(clickPath(given));
    expect([response.status, response.headers.get('location'), response.headers.get('set-cookie')]).toEqual([
      ...[302, location, null],
    ]);
  });

  test.each([
    'javascript:alert(1)',
    'data:text/html,hi',
    'mailto:a@example.com',
    '//evil.example',
    '/local',
    'ftp://a',
    '',
  ])('to %j leads nowhere, though it is signed', async (given) => {
    const response = await ask(clickPath(given));
    expect([response.status, response.headers.get('location')]).toEqual([404, null]);
    expect(await heard()).toEqual([]);
  });

  test('names a scanner and a proxy, and hides neither', async () => {
    await ask(clickPath(url), { headers: { 'user-agent': 'Barracuda Sentinel (EE)' } });
    await ask(clickPath(url), { headers: { 'sec-purpose': 'prefetch;prerender' } });
    expect((await heard()).map((event) => event.news)).toMatchObject([
      { kind: 'clicked', flags: ['scanner'] },
      { kind: 'clicked', flags: ['prefetch'] },
    ]);
  });
});

describe('HEAD', () => {
  test('is answered alike and tells nothing', async () => {
    const pixel = await ask(openPath(), { method: 'HEAD' });
    const link = await ask(clickPath('https://example.com/'), { method: 'HEAD' });
    const page = await ask(unsubscribePath(), { method: 'HEAD' });
    expect([pixel.status, pixel.headers.get('content-length'), link.status, link.headers.get('location')]).toEqual([
      ...[200, '43', 302, 'https://example.com/'],
    ]);
    expect(page.status).toBe(200);
    expect(await heard()).toEqual([]);
  });
});

describe('what was not signed here, or for another purpose', () => {
  const evil = 'https://evil.example/';
  /** Every place of the token with another character in it. */
  function altered(token: string): string[] {
    return [...token].map((character, at) => {
      const other = character === 'A' ? 'B' : 'A';
      return `${token.slice(0, at)}${other}${token.slice(at + 1)}`;
    });
  }
  async function expectRefused(path: string, init: RequestInit = {}): Promise<void> {
    const response = await ask(path, init);
    const text = await response.text();
    expect({ path, status: response.status, location: response.headers.get('location') }).toEqual({
      ...{ path, status: 404, location: null },
    });
    expect(text).not.toMatch(/evil|href|http/i);
  }
  const refuseAll = async (paths: string[], init: RequestInit = {}): Promise<void> => {
    for (const path of paths) await expectRefused(path, init);
    expect(await heard()).toEqual([]);
  };

  test('altered at any place', async () => {
    const { links } = gateway;
    await refuseAll([
      ...altered(links.click(emailId, evil)).map((token) => `/t/c/${token}`),
      ...altered(links.open(emailId)).map((token) => `/t/o/${token}`),
    ]);
    await refuseAll(
      altered(links.unsubscribe(emailId)).map((token) => `/u/${token}`),
      { method: 'POST', body: 'List-Unsubscribe=One-Click' },
    );
  });

  test('another destination under a signature that was given for one', async () => {
    const [, signature] = gateway.links.click(emailId, 'https://example.com/').split('.');
    const [payload] = gateway.links.click(emailId, evil).split('.');
    await refuseAll([`/t/c/${payload}.${signature}`, `/t/c/${payload}.`, `/t/c/${payload}`]);
  });

  test('by another key', async () => {
    const foreign = createLinkSigner('another key');
    await refuseAll([`/t/c/${foreign.click(emailId, evil)}`, `/t/o/${foreign.open(emailId)}`]);
    await refuseAll([`/u/${foreign.unsubscribe(emailId)}`], { method: 'POST' });
  });

  test('for another purpose', async () => {
    const { links } = gateway;
    const tokens = {
      open: links.open(emailId),
      click: links.click(emailId, evil),
      unsubscribe: links.unsubscribe(emailId),
      confirm: links.confirm(newId('signup')),
      returnPath: links.returnPath(emailId),
    };
    const { open, click, unsubscribe, confirm, returnPath } = tokens;
    await refuseAll([click, unsubscribe, confirm, returnPath].map((token) => `/t/o/${token}`));
    await refuseAll([open, unsubscribe, confirm, returnPath].map((token) => `/t/c/${token}`));
    await refuseAll(
      [open, click, confirm, returnPath].map((token) => `/u/${token}`),
      { method: 'POST', body: 'List-Unsubscribe=One-Click' },
    );
  });

  test('tokens that are none', async () => {
    const long = 'A'.repeat(8_000);
    await refuseAll([
      '/t/c/x',
      '/t/c/.',
      '/t/c/..%2f..',
      `/t/c/${long}.${long}`,
      '/t/o/.gif',
      `/t/c/${encodeURIComponent(evil)}`,
    ]);
    await refuseAll([`/t/c/x?url=${evil}`, `/t/c/x?u=${evil}&redirect=${evil}`]);
    for (const path of ['/t/c/', `/t/c/${evil}`, `/t/c//evil.example`, '/t/c/%E0%A4%A']) {
      const response = await ask(path);
      expect([path, response.status >= 400 && response.status < 500, response.headers.get('location')]).toEqual([
        ...[path, true, null],
      ]);
    }
  });
});

describe('unsubscribing', () => {
  const oneClick = 'List-Unsubscribe=One-Click';
  const post = (init: RequestInit = {}): Promise<Response> => ask(unsubscribePath(), { method: 'POST', ...init });
  const methods = async (): Promise<unknown[]> => (await heard()).map((event) => event.news);

  test('a GET shows a page with a button, and changes nothing', async () => {
    const response = await ask(unsubscribePath());
    const html = await response.text();
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(html).toContain('<html lang="en">');
    expect(html).toMatch(/<form method="post"><button type="submit">Unsubscribe<\/button><\/form>/);
    expect(html).not.toMatch(/<script|src=|href=|action=/);
    expect(await heard()).toEqual([]);
  });

  test('its button posts the form of the page: by link', async () => {
    const response = await post({ body: new URLSearchParams() });
    expect([response.status, response.headers.get('location'), response.headers.get('set-cookie')]).toEqual([
      ...[200, null, null],
    ]);
    expect(await response.text()).toContain('You are unsubscribed');
    expect(await methods()).toEqual([{ kind: 'unsubscribed', method: 'link' }]);
  });

  test('urlencoded, by one click', async () => {
    const response = await post({
      body: oneClick,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    });
    expect([response.status, response.headers.get('location'), response.headers.get('set-cookie')]).toEqual([
      ...[200, null, null],
    ]);
    expect(await methods()).toEqual([{ kind: 'unsubscribed', method: 'one-click' }]);
  });

  test('multipart, by one click', async () => {
    const body = new FormData();
    body.set('List-Unsubscribe', 'One-Click');
    expect((await post({ body })).status).toBe(200);
    expect(await methods()).toEqual([{ kind: 'unsubscribed', method: 'one-click' }]);
  });

  test('multipart, as RFC 8058 shows it', async () => {
    const body = [
      ...['---FormBoundaryjWmhtjORrn', 'Content-Disposition: form-data; name="List-Unsubscribe"', '', 'One-Click'],
      ...['---FormBoundaryjWmhtjORrn--', ''],
    ].join('\r\n');
    await post({ body, headers: { 'content-type': 'multipart/form-data; boundary=-FormBoundaryjWmhtjORrn' } });
    expect(await methods()).toEqual([{ kind: 'unsubscribed', method: 'one-click' }]);
  });

  test.each([
    ['nothing', '', 'application/x-www-form-urlencoded'],
    ['another value', 'List-Unsubscribe=No', 'application/x-www-form-urlencoded'],
    ['a multipart body without its boundary', 'List-Unsubscribe=One-Click', 'multipart/form-data'],
    ['a multipart body that is cut off', '--x\r\nContent-Disposition: form-data', 'multipart/form-data; boundary=x'],
    ['JSON', '{"List-Unsubscribe":"One-Click"}', 'application/json'],
    ['bytes', '\u0000\u0001', 'application/octet-stream'],
  ])('with %s, by link', async (_name, body, contentType) => {
    expect((await post({ body, headers: { 'content-type': contentType } })).status).toBe(200);
    expect(await methods()).toEqual([{ kind: 'unsubscribed', method: 'link' }]);
  });

  test('again and again, with the same answer', async () => {
    const answers = [];
    for (let count = 0; count < 3; count++) {
      const response = await post({ body: oneClick, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
      answers.push([response.status, await response.text()]);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  test('a body of more than 10 KB is not read', async () => {
    const response = await post({ body: 'x'.repeat(11_000) });
    expect([response.status, response.headers.get('content-type')]).toEqual([413, 'text/html; charset=utf-8']);
    expect(await heard()).toEqual([]);
  });
});

describe('who calls', () => {
  const ips = async (from: TestGateway): Promise<unknown[]> =>
    (await heard(from)).map(({ news }) => (news.kind === 'opened' ? news.ip : undefined));

  test('is the peer, whatever a header says, while no proxy is trusted', async () => {
    await ask(openPath(), { headers: { 'x-forwarded-for': '203.0.113.42' } });
    expect(await ips(gateway)).toEqual(['127.0.0.1']);
  });

  test('is whom the trusted proxy names, and no more than the last of them', async () => {
    const behind = await startTestGateway({ trustProxy: 1 });
    try {
      const path = `/t/o/${behind.links.open(emailId)}`;
      await ask(path, { headers: { 'x-forwarded-for': '10.9.9.9, 203.0.113.42' } }, behind);
      await ask(path, { headers: { 'x-forwarded-for': '::ffff:203.0.113.43' } }, behind);
      await ask(path, { headers: { 'x-forwarded-for': '<script>' } }, behind);
      expect(await ips(behind)).toEqual(['203.0.113.42', '203.0.113.43', '127.0.0.1']);
    } finally {
      await behind.stop();
    }
  });
});

test('while Temporal is away the visitor is led on, and what was heard waits in the inbox', async () => {
  gateway.temporal.isAway = true;
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => ask(clickPath('https://example.com/'))));
  expect(answers.map(({ status }) => status)).toEqual([302, 302, 302, 302, 302]);
  expect((await heard()).map(({ state }) => state)).toEqual(Array(5).fill('received'));
});

describe('more than can be stored', () => {
  afterEach(() => jest.restoreAllMocks());

  test('the visitor is led on at once; unsubscribing is put off', async () => {
    const before = Number((await metric('esx_email_events_lost_total{kind="clicked"}')) ?? 0);
    jest.spyOn(gateway.stores.emailEvents, 'insert').mockRejectedValue(new OverloadedError('too many wait'));
    expect((await ask(clickPath('https://example.com/'))).status).toBe(302);
    expect(Number(await metric('esx_email_events_lost_total{kind="clicked"}'))).toBe(before + 1);
    const response = await ask(unsubscribePath(), { method: 'POST' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30']);
    expect(await response.text()).toContain('Please try again');
  });
});

describe('while MongoDB', () => {
  const url = 'https://example.com/away';
  /** A gateway of its own over a MongoDB that the test does something to. */
  async function withOwnMongod(
    work: (own: Awaited<ReturnType<typeof startOwnMongod>>, away: TestGateway) => Promise<void>,
  ): Promise<void> {
    const own = await startOwnMongod();
    const away = await startTestGateway({ mongoUri: own.uri });
    try {
      await work(own, away);
    } finally {
      await away.stop();
      await own.stop();
    }
  }
  async function timed(from: TestGateway): Promise<{ status: number; location: string | null; ms: number }> {
    const startedMs = performance.now();
    const response = await ask(`/t/c/${from.links.click(emailId, url)}`, {}, from);
    const ms = performance.now() - startedMs;
    return { status: response.status, location: response.headers.get('location'), ms };
  }

  test('is stopped, the visitor is led on in about a second, and the loss is told', async () => {
    await withOwnMongod(async (own, away) => {
      await own.kill();
      const { status, location, ms } = await timed(away);
      expect([status, location]).toEqual([302, url]);
      expect(ms).toBeLessThan(3_500);
      const pixel = await ask(`/t/o/${away.links.open(emailId)}`, {}, away);
      expect(pixel.status).toBe(200);
      const unsubscribed = await ask(`/u/${away.links.unsubscribe(emailId)}`, { method: 'POST' }, away);
      expect([unsubscribed.status, unsubscribed.headers.get('retry-after')]).toEqual([503, '30']);

      const lost = async (): Promise<string[]> =>
        (await away.metrics.registry.metrics())
          .split('\n')
          .filter((line) => line.startsWith('esx_email_events_lost_total{'));
      await until(async () => (await lost()).length === 2);
      expect((await lost()).sort()).toEqual([
        'esx_email_events_lost_total{kind="clicked"} 1',
        'esx_email_events_lost_total{kind="opened"} 1',
      ]);
      const lines = away.logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'tracking.lost');
      expect(lines.map(({ kind, emailId: named }) => [kind, named]).sort()).toEqual([
        ['clicked', emailId],
        ['opened', emailId],
      ]);
    });
  });

  test('answers late, the visitor is not kept waiting, and nothing is lost', async () => {
    await withOwnMongod(async (own, away) => {
      const goOn = own.hang();
      try {
        const { status, ms } = await timed(away);
        expect([status, ms > 900, ms < 3_500]).toEqual([302, true, true]);
      } finally {
        goOn();
      }
      await until(async () => (await heard(away)).length === 1);
      expect(await away.metrics.registry.metrics()).not.toContain('esx_email_events_lost_total{');
    });
  });
});
