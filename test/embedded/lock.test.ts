import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { lockDataDir } from '../../src/embedded/lock';
import { claimPort, freePort } from '../../src/embedded/ports';
import { endProcess, isRunning, processRecord } from '../../src/embedded/processes';
import { testDir } from '../support/engines';

let dir: string;
beforeEach(() => (dir = testDir()));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a second start beside a running one says who runs', () => {
  const lock = lockDataDir(dir);
  expect(() => lockDataDir(dir)).toThrow(`EmailSendX is already running on ${dir} (pid ${process.pid})`);
  lock.release();
  expect(readdirSync(dir)).toEqual([]);
  lockDataDir(dir).release();
});

test.each([
  ['of a dead process', JSON.stringify({ pid: 999_999_999, mark: 'x' })],
  ['of an earlier process with the id of a living one', JSON.stringify({ pid: process.pid, mark: 'earlier' })],
  ['that cannot be read', 'nonsense'],
])('a lock %s is taken over', (_case, content) => {
  writeFileSync(join(dir, 'engines.lock'), content);
  const lock = lockDataDir(dir);
  expect(() => lockDataDir(dir)).toThrow('already running');
  expect(readdirSync(dir)).toEqual(['engines.lock']);
  lock.release();
});

test('a process that ignores SIGTERM is killed after the grace', async () => {
  const child = spawn('/bin/sh', ['-c', 'trap "" TERM; echo up; while :; do sleep 0.1; done'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const record = processRecord(child.pid ?? 0);
  if (record === undefined) throw new Error('the child is not there');
  expect(isRunning(record)).toBe(true);
  await endProcess(record, 100);
  expect(isRunning(record)).toBe(false);
});

test('a port in use names the variable and the remedy', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(claimPort(port, 'TEMPORAL_UI_PORT', "Temporal's Web UI")).rejects.toThrow(
    `Port ${port} is already in use, so Temporal's Web UI cannot start. Stop the program that listens there, or set TEMPORAL_UI_PORT`,
  );
  server.close();
  expect(await freePort()).not.toBe(await freePort());
});
