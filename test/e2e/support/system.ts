import { Connection } from '@temporalio/client';
import Long from 'long';
import { MongoClient, type Db } from 'mongodb';
import { createReceiver } from '../../../src/receiver/server';
import { freePort } from '../../../src/embedded/ports';
import { freshDatabaseName } from '../../support/engines';
import { eventually, startProcess, type TestProcess } from './processes';

export const apiKey = 'esx_live_0123456789abcdefghijABCDEFGHIJ';

interface Answer {
  status: number;
  headers: Headers;
  json: any;
}

/** A gateway and a worker as processes of their own over given engines, with a receiver, as a client sees them. */
export async function startSystem(
  engines: { mongoUri: string; temporalAddress: string },
  settings: Record<string, string> = {},
) {
  const database = freshDatabaseName();
  // Task queue, schedule and workflow ids are those of production: each system gets a namespace of its own.
  await createNamespace(engines.temporalAddress, database);
  const port = await freePort();
  const env = {
    MONGODB_URI: engines.mongoUri.replace('/?', `/${database}?`),
    TEMPORAL_ADDRESS: engines.temporalAddress,
    TEMPORAL_NAMESPACE: database,
    PORT: String(port),
    ESX_API_KEY: apiKey,
    ESX_ENCRYPTION_KEY: 'a key for tests alone, not for anything else',
    WEBHOOK_ALLOWED_CIDRS: '127.0.0.1/32',
    LOG_LEVEL: 'warn',
    ...settings,
  };
  const mongo = new MongoClient(engines.mongoUri, { serverSelectionTimeoutMS: 2_000 });
  const db: Db = mongo.db(database);
  const receiver = await createReceiver({ port: 0, secrets: [], help: '', print: () => undefined });
  const url = `http://127.0.0.1:${port}`;
  let gateway: TestProcess = startProcess('gateway', env);
  let worker: TestProcess = startProcess('worker', env);

  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text === '' ? undefined : JSON.parse(text) };
  };
  const stop = async (end: (each: TestProcess) => Promise<unknown>): Promise<void> => {
    await Promise.all([end(gateway), end(worker), receiver.close()]);
    await db.dropDatabase().catch(() => undefined);
    await mongo.close();
  };
  try {
    await readiness(gateway, async () => (await call('GET', '/api/v1/webhooks')).status === 200);
  } catch (error) {
    const printed = `gateway:\n${gateway.output()}\nworker:\n${worker.output()}`;
    await stop((each) => each.kill());
    throw new Error(`${String(error)}\n${printed}`, { cause: error });
  }

  return {
    url,
    db,
    call,
    receiver,
    gateway: () => gateway,
    worker: () => worker,
    restartWorker() {
      worker = startProcess('worker', env);
    },
    restartGateway() {
      gateway = startProcess('gateway', env);
    },
    async untilReady() {
      await eventually(
        'gateway, Temporal and worker',
        async () => (await call('GET', '/readyz')).json.status === 'ok',
        60_000,
      );
    },
    async addEndpoint(path: string, events = ['contact.created', 'contact.updated']): Promise<string> {
      const answer = await call('POST', '/api/v1/webhooks', { url: receiver.url + path, events });
      if (answer.status !== 201) throw new Error(`endpoint: ${JSON.stringify(answer.json)}`);
      return answer.json.id;
    },
    identify: (email: string, extra: object = {}) =>
      call('POST', '/api/segment/track', {
        type: 'identify',
        messageId: `id-${email}`,
        userId: email.split('@')[0],
        traits: { email },
        ...extra,
      }),
    /** What the receiver got for one kind of event. */
    received: (event: string) => receiver.received().filter((delivery) => delivery.event === event),
    stop: () => stop((each) => each.stop()),
  };
}

/** Waits for the gateway, and not longer than it lives. */
async function readiness(gateway: TestProcess, isReady: () => Promise<boolean>): Promise<void> {
  const hasEnded = (): boolean => gateway.child.exitCode !== null;
  await eventually('the gateway to be ready', async () => hasEnded() || (await isReady()), 90_000);
  if (hasEnded()) throw new Error(`the gateway ended with code ${gateway.child.exitCode}`);
}

async function createNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: Long.fromNumber(86_400) },
    });
    await eventually('the namespace', async () => connection.workflowService.describeNamespace({ namespace }));
  } finally {
    await connection.close();
  }
}

export type System = Awaited<ReturnType<typeof startSystem>>;
