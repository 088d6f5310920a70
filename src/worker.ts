import { openParts, prepareWhenReachable, startWorker } from './compose';
import { ConfigError, describeConfig } from './config';
import { runProcess } from './run-process';

/** The worker alone, against an existing Temporal and MongoDB. Run as many as the load needs. */
runProcess('worker', async (config, logger, onStop, isStopping) => {
  if (!config.mongodbUri || !config.temporal) throw new ConfigError('MONGODB_URI and TEMPORAL_ADDRESS: are not set');
  logger.info(describeConfig(config), 'worker.starting');
  const parts = await openParts(config, { mongodbUri: config.mongodbUri, temporal: config.temporal }, logger);
  onStop(parts.close);
  await prepareWhenReachable(parts, logger, isStopping);
  const worker = startWorker(parts, logger);
  onStop(worker.stop);
});
