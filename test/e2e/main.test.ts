import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testBinary } from '../support/binaries';
import { eventually, startProcess, type TestProcess } from './support/processes';
import { apiKey } from './support/system';

const dataDir = mkdtempSync(path.join(tmpdir(), 'esx-test-main-'));
const running: TestProcess[] = [];

async function start(settings: Record<string, string> = {}): Promise<TestProcess> {
  const main = startProcess('main', {
    DATA_DIR: dataDir,
    PORT: '0',
    TEMPORAL_PORT: '0',
    TEMPORAL_UI_PORT: '0',
    MONGOD_PORT: '0',
    TEMPORAL_CLI_PATH: await testBinary('temporal'),
    MONGOD_PATH: await testBinary('mongod'),
    ESX_API_KEY: apiKey,
    LOG_LEVEL: 'warn',
    ...settings,
  });
  running.push(main);
  return main;
}

async function ready(main: TestProcess): Promise<string> {
  await eventually(
    'the welcome',
    () => main.output().includes('Ctrl-C stops everything') || failWhenEnded(main),
    60_000,
  );
  return /Gateway +(http:\/\/\S+)/.exec(main.output())?.[1] ?? '';
}

function failWhenEnded(main: TestProcess): false {
  if (main.child.exitCode !== null) throw new Error(`ended with ${main.child.exitCode}: ${main.output()}`);
  return false;
}

async function get(url: string): Promise<any> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } });
  return response.json();
}

/** Processes that run on this data directory, whoever their parent is. */
function processesOnDataDir(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        Number(pid) !== process.pid &&
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dataDir)
      );
    } catch {
      return false;
    }
  });
}

afterAll(async () => {
  await Promise.all(running.map((main) => main.kill().catch(() => undefined)));
  rmSync(dataDir, { recursive: true, force: true });
});

test('starts, keeps its data over a restart, refuses a second start, and stops with everything it started', async () => {
  const first = await start();
  const url = await ready(first);
  expect(first.output()).toMatch(/Temporal Web UI +http:\/\/127\.0\.0\.1:\d+/);
  expect(first.output()).toMatch(/Workspace id +ws_[0-9a-f]{24}/);
  expect(first.output()).toContain('as set in $ESX_API_KEY');
  expect(first.output()).not.toContain(apiKey);
  expect(await get(`${url}/readyz`)).toEqual({ status: 'ok', database: true, temporal: true, worker: true });
  const body = JSON.stringify({
    type: 'identify',
    messageId: 'kept',
    userId: 'u1',
    traits: { email: 'kept@example.com' },
  });
  const send = (to: string) =>
    fetch(`${to}/api/segment/track`, { method: 'POST', body, headers: { authorization: `Bearer ${apiKey}` } });
  expect((await send(url)).status).toBe(202);
  await eventually('the contact', async () => (await get(`${url}/api/v1/contacts?email=kept@example.com`)).data?.[0]);

  const second = await start();
  expect(await second.exited).toBe(1);
  expect(second.output()).toMatch(/already running/);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);

  expect(await first.stop()).toBe(0);
  await eventually('no process on the data directory', () => processesOnDataDir().length === 0);

  const startedMs = Date.now();
  const warm = await start();
  const warmUrl = await ready(warm);
  expect(Date.now() - startedMs).toBeLessThan(15_000);
  expect((await get(`${warmUrl}/api/v1/contacts?email=kept@example.com`)).data).toHaveLength(1);
  expect(await (await send(warmUrl)).json()).toMatchObject({ status: 'duplicate' });
  expect(await warm.stop()).toBe(0);
}, 120_000);

test('after a SIGKILL the next start cleans up and works', async () => {
  const killed = await start();
  await ready(killed);
  await killed.kill();

  const next = await start();
  const url = await ready(next);
  expect((await get(`${url}/readyz`)).status).toBe('ok');
  expect(await next.stop()).toBe(0);
  await eventually('no process on the data directory', () => processesOnDataDir().length === 0);
}, 120_000);

test('a port in use is said by name, and everything that was started ends', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const main = await start({ PORT: String(port) });
  expect(await main.exited).toBe(1);
  expect(main.output()).toContain(`PORT: ${port} is in use`);
  expect(processesOnDataDir()).toEqual([]);
  server.close();
}, 60_000);

test.each([0, 400, 800])(
  'Ctrl-C %i ms after the first line ends everything',
  async (afterMs) => {
    const main = await start();
    await eventually('the first line', () => main.output() !== '');
    const saidMs = Date.now();
    await eventually('the moment', () => Date.now() - saidMs >= afterMs);
    expect(await main.stop()).toBe(0);
    await eventually('no process on the data directory', () => processesOnDataDir().length === 0);
  },
  60_000,
);

test('settings that cannot be used are all named, and secrets are not shown', async () => {
  const main = await start({ PORT: 'eighty', WEBHOOK_RETRY_SCHEDULE: 'soon', ESX_API_KEY: 'esx_live_short' });
  expect(await main.exited).toBe(1);
  expect(main.output()).toMatch(/PORT: must be a port number/);
  expect(main.output()).toMatch(/WEBHOOK_RETRY_SCHEDULE: must be durations/);
  expect(main.output()).toMatch(/ESX_API_KEY: must be esx_live_/);
  expect(main.output()).not.toContain('esx_live_short');
});
