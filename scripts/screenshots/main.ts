import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { createReceiver } from '../../src/receiver/server';
import { seed, type Api } from './seed';

/**
 * Draws the pictures of the dashboard in the README: starts the product on a folder of its own, fills it, and takes
 * a screenshot of each page. `npm run screenshots`; needs Chromium: Debian's, or what CHROMIUM_PATH names.
 */
const root = path.join(__dirname, '../../..');
const pictures = path.join(root, 'docs/pictures/dashboard');
const apiKey = 'esx_live_theKeyThatScreenshotsAreMadeBy01';
const owner = { email: 'ada@acme.com', password: 'a password for pictures alone' };

/** What is shown of each page: its name, its path or the name of its path in the seed, and what must be there first. */
const shots: { name: string; at: string; heading: RegExp; isDark?: true; isPhone?: true }[] = [
  { name: 'overview', at: '/', heading: /Overview/ },
  { name: 'deliveries', at: '/deliveries', heading: /Deliver/ },
  { name: 'delivery', at: 'delivery', heading: /./ },
  { name: 'delivery-dark', at: 'delivery', heading: /./, isDark: true },
  { name: 'event', at: 'event', heading: /./ },
  { name: 'why', at: '/why?contact=margaret@example.com&event=Purchase%20Complete', heading: /Why/ },
  { name: 'contact', at: 'contact', heading: /./ },
  { name: 'automation', at: 'automation', heading: /./ },
  { name: 'campaign', at: 'campaign', heading: /./ },
  { name: 'template', at: 'template', heading: /./ },
  { name: 'endpoint', at: 'endpoint', heading: /./ },
  { name: 'phone', at: 'delivery', heading: /./, isPhone: true },
];

async function main(): Promise<void> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'esx-screenshots-'));
  // Engines that were fetched for `npm start` need not be fetched again.
  const engines = path.join(root, '.data/bin');
  if (existsSync(engines)) symlinkSync(engines, path.join(dataDir, 'bin'));
  const child = spawn(process.execPath, [path.join(root, 'dist/src/main.js')], {
    env: {
      ...process.env,
      ...{ DATA_DIR: dataDir, PORT: '0', TEMPORAL_PORT: '0', TEMPORAL_UI_PORT: '0', MONGOD_PORT: '0' },
      ...{ ESX_API_KEY: apiKey, ESX_OWNER_EMAIL: owner.email, ESX_OWNER_PASSWORD: owner.password },
      // Three attempts are made by the time of the picture, and the rest is to come.
      ...{ WEBHOOK_RETRY_SCHEDULE: '1s,3s,10m,30m,1h', LOG_LEVEL: 'warn' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const receiver = await createReceiver({ port: 0, secrets: [], help: '', print: () => undefined });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (block: Buffer) => {
        text += block.toString();
        if (text.includes('Ctrl-C stops everything')) resolve(/Gateway +(http:\/\/\S+)/.exec(text)?.[1] ?? '');
      });
      child.once('exit', () => reject(new Error(`The product did not start:\n${text}`)));
    });
    await take(url, await seed(apiAt(url), receiver.url));
  } finally {
    child.kill('SIGINT');
    await Promise.all([exited, receiver.close()]);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function take(url: string, paths: Record<string, string>): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const context = await browser.newContext({
    baseURL: url,
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    // What is waited for is asked by a script of this file's own.
    bypassCSP: true,
  });
  await context.request.post('/api/auth/sign-in/email', { data: owner, headers: { origin: url } });
  const page = await context.newPage();
  for (const { name, at, heading, isDark, isPhone } of shots) {
    await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' });
    await page.setViewportSize(isPhone ? { width: 390, height: 844 } : { width: 1280, height: 860 });
    await page.goto(paths[at] ?? at);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    await settle(page);
    await page.screenshot({ path: path.join(pictures, `${name}.png`) });
    console.log(name);
  }
  await browser.close();
}

/** Nothing loads any more: no grey bars, no spinner, charts drawn. */
async function settle(page: Page): Promise<void> {
  await page.waitForFunction('!document.querySelector("[aria-busy=true], .mantine-Loader-root")');
  await page.waitForTimeout(700);
}

function apiAt(url: string): Api {
  return async (method, at, body) => {
    const response = await fetch(url + at, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${at}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
