import type { ListenMessage, ListenMessageName } from '../../domain/listening';
import type { WebhookEvent } from '../../domain/webhook-events';
import type { SseStream } from '../http/sse';
import type { ListenerDocument } from '../mongo/listeners';
import { listenRequestOf, type Replay } from './request';

export type ListenSender = ReturnType<typeof createListenSender>;

/** What goes to a listener, in the form that it reads. `place` is what it gives to go on from there. */
export function createListenSender(listener: ListenerDocument, secret: string, stream: SseStream, now: () => number) {
  const tell = <Name extends ListenMessageName>(name: Name, message: ListenMessage<Name>, place?: string): void =>
    stream.send(name, message, place);
  return {
    hello: (place?: string) =>
      tell('hello', { listenerId: listener._id, workspaceId: listener.workspaceId, secret }, place),
    event: (event: WebhookEvent, place?: string) =>
      tell('request', listenRequestOf(event, undefined, { secret, nowMs: now() }), place),
    replay: (event: WebhookEvent, replay: Replay) =>
      tell('request', listenRequestOf(event, replay, { secret, nowMs: now() })),
    skipped: (count: number | null, reason: string) => tell('skipped', { count, reason }),
    position: (place?: string) => tell('position', {}, place),
  };
}
