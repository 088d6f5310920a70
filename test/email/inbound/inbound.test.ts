import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFetchText } from '../../../src/email/inbound/fetch-text';
import { createInbound } from '../../../src/email/inbound/inbound';
import { createLogger } from '../../../src/logger';
import { createAddressGuard } from '../../../src/webhooks/address-guard';
import { createHttpExchange } from '../../../src/webhooks/http-exchange';
import { openTestDatabase, type TestDatabase } from '../../mongo/support/database';
import { signer } from './corpus';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const inboundOn = (port: number | undefined) =>
  createInbound({
    config: { inboundMail: port === undefined ? undefined : { host: '127.0.0.1', port, domain: 'b.example.org' } },
    stores: opened.stores,
    receiver: { receive: () => Promise.resolve([]) },
    links: signer,
    guard: createAddressGuard([]),
    now: () => Date.now(),
    logger: createLogger('silent'),
  });

test('mail is listened for where a port is set, until it is closed', async () => {
  const none = inboundOn(undefined);
  expect(await none.listen()).toBeUndefined();
  await none.close();

  const first = inboundOn(0);
  const port = (await first.listen())?.port ?? 0;
  expect(port).toBeGreaterThan(0);
  const second = inboundOn(port);
  await expect(second.listen()).rejects.toThrow(/^INBOUND_SMTP_PORT: \d+ is in use/);
  await second.close();
  await first.close();
  const third = inboundOn(port);
  expect(await third.listen()).toEqual({ port });
  await third.close();
});

test('a certificate is got by GET; what is no 200, or no public address, is not there', async () => {
  const seen: unknown[] = [];
  const server = createServer((request, response) => {
    seen.push([request.method, request.headers['content-length'], request.headers['transfer-encoding']]);
    response.writeHead(request.url === '/pem' ? 200 : 302, { location: '/pem' }).end('a certificate');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const allowed = createHttpExchange({ guard: createAddressGuard(['127.0.0.1/32']) });
  const guarded = createHttpExchange({ guard: createAddressGuard([]) });
  try {
    expect(await createFetchText(allowed)(`http://127.0.0.1:${port}/pem`)).toBe('a certificate');
    expect(seen).toEqual([['GET', undefined, undefined]]);
    const unavailable = { status: 503, code: 'amazon_unavailable' };
    await expect(createFetchText(allowed)(`http://127.0.0.1:${port}/moved`)).rejects.toMatchObject(unavailable);
    await expect(createFetchText(guarded)(`http://127.0.0.1:${port}/pem`)).rejects.toMatchObject(unavailable);
    expect(seen).toHaveLength(2);
  } finally {
    await Promise.all([allowed.close(), guarded.close()]);
    server.close();
  }
});
