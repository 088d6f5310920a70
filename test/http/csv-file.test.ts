import { once } from 'node:events';
import { createServer } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import express from 'express';
import { eventually } from '../e2e/support/processes';
import { sendCsv } from '../../src/http/csv-file';

const closers: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(closers.splice(0).map((close) => close())));

async function* each(...pages: (string | Error)[]): AsyncGenerator<string> {
  for (const page of pages) {
    await turn();
    if (page instanceof Error) throw page;
    yield page;
  }
}

/** Serves a file of these pages; answers its URL, and how the pages came to their end. */
async function serve(pages: () => AsyncGenerator<string>) {
  const app = express();
  const ends: string[] = [];
  app.get('/', async (_request, response) => {
    await sendCsv(response, { name: 'rows.csv', columns: ['a', 'b'], pages: pages() }).then(
      () => ends.push('answered'),
      (error: Error) => {
        ends.push(error.message);
        if (!response.headersSent) response.status(503).end();
      },
    );
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${address.port}`, ends };
}

test('pages become one file below its columns', async () => {
  const { url } = await serve(() => each('1,2\r\n', '3,4\r\n'));
  const response = await fetch(url);
  expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="?rows\.csv"?$/);
  expect(await response.text()).toBe('a,b\r\n1,2\r\n3,4\r\n');
});

test('what cannot be read at all is an error and no half a file', async () => {
  const { url, ends } = await serve(() => each(new Error('the database is away')));
  const response = await fetch(url);
  expect(response.status).toBe(503);
  expect(ends).toEqual(['the database is away']);
});

test('one that fails on its way is cut off, and does not pass for whole', async () => {
  const { url, ends } = await serve(() => each('1,2\r\n', new Error('the database went away')));
  await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
  expect(ends).toEqual(['the database went away']);
});

test('a reader that goes ends the reading, and its cursor with it', async () => {
  let isOver: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (isOver = resolve));
  const { url, ends } = await serve(async function* () {
    try {
      for (;;) {
        await turn();
        yield 'x'.repeat(100_000);
      }
    } finally {
      isOver();
    }
  });
  const abort = new AbortController();
  const response = await fetch(url, { signal: abort.signal });
  await response.body?.getReader().read();
  abort.abort();
  await over;
  await eventually('the answer to be over', () => ends.length > 0);
  expect(ends).toEqual(['answered']);
});
