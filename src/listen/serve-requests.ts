import type { Logger } from 'pino';
import type { SseStream } from '../http/sse';
import type { ListenerRequest, ListenerRequestStore } from '../mongo/listener-requests';
import type { ListenerDocument, ListenerStore } from '../mongo/listeners';
import type { WebhookEventStore } from '../mongo/webhook-events';
import type { ListenSender } from './sender';

export interface ServeDeps {
  listeners: Pick<ListenerStore, 'isStillConnected' | 'disconnect'>;
  listenerRequests: Pick<ListenerRequestStore, 'take' | 'sendAgain' | 'answer'>;
  events: Pick<WebhookEventStore, 'get'>;
  now: () => number;
  logger: Logger;
}

/** Any gateway may take a request for a listener: the one that holds the connection looks for them. */
const lookEveryMs = 500;
const looksPerHeartbeat = 10;

/** Sends a listener what people have sent to it, until the stream is closed. */
export async function serveRequests(
  deps: ServeDeps,
  listener: ListenerDocument,
  stream: SseStream,
  send: ListenSender,
  isStillAllowed: () => Promise<boolean>,
): Promise<void> {
  stream.onClose(() => deps.listeners.disconnect(listener));
  let isFresh = true;
  for (let look = 1; !stream.isClosed; look++) {
    try {
      if (isFresh) await deps.listenerRequests.sendAgain(listener._id);
      isFresh = false;
      await sendWaiting(deps, listener, stream, send);
      const isHeartbeat = look % looksPerHeartbeat === 0;
      if (isHeartbeat && !(await mayStay(deps, listener, isStillAllowed))) stream.close();
    } catch (error) {
      // MongoDB is away: what waits for the listener is there when it is back.
      if (!stream.isClosed) deps.logger.debug({ err: error }, 'listen.look_failed');
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** It may have connected elsewhere meanwhile, and the key may have been revoked. */
async function mayStay(
  { listeners, now }: ServeDeps,
  listener: ListenerDocument,
  isStillAllowed: () => Promise<boolean>,
): Promise<boolean> {
  return (await listeners.isStillConnected(listener, new Date(now()))) && (await isStillAllowed());
}

async function sendWaiting(
  deps: ServeDeps,
  listener: ListenerDocument,
  stream: SseStream,
  send: ListenSender,
): Promise<void> {
  while (!stream.isClosed) {
    const request = await deps.listenerRequests.take(listener._id);
    if (!request) return;
    const event = await deps.events.get(request.eventId);
    if (event) send.replay(event, { requestId: request.id, ...deliveryOf(request) });
    else await answerErased(deps, request);
  }
}

function deliveryOf({ deliveryId }: ListenerRequest): { deliveryId?: string } {
  return deliveryId === undefined ? {} : { deliveryId };
}

async function answerErased({ listenerRequests, now }: ServeDeps, request: ListenerRequest): Promise<void> {
  const error = 'The person of this event was erased, and its payload with them: there is nothing to send.';
  await listenerRequests.answer(
    request,
    { statusCode: null, headers: [], body: '', durationMs: 0, error },
    new Date(now()),
  );
}
