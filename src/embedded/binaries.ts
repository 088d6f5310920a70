import { execFile } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { checkBinary } from './binary-check';
import { megabytes } from './install-command';
import { installersFor, type BinaryName, type Installer } from './installers';
import { processRecord } from './processes';

const run = promisify(execFile);

const SETTINGS: Record<BinaryName, { variable: string; otherwise: string }> = {
  temporal: { variable: 'TEMPORAL_CLI_PATH', otherwise: ', or set TEMPORAL_ADDRESS to a running Temporal' },
  mongod: { variable: 'MONGOD_PATH', otherwise: ', or set MONGODB_URI to a running MongoDB replica set' },
  'temporal-test-server': { variable: 'TEMPORAL_TEST_SERVER_PATH', otherwise: '' },
};

/** Where to look for a program; searchPath stands in for the PATH of this process, installers for the ways to fetch it. */
export interface FindBinary {
  dataDir: string;
  configuredPath?: string | undefined;
  onProgress: (line: string) => void;
  signal?: AbortSignal | undefined;
  searchPath?: string;
  installers?: readonly Installer[];
}

/**
 * The path of a program: as configured, else from PATH, else from DATA_DIR/bin, else fetched into DATA_DIR/bin.
 * Fails with every way that was tried and how to set a path.
 */
export async function findBinary(binary: BinaryName, options: FindBinary): Promise<string> {
  if (options.configuredPath !== undefined) return configured(binary, options.configuredPath);
  const binDir = join(resolve(options.dataDir), 'bin');
  const tried: string[] = [];

  const known = [
    { where: 'PATH', path: await whichBinary(binary, options.searchPath) },
    { where: 'DATA_DIR/bin', path: join(binDir, binary) },
  ];
  for (const { where, path } of known) {
    const problem = path === undefined || !existsSync(path) ? `no ${binary} there` : await checkBinary(binary, path);
    if (path !== undefined && problem === undefined) return path;
    tried.push(`${where} (${path ?? 'not found'}): ${problem}`);
  }
  for (const installer of options.installers ?? installersFor(binary)) {
    options.signal?.throwIfAborted();
    const outcome = await install(binary, installer, binDir, options);
    if (outcome.ok) return outcome.path;
    tried.push(`${installer.name}: ${outcome.reason}`);
    options.onProgress(`${binary}: ${installer.name} failed: ${outcome.reason}`);
  }
  const { variable, otherwise } = SETTINGS[binary];
  throw new Error(
    `No ${binary} was found and none could be fetched. Tried:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      `Install ${binary} and put it in PATH, or set ${variable} to its file${otherwise}.`,
  );
}

function configured(binary: BinaryName, path: string): string {
  const { variable } = SETTINGS[binary];
  const absolute = resolve(path);
  if (!existsSync(absolute))
    throw new Error(`${variable} is ${path}, and there is no such file. Correct it or unset it.`);
  try {
    accessSync(absolute, constants.X_OK);
  } catch {
    throw new Error(
      `${variable} is ${path}, and that file may not be executed. Run chmod +x on it or correct the path.`,
    );
  }
  return absolute;
}

async function whichBinary(binary: BinaryName, searchPath: string | undefined): Promise<string | undefined> {
  try {
    const env = searchPath === undefined ? {} : { env: { PATH: searchPath } };
    const { stdout } = await run('/bin/sh', ['-c', 'command -v "$1"', 'sh', binary], env);
    return stdout.trim() === '' ? undefined : resolve(stdout.trim());
  } catch {
    return undefined;
  }
}

type Outcome = { ok: true; path: string } | { ok: false; reason: string };

async function install(
  binary: BinaryName,
  installer: Installer,
  binDir: string,
  { onProgress, signal }: FindBinary,
): Promise<Outcome> {
  const startedAtMs = Date.now();
  // Everything happens in a directory of this process; the last step is one rename, so that two starts at once cannot spoil each other.
  mkdirSync(binDir, { recursive: true });
  removeAbandoned(binDir);
  const workDir = mkdtempSync(join(binDir, `.install-${process.pid}-`));
  const path = join(binDir, binary);
  try {
    onProgress(`${binary}: not on this machine yet, fetching it by ${installer.name}`);
    const fetched = await installer.install(workDir, {
      onProgress: (line) => onProgress(`${binary}: ${line}`),
      signal,
    });
    const ready = join(workDir, `${binary}.ready`);
    copyFileSync(fetched, ready, constants.COPYFILE_FICLONE);
    chmodSync(ready, 0o755);
    const problem = await checkBinary(binary, ready);
    if (problem !== undefined) return { ok: false, reason: problem };
    renameSync(ready, path);
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
    onProgress(`${binary}: now in ${path} (${megabytes(statSync(path).size)}, ${seconds} s)`);
    return { ok: true, path };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

function removeAbandoned(binDir: string): void {
  for (const name of readdirSync(binDir)) {
    const pid = /^\.install-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && processRecord(Number(pid)) === undefined) {
      rmSync(join(binDir, name), { recursive: true, force: true });
    }
  }
}
