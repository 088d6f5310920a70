import { Writable } from 'node:stream';
import { drained } from '../../src/http/refusal-report';

const slow = (): Writable => new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => setImmediate(done) });

test('waiting for a slow reader leaves nothing behind, however often', async () => {
  const stream = slow();
  for (let page = 0; page < 50; page++) if (!stream.write('x')) await drained(stream);
  expect(stream.listenerCount('close')).toBe(0);
  expect(stream.listenerCount('drain')).toBe(0);
});

test('a reader that goes, or has gone before, ends the wait', async () => {
  const leaving = slow();
  leaving.write('x');
  const waiting = drained(leaving);
  leaving.destroy();
  await waiting;
  await drained(leaving);
});
