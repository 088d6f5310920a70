import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { displayApiKey, hashApiKey, newApiKey } from './api-key';
import type { Database } from './mongo/connect';
import { isDuplicateKey } from './mongo/connect';
import { newId } from './mongo/new-id';
import type { Stores } from './mongo/stores';

/** The first workspace and a key for it; the key's text only when it was made or given just now. */
export interface FirstWorkspace {
  workspaceId: string;
  apiKey?: string;
}

/** Makes the first workspace and its key unless they exist. Several processes may do this at once. */
export async function ensureFirstWorkspace(
  database: Database,
  stores: Stores,
  givenKey: string | undefined,
): Promise<FirstWorkspace> {
  const setup = database.db.collection<{ _id: string; workspaceId: string }>('setup');
  const first = await setup.findOneAndUpdate(
    { _id: 'firstWorkspace' },
    { $setOnInsert: { workspaceId: newId('workspace') } },
    { upsert: true, returnDocument: 'after' },
  );
  const workspaceId = first?.workspaceId ?? '';
  const at = new Date();
  await ignoreDuplicate(
    stores.workspaces.insert({ _id: workspaceId, name: 'My workspace', plan: 'pro', createdAt: at, updatedAt: at }),
  );

  const hasKeys = (await stores.apiKeys.list(workspaceId)).length > 0;
  const apiKey = givenKey ?? (hasKeys ? undefined : newApiKey());
  if (apiKey === undefined) return { workspaceId };
  await ignoreDuplicate(
    stores.apiKeys.insert({
      _id: newId('apiKey'),
      workspaceId,
      name: givenKey === undefined ? 'First key' : 'ESX_API_KEY',
      hash: hashApiKey(apiKey),
      display: displayApiKey(apiKey),
      createdAt: at,
    }),
  );
  return { workspaceId, apiKey };
}

/** The key that stored secrets are sealed with, kept beside the embedded data and made on the first start. */
export async function keptEncryptionKey(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'encryption-key');
  await mkdir(dataDir, { recursive: true });
  try {
    await writeFile(file, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return (await readFile(file, 'utf8')).trim();
}

async function ignoreDuplicate(insert: Promise<void>): Promise<void> {
  try {
    await insert;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}
