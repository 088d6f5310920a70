import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { ListenAnswer, ListenMessage } from '../../domain/listening';
import { Exchanges, type Exchange } from '../../src/cli/listen/exchanges';
import { readForwardTo } from '../../src/cli/listen/forward';
import { readKeys } from '../../src/cli/listen/keys';
import { createOutput, plain, plainLines } from '../../src/cli/output';
import { readSse } from '../../src/cli/read-sse';
import { printFields, printTable } from '../../src/cli/table';
import { countdown, readMoment, shortDuration } from '../../src/cli/times';
import { Pace } from '../../src/listen/pace';
import { eventually } from '../e2e/support/processes';

const lines = (print: (out: ReturnType<typeof createOutput>) => void): string[] => {
  let text = '';
  const sink = { write: (part: string) => (text += part) };
  print(createOutput(sink, sink, true));
  return text.split('\n').slice(0, -1);
};

describe('tables', () => {
  test('are aligned, and show a dash where there is nothing', () => {
    const rows = [
      { name: 'a', count: 7, last: null },
      { name: 'longer', count: 12, last: 'x' },
    ];
    const shown = lines((out) =>
      printTable(out, rows, [
        { title: 'NAME', of: ({ name }) => name },
        { title: 'N', of: ({ count }) => count, isRight: true },
        { title: 'LAST', of: ({ last }) => last },
      ]),
    );
    expect(shown).toEqual(['NAME     N  LAST', 'a        7  -', 'longer  12  x']);
  });

  test('leave out fields without a value', () => {
    expect(
      lines((out) =>
        printFields(out, [
          ['one', 1],
          ['none', null],
          ['other', 'x'],
        ]),
      ),
    ).toEqual(['one    1', 'other  x']);
  });

  test('text from outside can neither steer the terminal nor make up lines', () => {
    expect(plain('a\u001b[2Jb\nc\u202ed')).toBe('a�[2Jb�c�d');
    expect(plainLines('a\tb\r\n\u0007c')).toEqual(['a  b', '�c']);
  });
});

describe('times', () => {
  test('count down in minutes, and in hours where there are any', () => {
    const at = (seconds: number) => countdown(new Date(seconds * 1_000).toISOString(), 0);
    expect([0, 5, 65, 3_725].map(at)).toEqual(['due now', 'in 0:05', 'in 1:05', 'in 1:02:05']);
  });

  test('are short in words', () => {
    expect([12.4, 3_400, 125_000, 60_000, 3_600_000, 5_400_000].map(shortDuration)).toEqual([
      ...['12 ms', '3.4 s', '2 min 5 s', '1 min', '1 h', '1 h 30 min'],
    ]);
  });

  test('may be given as how long ago, or as a moment', () => {
    const nowMs = Date.parse('2026-03-01T12:00:00Z');
    expect(readMoment('--since', '2h', nowMs)).toBe('2026-03-01T10:00:00.000Z');
    expect(readMoment('--since', '2026-02-01T00:00:00+01:00', nowMs)).toBe('2026-01-31T23:00:00.000Z');
    expect(readMoment('--since', undefined, nowMs)).toBeUndefined();
    for (const wrong of ['', '5', 'monday', '2026-13-01'])
      expect(() => readMoment('--since', wrong, nowMs)).toThrow('--since');
  });
});

test('a stream of events is read whatever pieces it comes in', async () => {
  const text = ': still here\n\nevent: hello\nid: 7\ndata: {"a":"é"}\n\nevent: x\ndata: 1\n\nevent: cut\ndata';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 3, 1_000]) {
    const stream = new PassThrough();
    for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
    stream.end();
    const events = [];
    for await (const event of readSse(stream)) events.push(event);
    expect(events).toEqual([
      { event: 'hello', id: '7', data: '{"a":"é"}' },
      { event: 'x', data: '1' },
    ]);
  }
});

test('what is listened to is let through at a pace, and the rest is counted', () => {
  const pace = new Pace(10, 20, 0);
  const allowed = (nowMs: number, wanted: number) =>
    Array.from({ length: wanted }, () => pace.allows(nowMs)).filter(Boolean).length;
  expect(allowed(0, 30)).toBe(20);
  expect(allowed(500, 30)).toBe(5);
  expect(allowed(60_000, 30)).toBe(20);
  pace.hold();
  pace.hold();
  expect([pace.takeHeld(), pace.takeHeld()]).toEqual([2, 0]);
});

test.each([
  ['4000', 'http://localhost:4000/'],
  ['4000/hook', 'http://localhost:4000/hook'],
  ['localhost:4000/hook', 'http://localhost:4000/hook'],
  ['https://dev.example/hook?a=1', 'https://dev.example/hook?a=1'],
])('--forward-to %s is %s', (given, url) => {
  expect(readForwardTo(given)).toBe(url);
});

describe('listening', () => {
  const request = (requestId: string | null): ListenMessage<'request'> => ({
    ...{ requestId, event: 'contact.created', eventId: 'evt_1', deliveryId: null, headers: {}, body: '{}' },
  });
  const answer: ListenAnswer = { statusCode: 200, headers: [], body: '', durationMs: 1, error: null };

  /** A local server that answers only when it is let. */
  function start() {
    const held: (() => void)[] = [];
    const seen = { exchanged: [] as Exchange[], reported: [] as string[], skipped: 0, abort: new AbortController() };
    const exchanges = new Exchanges(
      () => new Promise((resolve) => held.push(() => resolve(answer))),
      {
        exchanged: (exchange) => void seen.exchanged.push(exchange),
        report: (id) => void seen.reported.push(id),
        skipped: (count) => void (seen.skipped += count),
      },
      seen.abort.signal,
    );
    return { exchanges, held, seen };
  }

  test('posts eight at a time, keeps five hundred, and tells of the rest', async () => {
    const { exchanges, held, seen } = start();
    for (let row = 0; row < 600; row++) exchanges.take(request(null));
    expect(held).toHaveLength(8);
    for (let done = 0; seen.exchanged.length < 508; done++) {
      held[done]?.();
      await pause(0);
    }
    expect(seen.skipped).toBe(600 - 508);
  });

  test('posts what comes twice once, and tells its answer twice', async () => {
    const { exchanges, held, seen } = start();
    exchanges.take(request('lrq_1'));
    exchanges.take(request('lrq_1'));
    expect(held).toHaveLength(1);
    held[0]?.();
    await eventually('its answer', () => seen.reported.length === 1);
    exchanges.take(request('lrq_1'));
    expect(seen.reported).toEqual(['lrq_1', 'lrq_1']);
    expect(seen.exchanged).toHaveLength(1);
  });

  test('ends without a word of what was under way', async () => {
    const { exchanges, held, seen } = start();
    exchanges.take(request(null));
    seen.abort.abort();
    held[0]?.();
    await pause(0);
    expect(seen.exchanged).toEqual([]);
  });

  test('r sends again, q and Ctrl-C end; afterwards the terminal is as it was', () => {
    const modes: boolean[] = [];
    const terminal = Object.assign(new PassThrough(), { setRawMode: (isRaw: boolean) => modes.push(isRaw) });
    const keys: string[] = [];
    const stop = readKeys(terminal, { r: () => keys.push('r'), q: () => keys.push('q') });
    for (const key of ['r', 'x', 'q', '\u0003']) terminal.emit('data', Buffer.from(key));
    expect(keys).toEqual(['r', 'q', 'q']);
    stop();
    terminal.emit('data', Buffer.from('q'));
    expect(keys).toHaveLength(3);
    expect(modes).toEqual([true, false]);
  });
});
