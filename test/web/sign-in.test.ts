import type { Browser, BrowserContext, Page } from 'playwright-core';
import { eventually } from '../e2e/support/processes';
import { startSystem, type System } from '../e2e/support/system';
import { testMongoUri, testTemporalAddress } from '../support/engines';
import { accessibilityFindings, launchChromium, watchFaults } from './support/browser';
import { clipboard, newContext } from './support/dashboard';

const ada = { name: 'Ada Lovelace', email: 'ada@acme.com', password: 'a password of Ada' };
const bob = { name: 'Bob', email: 'bob@acme.com', password: 'a password of Bob' };

let system: System;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const faults: string[][] = [];
beforeAll(async () => {
  [system, browser] = await Promise.all([
    startSystem({ mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() }),
    launchChromium(),
  ]);
  [context, page] = await visitor();
}, 180_000);
afterAll(async () => {
  await browser.close();
  await system.stop();
});
afterEach(() => expect(faults.flat()).toEqual([]));

async function visitor(): Promise<[BrowserContext, Page]> {
  const opened = await newContext(browser, system);
  const first = await opened.newPage();
  faults.push(watchFaults(first));
  return [opened, first];
}
const heading = (name: string | RegExp, on = page) => on.getByRole('heading', { level: 1, name }).waitFor();
async function signIn(who: { email: string; password: string }, on = page): Promise<void> {
  await on.getByLabel('Email').fill(who.email);
  await on.getByLabel('Password', { exact: true }).fill(who.password);
  await on.getByRole('button', { name: 'Sign in' }).click();
}
const isSignedIn = (who: { name: string }, on = page) =>
  on.getByRole('button', { name: who.name, exact: true }).waitFor();

test('the link that the first start prints makes the owner, who sees the workspace id', async () => {
  const link = await eventually('the link', () => /Become the owner: (\S+)/.exec(system.gateway().output())?.[1]);
  await page.goto(link);
  await heading('Become the owner');
  expect(await accessibilityFindings(page)).toEqual([]);

  await page.getByRole('button', { name: 'Create the owner' }).click();
  await page.getByText('Give at least 12 characters').waitFor();
  await page.getByLabel('Your name').fill(ada.name);
  await page.getByLabel('Email').fill(ada.email);
  await page.getByLabel('Password', { exact: true }).fill(ada.password);
  await page.getByRole('button', { name: 'Create the owner' }).click();
  await isSignedIn(ada);
  expect(new URL(page.url()).pathname).toBe('/');

  await page.goto('/settings/general');
  const { json } = await system.call('GET', '/api/v1/workspace');
  await page.getByText(json.id).first().waitFor();
  await page.getByRole('button', { name: /copy workspace id/i }).click();
  await eventually('the clipboard', async () => (await clipboard(page)) === json.id);

  await page.goto(link);
  await heading('This link does not hold');
  expect(await accessibilityFindings(page)).toEqual([]);
  expect(
    system
      .gateway()
      .output()
      .match(/"level".*join/),
  ).toBeNull();
});

test('signing out and in again leads back to the page that was asked for', async () => {
  await page.goto('/');
  await page.getByRole('button', { name: ada.name, exact: true }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await heading('Sign in');
  await page.goto('/settings/people?tab=x');
  await heading('Sign in');
  expect(await accessibilityFindings(page)).toEqual([]);

  await signIn({ ...ada, password: 'not her password' });
  await page.getByRole('alert').getByText('do not belong together').waitFor();
  expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('');
  expect(await accessibilityFindings(page)).toEqual([]);
  await signIn(ada);
  await heading('People');
  expect(page.url()).toBe(`${system.url}/settings/people?tab=x`);

  // Whoever is signed in is led on, and never to another site.
  await page.goto('/login?next=//evil.example/x');
  await isSignedIn(ada);
  expect(page.url()).toBe(`${system.url}/`);
});

test('a colleague is invited, joins, and sees what only owners may do', async () => {
  await page.goto('/settings/people');
  await heading('People');
  await page.getByRole('button', { name: 'Invite somebody' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Email').fill(ada.email);
  await dialog.getByRole('button', { name: 'Make the invitation' }).click();
  await dialog.getByText('can sign in already').waitFor();
  await dialog.getByLabel('Email').fill(bob.email);
  await dialog.getByRole('button', { name: 'Make the invitation' }).click();
  const link = await dialog.getByLabel('invitation link', { exact: true }).innerText();
  expect(await accessibilityFindings(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('table', { name: 'Invitations' }).getByText(bob.email).waitFor();
  expect(await accessibilityFindings(page)).toEqual([]);

  const [, theirs] = await visitor();
  await theirs.goto(link);
  await heading('Join My workspace', theirs);
  expect(await theirs.getByLabel('Email').inputValue()).toBe(bob.email);
  await theirs.getByLabel('Your name').fill(bob.name);
  await theirs.getByLabel('Password', { exact: true }).fill(bob.password);
  await theirs.getByRole('button', { name: 'Join' }).click();
  await isSignedIn(bob, theirs);

  await theirs.goto('/settings/people');
  await theirs.getByRole('table', { name: 'People' }).getByText(bob.email).waitFor();
  const invite = theirs.getByRole('button', { name: 'Invite somebody' });
  expect(await invite.getAttribute('aria-disabled')).toBe('true');
  await invite.focus();
  await theirs.getByRole('tooltip').getByText(`Ask ${ada.name}`).waitFor();
  expect(await theirs.getByRole('combobox').count()).toBe(0);
  expect(await accessibilityFindings(theirs)).toEqual([]);
  await theirs.goto('/settings/api');
  const create = theirs.getByRole('button', { name: 'Create a key' }).first();
  await create.waitFor();
  expect(await create.getAttribute('aria-disabled')).toBe('true');

  await page.reload();
  await page.getByRole('combobox', { name: `Role of ${bob.name}` }).selectOption('owner');
  await page.getByText('Bob is an owner now.').waitFor();
  await theirs.goto('/settings/people');
  await eventually('the new role', async () => (await invite.getAttribute('aria-disabled')) === null);

  await page.getByRole('button', { name: `Remove ${bob.name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('Bob is removed and signed out.').waitFor();
  await theirs.goto('/contacts');
  await heading('Sign in', theirs);
});

test('the account: a name, and a password that ends other sessions', async () => {
  const [, other] = await visitor();
  await other.goto('/login');
  await signIn(ada, other);
  await isSignedIn(ada, other);

  await page.goto('/account');
  await heading('My account');
  expect(await accessibilityFindings(page)).toEqual([]);
  await page.getByLabel('Your name').fill('Ada King');
  await page.getByRole('button', { name: 'Save name' }).click();
  await isSignedIn({ name: 'Ada King' });

  await page.getByLabel('Current password').fill('not hers');
  await page.getByLabel('New password').fill('another password');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('is not your current password').waitFor();
  await page.getByLabel('Current password').fill(ada.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Your password is changed').waitFor();
  await page.reload();
  await heading('My account');
  await other.goto('/contacts');
  await heading('Sign in', other);
  expect((await context.cookies()).every(({ httpOnly, sameSite }) => httpOnly && sameSite === 'Strict')).toBe(true);
});
