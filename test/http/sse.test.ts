import { createServer } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import express from 'express';
import { SseStreams, type SseStream } from '../../src/http/sse';
import { eventually } from '../e2e/support/processes';

async function serve() {
  const streams = new SseStreams();
  const opened: SseStream[] = [];
  const app = express();
  app.get('/', (_request, response) => void opened.push(streams.open(response)));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { streams, opened, server, port };
}

test('a reader that does not read is dropped, and not kept in memory for', async () => {
  const { opened, server, port } = await serve();
  const reader = connect(port, '127.0.0.1');
  reader.on('error', () => undefined);
  reader.pause();
  reader.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const stream = await eventually('it to connect', () => opened[0]);
  let isUndone = false;
  stream.onClose(() => void (isUndone = true));
  const text = 'x'.repeat(100_000);
  // More than sockets hold on both sides.
  for (let sent = 0; sent < 200 && !stream.isClosed; sent++) {
    stream.send('much', text);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(stream.isClosed).toBe(true);
  expect(isUndone).toBe(true);
  expect(() => stream.send('more', text)).not.toThrow();
  reader.destroy();
  server.close();
  await once(server, 'close');
});

test('a stop waits for what a stream has to undo, and the server can close', async () => {
  const { streams, opened, server, port } = await serve();
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const stream = await eventually('it to connect', () => opened[0]);
  stream.send('hello', { text: 'a\nb' }, '7');
  let isUndone = false;
  stream.onClose(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    isUndone = true;
  });
  stream.onClose(() => Promise.reject(new Error('one that fails leaves the others alone')));
  await streams.stop();
  expect(isUndone).toBe(true);
  expect(await response.text()).toBe('event: hello\nid: 7\ndata: {"text":"a\\nb"}\n\n');
  server.close();
  await once(server, 'close');
});

test('what is undone after a stream has gone may fail: nothing waits for it', async () => {
  const { opened, server, port } = await serve();
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const stream = await eventually('it to connect', () => opened[0]);
  stream.close();
  await response.text();
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  stream.onClose(() => Promise.reject(new Error('the database is away')));
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
  server.close();
  await once(server, 'close');
});
