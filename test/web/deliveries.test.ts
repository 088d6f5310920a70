import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Locator, Page } from 'playwright-core';
import { webhookEventTypes } from '../../domain/webhook-events';
import { eventually } from '../e2e/support/processes';
import { accessibilityFindings, watchFaults } from './support/browser';
import { clipboard, startDashboard, type Dashboard } from './support/dashboard';

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
let dashboard: Dashboard;
/** A receiver that answers as it is told, with a body and headers of ill will. */
let receiver: Server;
let receiverUrl = '';
const answer = { status: 500 };
interface Taken {
  headers: Record<string, string>;
  body: string;
}
const taken: Taken[] = [];
let endpointId = '';
let secret = '';
beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
      taken.push({ headers: Object.fromEntries(headers), body: Buffer.concat(chunks).toString() });
      response.writeHead(answer.status, { 'x-hostile': hostile, 'set-cookie': 'session=s3cret' }).end(hostile);
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const address = receiver.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  receiverUrl = `http://127.0.0.1:${address.port}/hook?token=t0ken`;
  dashboard = await startDashboard({ WEBHOOK_RETRY_SCHEDULE: '4s,1h,1h,1h,1h' });
  await dashboard.system.untilReady();
  const { json } = await dashboard.system.call('POST', '/api/v1/webhooks', {
    ...{ url: receiverUrl, description: hostile, events: ['contact.created'], headers: { 'X-Hostile': hostile } },
  });
  endpointId = json.id;
  secret = json.secret;
}, 180_000);
afterAll(async () => {
  await dashboard.close();
  receiver.closeAllConnections();
  receiver.close();
});
afterEach(async () => {
  expect(dashboard.faults).toEqual([]);
  expect(await dashboard.page.locator('img[src="x"]').count()).toBe(0);
});

const button = (name: string | RegExp, within: Locator | Page = dashboard.page): Locator =>
  within.getByRole('button', { name });
const slots = (): Locator => dashboard.page.getByRole('list', { name: 'Slots of the timeline' }).getByRole('listitem');
const rows = (): Locator => dashboard.page.getByRole('table', { name: 'Deliveries' }).locator('tbody tr');
const isWithin = () => dashboard.page.evaluate('document.documentElement.scrollWidth <= innerWidth');
const identify = (email: string, traits: object = {}) =>
  dashboard.system.identify(email, { traits: { email, ...traits } });
let deliveryId = '';

test('a delivery appears in the log without a reload, and goes on by itself', async () => {
  const { page } = dashboard;
  await dashboard.open('/deliveries', 'Deliveries');
  await page.getByText('No deliveries yet').waitFor();
  await page.evaluate('window.isSame = true');
  await identify('ada@example.com', { firstName: hostile });
  await rows().getByText('retrying').waitFor();
  await rows()
    .getByText(/^in 0:0\d$/)
    .waitFor();
  expect(await dashboard.accessibility()).toEqual([]);
  await rows().getByRole('link', { name: 'contact.created' }).click();
  await page.getByRole('heading', { level: 1, name: `contact.created → ${hostile}` }).waitFor();
  deliveryId = /dlv_\w+/.exec(page.url())?.[0] ?? '';
});

