import type { HttpExchange } from '../../webhooks/http-exchange';
import { RefusedNotification } from './providers/notification';

const timeoutMs = 5_000;
const maxBytes = 64 * 1024;

/** Reads Amazon's certificates and confirms its subscriptions, by the HTTP client that judges where it connects to. */
export function createFetchText(http: HttpExchange): (url: string) => Promise<string> {
  return async (url) => {
    const outcome = await http.exchange({
      ...{ url, method: 'GET', headers: {}, body: '', timeoutMs, maxResponseBytes: maxBytes },
    });
    if (outcome.kind === 'response' && outcome.statusCode === 200) return outcome.body;
    const why = outcome.kind === 'response' ? `it answered ${outcome.statusCode}` : 'it cannot be reached';
    throw new RefusedNotification(
      503,
      'amazon_unavailable',
      `${new URL(url).host} is needed for this, and ${why}; send it again.`,
    );
  };
}
