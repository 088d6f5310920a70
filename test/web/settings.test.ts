import type { Locator } from 'playwright-core';
import { eventually } from '../e2e/support/processes';
import { clipboard, startDashboard, type Dashboard } from './support/dashboard';

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>';

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await startDashboard();
  await dashboard.system.untilReady();
}, 180_000);
afterAll(() => dashboard.close());
afterEach(async () => {
  expect(dashboard.faults).toEqual([]);
  expect(await dashboard.page.locator('img[src="x"]').count()).toBe(0);
});

const button = (name: string | RegExp, within: Locator | Dashboard['page'] = dashboard.page): Locator =>
  within.getByRole('button', { name });
const field = (name: string): Locator => dashboard.page.getByRole('textbox', { name, exact: true });
const rowOf = (name: string): Locator => dashboard.page.getByRole('row').filter({ hasText: name });

test('General: the workspace id is copied, name and default list are changed, whatever the name holds', async () => {
  const { page, system } = dashboard;
  await system.call('POST', '/api/v1/lists', { name: 'Readers' });
  await dashboard.open('/settings/general', 'General');
  const { json: workspace } = await system.call('GET', '/api/v1/workspace');
  await button('Copy workspace id').click();
  await eventually('the id on the clipboard', async () => (await clipboard(page)) === workspace.id);

  await field('Name').fill(hostile);
  await page.getByRole('combobox', { name: 'Default list' }).click();
  await page.getByRole('option', { name: 'Readers' }).click();
  await button('Save').click();
  await page.getByText('The workspace is saved.').waitFor();
  expect((await system.call('GET', '/api/v1/workspace')).json).toMatchObject({
    ...{ name: hostile, defaultListId: expect.stringMatching(/^lst_/) },
  });
  await dashboard.open('/settings/general', 'General');
  expect(await field('Name').inputValue()).toBe(hostile);
  await page.getByRole('banner').getByText(hostile).waitFor();
  expect(await dashboard.accessibility()).toEqual([]);
});

test('API: a key is shown once; what Segment sends with it makes a contact; revoked it is refused', async () => {
  const { page, system } = dashboard;
  await dashboard.open('/settings/api', 'API');
  await button('Create a key').click();
  await field('Name').fill(hostile);
  await button('Create key').click();
  const key = (await page.getByLabel('API key', { exact: true }).textContent()) ?? '';
  expect(key).toMatch(/^esx_live_\w{36}$/);
  await button('Copy API key').click();
  await eventually('the key on the clipboard', async () => (await clipboard(page)) === key);
  const command = page.getByRole('region', { name: 'curl command' });
  expect(await command.textContent()).toContain(`${system.url}/api/segment/track`);
  expect(await dashboard.accessibility()).toEqual([]);

  const send = (messageId: string) =>
    fetch(`${system.url}/api/segment/track`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'identify', messageId, userId: 'u1', traits: { email: 'ada@example.com' } }),
    });
  expect((await send('by-new-key')).status).toBe(202);
  const trace = await eventually('the contact of the event', async () => {
    const { json } = await system.call('GET', '/api/v1/events/by-new-key');
    return json.state === 'done' ? json : undefined;
  });
  expect((await system.call('GET', `/api/v1/contacts/${trace.contactId}`)).json.email).toBe('ada@example.com');

  await button('I have copied it').click();
  await dashboard.open('/settings/api', 'API');
  expect(await page.content()).not.toContain(key);
  const row = rowOf(key.slice(-4));
  await row.getByText(hostile).waitFor();
  await button(/^Revoke/, row).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke key' }).click();
  await row.getByText('revoked').waitFor();
  expect((await send('after-the-end')).status).toBe(401);
  expect(await dashboard.accessibility()).toEqual([]);
});

test('API: the last key says why it cannot be revoked', async () => {
  const { page } = dashboard;
  await dashboard.open('/settings/api', 'API');
  await button(/^Revoke/).focus();
  await page.getByRole('tooltip').getByText('It is the last key of the workspace').waitFor();
});

test('Integrations: a test identify is followed to its contact', async () => {
  const { page, system } = dashboard;
  await dashboard.open('/settings/integrations', 'Integrations');
  const rudderstack = page.getByRole('region', { name: 'RudderStack', exact: true });
  await rudderstack.getByText('none yet').waitFor();
  await rudderstack.getByText(`${system.url}/api/rudderstack/track`).waitFor();
  await button('Send a test identify', rudderstack).click();
  const contact = rudderstack.getByRole('link', { name: 'Open the contact' });
  await contact.waitFor();
  const id = ((await contact.getAttribute('href')) ?? '').split('/').at(-1) ?? '';
  expect((await system.call('GET', `/api/v1/contacts/${id}`)).json.email).toBe('rudderstack.test@example.com');
  expect(await rudderstack.getByRole('link', { name: 'The whole trace' }).getAttribute('href')).toMatch(
    /^\/events\/esx-test-/,
  );
  await rudderstack.getByText('none yet').waitFor({ state: 'detached' });
  expect(await dashboard.accessibility()).toEqual([]);
});

test('Sending: a domain shows the records to set and what was found of each; providers show their URL', async () => {
  const { page, system } = dashboard;
  await dashboard.open('/settings/sending', 'Sending');
  await field('Domain').fill('not a domain');
  await button('Add domain').click();
  await page.getByText('must be a domain, such as acme.com').waitFor();
  await field('Domain').fill('acme.invalid');
  await button('Add domain').click();
  const domain = page.getByRole('region', { name: 'acme.invalid', exact: true });
  await domain.getByText('esx1._domainkey.acme.invalid').waitFor();
  await domain.getByText('not checked').first().waitFor();
  await button('Copy name of the dkim record', domain).click();
  await eventually('the name', async () => (await clipboard(page)) === 'esx1._domainkey.acme.invalid');
  // What a check finds is another test's matter: here no DNS has to answer.
  const asked = page.waitForRequest((request) => request.url().endsWith('/check') && request.method() === 'POST');
  await button('Check now: acme.invalid').click();
  await asked;
  await system.db.collection('sendingDomains').updateOne(
    { domain: 'acme.invalid' },
    {
      $set: {
        checkedAt: new Date(),
        checks: [
          { kind: 'dkim', found: [], ok: false },
          { kind: 'spf', found: ['v=spf1 mx ~all'], ok: true },
          { kind: 'dmarc', found: [hostile], ok: false },
        ],
      },
    },
  );
  await dashboard.open('/settings/sending', 'Sending');
  for (const [record, found] of [
    ['DKIM', 'not there'],
    ['SPF', 'right'],
    ['DMARC', hostile],
  ] as const) {
    await domain.getByRole('row').filter({ hasText: record }).getByText(found).waitFor();
  }

  await button('Add provider').click();
  await page.getByRole('combobox', { name: 'Provider' }).click();
  await page.getByRole('option', { name: 'Mailgun' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'HTTP webhook signing key' }).fill('short');
  await button('Add provider', dialog).click();
  await dialog.getByText('is too short').waitFor();
  await dialog.getByRole('textbox', { name: 'HTTP webhook signing key' }).fill('key-0123456789abcdef');
  await button('Add provider', dialog).click();
  await dialog.getByText(`${system.url}/inbound/mailgun/`).waitFor();
  await button('Done', dialog).click();
  await rowOf('Mailgun').getByText('active').waitFor();
  expect(await dashboard.accessibility()).toEqual([]);
  await button('Remove Mailgun').click();
  await button('Remove provider').click();
  await page.getByText('No provider yet').waitFor();
});