test('its timeline is drawn: the countdown ticks, attempts appear, and the rest of the schedule stands there', async () => {
  const { page } = dashboard;
  await eventually('the second attempt', async () => (await slots().nth(1).textContent())?.includes('failed · 500'));
  const countdown = slots().nth(2).locator('[data-countdown]');
  const before = await countdown.textContent();
  expect(before).toMatch(/^in (59:\d\d|1:00:00)$/);
  await eventually('a tick', async () => (await countdown.textContent()) !== before);
  const texts = await slots().allTextContents();
  expect(texts[0]).toMatch(/^1 · failed · 500at onceplanned \d\d:\d\d:\d\d\.\d{3}sent \d\d:\d\d:\d\d\.\d{3} \(\+/);
  expect(texts[1]).toMatch(/^2 · failed · 5004 s after 1planned .*sent .* \(\+/);
  expect(texts.slice(2).map((text) => /^\d · (next|to come)/.exec(text)?.[1])).toEqual([
    ...['next', 'to come', 'to come', 'to come'],
  ]);
  expect(await page.evaluate('window.isSame')).toBe(true);
  expect(await dashboard.accessibility()).toEqual([]);
});

test('request and response are shown as text, whatever is in them, and can be copied as cURL', async () => {
  const { page } = dashboard;
  await page.getByRole('region', { name: 'response body of attempt 2' }).getByText(hostile).waitFor();
  const headers = await page.getByRole('region', { name: 'response headers of attempt 2' }).textContent();
  expect(headers).toContain(`x-hostile: ${hostile}`);
  expect(headers).toContain('set-cookie: ***');
  await button(/^Attempt 1/).click();
  await page.getByRole('tab', { name: 'Request' }).click();
  const sent = await page.getByRole('region', { name: 'request headers of attempt 1' }).textContent();
  expect(sent).toContain('X-Hostile: ***');
  expect(sent).toContain(
    `webhook-timestamp: ${taken.find(({ body }) => body.includes('ada@'))?.headers['webhook-timestamp']}`,
  );
  await button('Copy as cURL').click();
  expect(await clipboard(page)).toContain(`curl -i -X POST '${receiverUrl}'`);
  await page
    .getByRole('region', { name: 'payload', exact: true })
    .getByText(JSON.stringify(hostile).slice(1, -1))
    .waitFor();
  expect(await dashboard.accessibility()).toEqual([]);
});

test('attempted now it is said to be queued, and then seen to be delivered', async () => {
  const { page } = dashboard;
  answer.status = 200;
  await button('Attempt now').click();
  await page.getByText(/^Queued\. An attempt was asked for/).waitFor();
  await eventually('the third attempt', async () => (await slots().nth(2).textContent())?.includes('delivered · 200'));
  expect(await slots().nth(2).textContent()).toContain('by hand');
  expect(await slots().nth(3).textContent()).toContain('not made');
  await button('Deliver again').waitFor();
  expect(await button('Cancel').first().getAttribute('aria-disabled')).toBe('true');
});

test('a link shows it to somebody without an account, who finds out what is wrong with a signature', async () => {
  const { page } = dashboard;
  await button('Share').click();
  await button('Make a link').click();
  const link = (await page.getByText(/\/shared\/[\w-]{43}$/).textContent()) ?? '';
  expect(await dashboard.accessibility()).toEqual([]);

  const context = await dashboard.stranger();
  const visitor = await context.newPage();
  const faults = watchFaults(visitor);
  await visitor.goto(new URL(link).pathname);
  await visitor.getByRole('heading', { level: 1, name: 'Delivery of contact.created' }).waitFor();
  await visitor
    .getByRole('region', { name: 'masked payload' })
    .getByText('"contactEmail": "xxx@xxxxxxx.xxx"')
    .waitFor();
  const shown = await visitor.content();
  for (const hidden of ['ada@example.com', 't0ken', secret, 's3cret']) expect(shown).not.toContain(hidden);

  const first = taken.find(({ body }) => body.includes('ada@')) ?? { headers: {}, body: '' };
  const form = {
    'Signing secret': secret,
    'Body, raw as it arrived': first.body,
    'webhook-id': first.headers['webhook-id'] ?? '',
    'webhook-timestamp': first.headers['webhook-timestamp'] ?? '',
    'webhook-signature': first.headers['webhook-signature'] ?? '',
    'What your server’s clock showed then': new Date().toISOString(),
  };
  const clockOff = new Date(Number(first.headers['webhook-timestamp']) * 1_000 + 540_000).toISOString();
  const faultsOf: [Partial<typeof form>, string | RegExp][] = [
    [{}, 'Nothing wrong was found'],
    [{ 'Signing secret': `whsec_${Buffer.alloc(32, 7).toString('base64')}` }, 'Wrong: Secret, webhook-signature'],
    [{ 'Body, raw as it arrived': JSON.stringify(JSON.parse(first.body), null, 1) }, /The same JSON written anew/],
    [{ 'webhook-id': 'evt_1' }, 'This is the id of another webhook'],
    [{ 'webhook-timestamp': '1700000000' }, 'No attempt was sent then'],
    [{ 'What your server’s clock showed then': clockOff }, 'Your clock was 9 min ahead'],
  ];
  for (const [change, words] of faultsOf) {
    for (const [label, value] of Object.entries({ ...form, ...change })) {
      await visitor.getByLabel(label, { exact: true }).fill(value);
    }
    await button('Check', visitor).click();
    await visitor.getByRole('status').getByText(words).waitFor();
  }
  expect(await accessibilityFindings(visitor)).toEqual([]);
  await visitor.setViewportSize({ width: 360, height: 740 });
  expect(await visitor.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);

  await button('Revoke').click();
  await page.getByText(/\/shared\//).waitFor({ state: 'detached' });
  await visitor.reload();
  await visitor.getByText('This link has expired or was revoked').waitFor();
  expect([faults, await visitor.locator('img[src="x"]').count()]).toEqual([[], 0]);
  await context.close();
});

test('while it is paused new deliveries wait behind a number; many are chosen and retriggered at once', async () => {
  const { page, system } = dashboard;
  answer.status = 500;
  await dashboard.open('/deliveries?status=retrying', 'Deliveries');
  await page.getByText('Nothing matches').waitFor();
  await page.getByRole('switch', { name: 'Live' }).click({ force: true });
  for (const name of ['bea', 'cleo', 'dora']) await identify(`${name}@example.com`);
  await button('3 new').click();
  await eventually('three rows', async () => (await rows().count()) === 3);
  await page
    .getByRole('checkbox', { name: /^Select contact\.created/ })
    .first()
    .check();
  await button('Choose all 3 of this list').click();
  await page.getByText('3 deliveries are chosen').waitFor();
  expect(await dashboard.accessibility()).toEqual([]);
  answer.status = 200;
  await button('Retrigger', page.getByRole('region', { name: 'Chosen deliveries' })).click();
  await button('Retrigger (3)').click();
  await page.getByText('3 queued').waitFor();
  await eventually('all to be delivered', async () => {
    const { json } = await system.call('GET', '/api/v1/webhook-deliveries?status=delivered');
    return json.data.length === 4;
  });
  await button('Clear filters').first().click();
  await eventually('four rows', async () => (await rows().getByText('delivered', { exact: true }).count()) === 4);
});

test('the keys j, k and r go through the log', async () => {
  const { page } = dashboard;
  await dashboard.open('/deliveries', 'Deliveries');
  await rows().first().waitFor();
  const focused = () => page.evaluate('document.activeElement?.getAttribute("data-delivery")');
  const ids: any = await page.evaluate(
    '[...document.querySelectorAll("[data-delivery]")].map((link) => link.getAttribute("data-delivery"))',
  );
  await page.keyboard.press('j');
  expect(await focused()).toBe(ids[0]);
  await page.keyboard.press('j');
  expect(await focused()).toBe(ids[1]);
  await page.keyboard.press('k');
  const before = taken.length;
  await page.keyboard.press('r');
  await page.getByText(/^An attempt was asked for/).waitFor();
  await eventually('the attempt', () => taken.length > before);
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`/deliveries/${String(ids[0])}$`));
});

test('what has failed is recovered: the count first, then the progress', async () => {
  const { page, system } = dashboard;
  answer.status = 410;
  await identify('eve@example.com');
  await eventually('a failed delivery', async () => {
    const { json } = await system.call('GET', '/api/v1/webhook-deliveries?status=failed');
    return json.data.length === 1;
  });
  await system.call('PATCH', `/api/v1/webhooks/${endpointId}`, { status: 'active' });
  answer.status = 200;
  await dashboard.open('/deliveries', 'Deliveries');
  await button('Recover failed …').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/^One delivery has failed since/).waitFor();
  expect(await dashboard.accessibility()).toEqual([]);
  await button('Send 1 again', dialog).click();
  await dialog.getByText('1 of 1 queued; the recovery is over.').waitFor();
  await eventually('its delivery', async () => {
    const { json } = await system.call('GET', '/api/v1/webhook-deliveries?status=failed');
    return json.data.length === 0;
  });
});

