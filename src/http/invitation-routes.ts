import { z } from 'zod';
import { joinPath } from '../auth/first-owner';
import type { Joining } from '../auth/joining';
import type { Invitation, InvitationStore } from '../mongo/invitations';
import { personRoles, type PersonStore } from '../mongo/people';
import { bodyOf } from './body-schema';
import { pageOf } from './page';
import { emailField, inviterOf, roleField } from './person-schema';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const invitationSchema = z.object({
  id: z.string(),
  email: z.string(),
  role: z.enum(personRoles),
  invitedBy: z.string().nullable().describe('A name; null when it was made with a key'),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

export interface InvitationRouteDeps {
  people: PersonStore;
  invitations: InvitationStore;
  joining: Joining;
  publicUrl: { value: string };
  now: () => number;
}

/** Settings → People: who is asked to join. */
export function invitationRoutes({ people, invitations, joining, publicUrl, now }: InvitationRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/invitations',
      tag: 'People',
      summary: 'Invitations that nobody has followed yet, newest first',
      ownerOnly: true,
      status: 200,
      response: pageOf(invitationSchema),
      async handle({ caller }) {
        const pending = await invitations.pending(caller.workspace._id, new Date(now()));
        return { data: pending.map(show), nextCursor: null };
      },
    }),
    route({
      method: 'post',
      path: '/invitations',
      tag: 'People',
      summary: 'Invite somebody: the answer shows the link to send, and nothing shows it again',
      ownerOnly: true,
      status: 201,
      body: bodyOf({ email: emailField, role: roleField.default('member') }),
      response: invitationSchema.extend({ link: z.string().describe('Shown now and never again; holds once') }),
      idempotent: { secrets: ['link'] },
      async handle({ caller, body: { email, role } }) {
        if (await people.byEmail(email)) throw isHereAlready(email);
        const workspaceId = caller.workspace._id;
        const wanted = { workspaceId, kind: 'invite' as const, role, email, ...inviterOf(caller) };
        const { token, invitation } = await joining.invite(wanted);
        return { ...show(invitation), link: publicUrl.value + joinPath(token) };
      },
    }),
    route({
      method: 'delete',
      path: '/invitations/:id',
      tag: 'People',
      summary: 'Take an invitation back: its link holds no longer',
      ownerOnly: true,
      status: 204,
      async handle({ caller, params }) {
        const isRevoked = await invitations.revoke(caller.workspace._id, params['id'] ?? '');
        if (!isRevoked) throw notFound('invitation that is open');
        return undefined;
      },
    }),
  ];
}

function isHereAlready(email: string): Problem {
  const detail = `${email} can sign in already; make a reset link if the password is lost (Settings → People)`;
  return new Problem(409, 'email_taken', `email: ${detail}.`, { errors: [{ pointer: '/email', detail }] });
}

function show({ id, email, role, invitedBy, createdAt, expiresAt }: Invitation): z.infer<typeof invitationSchema> {
  return {
    ...{ id, email: email ?? '', role, invitedBy: invitedBy ?? null },
    ...{ createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() },
  };
}
