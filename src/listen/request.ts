import type { ListenMessage } from '../../domain/listening';
import type { WebhookEvent } from '../../domain/webhook-events';
import { commonHeaders } from '../webhooks/sent-headers';
import { signWebhook } from '../webhooks/signature';

/** What is asked for beyond the event itself. A replay was sent by a person. */
export interface Replay {
  requestId: string;
  deliveryId?: string;
}

/**
 * An event as a webhook for a listener: same id and bytes as at an endpoint, signed now and with the session's secret.
 * An endpoint's own headers stay behind: they are secrets of production.
 */
export function listenRequestOf(
  event: WebhookEvent,
  replay: Replay | undefined,
  { secret, nowMs }: { secret: string; nowMs: number },
): ListenMessage<'request'> {
  const signature = signWebhook({ id: event.id, timestamp: new Date(nowMs), body: event.body, secrets: [secret] });
  return {
    requestId: replay?.requestId ?? null,
    event: event.type,
    eventId: event.id,
    deliveryId: replay?.deliveryId ?? null,
    headers: {
      ...commonHeaders,
      ...signature,
      ...(replay ? { 'esx-replay': 'true' } : {}),
    },
    body: event.body,
  };
}
