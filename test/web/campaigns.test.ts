import { eventually } from '../e2e/support/processes';
import { startDashboard, type Dashboard } from './support/dashboard';

/** Runs wherever it is taken for markup or script: in a page of ours it would show as a fault or as the flag. */
const hostile = `"><img src=x onerror="window.hacked=1;alert(1)"><script>window.hacked=1;alert(2)</script>`;
const recipients = 50;

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await startDashboard();
  await dashboard.system.untilReady();
}, 120_000);
afterAll(() => dashboard.close());

const post = async (path: string, body: object): Promise<any> => {
  const { status, json } = await dashboard.system.call('POST', `/api/v1${path}`, body);
  if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`);
  return json;
};
const get = async (path: string): Promise<any> => (await dashboard.system.call('GET', `/api/v1${path}`)).json;

/** Nothing that stands in the data has run, and no serious finding. */
async function expectSound(): Promise<void> {
  const { page } = dashboard;
  expect(await page.evaluate('window.hacked')).toBeUndefined();
  for (const frame of page.frames().slice(1)) {
    expect(await frame.evaluate('window.hacked').catch(() => undefined)).toBeUndefined();
  }
  const sandboxes = `[...document.querySelectorAll('iframe')].map((frame) => frame.getAttribute('sandbox'))`;
  expect(await page.evaluate(`${sandboxes}.filter((rules) => rules !== '')`)).toEqual([]);
  expect(await dashboard.accessibility()).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  expect(dashboard.faults).toEqual([]);
}

test('a template is written with a live preview, its mistakes stand at their line, and a test of it is sent', async () => {
  const { page } = dashboard;
  await dashboard.open('/templates', 'Templates');
  await expectSound();
  await page.getByRole('link', { name: 'Begin with the starter template' }).click();
  await page.getByRole('heading', { level: 1, name: 'New template' }).waitFor();
  const preview = page.frameLocator('iframe[title="Preview of the email"]');
  await preview.getByRole('heading', { name: 'Hello Ada' }).waitFor();
  await page.locator('[data-preview-subject]', { hasText: 'Welcome, Ada' }).waitFor();

  const html = page.getByRole('textbox', { name: 'HTML', exact: true });
  await html.fill('<p>\n  {% if contact.firstName %}\n</p>');
  await page.getByText('line 2, column 3: tag {% if contact.firstName %} not closed', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Go to line 2' }).click();
  expect(await page.evaluate('document.activeElement.selectionStart')).toBe(6);
  // The last one that could be made is still there.
  await preview.getByRole('heading', { name: 'Hello Ada' }).waitFor();

  await html.fill(`<p>Dear {{ contact.firstName }}</p>${hostile}<p>the end</p>`);
  await preview.getByText('the end').waitFor();
  await page.getByText('No unsubscribe link of your own').waitFor();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Spring ${hostile}`);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { level: 1, name: /Spring/ }).waitFor();
  await expectSound();

  await page.getByText('Phone', { exact: true }).click();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByLabel('To', { exact: true }).fill('author@example.com');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByText('The test is queued.').waitFor();
  await expectSound();
  await page.getByRole('link', { name: 'See what becomes of it' }).click();
  await page.getByText('Accepted by the server').waitFor();
  await expectSound();
}, 60_000);

