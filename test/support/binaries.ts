import { join } from 'node:path';
import { findBinary } from '../../src/embedded/binaries';
import type { BinaryName } from '../../src/embedded/installers';

// The default DATA_DIR, so that what `npm start` fetched serves the tests and the other way round.
const DATA_DIR = join(__dirname, '..', '..', '.data');

const VARIABLES: Record<BinaryName, { found: string; configured: string }> = {
  temporal: { found: 'ESX_TEST_TEMPORAL_BINARY', configured: 'TEMPORAL_CLI_PATH' },
  mongod: { found: 'ESX_TEST_MONGOD_BINARY', configured: 'MONGOD_PATH' },
  'temporal-test-server': { found: 'ESX_TEST_TEST_SERVER_BINARY', configured: 'TEMPORAL_TEST_SERVER_PATH' },
};

/** The path of an engine's program: found by the global set-up, else looked for (and fetched where it is nowhere) now. */
export async function testBinary(binary: BinaryName): Promise<string> {
  const { found, configured } = VARIABLES[binary];
  const known = process.env[found];
  if (known !== undefined) return known;
  const path = await findBinary(binary, {
    dataDir: DATA_DIR,
    configuredPath: process.env[configured],
    onProgress: (line) => console.log(line),
  });
  process.env[found] = path;
  return path;
}
