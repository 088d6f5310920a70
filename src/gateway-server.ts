import { availableParallelism } from 'node:os';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { EmailRenderer } from '../activities/send-emails';
import type { Config } from './config';
import { createInbound } from './email/inbound/inbound';
import type { LinkSigner } from './email/links';
import { createApp } from './http/app';
import { Authenticator } from './http/auth';
import { managementRoutes } from './http/management';
import { createMetrics } from './http/health-routes';
import { IdempotencyGuard } from './http/idempotency';
import { inboundRoutes } from './http/inbound-routes';
import { createAfterCommit } from './http/after-commit';
import { createPeopleSide } from './http/people-side';
import { sharedRoutes } from './http/delivery-share-routes';
import { createRateLimit } from './http/rate-limit';
import { SseStreams } from './http/sse';
import { signUpRoutes } from './http/sign-up-routes';
import { trackingRoutes } from './http/tracking-routes';
import { unsubscribeRoutes } from './http/unsubscribe-routes';
import { Receiver } from './ingest/receive';
import { EmailEventReceiver } from './ingest/receive-email-events';
import { createEmailEventLane, createMessageLane } from './ingest/lanes';
import { createSourceSightings } from './ingest/source-sightings';
import { StartBudget } from './ingest/start-budget';
import { createChangeFeeds } from './live/change-feed';
import { LiveHub } from './live/live-hub';
import { topicCollections } from './live/topics';
import type { Database } from './mongo/connect';
import { createSignUpWrites } from './mongo/sign-up-writes';
import type { Stores } from './mongo/stores';
import type { TemporalLink } from './temporal/connect';
import { createWorkerProbe } from './temporal/pollers';
import { taskQueue, type Starter } from './temporal/start';
import { workflowUrl } from './temporal/web-ui';
import { createAddressGuard } from './webhooks/address-guard';
import type { createSender } from './webhooks/sender';

/** Requests of one workspace for each gateway process; ingestion counts events, and is only there to stop a runaway. */
const ingestEventsPerMinute = 600_000;
const managementCallsPerMinute = 6_000;
/** Of one visitor, or of an office behind one address. */
const signUpsPerMinute = 30;
const sharedViewsPerMinute = 120;
const drainMs = 10_000;
/** A start and what follows from it cost some 60 ms of CPU: this leaves more than half of a core to the messages. */
const startsPerCore = 6;

export interface GatewayParts {
  config: Config;
  database: Database;
  stores: Stores;
  link: TemporalLink;
  starter: Starter;
  sender: ReturnType<typeof createSender>;
  links: LinkSigner;
  publicUrl: { value: string };
  /** Signs the cookies of those who are signed in. */
  sessionSecret: string;
  renderer: EmailRenderer;
  temporalUiUrl: string | undefined;
  version: string;
  logger: Logger;
}