test('a campaign is written, sent and watched; what its readers do comes up in its results', async () => {
  const { page, system } = dashboard;
  const list = await post('/lists', { name: `Readers ${hostile}`.slice(0, 100) });
  await Promise.all(
    Array.from({ length: recipients }, (_each, row) =>
      post('/contacts', { email: `reader${row}@example.com`, firstName: hostile, listIds: [list.id] }),
    ),
  );
  await post('/suppressions', { email: 'reader0@example.com' });

  await dashboard.open('/campaigns', 'Campaigns');
  await expectSound();
  await page.getByRole('link', { name: 'New campaign' }).first().click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`April ${hostile}`);
  await page.getByPlaceholder('Choose one or more').click();
  await page.getByRole('option', { name: /Readers/ }).click();
  await page.locator('[data-audience]', { hasText: '49 people' }).waitFor();
  await page.getByText('1 left out: 1 suppressed').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('textbox', { name: 'Subject', exact: true }).fill('News for {{ contact.firstName }}');
  await page
    .getByRole('textbox', { name: 'HTML', exact: true })
    .fill(`<p>${hostile}</p><a href="https://example.com/news">the news</a><p>{{ contact.email }}</p>`);
  await page.getByLabel('Emails a second, at most').fill('10');
  await page.frameLocator('iframe').getByText('ada@example.com').waitFor();
  await expectSound();

  await page.getByRole('button', { name: 'Send…' }).click();
  const question = page.getByRole('dialog', { name: 'Send this campaign?' });
  await question.getByText('49 people').waitFor();
  await question.getByRole('button', { name: 'Send it now' }).click();
  await page.waitForURL(/\/campaigns\/cmp_/);
  await page.locator('[data-progress]', { hasText: 'of 50 worked off' }).waitFor();
  await page.getByText(/a minute/).waitFor();
  await expectSound();
  await page.getByText('sent', { exact: true }).first().waitFor({ timeout: 30_000 });
  await page.locator('[data-progress]', { hasText: '50 of 50 worked off' }).waitFor();
  const campaignId = new URL(page.url()).pathname.split('/').at(-1) ?? '';

  await dashboard.open('/mailbox?to=reader7@example.com', 'Mailbox');
  await page.getByRole('link', { name: /News for/ }).click();
  await page.frameLocator('iframe[title="The mail"]').getByText('the news').waitFor();
  await expectSound();
  await page.getByRole('tab', { name: 'Source' }).click();
  await page.getByText('List-Unsubscribe-Post').waitFor();

  const [mail] = (await get('/mailbox?to=reader7@example.com')).data;
  const { html } = await get(`/mailbox/${mail.id}`);
  const link = (kind: string): string => new RegExp(`"(http://[^"]*/${kind}/[^"]*)"`).exec(html)?.[1] ?? '';
  expect((await fetch(link('t/c'), { redirect: 'manual' })).headers.get('location')).toBe('https://example.com/news');
  expect((await fetch(link('u'), { method: 'POST', body: 'List-Unsubscribe=One-Click' })).status).toBeLessThan(300);
  await eventually('the results', async () => {
    const { counts } = await get(`/campaigns/${campaignId}`);
    return counts.opened === 1 && counts.clicked === 1 && counts.unsubscribed === 1;
  });

  await dashboard.open(`/campaigns/${campaignId}`, /April/);
  const figure = (outcome: string) => page.locator(`[data-figure="${outcome}"]`);
  await figure('opened').getByText('1 opens').waitFor();
  await page.getByText('https://example.com/news').waitFor();
  await page.getByRole('img', { name: '1 emails opened and 1 clicked for the first time, over time' }).waitFor();
  await expectSound();
  await figure('unsubscribed').click();
  await page.getByRole('region', { name: 'Recipients' }).getByText('reader7@example.com').waitFor();
  await figure('skipped').click();
  await page.getByText('1: the address is suppressed: manual').waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download CSV' }).click();
  expect((await download).suggestedFilename()).toBe(`${campaignId}-skipped.csv`);

  await page.getByRole('link', { name: 'reader0@example.com' }).click();
  await page.getByText('Skipped, on purpose').waitFor();
  await expectSound();
  expect(await system.db.collection('emails').countDocuments({ campaignId, status: 'delivered' })).toBe(49);
}, 90_000);

test('a scheduled campaign is held, gone on with and given up, each after a question', async () => {
  const { page } = dashboard;
  const list = await post('/lists', { name: 'Later' });
  const content = { subject: 'Later', html: '<p>Later</p>', listIds: [list.id] };
  const { id } = await post('/campaigns', { name: 'Later', ...content });
  await dashboard.open(`/campaigns/${id}`, 'Later');
  await page.getByLabel('At a time').check();
  await page.getByLabel('Begins at').fill('2099-01-01T10:00');
  await page.getByRole('button', { name: 'Schedule…' }).click();
  await page.getByRole('dialog').getByText('Nobody would get it at the moment.').waitFor();
  await page.getByRole('button', { name: 'Schedule it' }).click();
  await page.getByText('Until then it can be changed').waitFor();
  expect(await get(`/campaigns/${id}`)).toMatchObject({ status: 'scheduled', scheduledAt: '2099-01-01T10:00:00.000Z' });
  await expectSound();

  const act = async (button: string, answer: string): Promise<void> => {
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: answer, exact: true }).click();
  };
  await act('Pause', 'Pause');
  await page.getByText('paused', { exact: true }).waitFor();
  await act('Resume', 'Resume');
  await page.getByText('Until then it can be changed').waitFor();
  await act('Cancel', 'Cancel the campaign');
  await page.getByText('cancelled', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Duplicate' }).click();
  await page.getByRole('heading', { level: 1, name: 'New campaign' }).waitFor();
  expect(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue()).toBe('Later (copy)');
  await expectSound();
}, 60_000);

test('the log shows every email by what became of it, on a phone too, in the light and in the dark', async () => {
  const { page } = dashboard;
  await dashboard.open('/emails?outcome=skipped', 'Emails');
  await page.getByRole('link', { name: 'reader0@example.com' }).waitFor();
  expect(await page.getByRole('link', { name: 'reader1@example.com' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('link', { name: 'reader1@example.com' }).waitFor();
  await page.setViewportSize({ width: 360, height: 740 });
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [path, heading] of [
      ['/emails', 'Emails'],
      ['/templates', 'Templates'],
      ['/campaigns', 'Campaigns'],
      ['/campaigns/new', 'New campaign'],
      ['/mailbox', 'Mailbox'],
    ] as const) {
      await dashboard.open(path, heading);
      await page.waitForLoadState('networkidle');
      await expectSound();
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}, 90_000);
