import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { z } from 'zod';
import { createActivities } from '../activities';
import type { EmailRenderer } from '../activities/send-emails';
import type { Attempt } from '../domain/delivery';
import { sessionSecretOf } from './auth/sign-in';
import type { Config } from './config';
import { createLinkSigner, type LinkSigner } from './email/links';
import { startOutgoingMail, type OutgoingMailSettings } from './email/outgoing';
import { providerHeaders } from './email/inbound/providers/headers';
import { createRenderer } from './email/render';
import { keptEncryptionKey } from './first-start';
import { createActivityStores } from './mongo/activity-stores';
import { openDatabase, type Database } from './mongo/connect';
import { newId } from './mongo/new-id';
import { keepEveryMs, keepWhatIsUsed } from './mongo/retention';
import { createSecretBox } from './mongo/secret-box';
import { createStores, prepareDatabase, type Stores } from './mongo/stores';
import { connectTemporal, type TemporalLink, type TemporalSettings } from './temporal/connect';
import { activityPosition } from './temporal/heartbeat';
import { createStarter, type Starter } from './temporal/start';
import { activityContext, runWorker } from './temporal/worker';
import { createAddressGuard } from './webhooks/address-guard';
import { createHttpExchange } from './webhooks/http-exchange';
import { createSender } from './webhooks/sender';

/** What gateway and worker are built from; in one process they share it. */
export interface Parts {
  database: Database;
  stores: Stores;
  link: TemporalLink;
  starter: Starter;
  sender: ReturnType<typeof createSender>;
  links: LinkSigner;
  /** `from`: what emails without a sender of their own are from. */
  mail: OutgoingMailSettings & { from: string };
  /** How the world reaches the gateway; where a free port is taken, known once the gateway listens. */
  publicUrl: { value: string };
  sessionSecret: string;
  renderer: EmailRenderer;
  retentionMs: number;
  version: string;
  close: () => Promise<void>;
}

const retryMs = 1_000;
const workflowWarning = 'WARN';
const packageSchema = z.object({ version: z.string() });

/** Opens the connections. Neither MongoDB nor Temporal has to be there yet. */
export async function openParts(
  config: Config,
  places: { mongodbUri: string; temporal: TemporalSettings },
  logger: Logger,
): Promise<Parts> {
  installRuntime(logger);
  const database = openDatabase(places.mongodbUri);
  const encryptionKey = config.encryptionKey ?? (await keptEncryptionKey(config.dataDir));
  const box = createSecretBox(encryptionKey);
  const links = createLinkSigner(encryptionKey);
  const publicUrl = { value: config.publicUrl ?? `http://${config.host}:${config.port}` };
  const stores = createStores(database, box);
  const link = connectTemporal(places.temporal, logger);
  const starter = createStarter(() => link.client(), {
    retryDelaysMs: config.retryDelaysMs,
    failedOpenMs: config.failedOpenMs,
    lateIdentifyWaitMs: config.lateIdentifyWaitMs,
    isEager: config.role === 'main',
  });
  const http = createHttpExchange({
    guard: createAddressGuard(config.allowedCidrs),
    // More than the worker's slots: a request that waited for a connection would be booked as the receiver's timeout.
    maxConnectionsPerOrigin: 1_024,
  });
  return {
    database,
    stores,
    link,
    starter,
    sender: createSender(http),
    links,
    mail: {
      ...{ mongodbUri: places.mongodbUri, encryptionKey, smtpUrl: config.email.smtpUrl, from: config.email.from },
      ...(config.inboundMail ? { returnPathDomain: config.inboundMail.domain } : {}),
    },
    publicUrl,
    sessionSecret: sessionSecretOf(encryptionKey),
    renderer: createRenderer({ publicUrl: () => publicUrl.value, links }),
    retentionMs: config.retentionMs,
    version: readVersion(),
    async close() {
      await http.close();
      await link.close();
      await database.close();
    },
  };
}

