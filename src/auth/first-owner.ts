import { isDuplicateKey, type Database } from '../mongo/connect';
import { newId } from '../mongo/new-id';
import type { Stores } from '../mongo/stores';
import { createJoining } from './joining';
import { hashOf } from './passwords';

/** Who is made owner at the start, by ESX_OWNER_EMAIL and ESX_OWNER_PASSWORD. */
export interface OwnerSettings {
  email: string;
  password: string;
}

/**
 * Sees to it that a workspace can have its first owner: by the settings, else by a link that holds until the next start.
 * Answers the path of the link. Does nothing where there is an owner.
 */
export async function ensureFirstOwner(
  database: Database,
  stores: Pick<Stores, 'people' | 'invitations' | 'workspaces'>,
  workspaceId: string,
  settings: OwnerSettings | undefined,
): Promise<string | undefined> {
  if (await stores.people.hasOwner(workspaceId)) return undefined;
  if (settings) {
    await insertOwner(database, stores, workspaceId, settings);
    return undefined;
  }
  const joining = createJoining({ ...stores, database, now: () => Date.now() });
  const { token } = await joining.invite({ workspaceId, kind: 'first owner', role: 'owner' });
  return joinPath(token);
}

/** Where the page of a link is. */
export function joinPath(token: string): string {
  return `/join/${token}`;
}

async function insertOwner(
  database: Database,
  { people, invitations }: Pick<Stores, 'people' | 'invitations'>,
  workspaceId: string,
  { email, password }: OwnerSettings,
): Promise<void> {
  const passwordHash = await hashOf(password);
  const at = new Date();
  const [name = email] = email.split('@');
  const person = { id: newId('person'), workspaceId, email, name, role: 'owner' as const };
  try {
    await database.transactionOnce(async (session) => {
      await people.insert({ ...person, createdAt: at, updatedAt: at }, passwordHash, session);
      await invitations.removeFirst(workspaceId, session);
    });
  } catch (error) {
    // Another gateway that starts at the same time has made the same owner.
    if (!isDuplicateKey(error)) throw error;
  }
}
