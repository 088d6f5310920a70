import type { StepCaller } from '../../activities/run-step';
import type { WebhookSender } from '../../activities/make-attempt';
import type { ExchangeOutcome } from '../../domain/delivery';
import type { ExchangeRequest, HttpExchange } from './http-exchange';
import { commonHeaders, withCustomHeaders } from './sent-headers';
import { signWebhook } from './signature';

/** Sends signed webhooks, and the unsigned calls of automation steps, through the guarded HTTP exchange. */
export function createSender(http: HttpExchange): WebhookSender & StepCaller {
  const exchange = async (request: ExchangeRequest): Promise<ExchangeOutcome> => {
    const outcome = await http.exchange(request);
    // Our own shutdown is not the receiver's failure: thrown, so that the attempt is made again.
    if (outcome.kind === 'aborted') throw new Error('the exchange was cut off by a shutdown of this worker');
    return outcome;
  };
  return {
    send({ webhookId, secrets, headers, nowMs, ...request }) {
      const signature = signWebhook({ id: webhookId, timestamp: new Date(nowMs), body: request.body, secrets });
      return exchange({ ...request, headers: withCustomHeaders({ ...commonHeaders, ...signature }, headers) });
    },
    call({ webhookId, headers, ...request }) {
      return exchange({
        ...request,
        headers: withCustomHeaders({ ...commonHeaders, 'webhook-id': webhookId }, headers),
      });
    },
  };
}
