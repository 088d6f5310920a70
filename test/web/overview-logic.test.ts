import { eventTitle, whatHappened } from '../../web/src/pages/overview/event-words';
import { bucketLabel, count, errorRate, readRange, share } from '../../web/src/pages/overview/figures';
import { indented, jsonProblem } from '../../web/src/pages/overview/mended-json';

const row = {
  ...{ reason: null, didYouMean: [], outcome: null, automations: [], status: 'recorded' as const },
};
const automation = (name: string, ran: boolean, reason: string | null = null) => ({
  ...{ automationId: name, name, ran, reason, workflowId: null, temporalUrl: null },
});

describe('figures', () => {
  test.each([
    [0, '0'],
    [12_345, '12,345'],
    [1_250_000, '1.3M'],
    [null, 'many'],
  ])('%s is shown as %s', (value, text) => {
    expect(count(value)).toBe(text);
  });

  test.each([
    [0, 0, '0 %'],
    [1, 80, '1.3 %'],
    [50, 100, '50 %'],
  ])('%i of %i is %s', (part, of, text) => {
    expect(share(part, of)).toBe(text);
  });

  test('what waits for its retry counts as not arrived, and nothing attempted is no error', () => {
    expect(errorRate({ delivered: 6, failed: 1, retrying: 1 })).toBe(25);
    expect(errorRate({ delivered: 0, failed: 0, retrying: 0 })).toBe(0);
  });

  test('a bucket is named by its hour, or by its day where it is long', () => {
    expect(bucketLabel('2026-04-15T10:30:00.000Z', 60_000)).toMatch(/30/);
    expect(bucketLabel('2026-04-15T12:00:00.000Z', 12 * 3_600_000)).toMatch(/15/);
    expect(bucketLabel('2026-04-15T12:00:00.000Z', 12 * 3_600_000)).not.toContain(':');
  });

  test('a range that there is not is the usual one', () => {
    expect([readRange('7d'), readRange('1y'), readRange(undefined)]).toEqual(['7d', '24h', '24h']);
  });
});

describe('what happened to an event', () => {
  test.each([
    ['a reason stands first', { ...row, reason: 'no contact is known' }, 'no contact is known'],
    [
      'with what may have been meant',
      { ...row, reason: 'no automation listens to "a"', didYouMean: ['b', 'c'] },
      'no automation listens to "a"; did you mean "b" or "c"?',
    ],
    [
      'automations that started, and the first that did not',
      { ...row, automations: [automation('A', true), automation('B', false, 'it is paused'), automation('C', false)] },
      'started A; B did not start: it is paused; and 1 more did not',
    ],
    [
      'what changed',
      {
        ...row,
        status: 'updated' as const,
        outcome: { status: 'updated' as const, changes: ['firstName', 'metadata.plan'] },
      },
      'updated: firstName, metadata.plan',
    ],
    ['nothing changed', { ...row, status: 'unchanged' as const }, 'the contact has these values already'],
    ['a new contact', { ...row, status: 'created' as const }, 'a new contact'],
  ])('%s', (_name, given, text) => {
    expect(whatHappened(given)).toBe(text);
  });

  test('a track goes by its name', () => {
    expect(eventTitle({ type: 'track', event: 'Signed Up' })).toBe('Signed Up');
    expect(eventTitle({ type: 'identify', event: null })).toBe('identify');
  });
});

describe('a mended event', () => {
  test.each([
    ['', /Write the event/],
    ['{"type":', /This is not JSON/],
    ['[1]', /One event is needed/],
    ['7', /One event is needed/],
  ])('%s cannot be sent', (text, why) => {
    expect(jsonProblem(text)).toMatch(why);
  });

  test('an object can; what is no JSON is left as it came', () => {
    expect(jsonProblem('{"type":"track"}')).toBeUndefined();
    expect(indented('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(indented('{"a":')).toBe('{"a":');
  });
});
