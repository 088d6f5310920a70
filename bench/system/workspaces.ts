import type { Db } from 'mongodb';
import { displayApiKey, hashApiKey, newApiKey } from '../../src/api-key';
import { ApiKeyStore } from '../../src/mongo/api-keys';
import { newId } from '../../src/mongo/new-id';
import { WorkspaceStore } from '../../src/mongo/workspaces';

export interface Workspace {
  name: string;
  id: string;
  apiKey: string;
}

/** Makes a workspace and its key in the database: no public call makes a second workspace. */
export async function insertWorkspace(db: Db, name: string): Promise<Workspace> {
  const workspaceId = newId('workspace');
  const apiKey = newApiKey();
  const at = new Date();
  await new WorkspaceStore(db).insert({ _id: workspaceId, name, plan: 'pro', createdAt: at, updatedAt: at });
  await new ApiKeyStore(db).insert({
    _id: newId('apiKey'),
    workspaceId,
    name: 'bench',
    hash: hashApiKey(apiKey),
    display: displayApiKey(apiKey),
    createdAt: at,
  });
  return { name, id: workspaceId, apiKey };
}
