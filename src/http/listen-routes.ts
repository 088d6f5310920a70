import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isId } from '../../domain/ids';
import { followEvents } from '../listen/follow-events';
import { createListenSender } from '../listen/sender';
import { serveRequests } from '../listen/serve-requests';
import type { ListenerDocument, ListenerStore } from '../mongo/listeners';
import type { ListenerRequestStore } from '../mongo/listener-requests';
import { newId } from '../mongo/new-id';
import type { WebhookAttemptStore } from '../mongo/webhook-attempts';
import type { WebhookDeliveryStore } from '../mongo/webhook-deliveries';
import type { WebhookEventStore } from '../mongo/webhook-events';
import type { Authenticator } from './auth';
import { bodyOf } from './body-schema';
import {
  listenerRequestSchema,
  listenerSchema,
  listenQuery,
  queuedRequest,
  responseBody,
  showListener,
  showRequest,
} from './listen-schema';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';
import type { SseStream, SseStreams } from './sse';

export interface ListenRouteDeps {
  auth: Pick<Authenticator, 'authenticateManagement'>;
  listeners: ListenerStore;
  listenerRequests: ListenerRequestStore;
  events: WebhookEventStore;
  deliveries: Pick<WebhookDeliveryStore, 'get'>;
  attempts: Pick<WebhookAttemptStore, 'last'>;
  sse: SseStreams;
  now: () => number;
  logger: Logger;
}

/** Each follows a change stream, which keeps one of the process's connections to MongoDB busy. */
const maxListeners = 16;

