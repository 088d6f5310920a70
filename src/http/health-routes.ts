import { Router } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EmailNewsKind } from '../../domain/email-event';
import type { Receipt } from '../ingest/receive';
import type { EmailEventReceipt } from '../ingest/receive-email-events';

/** What the process counts, in the form that Prometheus reads. */
export function createMetrics(lanes: { messages: { depth: number }; emailEvents: { depth: number } }) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const messages = new Counter({
    name: 'esx_messages_total',
    help: 'Received messages by what was answered',
    labelNames: ['status'],
    registers: [registry],
  });
  const requests = new Histogram({
    name: 'esx_http_request_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['method', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  new Gauge({
    name: 'esx_starts_waiting',
    help: 'Stored messages that wait for their workflow to be started',
    registers: [registry],
    collect() {
      this.set(lanes.messages.depth);
    },
  });
  const emailEvents = new Counter({
    name: 'esx_email_events_total',
    help: 'Opens, clicks, unsubscribes and reports received, by what they are and whether they were new',
    labelNames: ['kind', 'status'],
    registers: [registry],
  });
  const lost = new Counter({
    name: 'esx_email_events_lost_total',
    help: 'Opens and clicks that were answered though they could not be stored',
    labelNames: ['kind'],
    registers: [registry],
  });
  new Gauge({
    name: 'esx_email_event_starts_waiting',
    help: 'Stored email events that wait for their workflow to be started',
    registers: [registry],
    collect() {
      this.set(lanes.emailEvents.depth);
    },
  });
  return {
    registry,
    countReceipts: (receipts: readonly Receipt[]): void => receipts.forEach(({ status }) => messages.inc({ status })),
    countEmailEvents: (receipts: readonly EmailEventReceipt[]): void =>
      receipts.forEach(({ kind, status }) => emailEvents.inc({ kind, status })),
    countLost: (kind: EmailNewsKind): void => lost.inc({ kind }),
    timeRequest: (method: string, status: number, seconds: number): void =>
      requests.observe({ method, status }, seconds),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;

/** Parts that readiness asks after; each answers within a second or two. */
export interface HealthProbes {
  database: () => Promise<boolean>;
  temporal: () => Promise<boolean>;
  worker: () => Promise<boolean>;
}

/** healthz: the process is up. readyz: 503 only without MongoDB, since events are taken while Temporal is away. */
export function healthRoutes(probes: HealthProbes, metrics: Metrics): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const [database, temporal, worker] = await Promise.all([probes.database(), probes.temporal(), probes.worker()]);
    const status = !database ? 'unavailable' : temporal && worker ? 'ok' : 'degraded';
    if (!database) response.setHeader('Retry-After', '5');
    response.status(database ? 200 : 503).json({ status, database, temporal, worker });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}
