import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformFileSync } from '@swc/core';
import { Client, Connection } from '@temporalio/client';
import { MongoClient } from 'mongodb';
import { startEngines, type Engines, type StartEngines } from '../../src/embedded/engines';
import { freePort } from '../../src/embedded/ports';
import { isRunning, readRecord, type ProcessRecord } from '../../src/embedded/processes';
import { testBinary } from '../support/binaries';
import { testDir } from '../support/engines';

const COMPILED = join(__dirname, '..', '..', 'node_modules', '.cache', 'esx-test-embedded', String(process.pid));

let dir: string;
let lines: string[];
let running: Engines[];
let parents: ChildProcess[];

beforeEach(() => {
  dir = testDir();
  lines = [];
  running = [];
  parents = [];
});
afterAll(() => rmSync(COMPILED, { recursive: true, force: true }));
afterEach(async () => {
  for (const parent of parents) parent.kill('SIGKILL');
  await Promise.all(running.map((engines) => engines.stop()));
  rmSync(dir, { recursive: true, force: true });
});

async function settings(ports: { temporal: number; ui: number; mongod: number }): Promise<StartEngines> {
  return {
    dataDir: dir,
    temporal: { port: ports.temporal, uiPort: ports.ui, configuredPath: await testBinary('temporal') },
    mongod: { port: ports.mongod, configuredPath: await testBinary('mongod'), cacheGb: 0.25 },
    onProgress: (line) => void lines.push(line),
  };
}

async function start(options: StartEngines): Promise<Engines> {
  const engines = await startEngines(options);
  running.push(engines);
  return engines;
}

function engineRecord(engine: 'temporal' | 'mongod'): ProcessRecord {
  const record = readRecord(join(dir, 'run', `${engine}.json`));
  if (record === undefined) throw new Error(`no record of ${engine}`);
  return record;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 25));
}

async function countIn(uri: string | undefined): Promise<number> {
  const client = await MongoClient.connect(uri ?? '');
  try {
    return await client.db('app').collection('things').countDocuments();
  } finally {
    await client.close();
  }
}

test('both run, a second start is refused, data and workflows outlive a restart on other ports', async () => {
  const first = await start(await settings({ temporal: 0, ui: 0, mongod: 0 }));
  await expect(startEngines(await settings({ temporal: 0, ui: 0, mongod: 0 }))).rejects.toThrow(
    'is already running on',
  );

  const mongo = await MongoClient.connect(first.mongoUri ?? '');
  await mongo.withSession((session) =>
    session.withTransaction(() => mongo.db('app').collection('things').insertOne({ a: 1 }, { session })),
  );
  const limit = await mongo.db('admin').command({ getParameter: 1, transactionLifetimeLimitSeconds: 1 });
  expect(limit['transactionLifetimeLimitSeconds']).toBe(5);
  await mongo.close();

  const connection = await Connection.connect({ address: first.temporalAddress ?? '' });
  const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
  expect(config?.workflowExecutionRetentionTtl?.seconds?.toString()).toBe(String(7 * 24 * 3600));
  await new Client({ connection }).workflow.start('waiting', { taskQueue: 'nobody', workflowId: 'kept' });
  await connection.close();
  expect((await fetch(first.temporalUiUrl ?? '')).status).toBe(200);
  await first.stop();
  expect(readdirSync(join(dir, 'run'))).toEqual([]);

  const second = await start(await settings({ temporal: 0, ui: 0, mongod: 0 }));
  expect(second.mongoUri).not.toBe(first.mongoUri);
  expect(await countIn(second.mongoUri)).toBe(1);
  const again = await Connection.connect({ address: second.temporalAddress ?? '' });
  const kept = await new Client({ connection: again }).workflow.getHandle('kept').describe();
  expect(kept.status.name).toBe('RUNNING');
  await again.close();
});

test('an engine that dies is started again on its port, and a line says so', async () => {
  const exits: string[] = [];
  const options = await settings({ temporal: 0, ui: 0, mongod: 0 });
  const engines = await start({
    ...options,
    onEngineExit: (engine, { signal }) => void exits.push(`${engine} ${signal}`),
  });
  for (const engine of ['temporal', 'mongod'] as const) process.kill(engineRecord(engine).pid, 'SIGKILL');

  await until(() => lines.includes('temporal: running again') && lines.includes('mongod: running again'));
  expect(exits.sort()).toEqual(['mongod SIGKILL', 'temporal SIGKILL']);
  expect(lines).toContain('mongod: ended by itself (signal SIGKILL), starting it again');
  expect(await countIn(engines.mongoUri)).toBe(0);
  await (await Connection.connect({ address: engines.temporalAddress ?? '' })).close();
});

test('what a killed parent left behind is stopped by the next start, which takes the same ports', async () => {
  const options = await settings({ temporal: await freePort(), ui: await freePort(), mongod: await freePort() });
  const { onProgress: _, ...plain } = options;
  const script = `require(process.argv[1]).startEngines({ ...JSON.parse(process.argv[2]), onProgress() {} }).then(() => console.log('up'))`;
  const parent = spawn(process.execPath, ['-e', script, join(compiled(), 'engines.js'), JSON.stringify(plain)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  parents.push(parent);
  await once(parent.stdout, 'data');
  const orphans = [engineRecord('temporal'), engineRecord('mongod')];
  await expect(startEngines(options)).rejects.toThrow(`is already running on ${dir} (pid ${parent.pid})`);

  parent.kill('SIGKILL');
  await once(parent, 'exit');
  expect(orphans.map(isRunning)).toEqual([true, true]);
  const next = await start(options);
  expect(orphans.map(isRunning)).toEqual([false, false]);
  expect(lines.filter((line) => line.includes('an earlier run left behind'))).toHaveLength(2);
  expect(await countIn(next.mongoUri)).toBe(0);
});

test('a start that fails gives every reason, stops what did start, and frees the directory', async () => {
  const options = await settings({ temporal: 0, ui: 0, mongod: 0 });
  writeFileSync(join(dir, 'mongo'), 'a file where a directory has to be');
  await expect(startEngines(options)).rejects.toThrow('EEXIST');
  expect(readdirSync(join(dir, 'run'))).toEqual([]);
  rmSync(join(dir, 'mongo'));

  mkdirSync(join(dir, 'mongo'));
  writeFileSync(join(dir, 'mongo', 'storage.bson'), 'not of mongod');
  const { temporal: _, ...mongodOnly } = options;
  await expect(startEngines(mongodOnly)).rejects.toThrow(/mongod ended before it was ready .*storage/s);
});

test('an aborted start leaves nothing running', async () => {
  const abort = new AbortController();
  const starting = startEngines({ ...(await settings({ temporal: 0, ui: 0, mongod: 0 })), signal: abort.signal });
  const recordPath = join(dir, 'run', 'mongod.json');
  await until(() => readRecord(recordPath) !== undefined);
  abort.abort(new Error('stopped by Ctrl-C'));
  await expect(starting).rejects.toThrow('stopped by Ctrl-C');
  expect(readdirSync(join(dir, 'run'))).toEqual([]);
});

/** src/embedded as JavaScript that a plain node process can load, so that a parent can be killed without killing jest. */
function compiled(): string {
  const sources = join(__dirname, '..', '..', 'src', 'embedded');
  mkdirSync(COMPILED, { recursive: true });
  for (const name of readdirSync(sources)) {
    const { code } = transformFileSync(join(sources, name), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    writeFileSync(join(COMPILED, name.replace(/\.ts$/, '.js')), code);
  }
  return COMPILED;
}
