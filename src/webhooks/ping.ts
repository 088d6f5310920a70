import type { WebhookSender } from '../../activities/make-attempt';
import { exchangeLimits, type ExchangeOutcome } from '../../domain/delivery';
import type { WebhookEventType } from '../../domain/webhook-events';
import { sampleBody } from '../../domain/webhook-samples';
import { newId } from '../mongo/new-id';
import type { WebhookEndpoint } from '../mongo/webhook-endpoints';

/**
 * Sends the signed test ping to an endpoint, or a sample of an event, outside of any workflow: the answer is for the
 * person who just saved it.
 */
export function createPing(
  sender: WebhookSender,
  now: () => number,
): (endpoint: WebhookEndpoint, event?: WebhookEventType) => Promise<ExchangeOutcome> {
  return (endpoint, event) => {
    const nowMs = now();
    return sender.send({
      url: endpoint.url,
      webhookId: newId('event'),
      body: event === undefined ? pingBody(endpoint, nowMs) : sampleBody(event, endpoint.workspaceId, nowMs),
      secrets: endpoint.secrets.map(({ secret }) => secret),
      headers: endpoint.headers,
      ...exchangeLimits,
      nowMs,
    });
  };
}

function pingBody({ id, workspaceId, description, events }: WebhookEndpoint, nowMs: number): string {
  return JSON.stringify({
    event: 'webhook.test',
    workspaceId,
    timestamp: new Date(nowMs).toISOString(),
    data: { endpointId: id, description, events },
  });
}
