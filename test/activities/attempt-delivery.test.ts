import { createAttemptDelivery, type AttemptInput, type DeliveryChange } from '../../activities/attempt-delivery';
import { EndpointSlots } from '../../activities/endpoint-slots';
import { createMakeAttempt, type Receiver } from '../../activities/make-attempt';
import type { Attempt, Delivery, ExchangeOutcome } from '../../domain/delivery';
import { atMs, delivery, many, receiver, settled } from './support/attempts';

const ownId = 'delivery/whe_1/evt_1';
const input: AttemptInput = {
  deliveryId: 'dlv_1',
  key: 'run/0',
  round: 1,
  slot: 0,
  retryDelaysMs: [30_000],
  trigger: 'schedule',
};

/** A log of one delivery whose endpoint is active, and a receiver that answers when it is told to. */
function scene(
  status: Delivery['status'] = 'pending',
  more: { workflowId?: string; endpoint?: Partial<Receiver>; storedAs?: (attempt: Attempt) => Attempt } = {},
) {
  const stored = delivery(1, { status, workflowId: more.workflowId ?? ownId });
  const endpoint = receiver('whe_1', more.endpoint);
  const answers: ((outcome: ExchangeOutcome) => void)[] = [];
  const changes: DeliveryChange[] = [];
  const takenOver: string[] = [];
  const slots = new EndpointSlots();
  let cancelled = 0;
  const { attemptDelivery } = createAttemptDelivery({
    log: {
      load: () => Promise.resolve({ delivery: stored, body: '{}', endpoint }),
      lastAttempt: () => Promise.resolve(undefined),
      insertAttempt: (attempt) => Promise.resolve(more.storedAs?.(attempt) ?? attempt),
      takeOver: (_id, workflowId) => Promise.resolve(void takenOver.push(workflowId)),
      update: (_id, change) => Promise.resolve(void changes.push(change)),
      disableEndpoint: () => Promise.resolve(),
      clearSlow: () => Promise.resolve(),
    },
    makeAttempt: createMakeAttempt({
      sender: { send: () => new Promise((resolve) => answers.push(resolve)) },
      now: () => atMs,
      abortSignal: () => undefined,
    }),
    slots,
    now: () => atMs,
    ownWorkflowId: () => ownId,
    cancelOwnWorkflow: () => {
      cancelled++;
      return Promise.resolve();
    },
  });
  return { attemptDelivery, answers, changes, takenOver, slots, cancelled: () => cancelled };
}

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

describe('a delivery that a group carries', () => {
  it('is taken over before the attempt, so that the group leaves it alone', async () => {
    const { attemptDelivery, answers, takenOver } = scene('retrying', { workflowId: 'retry-group/whe_1/g' });
    const made = attemptDelivery({ ...input, trigger: 'manual', slot: 1 });
    await settled();
    expect([takenOver, answers.length]).toEqual([[ownId], 1]);
    answers[0]?.(ok);
    await made;
  });

  it('is taken over as well where it is held; one that its workflow carries already is left as it is', async () => {
    const paused = scene('retrying', { workflowId: 'retry-group/whe_1/g', endpoint: { status: 'paused' } });
    expect(await paused.attemptDelivery({ ...input, slot: 1 })).toEqual({ kind: 'held' });
    const own = scene();
    const made = own.attemptDelivery(input);
    await settled();
    own.answers[0]?.(ok);
    await made;
    expect([paused.takenOver, own.takenOver]).toEqual([[ownId], []]);
  });

  it('counts the attempt that the group has made meanwhile', async () => {
    const { attemptDelivery, answers, changes } = scene('retrying', {
      storedAs: (attempt) => ({ ...attempt, number: attempt.number + 1 }),
    });
    const made = attemptDelivery({ ...input, trigger: 'manual' });
    await settled();
    answers[0]?.(ok);
    await made;
    expect(changes).toMatchObject([{ status: 'delivered', attemptCount: 2 }]);
  });
});

test('a slow endpoint holds no workflow task at all', async () => {
  const { attemptDelivery, answers } = scene('pending', { endpoint: { slowSince: new Date(atMs) } });
  expect([await attemptDelivery({ ...input, isWithinTask: true }), answers.length]).toEqual([{ kind: 'deferred' }, 0]);
});

test('an endpoint gets 300 attempts at a time, and each slot is given back, also after a fault', async () => {
  const { attemptDelivery, answers, slots } = scene();
  const made = many(300, () => attemptDelivery(input));
  await settled();
  expect(answers).toHaveLength(300);
  // Thrown, so that Temporal tries it again: waiting here would hold an activity slot.
  await expect(attemptDelivery(input)).rejects.toThrow('no slot free');
  answers.forEach((answer) => answer(ok));
  await Promise.all(made);
  expect(slots.underWay('whe_1')).toBe(0);

  const broken = scene('pending', {
    storedAs: () => {
      throw new Error('MongoDB is away');
    },
  });
  const failing = broken.attemptDelivery(input);
  failing.catch(() => undefined);
  await settled();
  broken.answers[0]?.(ok);
  await expect(failing).rejects.toThrow('MongoDB is away');
  expect(broken.slots.underWay('whe_1')).toBe(0);
});
