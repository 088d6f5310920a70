import type { Browser, BrowserContext, Page } from 'playwright-core';
import { eventually } from '../../e2e/support/processes';
import { startSystem, type System } from '../../e2e/support/system';
import { testMongoUri, testTemporalAddress } from '../../support/engines';
import { accessibilityFindings, launchChromium, watchFaults } from './browser';

export const owner = { email: 'owner@acme.com', password: 'correct horse battery staple' };

/** A gateway, a worker, a receiver, and a browser whose page is signed in as the owner. */
export async function startDashboard(settings: Record<string, string> = {}) {
  const starting = {
    system: startSystem(
      { mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() },
      { ESX_OWNER_EMAIL: owner.email, ESX_OWNER_PASSWORD: owner.password, ...settings },
    ),
    browser: launchChromium(),
  };
  /** Of both, whatever became of the other. */
  const close = async (): Promise<void> => {
    await Promise.allSettled([
      starting.browser.then((browser) => browser.close()),
      starting.system.then((system) => system.stop()),
    ]);
  };
  try {
    const [system, browser] = await Promise.all([starting.system, starting.browser]);
    return await signedIn(system, browser, close);
  } catch (error) {
    await close();
    throw error;
  }
}
export type Dashboard = Awaited<ReturnType<typeof startDashboard>>;

async function signedIn(system: System, browser: Browser, close: () => Promise<void>) {
  const context = await newContext(browser, system);
  const page = await context.newPage();
  const faults = watchFaults(page);
  await eventually('the owner to be signed in', () => signIn(context, system));
  return {
    system,
    browser,
    context,
    page,
    /** Errors of scripts, breaches of the content policy and dialogs so far: must stay empty. */
    faults,
    /** Opens a page of the dashboard and waits for its heading. */
    async open(path: string, heading: string | RegExp): Promise<void> {
      await page.goto(path);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    },
    accessibility: () => accessibilityFindings(page),
    /** Somebody who is not signed in. */
    stranger: () => newContext(browser, system),
    close,
  };
}

/** A browser of its own, signed in as nobody. */
export function newContext(browser: Browser, system: Pick<System, 'url'>): Promise<BrowserContext> {
  return browser.newContext({
    baseURL: system.url,
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce',
  });
}

/** Puts the session cookie into the context, as the sign-in page does. */
async function signIn(context: BrowserContext, system: System): Promise<boolean> {
  const response = await context.request.post('/api/auth/sign-in/email', {
    data: owner,
    headers: { origin: system.url },
  });
  return response.ok();
}

/** The text on the clipboard of the page. */
export async function clipboard(page: Page): Promise<string> {
  return String(await page.evaluate('navigator.clipboard.readText()'));
}
