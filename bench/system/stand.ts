import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient, type Db } from 'mongodb';
import { z } from 'zod';
import type { WebhookEventType } from '../../domain/webhook-events';
import { freePort } from '../../src/embedded/ports';
import type { ClientFunctions } from '../client/client-process';
import type { Load, Pace, Stream, StreamOutcome } from '../client/load';
import type { Behaviour } from '../client/receiver';
import { figuresByName, phaseFigures, type Phase } from '../figures';
import { Api } from './api';
import { startChild, type Child } from './child';
import { createNamespace, type Engines } from './engines';
import { Meter } from './meter';
import { processesOf, Product, type Mode, type ProductProcess } from './product';
import { childrenOf } from './usage';
import { insertWorkspace, type Workspace } from './workspaces';

const readyWithinMs = 60_000;
/** Both, so that a second effect of an event would show as another webhook. */
const contactEvents: readonly WebhookEventType[] = ['contact.created', 'contact.updated'];
const readiness = z.object({ status: z.string() });

export interface StandOptions {
  engines: Engines;
  mode: Mode;
  /** A directory for logs. */
  dir: string;
  /** Settings of the product beyond what it needs to run here. */
  settings: Record<string, string>;
}

/** What a load may leave to its usual value. */
export type LoadOptions = Partial<Pick<Load, 'quietMs' | 'listenOnMs' | 'repeatsPosts'>>;

/** Where one scenario runs: engines, the product over a database and namespace of its own, and the client. */
export interface Stand {
  mode: Mode;
  db: Db;
  url: string;
  receiverUrl: string;
  /** The product's: links in emails are signed with it. */
  encryptionKey: string;
  meter: Meter;
  engines: Engines;
  client: Child<ClientFunctions>;
  /** A workspace whose events go to these paths of the receiver. */
  addTenant: (name: string, paths: string[], events?: readonly WebhookEventType[]) => Promise<Tenant>;
  behave: (path: string, behaviour: Behaviour) => Promise<void>;
  /** Meters the mailer as well, which is a process of the worker's. */
  watchMailer: () => void;
  /** Sends a load, waits for its webhooks and measures what that cost. */
  measure: (name: string, streams: Stream[], options?: LoadOptions) => Promise<MeasuredLoad>;
  killAndRestart: (name: ProductProcess) => Promise<{ restartedAtMs: number; isUp: Promise<void> }>;
  untilReady: () => Promise<void>;
  /** Fails when a process of the product or an engine ends by itself. */
  failed: Promise<never>;
  stop: () => Promise<void>;
}
export interface Tenant extends Workspace {
  api: Api;
  paths: string[];
  endpointIds: string[];
}
export interface MeasuredLoad {
  phase: Phase;
  /** Every single time, for what a scenario has to work out itself. */
  outcomes: StreamOutcome[];
}

export async function startStand({ engines, mode, dir, settings }: StandOptions): Promise<Stand> {
  const name = `bench_${randomBytes(6).toString('hex')}`;
  const logDir = path.join(dir, name);
  mkdirSync(logDir, { recursive: true });
  await createNamespace(engines.temporalAddress, name);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const encryptionKey = randomBytes(16).toString('hex');
  const product = new Product(
    {
      MONGODB_URI: engines.mongoUri.replace('/?', `/${name}?`),
      TEMPORAL_ADDRESS: engines.temporalAddress,
      TEMPORAL_NAMESPACE: name,
      // One of its own: what else runs from this folder may go on.
      DATA_DIR: path.join(logDir, 'data'),
      PORT: String(port),
      ESX_ENCRYPTION_KEY: encryptionKey,
      WEBHOOK_ALLOWED_CIDRS: '127.0.0.1/32',
      ...settings,
    },
    logDir,
  );
  const onExit = () => product.killAll();
  process.once('exit', onExit);
  const mongo = new MongoClient(engines.mongoUri);
  const db = mongo.db(name);
  const client = startChild<ClientFunctions>('bench/client/client-process.js');
  const meter = new Meter();
  meter.watch('client', client.pid);
  for (const [engine, pid] of Object.entries(engines.pids())) meter.watch(engine, pid);
  const pids = new Map<ProductProcess, number>();
  const start = (part: ProductProcess): void => {
    const pid = product.start(part);
    pids.set(part, pid);
    meter.watch(part, pid);
  };

  const untilReady = async (): Promise<void> => {
    for (const endMs = Date.now() + readyWithinMs; ;) {
      if (await isReady(url)) return;
      if (Date.now() > endMs) throw new Error(`not ready within ${readyWithinMs / 1_000} s; the logs are in ${logDir}`);
      await sleep(50);
    }
  };
  const stop = async (): Promise<void> => {
    await product.stop();
    process.removeListener('exit', onExit);
    await client.stop();
    await db.dropDatabase().catch(() => undefined);
    await mongo.close();
  };

  try {
    for (const part of processesOf[mode]) start(part);
    await Promise.race([untilReady(), product.failed]);
  } catch (error) {
    await stop();
    throw error;
  }
  const receiverUrl = await client.call('receiverUrl', null);

  return {
    ...{ mode, db, url, receiverUrl, encryptionKey, meter, engines, client, untilReady, stop },
    failed: Promise.race([product.failed, engines.failed]),
    async addTenant(tenantName, paths, events = contactEvents) {
      const workspace = await insertWorkspace(db, tenantName);
      const api = new Api(url, workspace.apiKey);
      const endpointIds: string[] = [];
      for (const receiverPath of paths) {
        endpointIds.push(await api.addEndpoint(receiverUrl + receiverPath, events));
      }
      return { ...workspace, api, paths, endpointIds };
    },
    behave: (receiverPath, behaviour) => client.call('behave', { path: receiverPath, behaviour }),
    watchMailer() {
      const [mailerPid] = childrenOf(pids.get(processesOf[mode].at(-1) ?? 'main') ?? 0);
      if (mailerPid === undefined) throw new Error(`no mailer is running; the logs are in ${logDir}`);
      meter.watch('mailer', mailerPid);
    },
    async measure(phaseName, streams, options = {}) {
      const stopMeter = meter.start();
      const outcomes = await client.call('load', {
        gatewayUrl: url,
        streams,
        quietMs: 15_000,
        listenOnMs: 500,
        repeatsPosts: false,
        ...options,
      });
      const measured = stopMeter();
      return { phase: phaseFigures(phaseName, figuresByName(streams, outcomes), measured), outcomes };
    },
    async killAndRestart(part) {
      await product.kill(part);
      const restartedAtMs = Date.now();
      start(part);
      return { restartedAtMs, isUp: untilReady() };
    },
  };
}

/** A stream of the tenant's events, one event for each post unless told otherwise. */
export function streamOf(
  tenant: Tenant,
  pace: Pace,
  shape: { traitsBytes?: number; eventsPerPost?: number } = {},
): Stream {
  return {
    name: tenant.name,
    apiKey: tenant.apiKey,
    endpoints: tenant.paths,
    pace,
    traitsBytes: shape.traitsBytes ?? 300,
    eventsPerPost: shape.eventsPerPost ?? 1,
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = readiness.parse(await (await fetch(`${url}/readyz`)).json());
    return answer.status === 'ok';
  } catch {
    return false;
  }
}
