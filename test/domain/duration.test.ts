import fc from 'fast-check';
import { formatDurationMs, parseDurationMs } from '../../domain/duration';

describe('parseDurationMs', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
    [' 10m ', 600_000],
  ])('%j is %d ms', (text, durationMs) => {
    expect(parseDurationMs(text)).toBe(durationMs);
  });

  test.each([
    [''],
    ['30'],
    ['s'],
    ['-5s'],
    ['5 s'],
    ['5S'],
    ['1h30m'],
    ['.5s'],
    ['5.s'],
    ['1e3s'],
    ['Infinitys'],
    ['٣s'],
  ])('%j is no duration', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it('knows no duration without an end', () => {
    expect(parseDurationMs(`${'9'.repeat(400)}d`)).toBeUndefined();
  });
});

describe('formatDurationMs', () => {
  test.each([
    [0, '0ms'],
    [1_500, '1500ms'],
    [30_000, '30s'],
    [90_000, '90s'],
    [120_000, '2m'],
    [3_600_000, '1h'],
    [604_800_000, '7d'],
  ])('%d ms is %j', (durationMs, text) => {
    expect(formatDurationMs(durationMs)).toBe(text);
  });

  it('writes what parseDurationMs reads back', () => {
    fc.assert(
      fc.property(fc.nat(4_000_000_000), (durationMs) => {
        expect(parseDurationMs(formatDurationMs(durationMs))).toBe(durationMs);
      }),
    );
  });
});
