import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import pino from 'pino';
import { problemHandler } from '../../src/http/problem';
import { startPeople, tokenOf } from './people-harness';

test('a link that lets somebody in stays out of the log when its request fails', async () => {
  const people = await startPeople();
  const { body } = await people.call('POST', '/invitations', { email: 'ada@acme.com' });
  await people.close();
  const lines: string[] = [];
  const app = express();
  app.use(() => {
    throw new Error('the database is away');
  });
  app.use(problemHandler(pino({}, { write: (line) => void lines.push(line) })));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const token = tokenOf(body.link);
  await fetch(`http://127.0.0.1:${port}/api/join/${token}`);
  server.close();
  expect(lines.join('')).toContain('/api/join/***');
  expect(lines.join('')).not.toContain(token);
});
