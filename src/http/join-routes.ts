import { Router } from 'express';
import { z } from 'zod';
import type { Joining } from '../auth/joining';
import { newPassword } from '../auth/passwords';
import { personRoles } from '../mongo/people';
import type { SignIn } from '../auth/sign-in';
import type { Authenticator } from './auth';
import { bodyOf, nameField } from './body-schema';
import { emailField } from './person-schema';
import { Problem } from './problem';
import type { RateLimit } from './rate-limit';
import type { Route } from './route';
import { setCookies, type SessionReader } from './session-cookie';
import { ownPagesOnly, readJson, showSignedIn, signedInSchema } from './sign-in-routes';
import { visitorOf } from './visitor';

export interface JoinRouteDeps {
  joining: Joining;
  signIn: SignIn;
  sessions: SessionReader;
  auth: Pick<Authenticator, 'forget'>;
  /** By the visitor's address. */
  limit: RateLimit;
}

const offerSchema = z.object({
  kind: z.enum(['first owner', 'invite', 'reset']),
  role: z.enum(personRoles),
  email: z.string().nullable().describe('Null: whoever joins says it'),
  workspaceName: z.string(),
});
const joinBody = bodyOf({
  name: nameField.optional().describe('Needed, except to choose a new password'),
  email: emailField.optional().describe('Needed where the link names nobody'),
  password: newPassword,
});

/** For the OpenAPI document; these paths start at the root. */
export const joinDescriptions: Omit<Route, 'handle'>[] = [
  {
    ...{ method: 'get', path: '/api/join/:token', tag: 'Signing in', status: 200 },
    summary: 'What an invitation or a reset link is for',
    response: offerSchema,
  },
  {
    ...{ method: 'post', path: '/api/join/:token', tag: 'Signing in', status: 201 },
    summary: 'Follow an invitation or a reset link, once, and be signed in',
    ...{ body: joinBody, response: signedInSchema },
  },
];

/** What a link lets one do, at /api/join. The link is the permission. */
export function joinRoutes({ joining, signIn, sessions, auth, limit }: JoinRouteDeps): Router {
  const router = Router();
  router.use('/api/join', ...ownPagesOnly(sessions));

  router.get('/api/join/:token', async (request, response) => {
    await limit.consume(visitorOf(request), 1, response);
    const offer = await joining.look(request.params.token);
    if (!offer) throw gone();
    const { kind, role, email = null, workspace } = offer;
    const shown: z.infer<typeof offerSchema> = { kind, role, email, workspaceName: workspace };
    response.json(shown);
  });

  router.post('/api/join/:token', async (request, response) => {
    const { name, email, password } = readJson(request, joinBody);
    await limit.consume(visitorOf(request), 1, response);
    const { token } = request.params;
    const offer = await joining.look(token);
    if (!offer) throw gone();
    if (name === undefined && offer.kind !== 'reset') throw missing('name');
    const outcome = await joining.join(token, { name: name ?? '', email, password });
    if (outcome === 'email missing') throw missing('email');
    if (outcome === 'email taken') throw taken();
    const found = outcome === 'gone' ? undefined : await signIn.signIn(outcome.email, password);
    if (!found) throw gone();
    auth.forget();
    setCookies(response, found.setCookies);
    response.status(201).json({ person: showSignedIn(found.person) } satisfies z.infer<typeof signedInSchema>);
  });
  return router;
}

function gone(): Problem {
  return new Problem(
    404,
    'link_gone',
    'This link does not hold any more: it was followed, taken back, or is older than a week. Ask for a new one.',
  );
}

function missing(field: 'name' | 'email'): Problem {
  const detail = 'is missing; send a string';
  return new Problem(422, 'invalid_body', `${field}: ${detail}`, { errors: [{ pointer: `/${field}`, detail }] });
}

function taken(): Problem {
  const detail = 'belongs to somebody who can sign in already';
  return new Problem(409, 'email_taken', `email: ${detail}; sign in instead.`, {
    errors: [{ pointer: '/email', detail }],
  });
}
