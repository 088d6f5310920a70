import { eventually } from '../e2e/support/processes';
import { startDashboard, type Dashboard } from './support/dashboard';

const evil = '"><img src=x onerror=alert(1)><script>alert(2)</script>';

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await startDashboard();
  await dashboard.system.untilReady();
}, 180_000);
afterAll(() => dashboard.close());
afterEach(() => expect(dashboard.faults).toEqual([]));

const call = async (method: string, path: string, body?: unknown) => {
  const answer = await dashboard.system.call(method, `/api/v1${path}`, body);
  if (answer.status >= 400) throw new Error(JSON.stringify(answer.json));
  return answer.json;
};
/** Once no dialog covers the page. */
const noFindings = async (): Promise<void> => {
  await dashboard.page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await dashboard.accessibility()).toEqual([]);
};
const fitsAPhone = async (): Promise<void> => {
  const { page } = dashboard;
  await page.setViewportSize({ width: 360, height: 740 });
  // The frame folds its navigation away in a moment.
  await eventually('no way over the edge', () => page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
  await page.setViewportSize({ width: 1280, height: 900 });
};

test('without people each page says what to do first', async () => {
  const { page } = dashboard;
  for (const [path, heading, words] of [
    ['/contacts', 'Contacts', 'No contacts yet'],
    ['/lists', 'Lists', 'No lists yet'],
    ['/imports', 'Imports', 'No imports yet'],
    ['/forms', 'Forms', 'No forms yet'],
    ['/suppressions', 'Suppressions', 'Nothing is suppressed'],
  ] as const) {
    await dashboard.open(path, heading);
    await page.getByText(words).waitFor();
    await noFindings();
  }
});

test('a CSV is imported: columns are mapped, bad lines are seen before and reported after, progress is shown', async () => {
  const { page } = dashboard;
  await dashboard.open('/lists', 'Lists');
  await page.getByRole('button', { name: 'Add a list' }).first().click();
  await page.getByRole('dialog').getByLabel('Name').fill('Readers');
  await page.getByRole('button', { name: 'Add list' }).click();
  await page.getByRole('link', { name: 'Readers' }).click();
  await page.getByRole('link', { name: 'Import contacts to it' }).click();

  const good = Array.from({ length: 300 }, (_each, index) => `p${index}@example.com;Person ${index};${index}`);
  const lines = [
    'Adresse;Vorname;Nr',
    'nobody;Bad;1',
    `odd@example.com;"${evil.replaceAll('"', '""')}";2`,
    'few@example.com',
    ...good,
  ];
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'readers.csv', mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')) });
  await page.getByText('no column is called email', { exact: false }).first().waitFor();
  const start = page.getByRole('button', { name: 'Start the import' });
  expect(await start.getAttribute('aria-disabled')).toBe('true');

  const become = async (column: string, target: string): Promise<void> => {
    await page.getByRole('combobox', { name: `${column} becomes` }).click();
    await page.getByRole('option', { name: target, exact: true }).click();
  };
  await become('Adresse', 'Email');
  await page.getByText('2 would be refused').waitFor();
  await become('Vorname', 'First name');
  await become('Nr', 'User id');
  const preview = page.getByRole('table', { name: 'Preview of the file' });
  await preview.getByText('refused: the email is no address', { exact: false }).waitFor();
  await preview.getByText('refused: it has 1 cell, and the header has 3').waitFor();
  await preview.getByText(evil).waitFor();
  await noFindings();
  await fitsAPhone();

  await eventually('the start to be allowed', async () => (await start.getAttribute('aria-disabled')) === null);
  await start.click();
  await page.getByRole('heading', { level: 1, name: 'readers.csv' }).waitFor();
  await page.getByText('completed', { exact: true }).waitFor();
  await page.getByText('303 of 303 lines').waitFor();
  await page.getByText('nobody,Bad,1').waitFor();
  // Only with the others around it a line shows that its user id is taken.
  await page.getByText('the userId belongs to another contact').waitFor();
  await noFindings();
  await fitsAPhone();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download all as CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^imp_.*-refused\.csv$/);

  await page.getByRole('link', { name: 'See the contacts' }).click();
  await page.getByRole('heading', { level: 1, name: 'Contacts' }).waitFor();
  await page.getByRole('table', { name: 'Contacts' }).getByText('p299@example.com').waitFor();
  expect((await call('GET', '/lists')).data).toMatchObject([{ name: 'Readers', contactCount: 300 }]);
  expect((await call('GET', '/contacts?userId=7')).data).toMatchObject([{ email: 'p7@example.com' }]);
});

test('people are searched as one types, and the filters stand in the address', async () => {
  const { page } = dashboard;
  await dashboard.open('/contacts', 'Contacts');
  const rows = page.getByRole('table', { name: 'Contacts' }).getByRole('row');
  const search = page.getByRole('searchbox', { name: 'Search' });
  await search.fill('person 12');
  await page.waitForURL(/search=person\+12/);
  // 12, and 120 to 129, below the head.
  await eventually('the matches', async () => (await rows.count()) === 12);
  await search.fill('p17@');
  await eventually('the one match', async () => (await rows.count()) === 2);
  await page.reload();
  await page.getByRole('link', { name: 'p17@example.com' }).waitFor();
  expect(await search.inputValue()).toBe('p17@');
  await page.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'bounced' }).click();
  await page.getByText('Nothing matches').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('link', { name: 'p299@example.com' }).waitFor();
  expect(await search.inputValue()).toBe('');
  await noFindings();
  await fitsAPhone();
});

