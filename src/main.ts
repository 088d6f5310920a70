import { formatDurationMs } from '../domain/duration';
import { ensureFirstOwner } from './auth/first-owner';
import { openParts, prepareWhenReachable, startWorker } from './compose';
import { describeConfig, type Config } from './config';
import { startEngines, type Engines } from './embedded/engines';
import { ensureFirstWorkspace, type FirstWorkspace } from './first-start';
import { startGateway } from './gateway-server';
import { runProcess } from './run-process';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Everything in one process: the embedded engines where no others are named, the worker, and the gateway. */
runProcess('main', async (config, logger, onStop, isStopping) => {
  logger.debug(describeConfig(config), 'settings');
  const abort = new AbortController();
  const starting = startEngines({
    dataDir: config.dataDir,
    ...(config.temporal
      ? {}
      : {
          temporal: {
            port: config.embedded.temporalPort,
            uiPort: config.embedded.temporalUiPort,
            configuredPath: config.embedded.temporalCliPath,
          },
        }),
    ...(config.mongodbUri
      ? {}
      : { mongod: { port: config.embedded.mongodPort, configuredPath: config.embedded.mongodPath } }),
    onProgress: say,
    signal: abort.signal,
  });
  // Also while they are being started: the process ends after its engines, not before.
  onStop(async () => {
    abort.abort();
    await starting.then(
      (started) => started.stop(),
      () => undefined,
    );
  });
  const engines = await starting;
  const temporal = config.temporal ?? {
    connectionOptions: { address: engines.temporalAddress ?? '' },
    namespace: 'default',
  };
  const temporalUiUrl = config.temporalUiUrl ?? engines.temporalUiUrl;

  const parts = await openParts(config, { mongodbUri: config.mongodbUri ?? engines.mongoUri ?? '', temporal }, logger);
  onStop(parts.close);
  await prepareWhenReachable(parts, logger, isStopping);
  const first = await ensureFirstWorkspace(parts.database, parts.stores, config.apiKey);
  const joinPath = await ensureFirstOwner(parts.database, parts.stores, first.workspaceId, config.owner);
  const worker = startWorker(parts, logger);
  onStop(worker.stop);
  const gateway = await startGateway({ ...parts, config, temporalUiUrl, logger });
  onStop(gateway.stop);
  await worker.ready;
  if (!isStopping()) welcome(config, engines, { ...first, joinPath }, gateway.url, temporalUiUrl);
});

function welcome(
  config: Config,
  engines: Engines,
  first: FirstWorkspace & { joinPath: string | undefined },
  url: string,
  temporalUiUrl: string | undefined,
): void {
  // A key that was set elsewhere is not shown: the console may be a log.
  const made = config.apiKey === undefined ? first.apiKey : undefined;
  const key = made ?? '$ESX_API_KEY';
  const curl = (path: string, body: string): string =>
    `  curl -X POST ${url}${path} -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' \\\n    -d '${body}'`;
  say(`
EmailSendX is ready.

  Gateway           ${url}   (API reference: ${url}/docs)
  Temporal Web UI   ${temporalUiUrl ?? 'not known; set TEMPORAL_UI_URL'}
  MongoDB           ${engines.mongoUri ?? 'MONGODB_URI'}
  Workspace id      ${first.workspaceId}
  API key           ${made ?? (config.apiKey === undefined ? 'the one shown at the first start; put it into $ESX_API_KEY' : 'as set in $ESX_API_KEY')}
  People            ${first.joinPath === undefined ? `sign in at ${url}/login` : `become the owner: ${url}${first.joinPath}   (holds once, until the next start)`}
  Mail              ${config.email.smtpUrl === undefined ? `local mailbox: ${url}/mailbox` : `to ${new URL(config.email.smtpUrl).host}`}
  Retries after     ${config.retryDelaysMs.map(formatDurationMs).join(', ')}
  Webhooks may also reach  ${config.allowedCidrs.join(', ') || 'public addresses only'}

Try it (start a receiver first, in another terminal: npm run receiver):

1. Add a webhook endpoint
${curl('/api/v1/webhooks', '{"url":"http://127.0.0.1:4000/fail/3"}')}

2. Send a Segment identify
${curl('/api/segment/track', '{"type":"identify","userId":"user_12345","traits":{"email":"morgan@acme.com","firstName":"Morgan","plan":"pro"}}')}

3. Send a RudderStack track
${curl('/api/rudderstack/track', '{"type":"track","userId":"user_12345","event":"Purchase Completed","properties":{"amount":99}}')}

Ctrl-C stops everything; the data stays in ${config.dataDir}.`);
}
