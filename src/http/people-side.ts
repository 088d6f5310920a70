import type { Router } from 'express';
import type { Logger } from 'pino';
import { createJoining, type Joining } from '../auth/joining';
import { createSignIn } from '../auth/sign-in';
import type { Database } from '../mongo/connect';
import type { Stores } from '../mongo/stores';
import type { Authenticator } from './auth';
import { joinRoutes } from './join-routes';
import { createRateLimit } from './rate-limit';
import { createSessionReader, type SessionReader } from './session-cookie';
import { signInRoutes } from './sign-in-routes';

const windowSeconds = 300;
/** Of one visitor, or of an office behind one address. */
const attemptsOfVisitor = 60;
/** For one email address, from wherever. */
const attemptsForEmail = 20;

/** All that lets people in, put together. */
export function createPeopleSide(parts: {
  database: Database;
  stores: Pick<Stores, 'people' | 'invitations' | 'workspaces'>;
  sessionSecret: string;
  publicUrl: { value: string };
  /** Whether browsers reach this server over HTTPS alone. */
  isSecure: boolean;
  now: () => number;
  logger: Logger;
}): { sessions: SessionReader; joining: Joining; publicRoutes: (auth: Pick<Authenticator, 'forget'>) => Router[] } {
  const { database, stores, isSecure, logger } = parts;
  const signIn = createSignIn({ db: database.db, secret: parts.sessionSecret, isSecure, logger });
  const sessions = createSessionReader(signIn, () => parts.publicUrl.value);
  const joining = createJoining({ ...stores, database, now: parts.now });
  const limits = {
    visitor: createRateLimit('sign-in', attemptsOfVisitor, windowSeconds),
    email: createRateLimit('sign-in-email', attemptsForEmail, windowSeconds),
  };
  return {
    sessions,
    joining,
    publicRoutes: (auth) => [
      signInRoutes({ signIn, sessions, auth, limits }),
      joinRoutes({ joining, signIn, sessions, auth, limit: limits.visitor }),
    ],
  };
}