/** Makes collections and indexes, waiting for MongoDB as long as it takes. */
export async function prepareWhenReachable(
  { database, retentionMs }: Pick<Parts, 'database' | 'retentionMs'>,
  logger: Logger,
  isStopping: () => boolean,
): Promise<void> {
  for (let failures = 0; !isStopping(); failures++) {
    try {
      return await prepareDatabase(database, retentionMs);
    } catch (error) {
      if (failures === 0) logger.warn({ err: error }, 'mongodb.unreachable');
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

/** Runs the worker over the parts. */
export function startWorker(parts: Parts, logger: Logger): ReturnType<typeof runWorker> {
  const { database, stores, link, starter, sender } = parts;
  const mailer = startOutgoingMail(parts.mail, stores, logger);
  const kept = createActivityStores(database, stores);
  const activities = createActivities({
    ...kept,
    log: {
      ...kept.log,
      async insertAttempt(attempt) {
        const stored = await kept.log.insertAttempt(attempt);
        logger.info(attemptLine(stored), 'delivery.attempted');
        return stored;
      },
    },
    recorder: {
      ...kept.recorder,
      async record(record) {
        await kept.recorder.record(record);
        // Under load there are a thousand a second: the delivery log has them.
        logger.debug(attemptLine(record.attempt), 'delivery.attempted');
      },
    },
    retryDelaysMs: starter.retryDelaysMs,
    sender,
    caller: sender,
    mailer,
    renderer: parts.renderer,
    notices: {
      awaitsNotice: (workspaceId) => stores.providers.awaitsNotice(workspaceId),
      async echoHeaders(workspaceId) {
        const names = await stores.providers.active(workspaceId);
        return (emailId) => Object.fromEntries(names.flatMap((name) => Object.entries(providerHeaders(name, emailId))));
      },
    },
    defaultFrom: parts.mail.from,
    starter,
    now: () => Date.now(),
    newId,
    abortSignal: activityContext.abortSignal,
    position: activityPosition,
    ownWorkflowId: activityContext.ownWorkflowId,
    ownRunId: activityContext.ownRunId,
    cancelOwnWorkflow: activityContext.cancelOwnWorkflow(link),
  });
  const stopKeeping = keepRegularly(parts, logger);
  const worker = runWorker(link, activities, logger);
  return {
    ...worker,
    async stop() {
      stopKeeping();
      await worker.stop();
      await mailer.stop();
    },
  };
}

/** At once and then at intervals. Any number of workers may do it, and a time that fails is made up for by the next. */
function keepRegularly({ stores, retentionMs }: Parts, logger: Logger): () => void {
  const keep = (): void =>
    void keepWhatIsUsed(stores, retentionMs, new Date()).catch((error: unknown) =>
      logger.warn({ err: error }, 'retention.failed'),
    );
  keep();
  const timer = setInterval(keep, keepEveryMs(retentionMs));
  return () => clearInterval(timer);
}

/** One line for each attempt. A receiver that fails is its customer's concern, not an error of ours. */
function attemptLine({ deliveryId, number, round, trigger, statusCode, error, durationMs }: Attempt): object {
  return { deliveryId, number, round, trigger, statusCode, error, durationMs: Math.round(durationMs) };
}

/** Temporal's own log lines, warnings and worse, in the form of ours. Once in a process. */
function installRuntime(logger: Logger): void {
  Runtime.install({
    logger: new DefaultLogger(workflowWarning, ({ level, message, meta }) => {
      const { error, ...rest } = meta ?? {};
      logger[level === 'ERROR' ? 'error' : 'warn']({ ...rest, err: error }, message);
    }),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
    // Ours to handle: a drain has an order.
    shutdownSignals: [],
  });
}

function readVersion(): string {
  // Compiled code lies one folder deeper than its source.
  const file = ['..', '../..']
    .map((up) => path.join(__dirname, up, 'package.json'))
    .find((candidate) => existsSync(candidate));
  return file === undefined ? 'unknown' : packageSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}