/** The HTTP side, listening. `stop` lets requests under way finish. */
export async function startGateway(
  parts: GatewayParts,
): Promise<{ url: string; inboundMailPort?: number; stop: () => Promise<void> }> {
  const { config, database, stores, link, starter, links, logger } = parts;
  const now = (): number => Date.now();
  const isSecure = config.publicUrl?.startsWith('https:') ?? false;
  const peopleSide = createPeopleSide({ ...parts, isSecure, now });
  const auth = new Authenticator(stores, now, peopleSide.sessions);
  const budget = new StartBudget(startsPerCore * availableParallelism());
  const lane = createMessageLane({ starter, logger, messages: stores.messages, budget });
  const emailEventLane = createEmailEventLane({ starter, logger, emailEvents: stores.emailEvents, budget });
  const metrics = createMetrics({ messages: lane, emailEvents: emailEventLane });
  const emailEventReceiver = new EmailEventReceiver({
    emailEvents: stores.emailEvents,
    lane: emailEventLane,
    now,
    onReceipts: metrics.countEmailEvents,
  });
  const noteSource = createSourceSightings(stores.workspaces, now);
  const receiver = new Receiver({
    ...{ ...stores, lane, now, logger },
    onReceipts(receipts, arrival) {
      metrics.countReceipts(receipts);
      noteSource(arrival);
    },
  });
  const guard = createAddressGuard(config.allowedCidrs);
  const inbound = createInbound({ config, stores, receiver: emailEventReceiver, links, guard, now, logger });
  const sse = new SseStreams();
  const live = new LiveHub({
    openFeed: createChangeFeeds(database.db, logger),
    ownersOf: (topic, keys) => stores.documentOwners.of(topicCollections[topic], keys),
    logger,
  });
  const app = createApp({
    auth,
    receiver,
    idempotency: new IdempotencyGuard(stores.idempotencyKeys, now),
    ingestLimit: createRateLimit('ingest', ingestEventsPerMinute, 60),
    managementLimit: createRateLimit('api', managementCallsPerMinute, 60),
    metrics,
    probes: {
      database: () => succeeds(database.ping()),
      temporal: () => link.isReachable(),
      worker: createWorkerProbe(link, taskQueue),
    },
    routes: managementRoutes({
      ...parts,
      lateIdentifyWaitMs: config.lateIdentifyWaitMs,
      auth,
      joining: peopleSide.joining,
      receiver,
      guard,
      sse,
      live,
      now,
      temporalUrl: workflowUrl(parts.temporalUiUrl, link.namespace),
    }),
    publicRoutes: [
      ...peopleSide.publicRoutes(auth),
      sharedRoutes({ ...stores, starter, now, limit: createRateLimit('shared', sharedViewsPerMinute, 60) }),
      trackingRoutes({ links, receiver: emailEventReceiver, onLost: metrics.countLost, logger }),
      unsubscribeRoutes({ links, receiver: emailEventReceiver, logger }),
      inboundRoutes({ providers: stores.providers, intake: inbound.notifications }),
      signUpRoutes({
        ...{ forms: stores.forms, links, starter, now, logger },
        writes: createSignUpWrites(
          database,
          stores,
          (formId, signupId) => `${parts.publicUrl.value}/f/${formId}/confirm/${links.confirm(signupId)}`,
        ),
        afterCommit: createAfterCommit({ stores, starter, now, logger }),
        limit: createRateLimit('sign-up', signUpsPerMinute, 60),
      }),
    ],
    trustProxy: config.trustProxy,
    version: parts.version,
    logger,
  });

  const server = createServer(app);
  // Longer than the idle time of the load balancers in front, so that they never write into a closing connection.
  server.keepAliveTimeout = 65_000;
  // A CSV file over a slow line; other bodies have a minute, see readBody.
  server.requestTimeout = 600_000;
  server.headersTimeout = 60_000;
  await listen(server, config);
  const inboundMail = await inbound.listen();
  parts.publicUrl.value = config.publicUrl ?? urlOf(server, config.host);
  sweepOnce(parts).catch((error: unknown) => logger.warn({ err: error }, 'sweep.left_to_schedule'));
  return {
    url: parts.publicUrl.value,
    ...(inboundMail ? { inboundMailPort: inboundMail.port } : {}),
    async stop() {
      await Promise.all([close(server), inbound.close(), sse.stop(), live.stop()]);
    },
  };
}

/** What the gateway that stood here before had accepted and not started is started now, and not at the next sweep. */
async function sweepOnce({ link, starter }: Pick<GatewayParts, 'link' | 'starter'>): Promise<void> {
  await link.connected();
  await starter.startSweep({ olderThanMs: 500 });
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      reject(inUse ? new Error(`PORT: ${config.port} is in use by another program; set PORT to a free one`) : error);
    });
    server.listen(config.port, config.host, resolve);
  });
}

function urlOf(server: Server, host: string): string {
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${port}`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

async function succeeds(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch {
    return false;
  }
}
