import { startMongod } from '../../src/embedded/mongod';
import { startTemporalServer } from '../../src/embedded/temporal-server';
import { testBinary } from './binaries';
import { searchAttributeArgs, sweepTestDirs, testDir } from './engines';
import { keepForTeardown } from './global-teardown';

/** Starts one MongoDB and one Temporal for the whole run; jest wants a default export here. ESX_TEST_NO_ENGINES=1 leaves them out. */
export default async function globalSetup(): Promise<void> {
  if (process.env['ESX_TEST_NO_ENGINES'] === '1') return;
  await sweepTestDirs();
  const [temporalPath, mongodPath] = await Promise.all([
    testBinary('temporal'),
    testBinary('mongod'),
    testBinary('temporal-test-server'),
  ]);
  const dataDir = testDir();
  const [temporal, mongod] = await Promise.all([
    startTemporalServer({
      ...{ binaryPath: temporalPath, dataDir, port: 0, uiPort: 0, headless: true },
      extraArgs: searchAttributeArgs(),
    }),
    // Clocks of tests may stand still in the past: what they store must not expire under them.
    startMongod({
      ...{ binaryPath: mongodPath, dataDir, port: 0 },
      extraArgs: ['--setParameter', 'ttlMonitorEnabled=false'],
    }),
  ]);
  keepForTeardown({ dataDir, engines: [temporal, mongod] });
  process.env['ESX_TEST_TEMPORAL_ADDRESS'] = temporal.address;
  process.env['ESX_TEST_MONGODB_URI'] = mongod.uri;
}
