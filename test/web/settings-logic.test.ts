import { fieldErrors, headersOf, validateValues, valuesOf } from '../../web/src/pages/settings/endpoint-values';
import { barsOf, chartRows, percent } from '../../web/src/pages/settings/health-figures';
import { sinceOf } from '../../web/src/components/recover-range';

const none = { pending: 0, retrying: 0, delivered: 0, failed: 0, held: 0, cancelled: 0 };
const endpoint = { url: 'https://a.example', description: '', events: ['contact.created'], headers: { A: '***' } };

describe('the form of an endpoint', () => {
  test('holds headers as rows, and leaves empty rows out', () => {
    const { headers } = valuesOf(endpoint);
    expect(headers).toEqual([{ name: 'A', value: '***' }]);
    expect(headersOf([...headers, { name: ' ', value: '' }, { name: ' B ', value: '' }])).toEqual({ A: '***', B: '' });
  });

  test('names what is missing and what is there twice', () => {
    const rows = [
      { name: 'A', value: '1' },
      { name: 'a ', value: '2' },
      { name: '', value: '3' },
      { name: '', value: '' },
    ];
    expect(validateValues({ url: ' ', description: '', events: [], headers: rows })).toEqual({
      url: 'Enter the https URL that takes the webhooks',
      events: 'Choose at least one event',
      'headers.1.name': 'This name is there already',
      'headers.2.name': 'Enter the name of the header',
    });
    expect(validateValues(valuesOf(endpoint))).toEqual({});
  });

  test('takes what the server says to the field or the row that it is about', () => {
    const rows = [
      { name: 'A', value: '1' },
      { name: 'Host', value: '2' },
    ];
    const errors = [
      { pointer: '/url', detail: 'no' },
      { pointer: '/headers/Host', detail: 'is set by us' },
      { pointer: '/headers', detail: 'too many' },
    ];
    expect(fieldErrors(errors, rows)).toEqual({ url: 'no', 'headers.1.name': 'is set by us', headers: 'too many' });
  });
});

test.each([
  [null, '–'],
  [0, '0 %'],
  [0.0004, '< 0.1 %'],
  [0.0034, '0.3 %'],
  [0.5, '50 %'],
  [0.9999, '> 99.9 %'],
  [1, '100 %'],
])('a share of %s is shown as %s', (share, shown) => {
  expect(percent(share)).toBe(shown);
});

test('the sparkline shows each hour, and in red what has not arrived', () => {
  const hours = [{ counts: { ...none, delivered: 1_200, held: 3 } }, { counts: { ...none, failed: 1, retrying: 2 } }];
  expect(barsOf({ hours })).toEqual({
    values: [1_203, 3],
    failed: [0, 3],
    label: '1,206 deliveries in the last 24 hours; of 3 the latest attempt failed',
  });
  expect(barsOf({ hours: null }).label).toBe('Too many deliveries to count in time');
});

test('an hour in which nothing was attempted has no failure rate', () => {
  const at = '2026-04-15T10:00:00.000Z';
  const hours = [none, { ...none, delivered: 2, failed: 1 }].map((counts) => ({ at, counts }));
  expect(chartRows(hours, () => '10:00').map(({ hour, rate }) => [hour, rate])).toEqual([
    ['10:00', null],
    ['10:00', 33.3],
  ]);
});

test('a recovery begins a while ago, or at the moment that was typed in, if that is in the past', () => {
  const nowMs = Date.parse('2026-04-15T10:00:00Z');
  expect(sinceOf('hour', '', nowMs)).toBe('2026-04-15T09:00:00.000Z');
  expect(sinceOf('since', '2026-04-15T08:00:00Z', nowMs)).toBe('2026-04-15T08:00:00.000Z');
  expect(sinceOf('since', '2026-04-15T12:00:00Z', nowMs)).toBeUndefined();
  expect(sinceOf('since', '', nowMs)).toBeUndefined();
});
