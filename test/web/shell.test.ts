import { eventually } from '../e2e/support/processes';
import { startDashboard, type Dashboard } from './support/dashboard';

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await startDashboard();
}, 120_000);
afterAll(() => dashboard.close());

describe('the frame of the dashboard', () => {
  test('is served with a policy under which no text can become a script', async () => {
    const response = await fetch(dashboard.system.url, { headers: { accept: 'text/html' } });
    expect(response.status).toBe(200);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  test('a program that asks for a page that is not there gets problem details, not a page', async () => {
    for (const at of ['/api/v1/nothing', '/nothing', '/v1/nothing']) {
      const response = await fetch(dashboard.system.url + at);
      expect({ at, status: response.status }).toEqual({ at, status: 404 });
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    }
  });

  test('files are named by their content, kept for good by browsers, and sent compressed', async () => {
    const html = await (await fetch(dashboard.system.url, { headers: { accept: 'text/html' } })).text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
    const response = await fetch(dashboard.system.url + script, { headers: { 'accept-encoding': 'br' } });
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('content-type')).toContain('javascript');
  });

  test('who is not signed in is sent to sign in, and told where they wanted to go', async () => {
    const stranger = await dashboard.stranger();
    const page = await stranger.newPage();
    await page.goto('/deliveries?status=failed');
    await page.waitForURL(/\/login\?next=%2Fdeliveries%3Fstatus%3Dfailed/);
    await stranger.close();
  });

  test('light and dark, a phone and the keyboard: no serious finding, and no way over the edge', async () => {
    const { page } = dashboard;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      // Opened anew: axe must not measure colours on their way from one scheme to the other.
      await dashboard.open('/', 'Overview');
      expect({ colorScheme, findings: await dashboard.accessibility() }).toEqual({ colorScheme, findings: [] });
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 360, height: 740 });
    await eventually('the page to fit a phone', async () =>
      Boolean(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')),
    );
    await page.getByRole('button', { name: 'Navigation' }).click();
    await page.getByRole('link', { name: 'Deliveries' }).click();
    await page.waitForURL('**/deliveries');
    await page.setViewportSize({ width: 1280, height: 900 });
    await dashboard.open('/', 'Overview');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    expect(dashboard.faults).toEqual([]);
  });
});
