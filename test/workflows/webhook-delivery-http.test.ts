import type { WebhookSender } from '../../activities/make-attempt';
import { createReceiver, type Receiver } from '../../src/receiver/server';
import { createAddressGuard } from '../../src/webhooks/address-guard';
import { createHttpExchange } from '../../src/webhooks/http-exchange';
import { createSender } from '../../src/webhooks/sender';
import { attemptsOf, untilExecution, untilStatus } from './support/look';
import { addEndpoint, dispatchEvent, secret } from './support/seed';
import { setStage } from './support/stage';
import { expectAttemptsAt } from './support/timeline';

const stage = setStage();
const http = createHttpExchange({ guard: createAddressGuard(['127.0.0.1/32']) });
let receiver: Receiver;
beforeAll(async () => {
  receiver = await createReceiver({ port: 0, secrets: [secret], help: '', print: () => undefined });
});
afterAll(async () => {
  await http.close();
  await receiver.close();
});

describe('a delivery over HTTP', () => {
  it('reaches a receiver that fails three times and then answers 200, signed anew each time', async () => {
    const sender = createSender(http);
    const scene = await stage.open({ replace: () => ({ sender: { send: signedNow(sender) } }) });
    await addEndpoint(scene, { url: `${receiver.url}/fail/3` });
    const [delivery] = await dispatchEvent(scene);
    if (!delivery) throw new Error('no delivery was made');
    await untilStatus(scene, delivery.id, 'retrying');
    await scene.place.skip(760_000);
    await untilExecution(scene, delivery.workflowId, 'COMPLETED');

    const attempts = await attemptsOf(scene, delivery.id);
    expectAttemptsAt(attempts, [0, 30, 150, 750]);
    expect(attempts.map(({ statusCode }) => statusCode)).toEqual([500, 500, 500, 200]);
    expect(attempts[0]?.responseBody).toBe('failing attempt 1 on purpose');

    const received = receiver.received();
    expect(received.map(({ verified }) => verified)).toEqual([true, true, true, true]);
    expect(new Set(received.map(({ webhookId }) => webhookId))).toEqual(new Set([delivery.eventId]));
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  });
});

/** The receiver holds a signature's time against the real clock, from which the test's has run away. */
function signedNow(sender: WebhookSender): WebhookSender['send'] {
  return (request) => sender.send({ ...request, nowMs: Date.now() });
}
