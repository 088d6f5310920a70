import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createAddressGuard, type ResolveName } from '../../src/webhooks/address-guard';
import { checkEndpointUrl } from '../../src/webhooks/endpoint-url';
import {
  createHttpExchange,
  type ExchangeOutcome,
  type ExchangeRequest,
  type HttpExchange,
  type HttpExchangeOptions,
} from '../../src/webhooks/http-exchange';
import { selfSignedCertificate } from './self-signed-certificate';

const loopback = createAddressGuard(['127.0.0.1/32']);
const nothingAllowed = createAddressGuard([]);
const toLoopback: ResolveName = () => Promise.resolve(['127.0.0.1']);
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Peer {
  port: number;
  url: string;
  connections: Socket[];
  requests: IncomingMessage[];
}

async function listen(server: Server, requests: IncomingMessage[] = []): Promise<Peer> {
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined);
    connections.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    connections.forEach((socket) => socket.destroy());
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/in`, connections, requests };
}

function httpPeer(handler: RequestListener): Promise<Peer> {
  const requests: IncomingMessage[] = [];
  return listen(
    createServer((request, response) => {
      requests.push(request);
      response.on('error', () => undefined);
      handler(request, response);
    }),
    requests,
  );
}

function rawPeer(onData: (socket: Socket) => void): Promise<Peer> {
  return listen(createTcpServer((socket) => void socket.once('data', () => onData(socket))));
}

function tlsPeer(options: ServerOptions, handler: RequestListener): Promise<Peer> {
  return listen(createTlsServer(options, handler));
}

function exchangeWith(options: Partial<HttpExchangeOptions> = {}): HttpExchange {
  const http = createHttpExchange({ guard: loopback, lookup: toLoopback, ...options });
  cleanups.push(() => http.close());
  return http;
}

function post(http: HttpExchange, url: string, more: Partial<ExchangeRequest> = {}): Promise<ExchangeOutcome> {
  return http.exchange({ url, headers: {}, body: '{}', timeoutMs: 5_000, maxResponseBytes: 1_000, ...more });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('an answer', () => {
  test('carries status, body and the headers that matter; the request arrives byte for byte', async () => {
    let seen = '';
    const peer = await httpPeer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => (seen += text));
      request.on('end', () => {
        response.writeHead(429, { 'retry-after': '60', 'content-type': 'text/plain' });
        response.end('später');
      });
    });
    const body = '{"name":"Zoë 🎉"}';
    const outcome = await post(exchangeWith(), `${peer.url}?a=1&b=%20`, { body, headers: { 'webhook-id': 'evt_1' } });
    expect(outcome).toEqual({
      kind: 'response',
      statusCode: 429,
      retryAfter: '60',
      headers: [
        ['retry-after', '60'],
        ['content-type', 'text/plain'],
        ['date', expect.any(String)],
      ],
      contentType: 'text/plain',
      body: 'später',
      truncated: false,
      durationMs: expect.any(Number),
    });
    expect(seen).toBe(body);
    expect(peer.requests[0]).toMatchObject({
      method: 'POST',
      url: '/in?a=1&b=%20',
      headers: { 'webhook-id': 'evt_1' },
    });
    expect(peer.requests[0]?.headers['content-length']).toBe(String(Buffer.byteLength(body)));
  });

  test('that redirects is returned, not followed', async () => {
    const target = await httpPeer((_request, response) => void response.end('secret'));
    const peer = await httpPeer((_request, response) => {
      response.writeHead(307, { location: target.url });
      response.end();
    });
    expect(await post(exchangeWith(), peer.url)).toMatchObject({ kind: 'response', statusCode: 307 });
    expect(target.connections).toHaveLength(0);
  });

  test('is measured by the clock', async () => {
    const peer = await httpPeer((_request, response) => void response.end());
    const ticks = [1_000.2, 1_250.6];
    const outcome = await post(exchangeWith({ clock: () => ticks.shift() ?? NaN }), peer.url);
    expect(outcome).toMatchObject({ kind: 'response', durationMs: 250 });
  });

  test('over TLS is checked against the name, and the name is what the server sees', async () => {
    const { key, cert } = selfSignedCertificate('hooks.example.com');
    let seen: unknown;
    const peer = await tlsPeer({ key, cert }, (request, response) => {
      seen = { host: request.headers.host, servername: 'servername' in request.socket && request.socket.servername };
      response.end('ok');
    });
    const http = exchangeWith({ ca: cert });
    const url = `https://hooks.example.com:${peer.port}/`;
    expect(await post(http, url)).toMatchObject({ kind: 'response', statusCode: 200, body: 'ok' });
    expect(seen).toEqual({ host: `hooks.example.com:${peer.port}`, servername: 'hooks.example.com' });
    expect(await post(http, `https://other.example.com:${peer.port}/`)).toMatchObject({ error: 'tls_error' });
  });
});

