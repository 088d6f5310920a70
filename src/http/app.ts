import { randomUUID } from 'node:crypto';
import express, { Router, type Express } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { absolutePath } from 'swagger-ui-dist';
import type { TrustProxy } from '../config';
import type { Receiver } from '../ingest/receive';
import type { Authenticator } from './auth';
import { readBody } from './body';
import { dashboard } from './dashboard';
import { docsPage } from './docs-page';
import { healthRoutes, type HealthProbes, type Metrics } from './health-routes';
import type { IdempotencyGuard } from './idempotency';
import { ingestRoutes } from './ingest-routes';
import { createOpenApi } from './openapi';
import { Problem, problemHandler } from './problem';
import type { RateLimit } from './rate-limit';
import { mountRoutes, type Route } from './route';

export interface AppDeps {
  auth: Authenticator;
  receiver: Receiver;
  idempotency: IdempotencyGuard;
  ingestLimit: RateLimit;
  managementLimit: RateLimit;
  probes: HealthProbes;
  metrics: Metrics;
  routes: Route[];
  /** What anybody may call, without a key: links in emails, reports of providers. They read their bodies themselves. */
  publicRoutes: Router[];
  /** Which proxies in front tell the truth about who calls; false: none. */
  trustProxy: TrustProxy;
  version: string;
  logger: Logger;
}

/** The gateway's Express application, without a port: tests and the entry points listen. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.trustProxy);
  app.use((request, response, next) => {
    const startedMs = performance.now();
    const given = request.get('X-Request-Id');
    response.setHeader('X-Request-Id', given !== undefined && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID());
    response.on('finish', () => {
      deps.metrics.timeRequest(request.method, response.statusCode, (performance.now() - startedMs) / 1_000);
    });
    next();
  });
  app.use(healthRoutes(deps.probes, deps.metrics));
  for (const routes of deps.publicRoutes) app.use(routes);
  app.use(dashboard());
  app.use(readBody);
  app.use(ingestRoutes({ ...deps, limit: deps.ingestLimit }));

  app.use(helmet());
  const openApi = createOpenApi(deps.routes, deps.version);
  app.get('/openapi.json', (_request, response) => {
    response.json(openApi);
  });
  app.get('/docs', docsPage);
  app.use('/docs', express.static(absolutePath(), { index: false, maxAge: '1d' }));

  const api = Router();
  api.use((_request, response, next) => {
    // A cookie does not keep shared caches from storing an answer, as a key does.
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  mountRoutes(api, deps.routes, { ...deps, limit: deps.managementLimit });
  app.use('/api/v1', api);
  app.use((request) => {
    throw new Problem(
      404,
      'no_such_path',
      `There is nothing at ${request.method} ${request.path}; /docs lists what there is.`,
    );
  });
  app.use(problemHandler(deps.logger));
  return app;
}
