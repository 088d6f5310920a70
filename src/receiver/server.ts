import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { type Answer, answerFor, describeAnswer } from './answers';
import { describeDelivery, eventOf, overviewPage, parseJson, type Received } from './report';

/** `port` 0 takes any free one; `print` gets whole lines, ended by a newline. */
export interface ReceiverOptions {
  port: number;
  secrets: readonly string[];
  help: string;
  print: (text: string) => void;
}

export interface Receiver {
  url: string;
  received(): readonly Received[];
  /** Ends at once, answers under way included. */
  close(): Promise<void>;
}

const maxKept = 1_000;
const maxCountedIds = 10_000;
const maxBodyBytes = 5_000_000;

/** Starts the demonstration receiver on 127.0.0.1; rejects when the port is taken or a secret is not a `whsec_…`. */
export async function createReceiver({ port, secrets, help, print }: ReceiverOptions): Promise<Receiver> {
  let verifiers = secrets.map(toVerifier);
  const received: Received[] = [];
  const attempts = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://receiver');
    const body = await readBody(request);
    if (body === undefined) return respond(response, 413, 'the body is too large');
    const route = `${request.method} ${url.pathname}`;
    if (route === 'GET /') return respond(response, 200, overviewPage(received, help));
    if (route === 'GET /received') return respond(response, 200, JSON.stringify(received), 'application/json');
    if (['PUT /secrets', 'POST /secrets', 'PUT /secret', 'POST /secret'].includes(route)) {
      return learnSecrets(request.method === 'POST', body.toString(), response);
    }
    if (request.method === 'GET' || request.method === 'HEAD') return respond(response, 404, help);
    takeDelivery(url, request, body, response);
  }

  function learnSecrets(keepKnown: boolean, body: string, response: ServerResponse): void {
    try {
      const learned = secretsIn(body).map(toVerifier);
      verifiers = keepKnown ? [...verifiers, ...learned] : learned;
      respond(response, 200, JSON.stringify({ secrets: verifiers.length }), 'application/json');
    } catch {
      respond(response, 400, 'send {"secret":"whsec_…"} or {"secrets":["whsec_…"]}');
    }
  }

  function takeDelivery(url: URL, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const webhookId = headerOf(request, 'webhook-id') ?? '(no webhook-id)';
    // Two endpoints may point at two paths here and get the same event.
    const attempt = countAttempt(`${webhookId} ${url.pathname}`);
    const answer = answerFor(url, attempt);
    const entry: Received = {
      webhookId,
      event: eventOf(body.toString()),
      path: `${url.pathname}${url.search}`,
      at: new Date().toISOString(),
      attempt,
      verified: verifiers.length === 0 ? null : verifiers.some((verifier) => verifies(verifier, request, body)),
      statusCode: answer.kind === 'status' ? answer.statusCode : null,
      body: body.toString(),
    };
    received.push(entry);
    if (received.length > maxKept) received.shift();
    print(describeDelivery(entry, describeAnswer(answer)));
    give(answer, response);
  }

  function countAttempt(key: string): number {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.delete(key);
    attempts.set(key, attempt);
    const [oldest] = attempts.keys();
    if (attempts.size > maxCountedIds && oldest !== undefined) attempts.delete(oldest);
    return attempt;
  }

  function give(answer: Answer, response: ServerResponse): void {
    switch (answer.kind) {
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'status': {
        const finish = () => respond(response, answer.statusCode, answer.body, 'text/plain', answer.headers);
        if (answer.delayMs === 0) return finish();
        const timer = setTimeout(() => {
          timers.delete(timer);
          finish();
        }, answer.delayMs);
        timers.add(timer);
      }
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const boundPort = await listen(server, port);
  return {
    url: `http://127.0.0.1:${boundPort}`,
    received: () => received,
    close: () => {
      timers.forEach((timer) => clearTimeout(timer));
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Undefined when the body is over the limit. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    const bytes = chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.from(String(chunk));
    sizeBytes += bytes.length;
    if (sizeBytes <= maxBodyBytes) chunks.push(bytes);
  }
  return sizeBytes <= maxBodyBytes ? Buffer.concat(chunks) : undefined;
}

function respond(
  response: ServerResponse,
  statusCode: number,
  body: string,
  contentType = 'text/plain',
  headers: Record<string, string> = {},
): void {
  response.writeHead(statusCode, {
    'content-type': `${contentType}; charset=utf-8`,
    // The page repeats what strangers sent; a browser must not take it for HTML.
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}

function toVerifier(secret: string): Webhook {
  if (!/^whsec_[A-Za-z0-9+/=]+$/.test(secret)) throw new Error('a webhook secret begins with whsec_');
  return new Webhook(secret);
}

function secretsIn(body: string): string[] {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null) throw new Error('not an object');
  const given: unknown[] = 'secrets' in value && Array.isArray(value.secrets) ? value.secrets : [];
  if ('secret' in value) given.push(value.secret);
  if (given.length === 0 || !given.every((secret) => typeof secret === 'string')) throw new Error('no secret');
  return given;
}

function verifies(verifier: Webhook, request: IncomingMessage, body: Buffer): boolean {
  try {
    const headers = {
      'webhook-id': headerOf(request, 'webhook-id') ?? '',
      'webhook-timestamp': headerOf(request, 'webhook-timestamp') ?? '',
      'webhook-signature': headerOf(request, 'webhook-signature') ?? '',
    };
    verifier.verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
