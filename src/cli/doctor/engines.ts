import type { Config } from '../../config';
import type { Database } from '../../mongo/connect';
import { missingIndexes } from '../../mongo/stores';
import type { TemporalSettings } from '../../temporal/connect';
import { missingSearchAttributes } from '../../temporal/prepare';
import { taskQueue } from '../../temporal/start';
import { hostsOf, openMongo, openTemporal, replicaSetOf, replicaSetRemedy } from '../engines';
import { fail, look, ok, warn, type Check } from './check';

const initRemedy = 'run npx esx init, or start gateway and worker, which make them';

export function checkMongo(config: Config): Promise<Check[]> {
  return look('MongoDB', 'check MONGODB_URI, its user and its rights', async () => {
    const startedMs = performance.now();
    const database = await openMongo(config);
    try {
      const tookMs = Math.round(performance.now() - startedMs);
      return [
        ok('MongoDB', `${hostsOf(config.mongodbUri ?? '')} answers within ${tookMs} ms`),
        await checkReplicaSet(database),
        ...(await checkIndexes(database, config.retentionMs)),
      ];
    } finally {
      await database.close();
    }
  });
}

async function checkReplicaSet(database: Database): Promise<Check> {
  const name = await replicaSetOf(database);
  return name === undefined ? fail('replica set', 'MongoDB stands alone', replicaSetRemedy) : ok('replica set', name);
}

function checkIndexes(database: Database, retentionMs: number): Promise<Check[]> {
  return look('indexes', initRemedy, async () => {
    const missing = await missingIndexes(database, retentionMs);
    if (missing.length === 0) return ok('indexes', 'all are there');
    const shown = missing.slice(0, 5).join(', ');
    const more = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
    return fail('indexes', `missing: ${shown}${more}`, initRemedy);
  });
}

const workflowQueue = 1;

export function checkTemporal(settings: TemporalSettings): Promise<Check[]> {
  const { namespace } = settings;
  return look('Temporal', 'check TEMPORAL_ADDRESS, and TEMPORAL_TLS… or TEMPORAL_API_KEY for a cloud', async () => {
    const connection = await openTemporal(settings);
    try {
      const { workflowService } = connection;
      const created = `temporal operator namespace create --namespace ${namespace}`;
      const found = await look('namespace', created, async () => {
        await workflowService.describeNamespace({ namespace });
        return ok('namespace', namespace);
      });
      if (found.some(({ status }) => status === 'fail')) return [ok('Temporal', addressOf(settings)), ...found];
      return [
        ok('Temporal', `${addressOf(settings)} answers`),
        ...found,
        ...(await look('search attributes', initRemedy, async () => {
          const missing = await missingSearchAttributes(connection, namespace);
          return missing.length === 0
            ? ok('search attributes', 'all are there')
            : fail('search attributes', `missing: ${missing.join(', ')}`, initRemedy);
        })),
        ...(await look('worker', 'start one: npm run worker', async () => {
          const queue = { namespace, taskQueue: { name: taskQueue }, taskQueueType: workflowQueue };
          const { pollers } = await workflowService.describeTaskQueue(queue);
          const count = pollers?.length ?? 0;
          return count === 0
            ? warn('worker', `none polls the task queue ${taskQueue}`, 'start one: npm run worker')
            : ok('worker', `${count} poll${count === 1 ? 's' : ''} the task queue ${taskQueue}`);
        })),
      ];
    } finally {
      await connection.close();
    }
  });
}

function addressOf({ connectionOptions }: TemporalSettings): string {
  return connectionOptions.address ?? '';
}
