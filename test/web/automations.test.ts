import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import { eventually } from '../e2e/support/processes';
import { startDashboard, type Dashboard } from './support/dashboard';

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>';

let dashboard: Dashboard;
let listId = '';
beforeAll(async () => {
  dashboard = await startDashboard();
  await dashboard.system.untilReady();
}, 180_000);
afterAll(() => dashboard.close());
afterEach(async () => {
  expect(dashboard.faults).toEqual([]);
  expect(await dashboard.page.locator('img[src="x"]').count()).toBe(0);
});

const open = (path: string, heading: string): Promise<void> => dashboard.open(path, heading);
const button = (name: string | RegExp): Locator => dashboard.page.getByRole('button', { name });
const field = (name: string): Locator => dashboard.page.getByRole('textbox', { name, exact: true });
const text = (wanted: string | RegExp): Promise<void> => dashboard.page.getByText(wanted).first().waitFor();
const step = (number: string): Locator => dashboard.page.getByRole('group', { name: new RegExp(`^Step ${number}:`) });
const post = async (path: string, body: object) => {
  const answer = await dashboard.system.call('POST', path, body);
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.json));
  return answer.json;
};
const track = (event: string, userId: string, properties: object = {}) =>
  post('/api/segment/track', { type: 'track', messageId: `${event}-${userId}`, userId, event, properties });

let id = '';

test('an empty workspace says what to do first', async () => {
  const { accessibility, page } = dashboard;
  await open('/automations', 'Automations');
  await text('No automations yet');
  expect(await accessibility()).toEqual([]);
  await page.getByRole('link', { name: 'Start from “Welcome”' }).click();
  await page.getByRole('heading', { level: 1, name: 'New automation' }).waitFor();
  await eventually('the template', async () => (await field('Name').inputValue()) === 'Welcome');
  // There is no template yet, and a step that needs one says so.
  await step('1').getByText('must be the id of a template').waitFor();
  await step('2 else 1').getByText('must be the id of a template').waitFor();
  expect(await accessibility()).toEqual([]);
});

test('a flow is built by clicks and by keyboard, with what is wrong shown while typing', async () => {
  const { page, system, accessibility } = dashboard;
  listId = (await post('/api/v1/lists', { name: `Buyers ${hostile}` })).id;
  await open('/automations/new', 'New automation');
  await field('Name').fill('After a purchase');
  await page.getByRole('combobox', { name: 'Starts with the event' }).fill('Purchase Completed');

  await button('Add a step at the start').click();
  await page.getByRole('menuitem', { name: /^Wait for minutes/ }).click();
  await field('Wait for').fill('soon');
  await step('1').getByText('must be a duration such as').waitFor();
  await field('Wait for').fill('1s');
  await step('1').getByText('must be a duration such as').waitFor({ state: 'detached' });

  // By keyboard alone: to the plus, into its menu, down to "Add to list".
  await button('Add a step after step 1').focus();
  await page.keyboard.press('Enter');
  const choice = page.getByRole('menuitem', { name: /^Add to list/ });
  await choice.waitFor();
  await eventually('the choice to have the focus', async () => {
    if (/^Add to list/.test(String(await page.evaluate('document.activeElement.textContent')))) return true;
    await page.keyboard.press('ArrowDown');
    return false;
  });
  await page.keyboard.press('Enter');
  await step('2').getByText(hostile).first().waitFor();

  await button('Add a step after step 2').click();
  await page.getByRole('menuitem', { name: /^Webhook/ }).click();
  await field('URL').fill('http://10.0.0.1/hook');
  await step('3')
    .getByText(/https|public|private/)
    .first()
    .waitFor();
  await field('URL').fill(`${system.receiver.url}/fail`);
  await step('3')
    .getByText(/not public|private|must be/)
    .waitFor({ state: 'detached' });
  expect(await accessibility()).toEqual([]);

  // A step that is deleted comes back, and goes where it is moved.
  await button('Delete step 2').click();
  await step('3').waitFor({ state: 'detached' });
  await button('Undo the deletion').click();
  await step('3').waitFor();
  await button('Move step 3 up').click();
  await page.getByRole('group', { name: 'Step 2: Webhook' }).waitFor();
  await button('Undo').first().click();
  await page.getByRole('group', { name: 'Step 3: Webhook' }).waitFor();

  await button('Save and activate').click();
  await page.waitForURL(/\/automations\/aut_\w+$/);
  id = /aut_\w+/.exec(page.url())?.[0] ?? '';
  await page.getByRole('heading', { level: 1, name: 'After a purchase' }).waitFor();
  const saved = (await system.call('GET', `/api/v1/automations/${id}`)).json;
  expect(saved).toMatchObject({
    ...{ status: 'active', version: 1, eventKey: 'purchase_completed' },
    steps: [
      { type: 'wait', duration: '1s' },
      { type: 'addToList', listId },
      { type: 'webhook', url: `${system.receiver.url}/fail` },
    ],
  });
});

