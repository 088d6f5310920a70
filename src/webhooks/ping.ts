import type { WebhookSender } from '../../activities/make-attempt';
import { exchangeLimits, type ExchangeOutcome } from '../../domain/delivery';
import { newId } from '../mongo/new-id';
import type { WebhookEndpoint } from '../mongo/webhook-endpoints';

/** Sends the signed test ping to an endpoint, outside of any workflow: the answer is for the person who just saved it. */
export function createPing(
  sender: WebhookSender,
  now: () => number,
): (endpoint: WebhookEndpoint) => Promise<ExchangeOutcome> {
  return (endpoint) => {
    const nowMs = now();
    return sender.send({
      url: endpoint.url,
      webhookId: newId('event'),
      body: JSON.stringify({
        event: 'webhook.test',
        workspaceId: endpoint.workspaceId,
        timestamp: new Date(nowMs).toISOString(),
        data: { endpointId: endpoint.id, description: endpoint.description, events: endpoint.events },
      }),
      secrets: endpoint.secrets.map(({ secret }) => secret),
      headers: endpoint.headers,
      ...exchangeLimits,
      nowMs,
    });
  };
}