describe('the body', () => {
  test.each([
    ['within the cap', 'abc', 3, 'abc', false],
    ['over the cap', 'abcd', 3, 'abc', true],
    ['cut through a character', 'ab€', 4, 'ab', true],
    ['cut late in a long character', 'ab🎉', 5, 'ab', true],
    ['cut after a character', 'ab€d', 5, 'ab€', true],
    ['with NUL', 'a\0b', 10, 'a\uFFFD', true],
    ['with NUL and room', 'a\0b', 100, 'a\uFFFDb', false],
    ['empty', '', 10, '', false],
  ])('%s', async (name, sent, maxResponseBytes, body, truncated) => {
    const peer = await httpPeer((_request, response) => void response.end(sent));
    // U+FFFD is longer than NUL, so the cap is held after the replacement.
    const cap = name === 'with NUL' ? 4 : maxResponseBytes;
    expect(await post(exchangeWith(), peer.url, { maxResponseBytes: cap })).toMatchObject({ body, truncated });
  });

  test('of unreadable bytes stays within the cap', async () => {
    const peer = await httpPeer((_request, response) => void response.end(Buffer.alloc(90, 0xff)));
    const outcome = await post(exchangeWith(), peer.url, { maxResponseBytes: 100 });
    expect(outcome).toMatchObject({ body: '\uFFFD'.repeat(33), truncated: true });
  });

  test('without an end is read up to the cap, and the connection is closed', async () => {
    const peer = await httpPeer((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    const outcome = await post(exchangeWith(), peer.url, { timeoutMs: 20_000 });
    expect(outcome).toMatchObject({ kind: 'response', statusCode: 200, body: 'x'.repeat(1_000), truncated: true });
    await until(() => peer.connections[0]?.destroyed === true);
  });

  test('that stalls at the cap is not waited for', async () => {
    const peer = await httpPeer((_request, response) => void response.write('x'.repeat(1_000)));
    const outcome = await post(exchangeWith(), peer.url, { timeoutMs: 20_000 });
    expect(outcome).toMatchObject({ kind: 'response', body: 'x'.repeat(1_000) });
    await until(() => peer.connections[0]?.destroyed === true);
  });

  test('is not asked for in compressed form and never inflated', async () => {
    const peer = await httpPeer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync('x'.repeat(100_000)));
    });
    const outcome = await post(exchangeWith(), peer.url, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(peer.requests[0]?.headers['accept-encoding']).toBe('identity');
    expect(outcome).toMatchObject({ kind: 'response', statusCode: 200 });
    expect(outcome.kind === 'response' && outcome.body).not.toContain('xxx');
  });
});

