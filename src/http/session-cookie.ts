import { getSessionCookie } from 'better-auth/cookies';
import type { Request, Response } from 'express';
import { cookiePrefix, type SignedIn, type SignIn } from '../auth/sign-in';
import { judgeOrigin } from './own-origin';
import { Problem } from './problem';

/** Knows who is signed in from the cookie of a request. */
export interface SessionReader {
  /**
   * The cookies of a request that has a session among them, unchecked. All of them: another site of the domain may have
   * planted one beside it, and who has that one alone must not pass for whoever had both.
   */
  cookiesOf(request: Request): string | undefined;
  /** Throws a 403 for what no page of ours has sent. */
  refuseForeign(request: Request): void;
  /** Throws a 401 when the session is over. Prolongs it where the answer has not begun, and can set the cookie anew. */
  read(request: Request, response: Response): Promise<SignedIn>;
}

export function createSessionReader(signIn: Pick<SignIn, 'session'>, publicUrl: () => string): SessionReader {
  const cookiesOf = (request: Request): string | undefined => {
    const cookie = request.get('cookie');
    if (cookie === undefined) return undefined;
    return getSessionCookie(new Headers({ cookie }), { cookiePrefix }) === null ? undefined : cookie;
  };
  return {
    cookiesOf,
    refuseForeign(request) {
      const judgement = judgeOrigin(originOf(request), publicUrl());
      if (judgement === 'foreign' || (judgement === 'unknown' && cookiesOf(request) !== undefined)) {
        throw new Problem(
          403,
          'foreign_origin',
          'This request did not come from a page of this server; programs send an API key instead of a cookie.',
        );
      }
    },
    async read(request, response) {
      const found = await signIn.session(request.get('cookie') ?? '', !response.headersSent);
      if (!found) throw new Problem(401, 'session_ended', 'You are not signed in any more; sign in again.');
      setCookies(response, found.setCookies);
      return found.person;
    },
  };
}

export function setCookies(response: Response, cookies: string[]): void {
  if (cookies.length > 0) response.append('Set-Cookie', cookies);
}

function originOf(request: Request): Parameters<typeof judgeOrigin>[0] {
  return {
    method: request.method,
    origin: request.get('origin'),
    secFetchSite: request.get('sec-fetch-site'),
    host: request.get('host'),
  };
}
