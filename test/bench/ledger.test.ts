import { Ledger } from '../../bench/client/ledger';

/** An accepted event, and what its endpoints then get. */
interface Case {
  endpoints?: string[];
  arrivals: { endpoint?: string; webhookId?: string; isTaken?: boolean }[];
  isAccepted?: boolean;
  expected: { lost: number; doubled: number; repeated: number };
}

const cases: Record<string, Case> = {
  'once at its endpoint': { arrivals: [{}], expected: { lost: 0, doubled: 0, repeated: 0 } },
  never: { arrivals: [], expected: { lost: 1, doubled: 0, repeated: 0 } },
  'never, but it was not accepted either': {
    arrivals: [],
    isAccepted: false,
    expected: { lost: 0, doubled: 0, repeated: 0 },
  },
  'at one of two endpoints': {
    endpoints: ['/a', '/b'],
    arrivals: [{ endpoint: '/a' }],
    expected: { lost: 1, doubled: 0, repeated: 0 },
  },
  'at both of two endpoints': {
    endpoints: ['/a', '/b'],
    arrivals: [{ endpoint: '/a' }, { endpoint: '/b' }],
    expected: { lost: 0, doubled: 0, repeated: 0 },
  },
  'again under the same webhook-id': { arrivals: [{}, {}, {}], expected: { lost: 0, doubled: 0, repeated: 2 } },
  'under two webhook-ids': {
    arrivals: [{}, { webhookId: 'evt_2' }],
    expected: { lost: 0, doubled: 1, repeated: 0 },
  },
  'under two webhook-ids at two endpoints': {
    endpoints: ['/a', '/b'],
    arrivals: [{ endpoint: '/a' }, { endpoint: '/b', webhookId: 'evt_2' }],
    expected: { lost: 0, doubled: 1, repeated: 0 },
  },
  'after two attempts that failed': {
    arrivals: [{ isTaken: false }, { isTaken: false }, {}],
    expected: { lost: 0, doubled: 0, repeated: 0 },
  },
  'in attempts that all failed': {
    arrivals: [{ isTaken: false }, { isTaken: false }],
    expected: { lost: 1, doubled: 0, repeated: 0 },
  },
  'at an endpoint of somebody else': {
    arrivals: [{ endpoint: '/other' }],
    expected: { lost: 1, doubled: 0, repeated: 0 },
  },
};

test.each(Object.entries(cases))(
  'an event that comes %s',
  (_name, { endpoints = ['/a'], arrivals, isAccepted, expected }) => {
    const ledger = new Ledger([{ endpoints }]);
    const event = ledger.send(0, 1_000);
    if (isAccepted !== false) ledger.accept(event, 1_010);
    for (const { endpoint = '/a', webhookId = 'evt_1', isTaken = true } of arrivals) {
      ledger.receive({ event, endpoint, webhookId, atMs: 1_050, isTaken });
    }
    expect(ledger.outcomes(['all'])).toMatchObject([{ name: 'all', sent: 1, ...expected }]);
    expect(ledger.missing).toBe(expected.lost);
  },
);

test('a webhook that overtakes the answer is not waited for', () => {
  const ledger = new Ledger([{ endpoints: ['/a'] }]);
  const event = ledger.send(0, 0);
  ledger.receive({ event, endpoint: '/a', webhookId: 'evt_1', atMs: 5, isTaken: true });
  ledger.accept(event, 6);
  expect(ledger.missing).toBe(0);
  // The answer to a repeated post changes nothing.
  ledger.accept(event, 9);
  expect([...(ledger.outcomes([''])[0]?.ackedAtMs ?? [])]).toEqual([6]);
});

test('refused events, failed posts and order, each for its stream', () => {
  const ledger = new Ledger([{ endpoints: ['/a'] }, { endpoints: ['/b'] }]);
  const events = [ledger.send(0, 0), ledger.send(0, 1), ledger.send(1, 2)];
  ledger.failPost(1);
  for (const event of events.slice(0, 2)) ledger.accept(event, 3);
  for (const event of events.slice(0, 2).reverse()) {
    ledger.receive({ event, endpoint: '/a', webhookId: `evt_${event}`, atMs: 4, isTaken: true });
  }
  expect(ledger.outcomes(['first', 'second'])).toMatchObject([
    { name: 'first', accepted: 2, refused: 0, failedPosts: 0, outOfOrderShare: 0.5 },
    { name: 'second', accepted: 0, refused: 1, failedPosts: 1, outOfOrderShare: 0 },
  ]);
});

test('times of events and of webhooks', () => {
  const ledger = new Ledger([{ endpoints: ['/a', '/b'] }]);
  const [first, second] = [ledger.send(0, 100), ledger.send(0, 200)];
  ledger.accept(first, 110);
  ledger.receive({ event: first, endpoint: '/b', webhookId: 'evt_1', atMs: 150, isTaken: true });
  ledger.receive({ event: second, endpoint: '/a', webhookId: 'evt_2', atMs: 260, isTaken: true });
  const [outcome] = ledger.outcomes(['']);
  expect([...(outcome?.ackedAtMs ?? [])]).toEqual([110, NaN]);
  expect([...(outcome?.deliveryDueAtMs ?? [])]).toEqual([100, 200]);
  expect([...(outcome?.deliveryAckedAtMs ?? [])]).toEqual([110, NaN]);
  expect([...(outcome?.deliveredAtMs ?? [])]).toEqual([150, 260]);
});
