import {
  failureRate,
  healthStartMs,
  hourMs,
  hoursOf,
  latencyOf,
  noCounts,
  pillOf,
  totalOf,
  type RecentAttempt,
} from '../../domain/endpoint-health';

const arrived = (durationMs = 120): RecentAttempt => ({ hasArrived: true, durationMs, statusCode: 200 });
const refused = (statusCode = 500): RecentAttempt => ({ hasArrived: false, durationMs: 40, statusCode });
const timedOut: RecentAttempt = { hasArrived: false, durationMs: 30_000, error: 'timeout' };
const times = (count: number, attempt: RecentAttempt): RecentAttempt[] => Array.from({ length: count }, () => attempt);

describe('the pill of an active endpoint', () => {
  test.each<[what: string, recent: RecentAttempt[], pill: string, reason: RegExp]>([
    ['nothing sent', [], 'idle', /^Nothing was sent to it in the last 24 hours\.$/],
    ['one that arrived', [arrived(80)], 'healthy', /^The last delivery arrived; 95 % within 80 ms\.$/],
    ['all arrived', times(100, arrived(1_250)), 'healthy', /^The last 100 deliveries arrived; 95 % within 1\.3 s\.$/],
    [
      'some failed',
      [...times(90, arrived()), ...times(10, refused())],
      'healthy',
      /^10 of the last 100 deliveries failed/,
    ],
    [
      'the newest four failed of many',
      [...times(4, refused()), ...times(96, arrived())],
      'healthy',
      /^4 of the last 100/,
    ],
    [
      'the newest five failed',
      [...times(5, refused(503)), ...times(95, arrived())],
      'failing',
      /with the status 503\.$/,
    ],
    ['the only one failed', [refused(404)], 'failing', /^The last delivery failed with the status 404\.$/],
    [
      'half failed',
      [arrived(), timedOut, arrived(), timedOut],
      'failing',
      /^2 of the last 4 .*, the newest with timeout\.$/,
    ],
    ['less than half failed', [arrived(), refused(), arrived()], 'healthy', /^1 of the last 3/],
    ['one in twenty is slow', [...times(94, arrived()), ...times(6, arrived(7_000))], 'slow', /takes 7 s or longer/],
    ['fewer are slow', [...times(95, arrived()), ...times(5, arrived(7_000))], 'healthy', /arrived/],
    ['failing goes before slow', times(10, timedOut), 'failing', /timeout/],
  ])('%s', (_what, recent, pill, reason) => {
    const shown = pillOf({ endpoint: { status: 'active', isInLane: false }, recent, held: 0 });
    expect(shown).toEqual({ pill, reason: expect.stringMatching(reason) });
  });

  test('one with a lane of its own is slow, unless it fails', () => {
    const endpoint = { status: 'active' as const, isInLane: true };
    expect(pillOf({ endpoint, recent: [arrived()], held: 0 })).toMatchObject({ pill: 'slow' });
    expect(pillOf({ endpoint, recent: [refused()], held: 0 })).toMatchObject({ pill: 'failing' });
  });
});

test.each<[held: number | null, reason: string]>([
  [0, 'It was paused by hand.'],
  [null, 'It was paused by hand.'],
  [1, 'It was paused by hand; one delivery of the last 24 hours waits.'],
  [12, 'It was paused by hand; 12 deliveries of the last 24 hours wait.'],
])('a paused one says how many wait: %s', (held, reason) => {
  const endpoint = { status: 'paused' as const, isInLane: false };
  expect(pillOf({ endpoint, recent: times(9, refused()), held })).toEqual({ pill: 'paused', reason });
});

test('a disabled one says why', () => {
  const endpoint = { status: 'disabled' as const, statusReason: 'it answered 410 Gone', isInLane: false };
  expect(pillOf({ endpoint, recent: [], held: 0 })).toEqual({
    pill: 'disabled',
    reason: 'It is switched off: it answered 410 Gone.',
  });
});

test('the failure rate counts what was attempted: what waits for its first attempt or is held is left out', () => {
  expect(failureRate(noCounts())).toBeNull();
  expect(failureRate({ ...noCounts(), pending: 4, held: 9, cancelled: 2 })).toBeNull();
  expect(failureRate({ ...noCounts(), delivered: 6, failed: 1, retrying: 1, held: 50 })).toBe(0.25);
});

test('latency is of the sorted durations', () => {
  const durations = [30, 10, 20, 40, 50, 60, 70, 80, 90, 100].map((durationMs) => arrived(durationMs));
  expect(latencyOf(durations)).toEqual({ attempts: 10, p50Ms: 50, p95Ms: 100 });
  expect(latencyOf([arrived(12.4)])).toEqual({ attempts: 1, p50Ms: 12, p95Ms: 12 });
  expect(latencyOf([])).toBeNull();
});

test('the hours are those of the clock, the newest one is under way, and none is left out', () => {
  const nowMs = Date.parse('2026-04-15T10:25:30Z');
  const startMs = healthStartMs(nowMs);
  expect(new Date(startMs).toISOString()).toBe('2026-04-14T11:00:00.000Z');
  const hours = hoursOf(startMs, [
    { hour: 0, status: 'delivered', count: 3 },
    { hour: 23, status: 'failed', count: 2 },
    { hour: 23, status: 'delivered', count: 1 },
    { hour: 24, status: 'delivered', count: 99 },
  ]);
  expect(hours).toHaveLength(24);
  expect(hours.every(({ atMs }, hour) => atMs === startMs + hour * hourMs)).toBe(true);
  expect(hours[23]?.counts).toEqual({ ...noCounts(), failed: 2, delivered: 1 });
  expect(totalOf(hours)).toEqual({ ...noCounts(), delivered: 4, failed: 2 });
});
