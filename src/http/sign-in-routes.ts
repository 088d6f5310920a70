import { Router, type Request, type Response } from 'express';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { maxPasswordLength } from '../auth/password-length';
import { newPassword } from '../auth/passwords';
import type { SignedIn, SignIn } from '../auth/sign-in';
import type { Authenticator } from './auth';
import { bodyText, parseJson, readUpTo } from './body';
import { bodyOf } from './body-schema';
import { emailField, personSchema } from './person-schema';
import { invalidInput, Problem } from './problem';
import type { RateLimit } from './rate-limit';
import type { Route } from './route';
import { setCookies, type SessionReader } from './session-cookie';
import { visitorOf } from './visitor';

export interface SignInRouteDeps {
  signIn: SignIn;
  sessions: SessionReader;
  auth: Pick<Authenticator, 'forget'>;
  limits: SignInLimits;
}
/**
 * Attempts, by the visitor's address and by the email address that is tried. A visitor from whom somebody has signed in
 * lately counts apart: whoever tries passwords elsewhere locks nobody out.
 */
export interface SignInLimits {
  visitor: RateLimit;
  email: RateLimit;
}

const passwordField = z
  .string({ error: 'must be a text' })
  .min(1, { error: 'must not be empty' })
  .max(maxPasswordLength, { error: `must have at most ${maxPasswordLength} characters` });
const signInBody = bodyOf({ email: emailField, password: passwordField });
const changeBody = bodyOf({ currentPassword: passwordField, newPassword });
export const signedInSchema = z.object({ person: personSchema.omit({ createdAt: true }) });
const whoSchema = z.object({ person: signedInSchema.shape.person.nullable() });

/** For the OpenAPI document; these paths start at the root. */
export const signInDescriptions: Omit<Route, 'handle'>[] = [
  {
    ...{ method: 'post', path: '/api/auth/sign-in/email', tag: 'Signing in', status: 200 },
    summary: 'Sign in: the answer sets a cookie that the calls of a browser take instead of a key',
    ...{ body: signInBody, response: signedInSchema },
  },
  {
    ...{ method: 'get', path: '/api/auth/get-session', tag: 'Signing in', status: 200 },
    summary: 'Who is signed in, or null',
    response: whoSchema,
  },
  {
    ...{ method: 'post', path: '/api/auth/sign-out', tag: 'Signing in', status: 204 },
    summary: 'Sign out: the cookie is worth nothing any more',
  },
  {
    ...{ method: 'post', path: '/api/auth/change-password', tag: 'Signing in', status: 204 },
    summary: 'Change your password; all other sessions end',
    body: changeBody,
  },
];

/** Signing in and out, at /api/auth. It needs no key. */
export function signInRoutes({ signIn, sessions, auth, limits }: SignInRouteDeps): Router {
  const router = Router();
  const familiar = new LRUCache<string, true>({ max: 10_000 });
  router.use('/api/auth', ...ownPagesOnly(sessions));

  router.post('/api/auth/sign-in/email', async (request, response) => {
    const { email, password } = readJson(request, signInBody);
    const visitor = visitorOf(request);
    const pair = `${email} ${visitor}`;
    await limits.visitor.consume(visitor, 1, response);
    await limits.email.consume(familiar.has(pair) ? pair : email, 1, response);
    const found = await signIn.signIn(email, password);
    if (!found) {
      throw new Problem(
        401,
        'wrong_credentials',
        'This email address and password do not belong together; check both.',
      );
    }
    familiar.set(pair, true);
    setCookies(response, found.setCookies);
    response.json({ person: showSignedIn(found.person) } satisfies z.infer<typeof signedInSchema>);
  });

  router.post('/api/auth/sign-out', async (request, response) => {
    setCookies(response, await signIn.signOut(request.get('cookie') ?? ''));
    auth.forget();
    response.status(204).end();
  });

  router.get('/api/auth/get-session', async (request, response) => {
    const found = await signIn.session(request.get('cookie') ?? '', true);
    setCookies(response, found?.setCookies ?? []);
    const who: z.infer<typeof whoSchema> = { person: found ? showSignedIn(found.person) : null };
    response.json(who);
  });

  router.post('/api/auth/change-password', async (request, response) => {
    const { currentPassword, newPassword: wanted } = readJson(request, changeBody);
    const { id } = await sessions.read(request, response);
    await limits.email.consume(id, 1, response);
    const cookies = await signIn.changePassword(request.get('cookie') ?? '', currentPassword, wanted);
    if (!cookies) {
      const detail = 'is not your current password';
      throw new Problem(422, 'wrong_password', `currentPassword: ${detail}`, {
        errors: [{ pointer: '/currentPassword', detail }],
      });
    }
    setCookies(response, cookies);
    auth.forget();
    response.status(204).end();
  });
  return router;
}

const maxBody = '16kb';

/** What goes before every call that no key is needed for: no other site may send it, and nothing keeps its answer. */
export function ownPagesOnly(sessions: SessionReader) {
  return [
    readUpTo(maxBody),
    (request: Request, response: Response, next: () => void): void => {
      response.setHeader('Cache-Control', 'no-store');
      sessions.refuseForeign(request);
      next();
    },
  ];
}

export function readJson<Schema extends z.ZodType>(request: Request, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(parseJson(bodyText(request)));
  if (!result.success) throw invalidInput(result.error, 'body');
  return result.data;
}

export function showSignedIn({ id, name, email, role }: SignedIn): z.infer<typeof signedInSchema>['person'] {
  return { id, name, email, role };
}
