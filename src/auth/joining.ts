import { randomBytes } from 'node:crypto';
import { isDuplicateKey, type Database } from '../mongo/connect';
import type { Invitation, InvitationKind, InvitationStore } from '../mongo/invitations';
import { newId } from '../mongo/new-id';
import type { PersonRole, PersonStore } from '../mongo/people';
import type { WorkspaceStore } from '../mongo/workspaces';
import { sha256Hex } from '../sha256';
import { hashOf } from './passwords';

const dayMs = 86_400_000;
export const invitationDays = 7;

/** The one way in: a link that holds once and for a week. */
export interface Joining {
  /** Makes a link's token, which is told here and nowhere else. */
  invite(wanted: Wanted): Promise<{ token: string; invitation: Invitation }>;
  /** What a link is for, as long as it holds. */
  look(
    token: string,
  ): Promise<{ kind: InvitationKind; role: PersonRole; email?: string; workspace: string } | undefined>;
  /** Follows a link; answers the address to sign in with. */
  join(token: string, given: Given): Promise<{ email: string } | 'gone' | 'email missing' | 'email taken'>;
}
interface Wanted {
  workspaceId: string;
  kind: InvitationKind;
  role: PersonRole;
  email?: string;
  personId?: string;
  invitedBy?: string;
  invitedById?: string;
}
interface Given {
  name: string;
  email: string | undefined;
  password: string;
}

export function createJoining(deps: {
  database: Pick<Database, 'transactionOnce'>;
  people: PersonStore;
  invitations: InvitationStore;
  workspaces: WorkspaceStore;
  now: () => number;
}): Joining {
  const { database, people, invitations, workspaces } = deps;
  const at = (): Date => new Date(deps.now());
  return {
    async invite(wanted) {
      const token = randomBytes(24).toString('base64url');
      const createdAt = at();
      const expiresAt = new Date(createdAt.getTime() + invitationDays * dayMs);
      const invitation = { id: newId('invitation'), ...wanted, tokenHash: sha256Hex(token), createdAt, expiresAt };
      await database.transactionOnce((session) => invitations.insert(invitation, session));
      return { token, invitation };
    },
    async look(token) {
      const invitation = await invitations.byToken(sha256Hex(token), at());
      const workspace = invitation && (await workspaces.get(invitation.workspaceId));
      if (!invitation || !workspace) return undefined;
      const { kind, role, email } = invitation;
      return { kind, role, ...(email === undefined ? {} : { email }), workspace: workspace.name };
    },
    async join(token, given) {
      const tokenHash = sha256Hex(token);
      const offered = await invitations.byToken(tokenHash, at());
      if (!offered) return 'gone';
      const email = offered.email ?? given.email;
      if (email === undefined) return 'email missing';
      const passwordHash = await hashOf(given.password);
      try {
        return await database.transactionOnce(async (session) => {
          const invitation = await invitations.take(tokenHash, at(), session);
          if (!invitation) return 'gone';
          const { workspaceId, role, personId } = invitation;
          if (personId !== undefined) {
            return (await people.setPassword(personId, passwordHash, at(), session)) ? { email } : 'gone';
          }
          const person = { id: newId('person'), workspaceId, email, name: given.name, role };
          await people.insert({ ...person, createdAt: at(), updatedAt: at() }, passwordHash, session);
          // Of two who hold links of that kind, one becomes the owner.
          if (invitation.kind === 'first owner') await invitations.removeFirst(workspaceId, session);
          return { email };
        });
      } catch (error) {
        if (isDuplicateKey(error)) return 'email taken';
        throw error;
      }
    },
  };
}
