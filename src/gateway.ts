import { openParts, prepareWhenReachable } from './compose';
import { ensureFirstOwner } from './auth/first-owner';
import { ConfigError, describeConfig } from './config';
import { ensureFirstWorkspace } from './first-start';
import { startGateway } from './gateway-server';
import { runProcess } from './run-process';

/** The HTTP side alone, against an existing Temporal and MongoDB. Takes events while Temporal is away. */
runProcess('gateway', async (config, logger, onStop, isStopping) => {
  if (!config.mongodbUri || !config.temporal) throw new ConfigError('MONGODB_URI and TEMPORAL_ADDRESS: are not set');
  logger.info(describeConfig(config), 'gateway.starting');
  const parts = await openParts(config, { mongodbUri: config.mongodbUri, temporal: config.temporal }, logger);
  onStop(parts.close);
  const gateway = await startGateway({ ...parts, config, temporalUiUrl: config.temporalUiUrl, logger });
  onStop(gateway.stop);
  logger.info({ url: gateway.url }, 'gateway.started');
  await prepareWhenReachable(parts, logger, isStopping);
  const first = await ensureFirstWorkspace(parts.database, parts.stores, config.apiKey);
  const joinPath = await ensureFirstOwner(parts.database, parts.stores, first.workspaceId, config.owner);
  logger.info({ workspaceId: first.workspaceId }, 'gateway.ready');
  // The only moment at which the key's text exists; whoever starts a gateway by hand needs it.
  if (first.apiKey !== undefined && config.apiKey === undefined) process.stdout.write(`API key: ${first.apiKey}\n`);
  // It lets anybody in who has it: to the console, and not to the log.
  if (joinPath !== undefined) process.stdout.write(`Become the owner: ${gateway.url}${joinPath}\n`);
});
