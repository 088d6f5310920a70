import { parseArgs } from 'node:util';
import { ensureFirstOwner } from '../../auth/first-owner';
import { ConfigError, loadConfig, type Config } from '../../config';
import { ensureFirstWorkspace } from '../../first-start';
import { createSecretBox } from '../../mongo/secret-box';
import { createStores, prepareDatabase } from '../../mongo/stores';
import { missingSearchAttributes, registerSearchAttributes } from '../../temporal/prepare';
import { parsed, type Command } from '../command';
import { firstLine, openMongo, openTemporal, replicaSetOf, replicaSetRemedy } from '../engines';
import { CliError, exitCodes, usageError } from '../outcome';
import { printFields } from '../table';

const name = 'init';

const help = `esx init [options]

Prepares engines that run already, before gateway and worker are started: the collections and indexes in MongoDB, the
search attributes in Temporal, the first workspace with its API key, and the owner where ESX_OWNER_EMAIL and
ESX_OWNER_PASSWORD are set. It may be run as often as you like: what is there stays as it is.

npm start does all of this by itself. Gateway and worker do it as well when they start; init is for rights that only a
person has, and for seeing the key.

  --json       the answer as JSON

Settings, as for the gateway: MONGODB_URI, TEMPORAL_ADDRESS (or TEMPORAL_PROFILE), TEMPORAL_NAMESPACE,
ESX_ENCRYPTION_KEY, and ESX_API_KEY to choose the key.`;

export const init: Command = {
  help,
  async run(args, cli) {
    const { values } = parsed(name, () => parseArgs({ args, options: { json: { type: 'boolean', default: false } } }));
    const config = readConfig(cli.env);
    const attributes = await prepareTemporal(config);
    const first = await prepareMongo(config);
    // What was set elsewhere is not shown: the console may be a log.
    const apiKey = config.apiKey === undefined ? first.apiKey : undefined;
    if (values.json) {
      cli.out.json({ workspaceId: first.workspaceId, apiKey: apiKey ?? null, searchAttributesAdded: attributes });
      return exitCodes.ok;
    }
    printFields(cli.out, [
      ['MongoDB', 'collections and indexes are there'],
      ['Temporal', attributes.length === 0 ? 'search attributes are there' : `added ${attributes.join(', ')}`],
      ['Workspace id', first.workspaceId],
      [
        'API key',
        apiKey ?? (config.apiKey === undefined ? 'the one shown at the first start' : 'as set in ESX_API_KEY'),
      ],
      ['Owner', config.owner ? config.owner.email : 'whoever follows the link that the gateway prints at its start'],
    ]);
    if (apiKey !== undefined) cli.out.line('\nThe key is shown now and never again.');
    return exitCodes.ok;
  },
};

function readConfig(env: Record<string, string | undefined>): Config {
  try {
    return loadConfig(env, 'gateway');
  } catch (error) {
    if (error instanceof ConfigError) throw usageError(`these settings cannot be used:\n${error.message}`);
    throw error;
  }
}

/** Returns the search attributes that it has added. */
async function prepareTemporal({ temporal }: Config): Promise<string[]> {
  if (!temporal) throw usageError('TEMPORAL_ADDRESS: is not set');
  const { namespace } = temporal;
  const connection = await openTemporal(temporal);
  try {
    const missing = await missingSearchAttributes(connection, namespace);
    await registerSearchAttributes(connection, namespace);
    return missing;
  } catch (error) {
    throw new CliError(
      `Temporal has not taken the search attributes in namespace ${namespace}: ${error instanceof Error ? error.message : String(error)}\nIf the namespace is not there: temporal operator namespace create --namespace ${namespace}`,
    );
  } finally {
    await connection.close();
  }
}

async function prepareMongo(config: Config): Promise<{ workspaceId: string; apiKey?: string }> {
  const database = await openMongo(config);
  try {
    if ((await replicaSetOf(database)) === undefined) throw new CliError(`MongoDB stands alone: ${replicaSetRemedy}`);
    await prepareDatabase(database, config.retentionMs);
    const stores = createStores(database, createSecretBox(config.encryptionKey ?? ''));
    const first = await ensureFirstWorkspace(database, stores, config.apiKey);
    // Without settings the gateway makes a link, and each start makes a new one.
    if (config.owner) await ensureFirstOwner(database, stores, first.workspaceId, config.owner);
    return first;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`MongoDB could not be prepared: ${firstLine(error)}`);
  } finally {
    await database.close();
  }
}
