import fc from 'fast-check';
import {
  delayAfterFailure,
  parseRetryAfterMs,
  parseRetryDelaysMs,
  standardRetryDelaysMs,
} from '../../domain/retry-timeline';

const nowMs = Date.parse('2026-04-15T10:00:00Z');

describe('the standard timeline', () => {
  test.each([
    { slot: 0, delayMs: 30_000, attempt: 2, atSeconds: 30 },
    { slot: 1, delayMs: 120_000, attempt: 3, atSeconds: 150 },
    { slot: 2, delayMs: 600_000, attempt: 4, atSeconds: 750 },
    { slot: 3, delayMs: 1_800_000, attempt: 5, atSeconds: 2_550 },
    { slot: 4, delayMs: 3_600_000, attempt: 6, atSeconds: 6_150 },
  ])('attempt $attempt stands at $atSeconds s with instant answers', ({ slot, delayMs, atSeconds }) => {
    expect(delayAfterFailure(standardRetryDelaysMs, slot)).toBe(delayMs);
    const sum = standardRetryDelaysMs.slice(0, slot + 1).reduce((total, wait) => total + wait, 0);
    expect(sum).toBe(atSeconds * 1_000);
  });

  it('is used up after six attempts', () => {
    expect(delayAfterFailure(standardRetryDelaysMs, 5)).toBeUndefined();
    expect(delayAfterFailure(standardRetryDelaysMs, 99)).toBeUndefined();
    expect(delayAfterFailure([], 0)).toBeUndefined();
  });

  it('is what the setting says by default', () => {
    expect(parseRetryDelaysMs('30s,2m,10m,30m,1h')).toEqual(standardRetryDelaysMs);
  });
});

describe('Retry-After', () => {
  test.each([
    { asked: 'less than the wait', retryAfterMs: 1_000, delayMs: 30_000 },
    { asked: 'nothing', retryAfterMs: 0, delayMs: 30_000 },
    { asked: 'a little more', retryAfterMs: 45_000, delayMs: 45_000 },
    { asked: 'twice the wait', retryAfterMs: 60_000, delayMs: 60_000 },
    { asked: 'more than twice', retryAfterMs: 60_001, delayMs: 60_000 },
    { asked: 'a year', retryAfterMs: 31_536_000_000, delayMs: 60_000 },
    { asked: 'a number beyond counting', retryAfterMs: Infinity, delayMs: 60_000 },
  ])('that asks for $asked gives $delayMs ms', ({ retryAfterMs, delayMs }) => {
    expect(delayAfterFailure(standardRetryDelaysMs, 0, retryAfterMs)).toBe(delayMs);
  });

  it('lengthens a wait to at most twice its length and never shortens it', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.double({ min: 0, noNaN: true }), (slot, retryAfterMs) => {
        const plainMs = standardRetryDelaysMs[slot] ?? 0;
        const delayMs = delayAfterFailure(standardRetryDelaysMs, slot, retryAfterMs) ?? 0;
        expect(delayMs).toBeGreaterThanOrEqual(plainMs);
        expect(delayMs).toBeLessThanOrEqual(2 * plainMs);
      }),
    );
  });

  test.each([
    ['120', 120_000],
    [' 7 ', 7_000],
    ['0', 0],
    ['1.5', 1_500],
    ['Wed, 15 Apr 2026 10:01:00 GMT', 60_000],
    ['Wed, 15 Apr 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    ['NaN', undefined],
  ])('%j is %p', (header, waitMs) => {
    expect(parseRetryAfterMs(header, nowMs)).toBe(waitMs);
  });

  it('says nothing when it is absent', () => {
    expect(parseRetryAfterMs(undefined, nowMs)).toBeUndefined();
  });

  it('never gives what a wait cannot be, whatever a receiver writes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.date().map(String)), (header) => {
        const waitMs = parseRetryAfterMs(header, nowMs);
        if (waitMs !== undefined) expect(waitMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('parseRetryDelaysMs', () => {
  test.each([
    ['1s', [1_000]],
    ['1s, 2s', [1_000, 2_000]],
    ['0s', [0]],
    ['', undefined],
    ['1s,', undefined],
    ['1s;2s', undefined],
    ['1s,soon', undefined],
  ])('%j is %p', (text, delaysMs) => {
    expect(parseRetryDelaysMs(text)).toEqual(delaysMs);
  });
});
