import { brotliCompressSync } from 'node:zlib';
import type { Page, Response } from 'playwright-core';
import { eventually } from '../e2e/support/processes';
import { startDashboard, type Dashboard } from './support/dashboard';

const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>';

let dashboard: Dashboard;
let page: Page;
beforeAll(async () => {
  dashboard = await startDashboard();
  page = dashboard.page;
  await dashboard.system.untilReady();
}, 120_000);
afterAll(() => dashboard.close());
afterEach(() => {
  expect(dashboard.faults).toEqual([]);
});

const send = async (event: object): Promise<void> => {
  const { status, json } = await dashboard.system.call('POST', '/api/segment/track', event);
  if (status !== 202) throw new Error(JSON.stringify(json));
};
const track = (messageId: string, event: string, userId = 'morgan') => ({ type: 'track', messageId, userId, event });
const done = (messageId: string) =>
  eventually(`${messageId} to be worked off`, async () => {
    const { json } = await dashboard.system.call('GET', `/api/v1/events/${messageId}`);
    return json.state === 'done';
  });
const row = (name: string) => page.getByRole('row').filter({ hasText: name });
const isWide = () => page.evaluate('document.documentElement.scrollWidth > innerWidth');

/** What the page loads of documents, scripts and styles, as the browser sees it. */
function watchFiles() {
  const files: Response[] = [];
  const note = (response: Response): void => {
    if (['document', 'script', 'stylesheet'].includes(response.request().resourceType())) files.push(response);
  };
  page.on('response', note);
  return { files, stop: () => void page.off('response', note) };
}
/** What has come over the wire. A build without the compressed files beside it is compressed here as they are. */
async function sizeOf(files: Response[]): Promise<number> {
  const sizes = await Promise.all(
    files.map(async (file) => {
      const encoding = await file.headerValue('content-encoding');
      if (encoding !== null) return (await file.request().sizes()).responseBodySize;
      return brotliCompressSync(await file.body()).length;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('before anything has come', () => {
  test('the overview says what to do first, and its code is under 300 KB on the way', async () => {
    const { files, stop } = watchFiles();
    await dashboard.open('/', 'Overview');
    await page.getByRole('heading', { name: 'First steps' }).waitFor();
    const bytes = await sizeOf(files);
    stop();
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(300_000);

    for (const step of ['Send a first identify', 'Activate an automation', 'Add a webhook endpoint']) {
      const item = page.getByRole('listitem').filter({ hasText: step });
      await item.getByLabel('Not done').waitFor();
    }
    expect(await page.getByText('Nothing is failing').isVisible()).toBe(true);
    expect(await dashboard.accessibility()).toEqual([]);
  });

  test.each([
    ['/events', 'Events', 'Nothing has come yet'],
    ['/rejections', 'Rejections', 'Nothing was refused'],
    ['/why', 'Why?', 'Ask for a contact'],
  ])('%s says what to do first', async (path, heading, text) => {
    await dashboard.open(path, heading);
    await page.getByText(text).waitFor();
    expect(await dashboard.accessibility()).toEqual([]);
  });
});

describe('events', () => {
  test('appear live as they come, with what became of them', async () => {
    await dashboard.system.call('POST', '/api/v1/automations', {
      ...{ name: 'After a purchase', status: 'active', steps: [{ type: 'end' }] },
      trigger: { type: 'CUSTOM_EVENT', eventName: 'Purchase Completed' },
    });
    await dashboard.open('/events', 'Events');
    await page.getByText('Nothing has come yet').waitFor();
    await page.evaluate('window.isSamePage = true');
    await dashboard.system.identify('morgan@acme.com');
    await row('identify').getByText('created', { exact: true }).waitFor();
    await send(track('t-1', 'Purchase Complete'));
    await row('Purchase Complete').getByText('did you mean "purchase_completed"?').waitFor();
    await send(track('t-2', 'Purchase Completed'));
    await row('Purchase Completed').getByText('started After a purchase').waitFor();
    expect(await page.evaluate('window.isSamePage')).toBe(true);
    expect(await dashboard.accessibility()).toEqual([]);
  });

  test('wait while the list is paused, and are counted', async () => {
    await page.getByLabel('Live').click({ force: true });
    await send(track('t-3', 'Paused For'));
    await page.getByText('1 new since you paused').waitFor();
    expect(await row('Paused For').count()).toBe(0);
    await page.getByRole('button', { name: 'Show them' }).click();
    await row('Paused For').waitFor();
    expect(await page.getByText('new since you paused').count()).toBe(0);
  });

  test('are filtered, with the filters in the URL', async () => {
    await page.getByLabel('Type').selectOption('identify');
    await page.waitForURL(/type=identify/);
    await eventually('tracks to be gone', async () => (await row('Paused For').count()) === 0);
    await page.getByLabel('Type').selectOption('track');
    await page.getByLabel('Event name').fill('purchase_completed');
    await page.getByLabel('Event name').press('Enter');
    await page.waitForURL(/event=purchase_completed/);
    await eventually('other names to be gone', async () => (await row('Paused For').count()) === 0);
    await row('Purchase Completed').waitFor();
    await page.getByLabel('Status').selectOption('failed');
    await page.getByText('Nothing matches').waitFor();
    await page.reload();
    await page.getByText('Nothing matches').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).first().click();
    await row('Paused For').waitFor();
  });

  test('have a trace that says why an automation did not start', async () => {
    await dashboard.open('/events/t-1', 'Purchase Complete');
    await page.getByText('did you mean "purchase_completed"?').waitFor();
    await page.getByText('is matched as purchase_complete').waitFor();
    expect(await page.getByRole('region', { name: 'payload' }).innerText()).toContain('"messageId": "t-1"');
    expect(await dashboard.accessibility()).toEqual([]);
    await dashboard.open('/events/t-2', 'Purchase Completed');
    await page.getByText('Automation After a purchase', { exact: true }).waitFor();
    await dashboard.open('/events/id-morgan@acme.com', 'identify');
    await page.getByText('No endpoint listens to contact.created.').waitFor();
  });
});

test('a refused message is mended, sent again, and leads to its trace', async () => {
  await dashboard.open('/rejections', 'Rejections');
  const refused = await dashboard.system.call('POST', '/api/segment/track', track('m-1', ''));
  expect(refused.status).toBe(400);
  await page.getByRole('link', { name: /name of its event/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Refused message' }).waitFor();
  expect(await dashboard.accessibility()).toEqual([]);
  const field = page.getByLabel('The mended event');
  await field.fill('{ "type": "track", ');
  await page.getByText('This is not JSON').waitFor();
  await field.fill(JSON.stringify(track('m-1', '')));
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByText(/send it mended/).waitFor();
  await field.fill(JSON.stringify(track('m-1', 'Purchase Completed')));
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByText('It was accepted.').waitFor();
  await page.getByRole('link', { name: 'Look at its trace' }).click();
  await page.getByText('Automation After a purchase', { exact: true }).waitFor();
});

test('the page "Why?" answers in words, for silence and for what another page asks', async () => {
  await dashboard.open('/why', 'Why?');
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByText('Fill in at least one of the four').waitFor();
  await page.getByLabel('Contact').fill('nobody@acme.com');
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByText('No identify has come for nobody@acme.com').waitFor();
  await page.waitForURL(/contact=nobody/);
  await page.getByLabel('Contact').fill('morgan@acme.com');
  await page.getByLabel('Event name').fill('Purchase Complete');
  await page.getByLabel('Automation').selectOption({ label: 'After a purchase' });
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByText('"After a purchase" did not start: name "purchase_complete" is not').waitFor();
  expect(await dashboard.accessibility()).toEqual([]);
  await dashboard.open('/events/t-1', 'Purchase Complete');
  await page.getByRole('link', { name: 'Why?', exact: true }).last().click();
  await page.getByText('No automation listens to "purchase_complete".').waitFor();
});

test('the overview shows live what fails, and draws what came', async () => {
  await dashboard.open('/?range=1h', 'Overview');
  await page.getByText('Nothing is failing').waitFor();
  const endpointId = await dashboard.system.addEndpoint('/status/500');
  await dashboard.system.identify('ada@acme.com');
  await page.getByRole('link', { name: '1 retrying' }).waitFor();
  await page.getByText('500 × 1').waitFor();
  expect(await page.getByRole('link', { name: '1 retrying' }).getAttribute('href')).toContain(endpointId);
  await page.getByText(/next attempt in 0:\d\d/).waitFor();
  await page.getByRole('img', { name: /^Events: \d+ received/ }).waitFor();
  await page.getByRole('radiogroup', { name: 'Range' }).getByText('7 d').click();
  await page.waitForURL(/range=7d/);
  await page.getByText(/the last 7 days, updated/).waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // Anew, so that no colour is on its way to another.
    await dashboard.open('/?range=1h', 'Overview');
    await page.getByRole('img', { name: /^Events: \d+ received/ }).waitFor();
    expect({ colorScheme, findings: await dashboard.accessibility() }).toEqual({ colorScheme, findings: [] });
  }
  await page.emulateMedia({ colorScheme: 'light' });
});

test('what comes from outside is shown as text, on every page', async () => {
  await dashboard.system.call('POST', '/api/segment/track', {
    ...{ type: 'identify', messageId: 'h-1', userId: 'eve' },
    traits: { email: 'eve@acme.com', firstName: hostile, [hostile]: hostile },
  });
  await send(track('h-2', hostile, 'eve'));
  await dashboard.system.call('POST', '/api/segment/track', { type: hostile, messageId: 'h-3' });
  await Promise.all([done('h-1'), done('h-2')]);
  await dashboard.open('/events', 'Events');
  await row(hostile).first().waitFor();
  await dashboard.open('/events/h-1', 'identify');
  await page.getByText(`metadata.${hostile}`).first().waitFor();
  await dashboard.open('/events/h-2', hostile);
  await dashboard.open('/rejections', 'Rejections');
  await page.getByRole('link', { name: /type must be one of/ }).click();
  await page.getByRole('region', { name: 'what came' }).getByText(hostile).waitFor();
  await dashboard.open(`/why?${new URLSearchParams({ event: hostile, contact: hostile }).toString()}`, 'Why?');
  await page.getByText(`No identify has come for ${hostile}`).waitFor();
  await dashboard.open('/why?messageId=h-2', 'Why?');
  await page.getByText(`The track "${hostile}" came`).waitFor();
});

test('every page fits on a phone', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const [path, heading] of [
    ['/', 'Overview'],
    ['/events', 'Events'],
    ['/events/h-2', hostile],
    ['/rejections', 'Rejections'],
    ['/why?messageId=h-2', 'Why?'],
  ] as const) {
    await dashboard.open(path, heading);
    await page.waitForLoadState('networkidle').catch(() => undefined);
    expect({ path, isWide: await isWide() }).toEqual({ path, isWide: false });
  }
});
