import { createServer } from 'node:http';
import { once } from 'node:events';
import { startEsx } from '../cli/support/esx';
import { eventually } from '../e2e/support/processes';
import { apiKey } from '../e2e/support/system';
import { clipboard, startDashboard, type Dashboard } from './support/dashboard';

const hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script>';
let dashboard: Dashboard;
let local: Awaited<ReturnType<typeof startLocal>>;
beforeAll(async () => {
  [dashboard, local] = await Promise.all([startDashboard(), startLocal()]);
}, 120_000);
afterAll(async () => {
  await dashboard.close();
  await local.close();
});

/** A developer's server, which answers with what a page must not run. */
async function startLocal() {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(418, { 'x-local': hostile }).end(hostile);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/hook`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('a delivery is sent to a laptop: the command to run, then both answers side by side', async () => {
  const { system, page, faults } = dashboard;
  await system.addEndpoint('/status/500', ['contact.created']);
  await system.identify('ada@example.com');
  const id = await eventually('a failed attempt', async () => {
    const { json } = await system.call('GET', '/api/v1/webhook-deliveries');
    const [row] = json.data;
    return row?.attemptCount === 1 ? String(row.id) : undefined;
  });
  await dashboard.open(`/deliveries/${id}`, /contact\.created/);
  const section = page.getByRole('region', { name: 'Send to my laptop' });
  await section.getByText('Nobody listens now.').waitFor();
  await section.getByRole('button', { name: 'Copy command that listens' }).click();
  expect(await clipboard(page)).toBe(`ESX_URL=${system.url} npx esx listen --forward-to http://localhost:4000/hook`);
  expect(await dashboard.accessibility()).toEqual([]);

  const listener = startEsx(['listen', '--forward-to', local.url, '--name', 'ada-laptop', '--only-sent'], {
    ESX_URL: system.url,
    ESX_API_KEY: apiKey,
  });
  await section.getByRole('button', { name: 'Send to my laptop' }).click();
  const answer = section.getByRole('group', { name: 'On ada-laptop' });
  await answer.getByText('418').waitFor();
  await section.getByRole('group', { name: 'Attempt 1, at the endpoint' }).getByText('500').waitFor();
  expect(await answer.getByRole('region', { name: /^body/ }).innerText()).toBe(hostile);
  expect(await answer.getByRole('region', { name: /^headers/ }).innerText()).toContain(`x-local: ${hostile}`);
  expect(await dashboard.accessibility()).toEqual([]);
  expect(faults).toEqual([]);
  expect((await system.call('GET', `/api/v1/webhook-deliveries/${id}`)).json.attempts).toHaveLength(1);

  expect(await listener.interrupt()).toBe(0);
  await section.getByText('Nobody listens now.').waitFor();
}, 120_000);
