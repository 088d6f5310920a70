import { z } from 'zod';
import type { Joining } from '../auth/joining';
import { joinPath } from '../auth/first-owner';
import type { Database } from '../mongo/connect';
import type { InvitationStore } from '../mongo/invitations';
import type { PersonStore } from '../mongo/people';
import type { Authenticator, Caller } from './auth';
import { bodyOf, nameField } from './body-schema';
import { pageOf } from './page';
import { inviterOf, personSchema, roleField, showPerson } from './person-schema';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

export interface PeopleRouteDeps {
  database: Pick<Database, 'transaction'>;
  people: PersonStore;
  invitations: InvitationStore;
  joining: Joining;
  auth: Pick<Authenticator, 'forget'>;
  publicUrl: { value: string };
  now: () => number;
}

/** Settings → People: who signs in to the workspace. */
export function peopleRoutes(deps: PeopleRouteDeps): Route[] {
  const { people, invitations, auth } = deps;
  const at = (): Date => new Date(deps.now());
  return [
    route({
      method: 'get',
      path: '/people',
      tag: 'People',
      summary: 'Who can sign in, owners first',
      status: 200,
      response: pageOf(personSchema),
      async handle({ caller }) {
        return { data: (await people.list(caller.workspace._id)).map(showPerson), nextCursor: null };
      },
    }),
    route({
      method: 'patch',
      path: '/people/me',
      tag: 'People',
      summary: 'Change your own name',
      status: 200,
      body: bodyOf({ name: nameField }),
      response: personSchema,
      async handle({ caller, body }) {
        const renamed = await people.rename(caller.workspace._id, personIdOf(caller), body.name, at());
        if (!renamed) throw notFound('person');
        auth.forget();
        return showPerson(renamed);
      },
    }),
    route({
      method: 'patch',
      path: '/people/:id',
      tag: 'People',
      summary: 'Change the role of a person',
      ownerOnly: true,
      status: 200,
      body: bodyOf({ role: roleField }),
      response: personSchema,
      async handle({ caller, params, body }) {
        const id = params['id'] ?? '';
        const workspaceId = caller.workspace._id;
        const outcome = await deps.database.transaction(async (session) => {
          const changed = await people.changeRole(workspaceId, id, body.role, at(), session);
          if (typeof changed !== 'string' && changed.role !== 'owner') {
            await invitations.removeMadeBy(workspaceId, id, session);
          }
          return changed;
        });
        if (typeof outcome === 'string') throw refusal(outcome);
        auth.forget();
        return showPerson(outcome);
      },
    }),
    route({
      method: 'delete',
      path: '/people/:id',
      tag: 'People',
      summary: 'Remove a person, who is signed out everywhere',
      ownerOnly: true,
      status: 204,
      async handle({ caller, params }) {
        const id = params['id'] ?? '';
        const workspaceId = caller.workspace._id;
        const outcome = await deps.database.transaction(async (session) => {
          const removal = await people.remove(workspaceId, id, session);
          if (removal === 'removed') await invitations.removeMadeBy(workspaceId, id, session);
          return removal;
        });
        if (outcome !== 'removed') throw refusal(outcome);
        auth.forget();
        return undefined;
      },
    }),
    route({
      method: 'post',
      path: '/people/:id/reset-link',
      tag: 'People',
      summary: 'Make a link by which a person chooses a new password; it holds once and for a week',
      ownerOnly: true,
      status: 201,
      response: z.object({ link: z.string(), expiresAt: z.iso.datetime() }),
      idempotent: { secrets: ['link'] },
      async handle({ caller, params }) {
        const person = await people.get(caller.workspace._id, params['id'] ?? '');
        if (!person) throw notFound('person');
        const { workspaceId, role, email, id: personId } = person;
        const { token, invitation } = await deps.joining.invite({
          ...{ workspaceId, kind: 'reset', role, email, personId },
          ...inviterOf(caller),
        });
        return { link: deps.publicUrl.value + joinPath(token), expiresAt: invitation.expiresAt.toISOString() };
      },
    }),
  ];
}

function personIdOf({ by }: Caller): string {
  if (by.kind === 'person') return by.personId;
  throw new Problem(422, 'person_only', 'A key is nobody in particular; name the person: PATCH /people/:id.');
}

function refusal(outcome: 'unknown' | 'last owner'): Problem {
  if (outcome === 'unknown') return notFound('person');
  return new Problem(
    409,
    'last_owner',
    'This is the last owner of the workspace; make somebody else an owner first (PATCH /people/:id).',
  );
}
