import type { Logger } from 'pino';
import type { SseStream } from '../http/sse';
import { isPlaceLost, openEventFeed, type EventFeed } from '../mongo/event-feed';
import type { ListenerDocument } from '../mongo/listeners';
import type { WebhookEventStore } from '../mongo/webhook-events';
import type { ListenSender } from './sender';
import { Pace } from './pace';

export interface FollowDeps {
  events: Pick<WebhookEventStore, 'watch' | 'get'>;
  now: () => number;
  logger: Logger;
}

/** What a developer can follow, and a gateway may spend on it; the rest is counted. */
const perSecond = 50;
const burst = 200;
const maxWaitingBytes = 256 * 1024;
const tellEveryMs = 1_000;
const retryMs = 1_000;
const place = { everyMs: 10_000 };

/** Forwards a workspace's new events, from `from` on if that is still known. Runs until the stream is closed. */
export async function followEvents(
  deps: FollowDeps,
  listener: ListenerDocument,
  stream: SseStream,
  send: ListenSender,
  from: string | undefined,
): Promise<void> {
  let after = from;
  let isOpened = false;
  while (!stream.isClosed) {
    try {
      const feed = await openEventFeed(deps.events.watch(listener.workspaceId, listener.events, after));
      stream.onClose(() => feed.close());
      if (!isOpened) send.hello(feed.place());
      isOpened = true;
      await forward(deps, stream, send, feed, (reached) => (after = reached));
    } catch (error) {
      if (stream.isClosed) return;
      deps.logger.debug({ err: error }, 'listen.feed_broke');
      if (after !== undefined && isPlaceLost(error)) {
        after = undefined;
        send.skipped(null, 'The place to go on from is not known any more; events of the time between are left out.');
      } else await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

async function forward(
  { events, now }: FollowDeps,
  stream: SseStream,
  send: ListenSender,
  feed: EventFeed,
  reach: (place: string | undefined) => void,
): Promise<void> {
  const pace = new Pace(perSecond, burst, now());
  const tellHeld = (): void => {
    const held = pace.takeHeld();
    if (held > 0) send.skipped(held, `More than ${perSecond} events a second, or more than your connection takes.`);
  };
  const timers = [
    setInterval(tellHeld, tellEveryMs),
    setInterval(() => {
      reach(feed.place());
      send.position(feed.place());
    }, place.everyMs),
  ];
  try {
    while (!stream.isClosed) {
      const { documentKey } = await feed.next();
      if (stream.waitingBytes > maxWaitingBytes || !pace.allows(now())) pace.hold();
      else {
        const event = await events.get(documentKey._id);
        if (event) send.event(event, feed.place());
      }
      reach(feed.place());
    }
  } finally {
    timers.forEach((timer) => clearInterval(timer));
    await feed.close();
  }
}
