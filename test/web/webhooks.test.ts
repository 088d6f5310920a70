import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Locator } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { eventually } from '../e2e/support/processes';
import { startDashboard, type Dashboard } from './support/dashboard';

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>';

let dashboard: Dashboard;
/** A receiver that answers as it is told, with a body of ill will. */
let receiver: Server;
let receiverUrl = '';
const answer = { status: 500 };
const taken: { headers: Record<string, string>; body: string }[] = [];
beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
      taken.push({ headers: Object.fromEntries(headers), body: Buffer.concat(chunks).toString() });
      response.writeHead(answer.status, { 'content-type': 'text/html' }).end(hostile);
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const address = receiver.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  receiverUrl = `http://127.0.0.1:${address.port}/hook`;
  dashboard = await startDashboard({ WEBHOOK_RETRY_SCHEDULE: '1s,1s' });
  await dashboard.system.untilReady();
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

const button = (name: string | RegExp, within: Locator | Dashboard['page'] = dashboard.page): Locator =>
  within.getByRole('button', { name });
const field = (name: string): Locator => dashboard.page.getByRole('textbox', { name, exact: true });
const text = (wanted: string | RegExp): Promise<void> => dashboard.page.getByText(wanted).first().waitFor();
const secretShown = async (): Promise<string> =>
  (await dashboard.page.getByLabel('signing secret', { exact: true }).textContent()) ?? '';

let id = '';
let secret = '';
const openEndpoint = (tab = ''): Promise<void> => dashboard.open(`/settings/webhooks/${id}/${tab}`, hostile);
const stored = async () => (await dashboard.system.call('GET', `/api/v1/webhooks/${id}`)).json;

test('adding a webhook to a receiver that fails shows the ping’s result at once, and the secret once', async () => {
  const { page } = dashboard;
  await dashboard.open('/settings/webhooks', 'Webhooks');
  await text('No webhooks yet');
  await button('Add webhook').first().click();
  await button('Add and ping').click();
  await text('Enter the https URL that takes the webhooks');
  await field('URL').fill('http://10.0.0.1/hook');
  await button('Add and ping').click();
  await text(/must be|https|private|public/);
  await field('URL').fill(receiverUrl);
  await field('Description').fill(hostile);
  await page.getByRole('checkbox', { name: 'All nine' }).click();
  await page.getByRole('checkbox', { name: 'contact.created' }).click();
  await button('Add a header').click();
  await field('Name of header 1').fill('X-Hostile');
  await field('Value of header 1').fill(hostile);
  expect(await dashboard.accessibility()).toEqual([]);
  await button('Add and ping').click();

  await text(/^Test ping: 500 after/);
  await page.getByRole('region', { name: 'Answer of the endpoint' }).getByText(hostile).waitFor();
  secret = await secretShown();
  expect(secret).toMatch(/^whsec_/);
  const ping = taken[0] ?? { headers: {}, body: '' };
  expect(ping.headers['x-hostile']).toBe(hostile);
  expect(() => new Webhook(secret).verify(ping.body, ping.headers)).not.toThrow();
  expect(await dashboard.accessibility()).toEqual([]);
  await page.getByRole('link', { name: 'Open the webhook' }).click();
  await page.waitForURL(/\/settings\/webhooks\/whe_\w+\/verify$/);
  id = /whe_\w+/.exec(page.url())?.[0] ?? '';
  expect(await stored()).toMatchObject({ events: ['contact.created'], headers: { 'X-Hostile': '***' } });
  expect(await page.content()).not.toContain(secret);
});

test('the code that verifies stands there in four languages', async () => {
  const { page } = dashboard;
  await openEndpoint('verify');
  for (const [language, part] of [
    ['Node.js', 'timingSafeEqual'],
    ['Python', 'hmac.compare_digest'],
    ['Go', 'hmac.Equal'],
    ['PHP', 'hash_equals'],
  ] as const) {
    await page.getByRole('radiogroup', { name: 'Language' }).getByText(language).click();
    await page
      .getByRole('region', { name: `${language} code` })
      .getByText(part)
      .waitFor();
  }
  expect(await dashboard.accessibility()).toEqual([]);
});

test('deliveries that fail make it failing, with the reason; the overview draws them', async () => {
  const { page, system } = dashboard;
  await system.identify('ada@example.com');
  await eventually('a failed delivery', async () => {
    const { json } = await system.call('GET', `/api/v1/webhook-deliveries?endpointId=${id}&status=failed`);
    return json.data.length === 1;
  });
  await dashboard.open('/settings/webhooks', 'Webhooks');
  const row = page.getByRole('row').filter({ hasText: receiverUrl });
  await row.getByText('failing').waitFor();
  await row.getByText('100 %').waitFor();
  await row.getByText(hostile).waitFor();
  await row.getByRole('img', { name: '1 deliveries in the last 24 hours' }).waitFor();
  expect(await dashboard.accessibility()).toEqual([]);
  await openEndpoint();
  await text('The last delivery failed with the status 500.');
  await page.getByRole('img', { name: 'Deliveries of each hour' }).waitFor();
  expect(await dashboard.accessibility()).toEqual([]);
});

