import { execFileSync } from 'node:child_process';
import { curlOf } from '../../web/src/pages/deliveries/curl';
import { drift, exactTime, wait } from '../../web/src/pages/deliveries/exact-time';
import { queryOf, searchedFor } from '../../web/src/pages/deliveries/log-query';
import { maxLiveRows, mergeHead } from '../../web/src/pages/deliveries/merge-head';

const filters = (text: string) => {
  const params = new URLSearchParams(text);
  return { get: (name: string) => params.get(name) ?? undefined, all: (name: string) => params.getAll(name) };
};
const nowMs = Date.parse('2026-04-15T10:00:42.123Z');

test.each([
  ['', {}],
  ['status=failed&status=held&answer=5xx', { status: ['failed', 'held'], answer: '5xx' }],
  ['answer=lost', {}],
  ['range=hour&since=2020-01-01T00:00:00Z', { since: '2026-04-15T09:00:00.000Z' }],
  ['since=2026-04-15T12:00:00%2B02:00&until=never', { since: '2026-04-15T10:00:00.000Z' }],
])('the filters %j ask for %j', (text, query) => {
  expect(queryOf(filters(text), nowMs)).toEqual(query);
});

test.each([
  [' evt_0a ', { kind: 'eventId', id: 'evt_0a' }],
  ['con_0a', { kind: 'contactId', id: 'con_0a' }],
  ['dlv_0a', { kind: 'delivery', id: 'dlv_0a' }],
  ['', { kind: 'nothing' }],
  ['ada@example.com', undefined],
])('%j is looked for as %j', (text, wanted) => {
  expect(searchedFor(text)).toEqual(wanted);
});

test.each([
  [84, '+84 ms'],
  [-5_000, '−5 s'],
  [1_234, '+1.2 s'],
  [120_000, '+2 min'],
  [5_400_000, '+1.5 h'],
])('a drift of %d ms is %s', (ms, text) => {
  expect(drift(ms)).toBe(text);
});

test('times are shown to the millisecond, and waits as people say them', () => {
  expect(exactTime('2026-04-15T10:12:31.084Z')).toMatch(/^\d\d:12:31\.084$/);
  expect([30_000, 120_000, 1_800_000, 3_600_000].map(wait)).toEqual(['30 s', '2 min', '30 min', '1 h']);
});

test('a command for a shell carries hostile values as they are', () => {
  const hostile = `it's $(id) \`id\` "x" \\ ; & | \n <b>`;
  const command = curlOf({
    url: `https://example.com/?a=${hostile.replace('\n', '')}`,
    headers: [
      { name: 'webhook-id', value: hostile },
      { name: 'accept-encoding', value: 'identity' },
    ],
    body: hostile,
  });
  const shown = execFileSync('sh', ['-c', command.replace(/^curl/, `printf '%s\\0'`)])
    .toString()
    .split('\0');
  expect(shown).toEqual([
    ...['-i', '-X', 'POST', `https://example.com/?a=${hostile.replace('\n', '')}`],
    ...['-H', `webhook-id: ${hostile}`, '--data-binary', hostile, ''],
  ]);
});

describe('what is new in the log', () => {
  const row = (id: number, status = 'pending') => ({ id: `dlv_${id}`, createdAt: '', status });
  const loaded = (...ids: number[]) => ({
    pages: [{ data: ids.map((id) => row(id)), nextCursor: 'older' }],
    pageParams: [null],
  });

  it('comes on top, and what is shown is brought up to date', () => {
    const merged = mergeHead(loaded(2, 1), { data: [row(3), row(2, 'delivered')], nextCursor: null }, true);
    expect(merged).toEqual({
      waiting: 0,
      loaded: { pages: [{ data: [row(3), row(2, 'delivered'), row(1)], nextCursor: 'older' }], pageParams: [null] },
    });
  });

  it('waits while it is not wanted', () => {
    const merged = mergeHead(loaded(2, 1), { data: [row(4), row(3), row(2, 'failed')], nextCursor: null }, false);
    expect(merged).toMatchObject({ waiting: 2, loaded: { pages: [{ data: [row(2, 'failed'), row(1)] }] } });
  });

  it('is loaded anew where a page may be missing in between, or the table would grow for ever', () => {
    expect(mergeHead(loaded(1), { data: [row(9), row(8)], nextCursor: 'more' }, true)).toBe('load anew');
    const many = loaded(...Array.from({ length: maxLiveRows }, (_each, id) => id));
    expect(mergeHead(many, { data: [row(999), row(0)], nextCursor: null }, true)).toBe('load anew');
  });
});
