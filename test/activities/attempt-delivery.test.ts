import { createAttemptDelivery, type AttemptInput, type DeliveryLog } from '../../activities/attempt-delivery';
import type { Delivery, ExchangeOutcome } from '../../domain/delivery';

const atMs = Date.parse('2026-04-15T10:00:00Z');
const input: AttemptInput = {
  deliveryId: 'dlv_1',
  key: 'run/0',
  round: 1,
  slot: 0,
  retryDelaysMs: [30_000],
  trigger: 'schedule',
};

/** A log of one delivery whose endpoint is active, and a receiver that answers when it is told to. */
function scene(status: Delivery['status'] = 'pending') {
  const delivery: Delivery = {
    id: 'dlv_1',
    workspaceId: 'ws_1',
    endpointId: 'whe_1',
    eventId: 'evt_1',
    eventType: 'contact.created',
    status,
    attemptCount: 0,
    round: 1,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    workflowId: 'delivery/whe_1/evt_1',
  };
  const endpoint = {
    id: 'whe_1',
    url: 'https://example.com',
    headers: {},
    secrets: [{ secret: 'whsec_x' }],
    status: 'active' as const,
  };
  const answers: ((outcome: ExchangeOutcome) => void)[] = [];
  let cancelled = 0;
  const log: DeliveryLog = {
    load: () => Promise.resolve({ delivery, body: '{}', endpoint }),
    lastAttempt: () => Promise.resolve(undefined),
    insertAttempt: () => Promise.resolve(),
    update: () => Promise.resolve(),
    disableEndpoint: () => Promise.resolve(),
  };
  const { attemptDelivery } = createAttemptDelivery({
    log,
    sender: { send: () => new Promise((resolve) => answers.push(resolve)) },
    now: () => atMs,
    abortSignal: () => undefined,
    cancelOwnWorkflow: () => {
      cancelled++;
      return Promise.resolve();
    },
  });
  return { attemptDelivery, answers, cancelled: () => cancelled };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const ok: ExchangeOutcome = { kind: 'response', statusCode: 200, body: '', durationMs: 5 };

test('a receiver that hangs holds only so many workflow tasks; what comes beyond is put off and can still be made outside', async () => {
  const { attemptDelivery, answers } = scene();
  const within = { ...input, isWithinTask: true as const };
  const hanging = Array.from({ length: 20 }, () => attemptDelivery(within));
  await settled();
  expect(answers).toHaveLength(20);
  expect(await attemptDelivery(within)).toEqual({ kind: 'deferred' });
  const outside = attemptDelivery(input);
  await settled();
  expect(answers).toHaveLength(21);

  answers.forEach((answer) => answer(ok));
  expect(await Promise.all([...hanging, outside])).toEqual(Array.from({ length: 21 }, () => ({ kind: 'delivered' })));
  const again = attemptDelivery(within);
  await settled();
  answers.at(-1)?.(ok);
  expect(await again).toEqual({ kind: 'delivered' });
});

test.each(['delivered', 'failed'] as const)(
  'a run that a second resume has started for a %s delivery sends nothing',
  async (status) => {
    const { attemptDelivery, answers } = scene(status);
    expect(await attemptDelivery(input)).toEqual({ kind: status });
    expect(answers).toHaveLength(0);
  },
);

test('nor does one for a cancelled delivery, which ends itself', async () => {
  const { attemptDelivery, answers, cancelled } = scene('cancelled');
  expect(await attemptDelivery(input)).toEqual({ kind: 'cancelled' });
  expect([answers.length, cancelled()]).toEqual([0, 1]);
});

test('a retrigger sends whatever the status is', async () => {
  const { attemptDelivery, answers } = scene('delivered');
  const made = attemptDelivery({ ...input, trigger: 'manual' });
  await settled();
  answers[0]?.(ok);
  expect(await made).toEqual({ kind: 'delivered' });
});
