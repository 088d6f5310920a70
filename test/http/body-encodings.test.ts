import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { startTestGateway, type TestGateway } from '../ingest/gateway';

const megabyte = 1024 * 1024;
let gateway: TestGateway;
let count = 0;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

function event(): { text: string; messageId: string } {
  const messageId = `m${count++}`;
  return {
    messageId,
    text: JSON.stringify({ type: 'identify', userId: 'ü', messageId, traits: { note: '購入 ✓ 😀' } }),
  };
}
async function expectTaken(
  body: string | Buffer,
  messageId: string,
  headers: Record<string, string | undefined>,
): Promise<void> {
  const answer = await gateway.segment(body, { headers });
  expect([answer.status, answer.body.status, answer.body.messageId]).toEqual([202, 'accepted', messageId]);
  const [stored] = await gateway.stores.messages.byKeys([`${gateway.workspaceId}/${messageId}`]);
  expect(JSON.parse(stored?.body ?? '')).toMatchObject({ userId: 'ü', traits: { note: '購入 ✓ 😀' } });
}
/** gzip of that many blanks, made without holding them. */
async function gzipOfBlanks(bytes: number): Promise<Buffer> {
  const gzip = createGzip({ level: 9 });
  const chunks: Buffer[] = [];
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk));
  const blanks = Buffer.alloc(megabyte, ' ');
  for (let written = 0; written < bytes; written += megabyte)
    if (!gzip.write(blanks)) await new Promise((resolve) => gzip.once('drain', resolve));
  await new Promise<void>((resolve) => gzip.end(resolve));
  return Buffer.concat(chunks);
}

test.each([
  ['gzip', gzipSync],
  ['GZIP', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['identity', (text: string) => Buffer.from(text)],
])('a body in %s is read', async (encoding, compress) => {
  const { text, messageId } = event();
  await expectTaken(compress(text), messageId, { 'content-encoding': encoding });
});

test.each([
  'text/plain',
  'text/plain; charset=utf-8',
  'application/x-www-form-urlencoded',
  'application/json; charset=utf-8',
  'application/cloudevents+json',
  'multipart/form-data; boundary=x',
  'nonsense',
])('JSON labelled %s is read, with gzip and without', async (type) => {
  const plain = event();
  await expectTaken(plain.text, plain.messageId, { 'content-type': type });
  const zipped = event();
  await expectTaken(gzipSync(zipped.text), zipped.messageId, { 'content-type': type, 'content-encoding': 'gzip' });
});

it('JSON without a content type is read', async () => {
  const { text, messageId } = event();
  await expectTaken(Buffer.from(text), messageId, { 'content-type': undefined });
});

it('a byte order mark before the JSON is passed over', async () => {
  const { text, messageId } = event();
  await expectTaken(`\ufeff${text}`, messageId, {});
  const zipped = event();
  await expectTaken(gzipSync(`\ufeff${zipped.text}`), zipped.messageId, { 'content-encoding': 'gzip' });
});

test.each([
  ['gzip', 'that is plain', Buffer.from('{"type":"page"}')],
  ['gzip', 'that is cut off', gzipSync('{"type":"page"}').subarray(0, 20)],
  ['deflate', 'that is plain', Buffer.from('{"type":"page"}')],
  ['br', 'that is plain', Buffer.from('{"type":"page"}')],
  ['gzip', 'that is empty', Buffer.alloc(0)],
])('a body in %s %s: 400', async (encoding, _what, body) => {
  const { status } = await gateway.segment(body, { headers: { 'content-encoding': encoding } });
  expect(status).toBe(400);
});

test.each(['zip', 'compress', 'gzip, gzip'])('a body in %s: 415, which says what to send', async (encoding) => {
  const { status, body } = await gateway.segment(gzipSync('{}'), { headers: { 'content-encoding': encoding } });
  expect([status, body.code]).toEqual([415, 'encoding_unsupported']);
  expect(body.detail).toContain('gzip');
});

describe('5 MB', () => {
  const padded = (bytes: number): string => '{"type":"page"}'.padStart(bytes, ' ');

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', (text: string) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])('are counted after inflating %s', async (encoding, compress) => {
    const headers = { 'content-encoding': encoding };
    expect((await gateway.segment(compress(padded(5 * megabyte)), { headers })).status).toBe(202);
    const over = compress(padded(5 * megabyte + 1));
    expect(over.length).toBeLessThan(100_000);
    const { status, body } = await gateway.segment(over, { headers });
    expect([status, body.code]).toEqual([413, 'body_too_large']);
  });

  it('of plain text are counted too', async () => {
    expect((await gateway.segment(padded(5 * megabyte))).status).toBe(202);
    expect((await gateway.segment(padded(5 * megabyte + 1))).status).toBe(413);
  });

  it('hold against bombs: 413, and memory stays bounded', async () => {
    const bomb = await gzipOfBlanks(512 * megabyte);
    expect(bomb.length).toBeLessThan(megabyte);
    const send = async (): Promise<number> =>
      (await gateway.segment(bomb, { headers: { 'content-encoding': 'gzip' } })).status;
    await send();
    const beforeBytes = process.memoryUsage.rss();
    let mostBytes = 0;
    const watch = setInterval(() => (mostBytes = Math.max(mostBytes, process.memoryUsage.rss())), 5);
    const startedMs = performance.now();
    const statuses = await Promise.all(Array.from({ length: 10 }, send));
    clearInterval(watch);
    expect(statuses).toEqual(statuses.map(() => 413));
    // Inflated they are 5 GB; what is read of them is 50 MB.
    expect(mostBytes - beforeBytes).toBeLessThan(250 * megabyte);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});