test('a track starts a run, which shows on the flow, in the list and on a page of its own', async () => {
  const { page, system, accessibility } = dashboard;
  await system.identify('ada@example.com', { traits: { email: 'ada@example.com', firstName: hostile } });
  await track('purchaseCompleted', 'ada', { item: hostile });
  await open(`/automations/${id}`, 'After a purchase');
  // The receiver fails, so the run stays at the webhook.
  const here = step('3').getByRole('link', { name: '1 here' });
  await here.waitFor({ timeout: 30_000 });
  await text('1 inside now');
  expect(await accessibility()).toEqual([]);
  await here.click();
  await text('at step 3 of version 1 now');
  await page.getByRole('row').nth(1).getByText('running').waitFor();
  expect(await accessibility()).toEqual([]);
  await page.getByRole('row').nth(1).getByRole('link').click();
  await page.getByRole('heading', { level: 1, name: 'Run of After a purchase' }).waitFor();
  await text('Wait: 1s');
  await text(`Add to list: Buyers ${hostile}`);
  await text('At step 3 now');
  await text(`Webhook: ${system.receiver.url}/fail`);
  expect(await accessibility()).toEqual([]);
  await open('/automations', 'Automations');
  const row = page.getByRole('row').filter({ hasText: 'After a purchase' });
  await row.getByText('active').waitFor();
  expect(await row.getByRole('cell').nth(3).textContent()).toBe('1');
  expect(await accessibility()).toEqual([]);
});

test('a simulation plays the flow over time with a received event, and is saved as a test', async () => {
  const { page, accessibility } = dashboard;
  await open(`/automations/${id}?tab=simulate`, 'After a purchase');
  await page.getByRole('combobox', { name: 'Like one that came in' }).click();
  await page.getByRole('option', { name: /^purchaseCompleted/ }).click();
  await page.waitForFunction(
    "[...document.querySelectorAll('textarea')].some(({ value }) => value.includes('onerror'))",
  );
  await field('Calls of each webhook that fail first').fill('2');
  await field('The contact unsubscribes after').fill('1x');
  await button('Play').click();
  await text('assume.contactUnsubscribesAfter: must be a duration');
  await field('The contact unsubscribes after').fill('');
  await button('Play').click();
  await text('The event would start a run.');
  await text('attempt 1 of 6 would fail; the next one comes in 30s');
  await text('attempt 3 of 6 would be answered with 200');
  await text('the run ends: no step is left');
  await text('+2 min 31 s');
  expect(await accessibility()).toEqual([]);
  const [download] = await Promise.all([page.waitForEvent('download'), button('Save as test').click()]);
  const fixture = JSON.parse(await readFile(await download.path(), 'utf8'));
  expect(fixture.request.properties).toEqual({ item: hostile });
  const { timeline } = await post('/api/v1/automations/simulate', fixture.request);
  expect(timeline).toEqual(fixture.expected.timeline);
});

test('runs keep their version when it is edited, and a pause says what it does', async () => {
  const { page, system, accessibility } = dashboard;
  await open(`/automations/${id}`, 'After a purchase');
  await step('1').getByRole('button', { expanded: false }).click();
  await field('Wait for').fill('2d');
  await text('not saved yet');
  await button('Save').click();
  await text('1 run on version 1, latest is 2.');
  await button('Show version 1').click();
  const older = page.getByRole('dialog', { name: 'Version 1' });
  await older.getByRole('group', { name: 'Step 3: Webhook' }).getByText('1 here').waitFor();
  expect(await accessibility()).toEqual([]);
  await page.keyboard.press('Escape');
  await older.waitFor({ state: 'detached' });

  await button('Pause').click();
  await text(/1 inside keep their place/);
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await button('Activate').waitFor();
  await text('Events start nothing meanwhile');
  expect(await accessibility()).toEqual([]);
  expect((await system.call('GET', `/api/v1/automations/${id}`)).json).toMatchObject({ status: 'paused', version: 2 });
});

test('what comes from outside is text, and branches fit a phone', async () => {
  const { page, accessibility } = dashboard;
  const condition = { field: `properties.${hostile.replaceAll('.', '')}`, op: 'equals', value: hostile };
  const made = await post('/api/v1/automations', {
    name: hostile,
    trigger: { type: 'CUSTOM_EVENT', eventName: hostile, filter: condition },
    steps: [
      { type: 'condition', if: condition, then: [{ type: 'updateContact', traits: { [hostile]: hostile } }] },
      { type: 'end' },
    ],
  });
  await track(hostile, 'ada');
  await page.setViewportSize({ width: 360, height: 740 });
  await open('/automations', 'Automations');
  await text(hostile);
  await open(`/automations/${made.id}`, hostile);
  await step('1 then 1').getByRole('button', { expanded: false }).click();
  await field('Name of trait 1').waitFor();
  expect(await field('Name of trait 1').inputValue()).toBe(hostile);
  expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
  expect(await accessibility()).toEqual([]);
  await open(`/automations/${made.id}?tab=simulate`, hostile);
  await button('Play').click();
  await text(/would start nothing/);
  expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
  await page.setViewportSize({ width: 1280, height: 900 });
});

test('a page with changes is not left without asking', async () => {
  const { page } = dashboard;
  await open(`/automations/${id}`, 'After a purchase');
  await field('Name').fill('Another name');
  await page.getByRole('link', { name: '← Automations' }).click();
  await page
    .getByRole('dialog', { name: 'Leave without saving?' })
    .getByRole('button', { name: 'Keep as it is' })
    .click();
  expect(await field('Name').inputValue()).toBe('Another name');
  await page.getByRole('link', { name: '← Automations' }).click();
  await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Leave' }).click();
  await page.getByRole('heading', { level: 1, name: 'Automations' }).waitFor();
});