/** `esx listen`: a connection from a laptop, through which webhooks reach it without a tunnel. */
export function listenRoutes(deps: ListenRouteDeps): Route[] {
  const { listeners, listenerRequests, now } = deps;
  let connected = 0;

  const findListener = async (workspaceId: string, wanted: string | undefined): Promise<ListenerDocument> => {
    const listening = await listeners.connected(workspaceId, new Date(now()));
    const [newest] = listening;
    if (!newest) {
      const detail =
        'Nobody listens. Run npx esx listen --forward-to http://localhost:4000/hook on your machine, and send it again.';
      throw new Problem(409, 'nobody_listens', detail);
    }
    const found = wanted === undefined ? newest : listening.find(({ _id }) => _id === wanted);
    if (found) return found;
    const names = listening.map(({ _id, name }) => `${_id} (${name})`).join(', ');
    throw new Problem(409, 'listener_gone', `That listener is not connected now; connected are ${names}.`);
  };
  const send = async (
    workspaceId: string,
    listener: ListenerDocument,
    what: { eventId: string; deliveryId?: string },
  ) => {
    const id = newId('listenerRequest');
    const request = {
      id,
      workspaceId,
      listenerId: listener._id,
      state: 'waiting' as const,
      createdAt: new Date(now()),
    };
    await listenerRequests.insert({ ...request, ...what });
    return {
      requestId: id,
      listener: showListener(listener),
      detail: `It is on its way to ${listener.name}; GET /api/v1/listener-requests/${id} has what comes back.`,
    };
  };

  return [
    route({
      method: 'get',
      path: '/listen',
      tag: 'Listeners',
      summary: 'A stream of webhooks for a machine that nothing reaches from outside',
      status: 200,
      eventStream: 'hello, request, skipped and position, as server-sent events',
      query: listenQuery,
      async handle({ caller, query, request, response }) {
        if (connected >= maxListeners) {
          const detail = `${maxListeners} listeners are connected to this gateway; end one of them first.`;
          throw new Problem(429, 'too_many_listeners', detail, { retryAfterSeconds: 30 });
        }
        const { listenerId, ...rest } = query;
        const formerId = listenerId !== undefined && isId('listener', listenerId) ? listenerId : undefined;
        const since = new Date(now());
        const listener = await listeners.connect({ workspaceId: caller.workspace._id, ...rest, since }, formerId);
        const stream = deps.sse.open(response);
        connected++;
        stream.onClose(() => void connected--);
        listen(deps, listener, stream, { request, response });
        return undefined;
      },
    }),
    route({
      method: 'post',
      path: '/listen/:listenerId/responses',
      tag: 'Listeners',
      summary: 'What the laptop has answered to a request',
      status: 204,
      body: responseBody,
      async handle({ caller, params, body }) {
        const { requestId, ...answer } = body;
        const whose = { workspaceId: caller.workspace._id, listenerId: params['listenerId'] ?? '' };
        const isKnown = await listenerRequests.answer({ ...whose, id: requestId }, answer, new Date(now()));
        if (!isKnown) throw notFound('request to this listener');
        return undefined;
      },
    }),
    route({
      method: 'get',
      path: '/listeners',
      tag: 'Listeners',
      summary: 'Who listens now, the newest first',
      status: 200,
      response: z.object({ data: z.array(listenerSchema) }),
      async handle({ caller }) {
        return { data: (await listeners.connected(caller.workspace._id, new Date(now()))).map(showListener) };
      },
    }),
    route({
      method: 'post',
      path: '/listeners/:id/requests',
      tag: 'Listeners',
      summary: 'Send an event to a listener, signed afresh',
      status: 202,
      body: bodyOf({ eventId: z.string({ error: 'must be the id of a webhook event, evt_…' }) }),
      response: queuedRequest,
      async handle({ caller, params, body }) {
        const workspaceId = caller.workspace._id;
        const event = await deps.events.get(body.eventId);
        if (event?.workspaceId !== workspaceId) throw notFound('webhook event');
        return send(workspaceId, await findListener(workspaceId, params['id']), { eventId: event.id });
      },
    }),
    route({
      method: 'post',
      path: '/webhook-deliveries/:id/send-to-listener',
      tag: 'Listeners',
      summary: 'Send a delivery to a laptop; the delivery itself stays as it is',
      status: 202,
      body: bodyOf({ listenerId: z.string().optional().describe('The newest listener if left out') }).optional(),
      response: queuedRequest,
      async handle({ caller, params, body }) {
        const workspaceId = caller.workspace._id;
        const delivery = await deps.deliveries.get(workspaceId, params['id'] ?? '');
        if (!delivery) throw notFound('delivery');
        const listener = await findListener(workspaceId, body?.listenerId);
        if (!(await deps.events.get(delivery.eventId))) {
          const detail = 'The person of this delivery was erased, and its payload with them; there is nothing to send.';
          throw new Problem(409, 'delivery_erased', detail);
        }
        return send(workspaceId, listener, { eventId: delivery.eventId, deliveryId: delivery.id });
      },
    }),
    route({
      method: 'get',
      path: '/listener-requests/:id',
      tag: 'Listeners',
      summary: 'What came of a request to a listener, beside the last attempt of its delivery',
      status: 200,
      response: listenerRequestSchema,
      async handle({ caller, params }) {
        const request = await listenerRequests.get(caller.workspace._id, params['id'] ?? '');
        if (!request) throw notFound('request to a listener');
        const original = request.deliveryId === undefined ? undefined : await deps.attempts.last(request.deliveryId);
        return showRequest(request, original);
      },
    }),
  ];
}

const placePattern = /^[0-9A-F]{2,2000}$/i;

/** Runs as long as the connection does. */
function listen(
  deps: ListenRouteDeps,
  listener: ListenerDocument,
  stream: SseStream,
  { request, response }: { request: Request; response: Response },
): void {
  const send = createListenSender(listener, deps.listeners.sessionSecret(listener.workspaceId), stream, deps.now);
  const isStillAllowed = async (): Promise<boolean> => {
    try {
      const { workspace } = await deps.auth.authenticateManagement(request, response);
      return workspace._id === listener.workspaceId;
    } catch (error) {
      if (error instanceof Problem) return false;
      throw error;
    }
  };
  void serveRequests(deps, listener, stream, send, isStillAllowed);
  const given = request.get('last-event-id');
  if (listener.onlySent) send.hello();
  else void followEvents(deps, listener, stream, send, given && placePattern.test(given) ? given : undefined);
}
