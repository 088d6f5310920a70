import { openDatabase, type Database } from '../../../src/mongo/connect';
import { createSecretBox } from '../../../src/mongo/secret-box';
import { createStores, prepareDatabase, type Stores } from '../../../src/mongo/stores';
import { freshDatabaseName, testMongoUri } from '../../support/engines';

export interface TestDatabase {
  database: Database;
  stores: Stores;
  close: () => Promise<void>;
}

/** A database for one file's tests, with its indexes. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const uri = new URL(testMongoUri());
  uri.pathname = `/${freshDatabaseName()}`;
  const database = openDatabase(uri.href);
  await prepareDatabase(database);
  return {
    database,
    stores: createStores(database, createSecretBox('a key for tests alone')),
    async close() {
      await database.db.dropDatabase();
      await database.close();
    },
  };
}