describe('a failure', () => {
  test('connection_refused', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const http = exchangeWith();
    expect(await post(http, `http://hooks.example.com:${port}/`)).toEqual({
      kind: 'failed',
      error: 'connection_refused',
      message: expect.stringContaining(`hooks.example.com:${port} refused the connection`),
      durationMs: expect.any(Number),
    });
  });

  test('connection_refused when every address of a name refuses', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const http = exchangeWith({
      guard: createAddressGuard(['127.0.0.0/8']),
      lookup: () => Promise.resolve(['127.0.0.1', '127.0.0.2']),
    });
    expect(await post(http, `http://hooks.example.com:${port}/`)).toMatchObject({ error: 'connection_refused' });
  });

  test.each<[string, (socket: Socket) => unknown]>([
    ['a reset', (socket) => socket.resetAndDestroy()],
    ['a close without an answer', (socket) => socket.end()],
    ['a close within the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
    [
      'a reset within the body',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', () => socket.resetAndDestroy()),
    ],
    ['a close within the body', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')],
  ])('connection_reset: %s', async (_name, answer) => {
    const peer = await rawPeer((socket) => void answer(socket));
    expect(await post(exchangeWith(), peer.url)).toMatchObject({ kind: 'failed', error: 'connection_reset' });
  });

  test.each<[string, string]>([
    ['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a bad status line', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['a flood of headers', `HTTP/1.1 200 OK\r\n${`x-flood: ${'x'.repeat(1_000)}\r\n`.repeat(40)}\r\n`],
    ['two content lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['bad chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ])('invalid_response: %s', async (_name, text) => {
    const peer = await rawPeer((socket) => void socket.write(text));
    expect(await post(exchangeWith(), peer.url)).toMatchObject({ kind: 'failed', error: 'invalid_response' });
  });

  test.each<[string, (socket: Socket) => unknown]>([
    ['silence', () => undefined],
    ['half of the headers', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-')],
    ['headers that drip', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx-drip: ')],
    ['a body that drips', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n')],
    ['endless informational answers', (socket) => drip(socket, '', 'HTTP/1.1 102 Processing\r\n\r\n')],
  ])('timeout: %s', async (_name, answer) => {
    const peer = await rawPeer((socket) => void answer(socket));
    const outcome = await post(exchangeWith(), peer.url, { timeoutMs: 200 });
    expect(outcome).toMatchObject({ kind: 'failed', error: 'timeout', message: expect.stringContaining('200ms') });
    expect(outcome.kind === 'failed' && outcome.durationMs).toBeGreaterThanOrEqual(190);
    await until(() => peer.connections[0]?.destroyed === true);
  });

  test('timeout: a resolver that never answers', async () => {
    const http = exchangeWith({ lookup: () => new Promise(() => undefined) });
    expect(await post(http, 'https://hooks.example.com/', { timeoutMs: 50 })).toMatchObject({ error: 'timeout' });
  });

  test('timeout: a TLS handshake that never ends', async () => {
    const peer = await rawPeer(() => undefined);
    const url = `https://127.0.0.1:${peer.port}/`;
    expect(await post(exchangeWith(), url, { timeoutMs: 100 })).toMatchObject({ error: 'timeout' });
  });

  test('dns_error: unknown name, no answers', async () => {
    const unknown = exchangeWith({ lookup: () => Promise.reject(new Error('getaddrinfo ENOTFOUND')) });
    expect(await post(unknown, 'https://hooks.example.com/')).toMatchObject({ error: 'dns_error' });
    const empty = exchangeWith({ lookup: () => Promise.resolve([]) });
    expect(await post(empty, 'https://hooks.example.com/')).toMatchObject({ error: 'dns_error' });
  });

  test('tls_error: self-signed, and plain http behind an https URL', async () => {
    const selfSigned = await tlsPeer(
      selfSignedCertificate('hooks.example.com'),
      (_request, response) => void response.end(),
    );
    expect(await post(exchangeWith(), `https://hooks.example.com:${selfSigned.port}/`)).toMatchObject({
      error: 'tls_error',
      message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
    });
    const plain = await httpPeer((_request, response) => void response.end());
    expect(await post(exchangeWith(), `https://127.0.0.1:${plain.port}/`)).toMatchObject({ error: 'tls_error' });
  });

  test('network_error: a URL that cannot be used', async () => {
    expect(await post(exchangeWith(), 'nonsense')).toMatchObject({ error: 'network_error' });
    expect(await post(exchangeWith(), 'file:///etc/passwd')).toMatchObject({ error: 'network_error' });
  });

  test.each([
    ['x-a', 'b\r\nx-injected: 1'],
    ['x-a', 'b\nx-injected: 1'],
    ['x-a\r\nx-injected', '1'],
    ['x-a', 'smile 🎉'],
    ['Transfer-Encoding', 'chunked'],
    ['host', 'internal.example'],
  ])('network_error: the header %j: %j is not sent', async (name, value) => {
    const peer = await httpPeer((_request, response) => void response.end());
    expect(await post(exchangeWith(), peer.url, { headers: { [name]: value } })).toMatchObject({
      error: 'network_error',
      message: expect.stringContaining('cannot be sent'),
    });
    expect(peer.connections).toHaveLength(0);
  });
});

describe('blocked_address', () => {
  test.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    'localhost.',
    '①②⑦.⓪.⓪.①',
  ])('https://%s', async (host) => {
    const peer = await httpPeer((_request, response) => void response.end());
    const url = `https://${host}:${peer.port}/`;
    expect(await post(exchangeWith({ guard: nothingAllowed }), url)).toMatchObject({ error: 'blocked_address' });
    expect(peer.connections).toHaveLength(0);
    // The same URL does reach the peer where loopback is allowed, so nothing but the guard stopped it.
    await post(exchangeWith(), url);
    expect(peer.connections.length).toBeGreaterThan(0);
  });

  test('a name that was public when saved and private when connected', async () => {
    const peer = await httpPeer((_request, response) => void response.end());
    const answers = [['93.184.216.34'], ['127.0.0.1']];
    const lookup = jest.fn<ReturnType<ResolveName>, [string]>(() => Promise.resolve(answers.shift() ?? []));
    const url = `https://rebind.example.com:${peer.port}/`;
    expect(await checkEndpointUrl(url, nothingAllowed, lookup)).toEqual({ ok: true, url });
    const outcome = await post(exchangeWith({ guard: nothingAllowed, lookup }), url);
    expect(outcome).toMatchObject({ kind: 'failed', error: 'blocked_address' });
    expect(outcome.kind === 'failed' && outcome.message).not.toContain('127.0.0.1');
    // Exactly one look-up connects: a second one could answer differently from the one that was judged.
    expect(lookup).toHaveBeenCalledTimes(2);
    expect(peer.connections).toHaveLength(0);
  });

  test('one bad answer among good ones', async () => {
    const peer = await httpPeer((_request, response) => void response.end());
    const lookup: ResolveName = () => Promise.resolve(['127.0.0.1', '169.254.169.254']);
    const outcome = await post(exchangeWith({ lookup }), `http://mixed.example.com:${peer.port}/`);
    expect(outcome).toMatchObject({ error: 'blocked_address' });
    expect(peer.connections).toHaveLength(0);
  });

  test('plain http to a public address', async () => {
    const lookup: ResolveName = () => Promise.resolve(['93.184.216.34']);
    for (const url of ['http://hooks.example.com/', 'http://93.184.216.34/']) {
      expect(await post(exchangeWith({ lookup }), url)).toMatchObject({
        error: 'blocked_address',
        message: expect.stringContaining('use https'),
      });
    }
  });
});

test('no failure tells the customer the address behind a name', async () => {
  const peer = await rawPeer((socket) => socket.resetAndDestroy());
  const lookups: ResolveName[] = [
    toLoopback,
    () => Promise.resolve(['10.9.8.7']),
    () => Promise.resolve(['127.0.0.1', '::1']),
  ];
  for (const lookup of lookups) {
    for (const scheme of ['http', 'https']) {
      const outcome = await post(exchangeWith({ lookup }), `${scheme}://hooks.example.com:${peer.port}/`);
      expect(outcome.kind).toBe('failed');
      expect(JSON.stringify(outcome)).not.toMatch(/127\.0\.0\.1|10\.9\.8\.7|::1/);
    }
  }
});

describe('aborted', () => {
  test('by the caller, during the exchange', async () => {
    const peer = await httpPeer(() => undefined);
    const caller = new AbortController();
    const outcome = post(exchangeWith(), peer.url, { signal: caller.signal });
    await until(() => peer.requests.length === 1);
    caller.abort();
    expect(await outcome).toEqual({ kind: 'aborted' });
    await until(() => peer.connections[0]?.destroyed === true);
  });

  test('by the caller, within the body or the look-up', async () => {
    const peer = await httpPeer((_request, response) => void response.write('x'));
    const caller = new AbortController();
    const neverResolved = exchangeWith({ lookup: () => new Promise(() => undefined) });
    const outcomes = [
      post(exchangeWith(), peer.url, { signal: caller.signal }),
      post(neverResolved, 'https://hooks.example.com/', { signal: caller.signal }),
    ];
    await until(() => peer.requests.length === 1);
    caller.abort();
    expect(await Promise.all(outcomes)).toEqual([{ kind: 'aborted' }, { kind: 'aborted' }]);
  });

  test('by the caller, before it began', async () => {
    const peer = await httpPeer((_request, response) => void response.end());
    expect(await post(exchangeWith(), peer.url, { signal: AbortSignal.abort() })).toEqual({ kind: 'aborted' });
    expect(peer.connections).toHaveLength(0);
  });

  test('by close(), which ends kept connections as well', async () => {
    const peer = await httpPeer((request, response) => void (request.url === '/in' ? response.end() : undefined));
    const http = exchangeWith();
    await post(http, peer.url);
    const hanging = post(http, peer.url.replace('/in', '/hang'));
    await until(() => peer.requests.length === 2);
    await http.close();
    expect(await hanging).toEqual({ kind: 'aborted' });
    expect(await post(http, peer.url)).toEqual({ kind: 'aborted' });
    await until(() => peer.connections.every((socket) => socket.destroyed));
  });

  test('leaves no timer, and no listener on a signal that lives on', async () => {
    const peer = await httpPeer((_request, response) => void response.end());
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const cleared = jest.spyOn(globalThis, 'clearTimeout');
    await post(exchangeWith(), peer.url, { signal, timeoutMs: 54_321 });
    const own = timers.mock.results[timers.mock.calls.findIndex(([, ms]) => ms === 54_321)];
    expect(own?.value).toBeDefined();
    expect(cleared).toHaveBeenCalledWith(own?.value);
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed).toHaveBeenCalledWith('abort', added.mock.calls[0]?.[1]);
  });
});

describe('connections', () => {
  test('are kept for the next request', async () => {
    const peer = await httpPeer((_request, response) => void response.end('ok'));
    const http = exchangeWith();
    for (let i = 0; i < 3; i += 1) {
      expect(await post(http, peer.url)).toMatchObject({ statusCode: 200 });
      // undici frees a connection one turn after the body ended.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(peer.connections).toHaveLength(1);
  });

  test('are capped for each origin', async () => {
    const waiting: (() => void)[] = [];
    const peer = await httpPeer((_request, response) => void waiting.push(() => response.end()));
    const http = exchangeWith({ maxConnectionsPerOrigin: 2 });
    const outcomes = Promise.all(Array.from({ length: 6 }, () => post(http, peer.url)));
    for (let answered = 0; answered < 6; answered += 1) {
      await until(() => waiting.length > 0);
      waiting.shift()?.();
    }
    expect((await outcomes).map(({ kind }) => kind)).toEqual(Array(6).fill('response'));
    expect(peer.connections).toHaveLength(2);
  });
});

function drip(socket: Socket, start: string, drop = 'x'): void {
  socket.write(start);
  const timer = setInterval(() => socket.write(drop), 10);
  socket.on('close', () => clearInterval(timer));
}
