import { performance } from 'node:perf_hooks';
import { Agent, type Dispatcher } from 'undici';
import { formatDurationMs } from '../../domain/duration';
import { keptHeaders, type HeaderLines } from '../../domain/response-headers';
import { type AddressGuard, type ResolveName, resolveName } from './address-guard';
import { boundedText, readBounded } from './bounded-body';
import { describeFailure, type ExchangeError, type ExchangeFailure } from './exchange-failure';
import { createGuardedConnector } from './guarded-connector';

/**
 * One POST, or a GET without a body. `timeoutMs` covers the whole exchange, from DNS to the last byte; `signal` is the
 * caller's own shutdown.
 */
export interface ExchangeRequest {
  url: string;
  method?: 'POST' | 'GET';
  headers: Record<string, string>;
  body: string;
  timeoutMs: number;
  maxResponseBytes: number;
  signal?: AbortSignal;
}

/**
 * `response`: any status, 3xx included (redirects are never followed); `body` is at most `maxResponseBytes` in UTF-8.
 * `failed`: no usable answer, with a message fit for the customer. `aborted`: the caller's signal, or `close()`.
 */
export type ExchangeOutcome =
  | {
      kind: 'response';
      statusCode: number;
      retryAfter?: string;
      contentType?: string;
      headers: HeaderLines;
      body: string;
      truncated: boolean;
      durationMs: number;
    }
  | { kind: 'failed'; error: ExchangeError; message: string; durationMs: number }
  | { kind: 'aborted' };

/** Sends requests over one bounded connection pool. `exchange` never rejects. */
export interface HttpExchange {
  exchange(request: ExchangeRequest): Promise<ExchangeOutcome>;
  /** Aborts what is under way and closes every connection. */
  close(): Promise<void>;
}

export interface HttpExchangeOptions {
  guard: AddressGuard;
  lookup?: ResolveName;
  /** Monotonic milliseconds. */
  clock?: () => number;
  /** Should exceed what one process sends to one endpoint at a time: who waits for a connection loses time. */
  maxConnectionsPerOrigin?: number;
  /** PEM of certificate authorities to trust in place of the built-in ones. */
  ca?: string;
}

type Answer = Omit<Extract<ExchangeOutcome, { kind: 'response' }>, 'kind' | 'durationMs'>;

const connectTimeoutMs = 10_000;
const maxResponseHeaderBytes = 16_384;
const keptHeaderLength = 256;
const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const transportHeaders = new Set(['connection', 'content-length', 'expect', 'host', 'keep-alive', 'te', 'trailer']);
['transfer-encoding', 'upgrade', 'proxy-connection'].forEach((name) => transportHeaders.add(name));

/** An HTTP client for URLs that strangers choose: every address is judged as it is connected to. */
export function createHttpExchange(options: HttpExchangeOptions): HttpExchange {
  const { guard, lookup = resolveName, clock = () => performance.now() } = options;
  const agent = new Agent({
    connect: createGuardedConnector({
      guard,
      lookup,
      connectTimeoutMs,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    }),
    connections: options.maxConnectionsPerOrigin ?? 128,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 30_000,
    maxHeaderSize: maxResponseHeaderBytes,
    // The request's own deadline covers both, also when the bytes come one by one.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const stopsUnderWay = new Set<() => void>();
  let closed = false;

  async function exchange(request: ExchangeRequest): Promise<ExchangeOutcome> {
    if (closed || request.signal?.aborted === true) return { kind: 'aborted' };
    const startedAtMs = clock();
    const failed = (failure: ExchangeFailure): ExchangeOutcome => ({
      kind: 'failed',
      ...failure,
      durationMs: Math.round(clock() - startedAtMs),
    });
    const url = parseHttpUrl(request.url);
    if (!url) return failed({ error: 'network_error', message: 'The URL of this endpoint is not valid; correct it.' });
    const badHeader = Object.entries(request.headers).find(([name, value]) => !isSendable(name, value))?.[0];
    if (badHeader !== undefined) {
      return failed({
        error: 'network_error',
        message: `The header ${JSON.stringify(badHeader)} cannot be sent; correct it.`,
      });
    }

    const stopper = new AbortController();
    let timedOut = false;
    const stop = () => stopper.abort();
    const timer = setTimeout(() => {
      timedOut = true;
      stop();
    }, request.timeoutMs);
    request.signal?.addEventListener('abort', stop, { once: true });
    stopsUnderWay.add(stop);
    try {
      // undici heeds its signal only once a connection stands, hence the race.
      const answer = await Promise.race([send(agent, url, request, stopper.signal), rejectedBy(stopper.signal)]);
      return { kind: 'response', ...answer, durationMs: Math.round(clock() - startedAtMs) };
    } catch (error) {
      if (timedOut) {
        return failed({
          error: 'timeout',
          message: `No complete answer from ${url.host} within ${formatDurationMs(request.timeoutMs)}.`,
        });
      }
      return stopper.signal.aborted ? { kind: 'aborted' } : failed(describeFailure(error, url.host));
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', stop);
      stopsUnderWay.delete(stop);
    }
  }

  async function close(): Promise<void> {
    closed = true;
    for (const stop of stopsUnderWay) stop();
    await agent.destroy();
  }

  return { exchange, close };
}

async function send(agent: Dispatcher, url: URL, request: ExchangeRequest, signal: AbortSignal): Promise<Answer> {
  const callerHeaders = Object.entries(request.headers).filter(([name]) => name.toLowerCase() !== 'accept-encoding');
  const response = await agent.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method ?? 'POST',
    // A compressed answer could grow a thousandfold; it is neither asked for nor inflated.
    headers: { ...Object.fromEntries(callerHeaders), 'accept-encoding': 'identity' },
    body: request.method === 'GET' ? null : request.body,
    signal,
  });
  const bytes = await readBounded(
    response.body,
    request.maxResponseBytes,
    headerText(response.headers['content-length']),
  );
  const retryAfter = headerText(response.headers['retry-after']);
  const contentType = headerText(response.headers['content-type']);
  return {
    statusCode: response.statusCode,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(contentType === undefined ? {} : { contentType }),
    headers: keptHeaders(response.headers),
    ...boundedText(bytes, request.maxResponseBytes),
  };
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
}

function parseHttpUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

function isSendable(name: string, value: string): boolean {
  return headerName.test(name) && headerValue.test(value) && !transportHeaders.has(name.toLowerCase());
}

function headerText(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  return text?.slice(0, keptHeaderLength);
}
