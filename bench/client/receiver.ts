import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a path of the receiver does; one that was not told anything takes every webhook at once. */
export type Behaviour =
  | { kind: 'takes' }
  /** Takes each webhook after a delay. */
  | { kind: 'slow'; delayMs: number }
  /** Answers every n-th request with this status, all of them for 1. */
  | { kind: 'fails'; status: number; everyNth: number };

/** Called for each request before it is answered. */
export type OnRequest = (request: { path: string; webhookId: string; body: Buffer; isTaken: boolean }) => void;

/** The customers' servers: raw node:http, one path for each endpoint. */
export async function startReceiver(onRequest: OnRequest) {
  const behaviours = new Map<string, Behaviour>();
  const counts = new Map<string, number>();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      answer(request, chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks), response),
    );
  });
  const answer = (request: IncomingMessage, body: Buffer, response: ServerResponse): void => {
    const path = request.url ?? '';
    const webhookId = String(request.headers['webhook-id']);
    const behaviour = behaviours.get(path) ?? { kind: 'takes' };
    const count = (counts.get(path) ?? 0) + 1;
    counts.set(path, count);
    const status = behaviour.kind === 'fails' && count % behaviour.everyNth === 0 ? behaviour.status : 200;
    onRequest({ path, webhookId, body, isTaken: status === 200 });
    const reply = () => response.writeHead(status, { 'content-length': 0 }).end();
    if (behaviour.kind === 'slow') setTimeout(reply, behaviour.delayMs);
    else reply();
  };
  // Never closes a connection first: a request that crosses the close would count as a failed attempt of the product.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 1_024, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    behave: (path: string, behaviour: Behaviour) => void behaviours.set(path, behaviour),
  };
}
