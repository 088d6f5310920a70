import type { StepCaller } from '../../activities/run-step';
import type { WebhookSender } from '../../activities/make-attempt';
import type { ExchangeOutcome } from '../../domain/delivery';
import type { ExchangeRequest, HttpExchange } from './http-exchange';
import { signWebhook } from './signature';

const userAgent = 'EmailSendX-Webhooks/1.0';

/** Sends signed webhooks, and the unsigned calls of automation steps, through the guarded HTTP exchange. */
export function createSender(http: HttpExchange): WebhookSender & StepCaller {
  const exchange = async (request: ExchangeRequest): Promise<ExchangeOutcome> => {
    const outcome = await http.exchange(request);
    // Our own shutdown is not the receiver's failure: thrown, so that the attempt is made again.
    if (outcome.kind === 'aborted') throw new Error('the exchange was cut off by a shutdown of this worker');
    return outcome;
  };
  // A customer's headers come first: they may add to ours and not replace them.
  const headersOf = (own: Record<string, string>, custom: Record<string, string>): Record<string, string> => {
    const names = new Set(Object.keys(own));
    const additional = Object.entries(custom).filter(([name]) => !names.has(name.toLowerCase()));
    return { ...Object.fromEntries(additional), ...own };
  };
  const common = { 'content-type': 'application/json', 'user-agent': userAgent };

  return {
    send({ webhookId, secrets, headers, nowMs, ...request }) {
      const signature = signWebhook({ id: webhookId, timestamp: new Date(nowMs), body: request.body, secrets });
      return exchange({ ...request, headers: headersOf({ ...common, ...signature }, headers) });
    },
    call({ webhookId, headers, ...request }) {
      return exchange({ ...request, headers: headersOf({ ...common, 'webhook-id': webhookId }, headers) });
    },
  };
}
