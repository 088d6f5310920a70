import { createHmac } from 'node:crypto';
import { betterAuth } from 'better-auth/minimal';
import { mongodbAdapter } from 'better-auth/adapters/mongodb';
import { APIError } from 'better-auth/api';
import type { Db } from 'mongodb';
import type { Logger } from 'pino';
import { z } from 'zod';
import { inTime } from '../mongo/connect';
import { newId } from '../mongo/new-id';
import { personRoles } from '../mongo/people';
import { maxPasswordLength, minPasswordLength } from './password-length';

export const cookiePrefix = 'esx';
const sessionSeconds = 7 * 86_400;
/** A session that is used is prolonged, at most this often. */
const prolongEverySeconds = 86_400;

const signedInSchema = z.object({
  id: z.string(),
  workspaceId: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.enum(personRoles),
});
export type SignedIn = z.infer<typeof signedInSchema>;

/** What goes with an answer: the texts of its Set-Cookie headers. */
type WithCookies<What> = What & { setCookies: string[] };

/** Signing in by email and password. Cookies are the texts of Cookie headers, as they come in. */
export interface SignIn {
  /** Undefined: no such address, or another password; nobody can tell which. */
  signIn(email: string, password: string): Promise<WithCookies<{ person: SignedIn }> | undefined>;
  /** Whom a request speaks for. `setCookies` holds the prolonged session, where it is time for that and an answer can carry it. */
  session(cookies: string, canProlong: boolean): Promise<WithCookies<{ person: SignedIn }> | undefined>;
  signOut(cookies: string): Promise<string[]>;
  /** Ends all other sessions of the person. Undefined: the current password is another one. */
  changePassword(cookies: string, current: string, wanted: string): Promise<string[] | undefined>;
}

/** Signs cookies; another purpose, another key. */
export function sessionSecretOf(encryptionKey: string): string {
  return createHmac('sha256', encryptionKey).update('emailsendx sessions').digest('base64url');
}

/** better-auth over our collections. Its own HTTP routes are not served: only what stands above can be reached. */
export function createSignIn(parts: { db: Db; secret: string; isSecure: boolean; logger: Logger }): SignIn {
  const auth = betterAuth({
    secret: parts.secret,
    // Of its routes, which nobody serves.
    baseURL: 'http://localhost',
    database: mongodbAdapter(parts.db),
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength, maxPasswordLength },
    user: {
      modelName: 'people',
      additionalFields: {
        workspaceId: { type: 'string', input: false },
        role: { type: 'string', input: false },
      },
    },
    account: { modelName: 'credentials' },
    session: { modelName: 'sessions', expiresIn: sessionSeconds, updateAge: prolongEverySeconds },
    // Not used; the adapter makes its index all the same.
    verification: { modelName: 'verifications' },
    advanced: {
      cookiePrefix,
      useSecureCookies: parts.isSecure,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'strict', path: '/' },
      ipAddress: { disableIpTracking: true },
      database: { generateId: ({ model }) => newId(idKinds[model] ?? 'session') },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: 'error', log: (level, message) => parts.logger[level](message) },
  });
  const headersOf = (cookie: string): Headers => new Headers({ cookie });

  return {
    async signIn(email, password) {
      try {
        const { headers, response } = await auth.api.signInEmail({ body: { email, password }, returnHeaders: true });
        return { person: signedInSchema.parse(response.user), setCookies: headers.getSetCookie() };
      } catch (error) {
        return ifRefused(error, ['INVALID_EMAIL_OR_PASSWORD']);
      }
    },
    async session(cookies, canProlong) {
      try {
        const { headers, response } = await inTime(
          auth.api.getSession({
            headers: headersOf(cookies),
            query: { disableRefresh: !canProlong },
            returnHeaders: true,
          }),
        );
        if (!response) return undefined;
        return { person: signedInSchema.parse(response.user), setCookies: headers.getSetCookie() };
      } catch (error) {
        // It was ended while it was prolonged.
        return ifRefused(error, ['FAILED_TO_GET_SESSION']);
      }
    },
    async signOut(cookies) {
      const { headers } = await inTime(auth.api.signOut({ headers: headersOf(cookies), returnHeaders: true }));
      return headers.getSetCookie();
    },
    async changePassword(cookies, current, wanted) {
      try {
        const { headers } = await auth.api.changePassword({
          headers: headersOf(cookies),
          body: { currentPassword: current, newPassword: wanted, revokeOtherSessions: true },
          returnHeaders: true,
        });
        return headers.getSetCookie();
      } catch (error) {
        return ifRefused(error, ['INVALID_PASSWORD']);
      }
    },
  };
}

const idKinds: Partial<Record<string, 'person' | 'credential' | 'session'>> = {
  user: 'person',
  account: 'credential',
};

/** Undefined for a refusal of that kind; what lies behind any other error is thrown. */
function ifRefused(error: unknown, codes: string[]): undefined {
  if (!(error instanceof APIError)) throw error;
  if (error.cause instanceof Error) throw error.cause;
  if (codes.includes(error.body?.code ?? '')) return undefined;
  throw error;
}