test('the page of a contact tells what happened, as it happens, and what outsiders wrote is text', async () => {
  const { page, system } = dashboard;
  const list = await call('POST', '/lists', { name: evil });
  await system.call('POST', '/api/segment/track', {
    ...{ type: 'identify', messageId: 'people-1', userId: evil },
    traits: { email: 'hostile@example.com', firstName: evil, lastName: evil, [evil]: evil, nested: { [evil]: [evil] } },
  });
  const [contact] = await eventually('the contact', async () => {
    const found = (await call('GET', '/contacts?email=hostile@example.com')).data;
    return found.length > 0 && found;
  });
  await call('PATCH', `/contacts/${contact.id}`, { listIds: [list.id] });
  await call('POST', '/emails', { to: 'hostile@example.com', subject: `Hello ${evil}`, html: '<p>Hello</p>' });

  await dashboard.open(`/contacts/${contact.id}`, new RegExp('script'));
  const timeline = (kind: string) => page.locator(`[data-kind=${kind}]`);
  await timeline('created').waitFor();
  await timeline('identify').waitFor();
  await timeline('email').getByText(`Email: Hello ${evil}`).waitFor();
  await timeline('delivered').waitFor();

  await system.call('POST', '/api/segment/track', {
    ...{ type: 'track', messageId: 'people-2', userId: evil, event: `Bought ${evil}` },
  });
  await timeline('track').getByText(`Bought ${evil}`).waitFor();

  await page.getByRole('button', { name: 'Edit traits' }).click();
  const editor = page.getByLabel('Traits as JSON');
  await editor.fill('{"plan": ');
  await page.getByRole('button', { name: 'Save traits' }).click();
  await page.getByText('This is not JSON', { exact: false }).waitFor();
  await editor.fill(JSON.stringify({ plan: 'pro', [evil]: { a: evil } }));
  await page.getByRole('button', { name: 'Save traits' }).click();
  await timeline('updated').getByText('plan: nothing → pro').waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await page.getByRole('textbox', { name: 'First name' }).fill('Hedwig');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await timeline('updated').getByText('→ Hedwig', { exact: false }).waitFor();
  expect(await page.locator('main img, main script').count()).toBe(0);
  await noFindings();
  await fitsAPhone();
  for (const path of ['/lists', `/lists/${list.id}`, '/contacts']) {
    await page.goto(path);
    await page
      .getByText(path === '/contacts' ? 'hostile@example.com' : evil)
      .first()
      .waitFor();
    await noFindings();
    await fitsAPhone();
  }
});

test('a person is erased: what goes is named before, and the page shows how far it has come', async () => {
  const { page } = dashboard;
  const contact = await call('POST', '/contacts', { email: 'gone@example.com', firstName: 'Gone' });
  await dashboard.open(`/contacts/${contact.id}`, 'Gone');
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Of gone@example.com these go').waitFor();
  await page.getByRole('button', { name: 'Erase for good' }).click();
  await page.getByText('This person was erased').waitFor();
  await noFindings();
  expect((await call('GET', '/contacts?email=gone@example.com')).data).toEqual([]);
});

test('a form is made, its page works, and it counts who has joined', async () => {
  const { page } = dashboard;
  await dashboard.open('/forms', 'Forms');
  await page.getByRole('link', { name: 'Add a form' }).first().click();
  await page.getByRole('textbox', { name: 'Name' }).first().fill(evil);
  await page.getByRole('button', { name: 'Add a field' }).click();
  await page.getByLabel('Label of field 2').fill(evil);
  await page.getByRole('button', { name: 'Add form' }).click();
  await page.getByText('must be firstName, lastName or metadata.NAME').waitFor();
  await page.getByLabel('Name of the trait').fill(evil);
  await page.getByRole('switch', { name: 'Double opt-in' }).click();
  await noFindings();
  await fitsAPhone();
  await page.getByRole('button', { name: 'Add form' }).click();
  await page.getByRole('heading', { name: 'Use it' }).waitFor();
  await page.getByText('0 joined.').waitFor();
  await page.getByText('<form action=', { exact: false }).waitFor();
  await noFindings();
  await fitsAPhone();

  const [open] = await Promise.all([
    dashboard.context.waitForEvent('page'),
    page.getByRole('link', { name: 'Open it' }).click(),
  ]);
  await open.getByLabel('Email').fill('joined@example.com');
  await open.getByRole('button', { name: 'Sign up' }).click();
  await open.getByText('You are signed up.').waitFor();
  await open.close();
  await page.reload();
  await page.getByText('1 joined.').waitFor();
  expect((await call('GET', '/contacts?email=joined@example.com')).data).toMatchObject([{ source: 'form' }]);
});

test('an address is suppressed, and lifted only after a warning', async () => {
  const { page } = dashboard;
  await dashboard.open('/suppressions', 'Suppressions');
  await page.getByRole('button', { name: 'Suppress an address' }).click();
  await page.getByRole('dialog').getByLabel('Email').fill('nobody');
  await page.getByRole('button', { name: 'Suppress', exact: true }).click();
  await page.getByText('must be one email address', { exact: false }).waitFor();
  await page.getByRole('dialog').getByLabel('Email').fill('no-more@example.com');
  await page.getByRole('button', { name: 'Suppress', exact: true }).click();
  await page.getByRole('table').getByText('no-more@example.com').waitFor();
  await noFindings();
  await fitsAPhone();
  await page.getByRole('button', { name: 'Lift the suppression of no-more@example.com' }).click();
  await page.getByText('Email to no-more@example.com goes out again', { exact: false }).waitFor();
  await page.getByRole('button', { name: 'Lift it' }).click();
  await page.getByText('Nothing is suppressed').waitFor();
});