test('with 100,000 deliveries the log opens, filters and pages, and has only the rows that were loaded', async () => {
  const { page, system } = dashboard;
  const { json } = await system.call('GET', '/api/v1/workspace');
  const at = Date.now() - 86_400_000;
  for (let start = 0; start < 100_000; start += 10_000) {
    await system.db.collection<{ _id: string }>('webhookDeliveries').insertMany(
      Array.from({ length: 10_000 }, (_each, index) => {
        const row = start + index;
        const isFailed = row % 500 === 0;
        return {
          ...{ _id: `dlv_${row.toString(16).padStart(24, '0')}`, workspaceId: json.id, endpointId, round: 1 },
          ...{ eventId: `evt_${row.toString(16).padStart(24, '0')}`, eventType: webhookEventTypes[row % 9] },
          ...{ status: isFailed ? 'failed' : 'delivered', attemptCount: 1, attemptsInRound: 1 },
          ...{ lastStatusCode: isFailed ? 503 : 200, workflowId: 'batch/x' },
          ...{ createdAt: new Date(at + row), updatedAt: new Date(at + row) },
        };
      }),
    );
  }
  const spent = async (work: () => Promise<unknown>): Promise<number> => {
    const startedAtMs = Date.now();
    await work();
    return Date.now() - startedAtMs;
  };
  const times = [
    await spent(async () => {
      await dashboard.open('/deliveries', 'Deliveries');
      await eventually('a page', async () => (await rows().count()) === 50);
    }),
    await spent(async () => {
      await page.getByText('More than 10,000 deliveries').waitFor();
    }),
    await spent(async () => {
      await button('Show more').click();
      await eventually('two pages', async () => (await rows().count()) === 100);
    }),
    await spent(async () => {
      await page.getByRole('combobox', { name: 'Last answer' }).click();
      await page.getByRole('option', { name: /^5xx/ }).click();
      await page.getByText('200 deliveries').waitFor();
      await eventually('failed ones alone', async () => (await rows().getByText('failed').count()) === 50);
    }),
  ];
  // On a busy machine; what they read is bounded in test/mongo/delivery-search.test.ts.
  for (const ms of times) expect(ms).toBeLessThan(8_000);
  expect(page.url()).toContain('answer=5xx');
  await page.setViewportSize({ width: 360, height: 740 });
  await dashboard.open('/deliveries?answer=5xx', 'Deliveries');
  await rows().first().waitFor();
  expect(await isWithin()).toBe(true);
  await dashboard.open(`/deliveries/${deliveryId}`, /^contact\.created/);
  expect(await isWithin()).toBe(true);
  expect(await dashboard.accessibility()).toEqual([]);
});
