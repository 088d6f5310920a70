import { z } from 'zod';
import { maxListenersOfWorkspace, type LiveHub } from '../live/live-hub';
import { topics } from '../live/topics';
import type { Authenticator } from './auth';
import { Problem } from './problem';
import { route, type Route } from './route';
import type { SseStream, SseStreams } from './sse';

/** How long a session that was ended, or a key that was revoked, is listened to. */
const defaultRecheckMs = 60_000;

const names = z.array(z.enum(topics, { error: `must be one or more of ${topics.join(', ')}, with commas between` }));
const liveQuery = z.object({
  topics: z
    .string()
    .optional()
    .transform((text) => (text === undefined ? [...topics] : text.split(',').map((name) => name.trim())))
    .pipe(names)
    .describe(`What to hear of, with commas between; all where it is absent: ${topics.join(', ')}`),
});

export interface LiveRouteDeps {
  live: Pick<LiveHub, 'listen'>;
  sse: Pick<SseStreams, 'open'>;
  auth: Pick<Authenticator, 'authenticateManagement'>;
  now: () => number;
  recheckMs?: number;
}

/** What changes, as it changes. */
export function liveRoutes(deps: LiveRouteDeps): Route[] {
  const at = (): string => new Date(deps.now()).toISOString();
  return [
    route({
      method: 'get',
      path: '/live',
      tag: 'Overview',
      summary: 'What changes, as it changes',
      eventStream:
        '"hello" {now}: from here on nothing is missed. "change" {topic, ids, more?, now}: at most twice a second for each topic; more: others have changed than these 100. "resync" {now}: something may have been missed, read again.',
      status: 200,
      query: liveQuery,
      async handle({ caller, query, request, response }) {
        const workspaceId = caller.workspace._id;
        let send: (event: string, data: object) => void = () => {};
        const leave = await deps.live.listen({
          ...{ workspaceId, topics: new Set(query.topics) },
          onNews: ({ topic, ids, isMore }) =>
            send('change', { topic, ids, ...(isMore ? { more: true } : {}), now: at() }),
          onGap: () => send('resync', { now: at() }),
        });
        if (!leave) throw tooManyListeners();
        let stream: SseStream;
        try {
          stream = deps.sse.open(response);
        } catch (error) {
          leave();
          throw error;
        }
        send = (event, data) => stream.send(event, data);
        const recheck = setInterval(() => {
          isStillAllowed(deps.auth.authenticateManagement(request, response), workspaceId).then(
            (isAllowed) => {
              if (!isAllowed) stream.close();
            },
            () => undefined,
          );
        }, deps.recheckMs ?? defaultRecheckMs);
        recheck.unref();
        stream.onClose(() => {
          clearInterval(recheck);
          leave();
        });
        stream.send('hello', { now: at() });
        return undefined;
      },
    }),
  ];
}

function tooManyListeners(): Problem {
  const detail = `${maxListenersOfWorkspace} listeners of this workspace are connected; close one, then connect again.`;
  return new Problem(429, 'too_many_listeners', detail, { retryAfterSeconds: 30 });
}

/** A database that is away is no reason to hang up: nothing comes from it meanwhile. */
async function isStillAllowed(
  caller: ReturnType<Authenticator['authenticateManagement']>,
  workspaceId: string,
): Promise<boolean> {
  try {
    return (await caller).workspace._id === workspaceId;
  } catch (error) {
    return !(error instanceof Problem && error.status < 500);
  }
}
