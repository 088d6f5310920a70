import type { AttemptRecord, AttemptRecorder, DueDelivery } from '../../../activities/attempt-group';
import type { AttemptName, MakeAttempt, Receiver } from '../../../activities/make-attempt';
import type { Attempt, Delivery } from '../../../domain/delivery';

export const atMs = Date.parse('2026-04-15T10:00:00Z');
export const retryDelaysMs = [30_000, 120_000];

export function receiver(id = 'whe_1', more: Partial<Receiver> = {}): Receiver {
  const url = `https://${id.replace('_', '-')}.example.com/hook`;
  return { id, workspaceId: 'ws_1', url, headers: {}, secrets: [{ secret: 'whsec_x' }], status: 'active', ...more };
}

/** A delivery `dlv_<name>` of event `evt_<name>` that was not attempted yet, carried by a group. */
export function delivery(name: number | string, more: Partial<Delivery> = {}): Delivery {
  return {
    id: `dlv_${name}`,
    workspaceId: 'ws_1',
    endpointId: 'whe_1',
    eventId: `evt_${name}`,
    eventType: 'contact.created',
    status: 'pending',
    attemptCount: 0,
    round: 1,
    attemptsInRound: 0,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    workflowId: 'batch/b1',
    ...more,
  };
}
export function due(name: number | string, more: Partial<DueDelivery> = {}): DueDelivery {
  return { delivery: delivery(name), body: `{"name":"${name}"}`, round: 1, slot: 0, isNew: true, ...more };
}
export function many<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

export interface Exchange {
  deliveryId: string;
  endpointId: string;
  body: string;
  name: AttemptName;
  isOver: boolean;
  /** Ends the attempt with this status code, or undefined for none. */
  answer: (statusCode?: number, more?: Partial<Attempt>) => void;
  /** A fault of our own. */
  fail: (error: Error) => void;
}

/** Attempts that end when the test says so. */
export function heldAttempts(): { makeAttempt: MakeAttempt; exchanges: Exchange[]; underWay: () => number } {
  const exchanges: Exchange[] = [];
  const makeAttempt: MakeAttempt = ({ id }, body, { id: endpointId }, name) =>
    new Promise((resolve, reject) => {
      const exchange: Exchange = {
        ...{ deliveryId: id, endpointId, body, name, isOver: false },
        answer(statusCode, more = {}) {
          exchange.isOver = true;
          const answered = statusCode === undefined ? { error: 'timeout' } : { statusCode };
          resolve({ deliveryId: id, ...name, atMs, durationMs: 5, responseBody: '', ...answered, ...more });
        },
        fail(error) {
          exchange.isOver = true;
          reject(error);
        },
      };
      exchanges.push(exchange);
    });
  return { makeAttempt, exchanges, underWay: () => exchanges.filter(({ isOver }) => !isOver).length };
}

/** Attempts that are answered at once, by the name of their delivery. */
export function answering(statusOf: (deliveryId: string) => number): {
  makeAttempt: MakeAttempt;
  attempted: string[];
} {
  const attempted: string[] = [];
  const makeAttempt: MakeAttempt = ({ id }, _body, _receiver, name) => {
    attempted.push(id);
    return Promise.resolve({
      ...{ deliveryId: id, ...name, atMs, durationMs: 5, responseBody: '' },
      statusCode: statusOf(id),
    });
  };
  return { makeAttempt, attempted };
}

/** Keeps records in memory. A test may do something before each, or fail it. */
export function memoryRecorder(): AttemptRecorder & {
  records: AttemptRecord[];
  disabled: { endpointId: string; reason: string }[];
  /** Endpoints that were found well again. */
  cleared: string[];
  before: (record: AttemptRecord) => Promise<void> | void;
} {
  const recorder: ReturnType<typeof memoryRecorder> = {
    records: [],
    cleared: [],
    disabled: [],
    before: () => undefined,
    async record(record) {
      await recorder.before(record);
      recorder.records.push(record);
    },
    clearSlow: (endpointId) => Promise.resolve(void recorder.cleared.push(endpointId)),
    disableEndpoint: (endpointId, reason) => Promise.resolve(void recorder.disabled.push({ endpointId, reason })),
  };
  return recorder;
}

/** Everything that can go on without time or I/O has gone on. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Timers under the test's control; promises and setImmediate stay real. */
export function holdTime(): void {
  jest.useFakeTimers({ now: atMs, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
}
