import { afterAttempt, endOf, honoursRetryAfter, judge, type AfterAttempt, type Attempt } from '../../domain/delivery';
import { standardRetryDelaysMs } from '../../domain/retry-timeline';

const atMs = Date.parse('2026-04-15T10:00:00Z');
const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  ...{ deliveryId: 'dlv_1', key: 'run/0', number: 1, round: 1, trigger: 'schedule' },
  ...{ atMs, durationMs: 1_500, responseBody: '' },
  ...more,
});
const endedAtMs = atMs + 1_500;

describe('after an attempt', () => {
  test.each<[string, Partial<Attempt>, number, Partial<AfterAttempt>]>([
    ['200 delivers', { statusCode: 200 }, 0, { status: 'delivered' }],
    ['204 at the last attempt delivers', { statusCode: 204 }, 5, { status: 'delivered' }],
    ['500 waits 30 s', { statusCode: 500 }, 0, { status: 'retrying', nextAttemptAtMs: endedAtMs + 30_000 }],
    ['a redirect waits 2 min', { statusCode: 301 }, 1, { status: 'retrying', nextAttemptAtMs: endedAtMs + 120_000 }],
    [
      'no answer waits an hour',
      { error: 'timeout' },
      4,
      { status: 'retrying', nextAttemptAtMs: endedAtMs + 3_600_000 },
    ],
    ['500 at the last attempt fails for good', { statusCode: 500 }, 5, { status: 'failed' }],
    ['no answer at the last attempt as well', { error: 'dns_error' }, 5, { status: 'failed' }],
    [
      '410 fails at once, and says that the receiver is gone',
      { statusCode: 410 },
      0,
      { status: 'failed', isGone: true },
    ],
    ['410 at the last attempt too', { statusCode: 410 }, 5, { status: 'failed', isGone: true }],
    [
      'a wish to wait is honoured up to twice the wait',
      { statusCode: 429, retryAfterMs: 3_600_000 },
      0,
      { status: 'retrying', nextAttemptAtMs: endedAtMs + 60_000 },
    ],
    [
      'a wish for less is not',
      { statusCode: 503, retryAfterMs: 1_000 },
      0,
      { status: 'retrying', nextAttemptAtMs: endedAtMs + 30_000 },
    ],
    ['a wish at the last attempt changes nothing', { statusCode: 429, retryAfterMs: 1_000 }, 5, { status: 'failed' }],
  ])('%s', (_what, answer, slot, expected) => {
    const made = attempt({ number: 7, round: 2, ...answer });
    expect(afterAttempt(made, slot, standardRetryDelaysMs)).toEqual({
      ...{ attemptCount: 7, round: 2, attemptsInRound: slot + 1 },
      ...{ lastStatusCode: made.statusCode, lastError: made.error },
      ...expected,
    });
  });

  it('what the last one had and this one has not is there as undefined, so that it is taken away', () => {
    expect(Object.keys(afterAttempt(attempt({ statusCode: 200 }), 0, []))).toEqual(
      expect.arrayContaining(['lastStatusCode', 'lastError']),
    );
  });

  it('without a timeline the first failure is the last', () => {
    expect(afterAttempt(attempt({ statusCode: 500 }), 0, [])).toMatchObject({ status: 'failed', attemptsInRound: 1 });
  });
});

test('the next wait is measured from the end of the exchange', () => {
  expect(endOf(attempt())).toBe(endedAtMs);
});

test.each([
  [undefined, 'failed'],
  [199, 'failed'],
  [200, 'delivered'],
  [299, 'delivered'],
  [300, 'failed'],
  [404, 'failed'],
  [410, 'gone'],
  [500, 'failed'],
] as const)('%s is %s', (statusCode, verdict) => {
  expect(judge(statusCode)).toBe(verdict);
});

test('only 429 and 503 may stretch a wait', () => {
  expect([429, 503, 500, 502, 404, 200].filter(honoursRetryAfter)).toEqual([429, 503]);
});