test('paused it holds what comes; resumed it sends it', async () => {
  const { page, system } = dashboard;
  answer.status = 200;
  await openEndpoint();
  await button('Pause').click();
  await button('Resume').waitFor();
  await text('It was paused by hand');
  await system.identify('grace@example.com');
  await eventually('a held delivery', async () => {
    const { json } = await system.call('GET', `/api/v1/webhook-deliveries?endpointId=${id}&status=held`);
    return json.data.length === 1;
  });
  await button('Resume').click();
  await button('Pause').waitFor();
  await eventually('the delivery of what was held', () => taken.some(({ body }) => body.includes('grace@example.com')));
  await page.getByRole('link', { name: 'Its deliveries' }).waitFor();
});

test('recovering counts first, and then sends again what has failed', async () => {
  const { page, system } = dashboard;
  answer.status = 200;
  await openEndpoint('recover');
  await text(/^One delivery has failed since/);
  expect(await dashboard.accessibility()).toEqual([]);
  await button('Send 1 again').click();
  await text('1 of 1 queued; the recovery is over.');
  await eventually('the delivery of what had failed', async () => {
    const { json } = await system.call('GET', `/api/v1/webhook-deliveries?endpointId=${id}&status=failed`);
    return json.data.length === 0;
  });
  await page.getByRole('progressbar', { name: 'Progress of the recovery' }).waitFor();
});

test('a test sends a sample of any event', async () => {
  const { page } = dashboard;
  answer.status = 200;
  await openEndpoint('test');
  await page.getByRole('combobox', { name: 'Event' }).click();
  await page.getByRole('option', { name: 'email.bounced' }).click();
  await button('Send test').click();
  await text(/^Test ping: 200 after/);
  expect(JSON.parse(taken.at(-1)?.body ?? '')).toMatchObject({ event: 'email.bounced' });
  expect(await dashboard.accessibility()).toEqual([]);
});

test('settings keep the masked header, and show what the server refuses at its field', async () => {
  const { page } = dashboard;
  answer.status = 200;
  await openEndpoint('settings');
  expect(await field('Value of header 1').inputValue()).toBe('***');
  expect(await field('Description').inputValue()).toBe(hostile);
  await page.getByRole('checkbox', { name: 'contact.updated' }).click();
  await button('Add a header').click();
  await field('Name of header 2').fill('webhook-id');
  await button('Save').click();
  await text('is set by us and cannot be replaced');
  await button('Remove header 2').click();
  await button('Save').click();
  await text('The webhook is saved.');
  expect(await stored()).toMatchObject({ events: ['contact.created', 'contact.updated'] });
  await dashboard.system.call('POST', `/api/v1/webhooks/${id}/test`);
  expect(taken.at(-1)?.headers['x-hostile']).toBe(hostile);
  expect(await dashboard.accessibility()).toEqual([]);
});

test('a rotated secret is shown once; both sign during the overlap', async () => {
  answer.status = 200;
  await openEndpoint();
  await button('Rotate secret').click();
  await text(/separated by a space/);
  await button('Make a new secret').click();
  const rotated = await secretShown();
  expect(rotated).not.toBe(secret);
  await text(/each webhook carries two signatures/);
  expect(await dashboard.accessibility()).toEqual([]);
  await dashboard.system.call('POST', `/api/v1/webhooks/${id}/test`);
  const last = taken.at(-1) ?? { headers: {}, body: '' };
  for (const each of [secret, rotated]) expect(() => new Webhook(each).verify(last.body, last.headers)).not.toThrow();
  await button('I have copied it').click();
  await text('Two secrets sign at the moment');
});

test('a phone sees all of it without going over the edge; deleted it is gone', async () => {
  const { page } = dashboard;
  await page.setViewportSize({ width: 360, height: 740 });
  for (const tab of ['overview', 'settings', 'test', 'verify', 'recover']) {
    await openEndpoint(tab);
    const isWithin = await page.evaluate('document.documentElement.scrollWidth <= innerWidth');
    expect([tab, isWithin]).toEqual([tab, true]);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await openEndpoint();
  await button('Delete').click();
  await button('Delete webhook').click();
  await page.waitForURL(/\/settings\/webhooks$/);
  await text('No webhooks yet');
});
