import { Router } from 'express';
import type { Authenticator } from '../../src/http/auth';
import { apiKeyRoutes } from '../../src/http/api-key-routes';
import { createPeopleSide } from '../../src/http/people-side';
import { invitationRoutes } from '../../src/http/invitation-routes';
import { listenRoutes } from '../../src/http/listen-routes';
import { Problem } from '../../src/http/problem';
import type { Route } from '../../src/http/route';
import { eventually } from '../e2e/support/processes';
import { peopleRoutes } from '../../src/http/people-routes';
import { SseStreams } from '../../src/http/sse';
import { sessionRoutes } from '../../src/http/session-routes';
import { workspaceRoutes } from '../../src/http/workspace-routes';
import { ensureFirstOwner } from '../../src/auth/first-owner';
import { createLogger } from '../../src/logger';
import { startHarness, type HarnessParts } from './harness';

export const ada = { name: 'Ada Lovelace', email: 'ada@acme.com', password: 'a password of Ada' };
export const bob = { name: 'Bob', email: 'bob@acme.com', password: 'a password of Bob' };

/** Somebody with a browser: keeps cookies, and says where its requests come from as a browser does. */
export class Browser {
  cookies = new Map<string, string>();
  constructor(
    readonly url: string,
    readonly headers: Record<string, string> = { 'sec-fetch-site': 'same-origin', origin: url },
  ) {}

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(method === 'GET' ? {} : this.headers),
        ...(this.cookies.size === 0 ? {} : { cookie: [...this.cookies].map((pair) => pair.join('=')).join('; ') }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const at = pair.indexOf('=');
      if (/Max-Age=0/i.test(cookie)) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }
  signIn(who: { email: string; password: string }) {
    return this.call('POST', '/api/auth/sign-in/email', { email: who.email, password: who.password });
  }
}

/** A server where people sign in. `firstLink` is the path that a first start prints. */
export async function startPeople(publicUrl?: string) {
  const place = { value: publicUrl ?? '' };
  let side: ReturnType<typeof createPeopleSide> | undefined;
  const sideOf = (parts: Omit<HarnessParts, 'auth'>) => {
    // Expiry is by the database's clock.
    parts.clock.nowMs = Date.now();
    return (side ??= createPeopleSide({
      ...{ ...parts, sessionSecret: 'a secret of the tests, not for anything else', publicUrl: place },
      ...{ isSecure: publicUrl?.startsWith('https:') ?? false, logger: createLogger('silent') },
    }));
  };
  const harness = await startHarness(
    (parts) => {
      const common = { ...parts, ...parts.stores, joining: sideOf(parts).joining, publicUrl: place };
      return [
        ...sessionRoutes({
          ...common,
          version: '1.2.3',
          temporalUiUrl: undefined,
          retryDelaysMs: [1],
          isMailboxUsed: true,
        }),
        ...workspaceRoutes(common),
        heldRoute(parts.auth),
        ...listenRoutes({ ...common, sse: new SseStreams(), logger: createLogger('silent') }),
        ...apiKeyRoutes(common),
        ...peopleRoutes(common),
        ...invitationRoutes(common),
      ];
    },
    (parts) => {
      const router = Router();
      const made = sideOf(parts);
      for (const routes of made.publicRoutes(parts.auth)) router.use(routes);
      return router;
    },
    (parts) => sideOf(parts).sessions,
  );
  if (publicUrl === undefined) place.value = harness.url;
  const linkToken = async () => {
    const path = await ensureFirstOwner(harness.database, harness.stores, harness.workspaceId, undefined);
    return path?.replace('/join/', '');
  };
  return {
    ...harness,
    browser: (headers?: Record<string, string>) => new Browser(harness.url, headers),
    linkToken,
    /** A browser of a new person who has followed an invitation. */
    async invited(who: typeof ada, role: 'owner' | 'member') {
      const { body } = await harness.call('POST', '/invitations', { email: who.email, role });
      const browser = new Browser(harness.url);
      const joined = await browser.call('POST', `/api/join/${tokenOf(body.link)}`, {
        name: who.name,
        password: who.password,
      });
      if (joined.status !== 201) throw new Error(joined.text);
      const id: string = joined.body.person.id;
      return { browser, id };
    },
  };
}
/** An answer that goes on for as long as its caller may have it. */
function heldRoute(auth: Authenticator): Route {
  return {
    ...{ method: 'get', path: '/held', tag: 'Test', summary: 'An answer that goes on', status: 200 },
    async handle({ request, response }) {
      const code = await eventually('the end', () =>
        auth.authenticateManagement(request, response).then(
          () => void response.write('.'),
          (error: unknown) => (error instanceof Problem ? error.code : String(error)),
        ),
      );
      response.end(code);
    },
  };
}

export type People = Awaited<ReturnType<typeof startPeople>>;

export function tokenOf(link: string): string {
  return new URL(link).pathname.replace('/join/', '');
}
