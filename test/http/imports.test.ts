import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { importPreviewRoutes } from '../../src/http/import-preview-routes';
import { importReportRoutes } from '../../src/http/import-report-routes';
import { importRoutes } from '../../src/http/import-routes';
import { listRoutes } from '../../src/http/list-routes';
import { csvLimits } from '../../src/imports/csv-records';
import { newContact } from '../../domain/contact';
import { newId } from '../../src/mongo/new-id';
import { createLogger } from '../../src/logger';
import { until } from '../workflows/support/until';
import { readAll, startHarness, type Harness } from './harness';

let harness: Harness;
const started: string[] = [];
let isTemporalAway = false;
const limits = { ...csvLimits };
beforeAll(async () => {
  harness = await startHarness(({ stores, auth, now }) => [
    ...listRoutes({ ...stores, auth, now }),
    ...importPreviewRoutes(stores),
    ...importReportRoutes(stores),
    ...importRoutes({
      ...stores,
      starter: {
        startContactImport: (id) =>
          isTemporalAway ? Promise.reject(new Error('away')) : Promise.resolve(void started.push(id)),
      },
      limits,
      now,
      logger: createLogger('silent'),
    }),
  ]);
});
afterAll(() => harness.close());
beforeEach(() => {
  started.length = 0;
  isTemporalAway = false;
  Object.assign(limits, csvLimits);
});

const csv = (body: string | Buffer, query = '', headers: Record<string, string> = {}) =>
  upload(typeof body === 'string' ? Buffer.from(body) : body, query, headers);

const preview = (body: string | Buffer, query = '') => upload(Buffer.from(body), `/preview${query}`, {});

async function upload(body: Buffer, query: string, headers: Record<string, string>) {
  const response = await fetch(`${harness.url}/api/v1/contacts/import${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${harness.key}`, 'content-type': 'text/csv', ...headers },
    body: new Uint8Array(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}
const chunksOf = async (id: string) =>
  (await harness.stores.imports.chunks.find({ importId: id }).sort({ _id: 1 }).toArray()).map((chunk) => ({
    ...chunk,
    rows: JSON.parse(chunk.rows),
  }));
const nothingIsKept = async (): Promise<void> => {
  expect(await harness.stores.imports.collection.countDocuments({ status: 'uploading' })).toBe(0);
  const ids = await harness.stores.imports.collection.distinct('_id');
  expect(await harness.stores.imports.chunks.countDocuments({ importId: { $nin: ids } })).toBe(0);
};

test('a file is stored in chunks before the answer, and its workflow is started', async () => {
  const list = (await harness.call('POST', '/lists', { name: 'Buyers' })).body.id;
  const lines = Array.from({ length: 450 }, (_each, index) => `p${index}@example.com,Name ${index},pro`);
  const taken = await csv(['Email,First Name,plan', ...lines].join('\n'), `?listId=${list}`);
  expect(taken.status).toBe(202);
  expect(taken.body).toEqual({
    ...{ id: expect.stringMatching(/^imp_[0-9a-f]{24}$/), status: 'pending', listIds: [list] },
    ...{ fileName: null, policy: 'update' },
    columns: [
      { column: 'Email', field: 'email' },
      { column: 'First Name', field: 'firstName' },
      { column: 'plan', field: 'metadata.plan' },
    ],
    ...{ total: 450, processed: 0, created: 0, updated: 0, unchanged: 0, refused: 0 },
    ...{ createdAt: '2026-04-15T10:00:00.000Z', startedAt: null, endedAt: null },
  });
  expect(started).toEqual([taken.body.id]);
  const chunks = await chunksOf(taken.body.id);
  expect(chunks.map(({ rows }) => rows.length)).toEqual([200, 200, 50]);
  expect(chunks[2]?.rows.at(-1)).toEqual({
    ...{ line: 451, email: 'p449@example.com', firstName: 'Name 449', metadata: { plan: 'pro' } },
  });
  expect((await harness.call('GET', `/imports/${taken.body.id}`)).body).toEqual(taken.body);
});

test('what is stored stays when Temporal is away', async () => {
  isTemporalAway = true;
  const taken = await csv('email\na@example.com\n');
  expect(taken.status).toBe(202);
  const later = new Date(harness.clock.nowMs + 1);
  expect(await harness.stores.imports.leftBehind(later, 10)).toContain(taken.body.id);
});

test.each([
  ['semicolons and a byte order mark', '\ufeffE-Mail;Vorname\r\nada@example.com;Ada\r\n', {}],
  ['tabs', 'e-mail\tfirst_name\nada@example.com\tAda', {}],
  ['quotes with delimiters and line breaks in them', '"EMAIL","firstName"\n"ada@example.com","Ada"', {}],
  ['gzip', gzipSync('email,firstname\nada@example.com,Ada\n'), { 'content-encoding': 'gzip' }],
  ['empty lines', '\n\nemail,firstname\n\nada@example.com,Ada\n,\n\n', {}],
])('%s are read', async (_name, file, headers) => {
  const taken = await csv(file, file.toString().includes('Vorname') ? '?map=Vorname:firstName' : '', headers);
  expect(taken.body).toMatchObject({ status: 'pending', total: 1 });
  const [chunk] = await chunksOf(taken.body.id);
  expect(chunk?.rows).toMatchObject([{ email: 'ada@example.com', firstName: 'Ada' }]);
});

test('lines that cannot be read are refused by themselves, with their number and text', async () => {
  const file = Buffer.concat([
    Buffer.from('email,firstName\nnobody,Ada\nok@example.com,Grace\nfew@example.com\n'),
    Buffer.from([0x62, 0x40, 0x78, 0x2e, 0x64, 0x65, 0x2c, 0xff, 0x0a]),
    Buffer.from('=cmd()@example.com,"x, ""y"""\n'),
    Buffer.from('ümlaut@example.com,Ünal\n'),
  ]);
  const taken = await csv(file);
  expect(taken.body.total).toBe(6);
  const { id } = taken.body;
  const first = await harness.call('GET', `/imports/${id}/refusals?limit=2`);
  expect(first.body.data).toEqual([
    { line: 2, reason: expect.stringMatching(/is no address/), raw: 'nobody,Ada' },
    { line: 4, reason: expect.stringMatching(/1 cell, and the header has 2/), raw: 'few@example.com' },
  ]);
  const all = await readAll(harness.call, `/imports/${id}/refusals`, 1);
  expect(all.map(({ line }) => line)).toEqual([2, 4, 5, 6]);
  expect(all[2].reason).toMatch(/not UTF-8/);
  const report = await fetch(`${harness.url}/api/v1/imports/${id}/refusals`, {
    headers: { authorization: `Bearer ${harness.key}`, accept: 'text/csv' },
  });
  expect(report.headers.get('content-type')).toMatch(/^text\/csv/);
  const lines = (await report.text()).split('\r\n');
  expect(lines[0]).toBe('line,reason,raw');
  expect(lines[1]).toBe('2,"the email is no address, such as ada@example.com","nobody,Ada"');
  // What begins like a formula does not begin a cell.
  expect(lines[4]).toMatch(/^6,.*,"'=cmd\(\)@example\.com,/);
  const download = await fetch(`${harness.url}/api/v1/imports/${id}/refused.csv`, {
    headers: { authorization: `Bearer ${harness.key}` },
  });
  expect(download.headers.get('content-disposition')).toBe(`attachment; filename=${id}-refused.csv`);
  expect((await download.text()).split('\r\n')).toEqual(lines);
  const other = await harness.addWorkspace();
  expect((await other.call('GET', `/imports/${id}/refused.csv`)).status).toBe(404);
});

test('the choices of an upload are kept with it', async () => {
  const query = '?policy=skip&delimiter=semicolon&fileName=people.csv&map=Nr:userId';
  const taken = await csv('Email;Nr;a,b,c\nada@example.com;7;x', query);
  expect(taken.body).toMatchObject({ fileName: 'people.csv', policy: 'skip' });
  expect(taken.body.columns.map(({ field }: { field: string }) => field)).toEqual([
    'email',
    'userId',
    'metadata.a,b,c',
  ]);
  const [chunk] = await chunksOf(taken.body.id);
  expect(chunk?.rows).toMatchObject([{ email: 'ada@example.com', userId: '7' }]);
  expect((await csv('email\na@example.com', '?policy=replace')).body).toMatchObject({
    status: 400,
    errors: [{ pointer: '/policy', detail: 'must be update or skip' }],
  });
});

describe('a preview', () => {
  test('shows the columns, the first lines and what is wrong with them, and keeps nothing', async () => {
    const before = await harness.stores.imports.collection.countDocuments({});
    await harness.database.transaction((session) => {
      const who = { id: newId('contact'), workspaceId: harness.workspaceId, email: 'known@example.com' };
      const known = newContact({ ...who, source: 'api' }, harness.clock.nowMs);
      return harness.stores.contacts.save({ created: [known], changed: [], robbedIds: [] }, session);
    });
    const lines = Array.from({ length: 30 }, (_each, index) => `p${index}@example.com;Name`);
    const shown = await preview(['E-Mail;Vorname', 'known@example.com;Ada', 'nobody;<b>', 'few', ...lines].join('\n'));
    expect(shown.status).toBe(200);
    expect(shown.body).toMatchObject({ delimiter: 'semicolon', problem: null, isCut: true });
    expect(shown.body.columns).toEqual([
      { column: 'E-Mail', field: 'email' },
      { column: 'Vorname', field: 'metadata.Vorname' },
    ]);
    expect(shown.body.rows).toHaveLength(20);
    expect(shown.body.rows.slice(0, 4)).toEqual([
      { line: 2, cells: ['known@example.com', 'Ada'], problem: null, isKnown: true },
      { line: 3, cells: ['nobody', '<b>'], problem: expect.stringMatching(/no address/), isKnown: false },
      { line: 4, cells: ['few'], problem: expect.stringMatching(/1 cell,/), isKnown: false },
      { line: 5, cells: ['p0@example.com', 'Name'], problem: null, isKnown: false },
    ]);
    expect(await harness.stores.imports.collection.countDocuments({})).toBe(before);
  });

  test('says what is wrong with the header, and still what each column would be', async () => {
    const shown = await preview('Name,First Name\nx,y\n');
    expect(shown.body).toMatchObject({
      problem: expect.stringMatching(/no column is called email/),
      columns: [
        { column: 'Name', field: 'metadata.Name' },
        { column: 'First Name', field: 'firstName' },
      ],
      rows: [{ line: 2, cells: ['x', 'y'], problem: null }],
      isCut: false,
    });
    const mapped = await preview('Name,First Name\nx@example.com,y\n', '?map=Name:email');
    expect(mapped.body).toMatchObject({ problem: null, columns: [{ field: 'email' }, { field: 'firstName' }] });
  });

  test.each([
    ['in the middle of a line', 'email,name\na@example.com,Ada\nb@exam'],
    ['inside of quotes', 'email,name\na@example.com,Ada\nc@example.com,x\nb@example.com,"open\nand'],
  ])('of a beginning that ends %s leaves out the half line', async (_name, text) => {
    const shown = await preview(text, '?part=true');
    expect(shown.body).toMatchObject({ problem: null, isCut: true });
    expect(shown.body.rows[0]).toMatchObject({ line: 2, cells: ['a@example.com', 'Ada'] });
    expect(shown.text).not.toContain('b@exam');
  });

  test('reads no more of a large file than it shows', async () => {
    const file = `email,name\n${'someone@example.com,somebody\n'.repeat(200_000)}`;
    const shown = await preview(file);
    expect(shown.body.rows).toHaveLength(20);
    expect(shown.body.isCut).toBe(true);
  });

  test.each([
    ['', 422, 'file_unreadable'],
    ['email\n"open', 422, 'file_unreadable'],
  ])('of %j is refused', async (text, status, code) => {
    expect((await preview(text)).body).toMatchObject({ status, code });
  });
});

test.each([
  ['an empty file', '', /its first line must name the columns/],
  ['no email column', 'name,plan\nAda,pro', /no column is called email/],
  ['a header alone', 'email\n', /no line below its header/],
  ['UTF-16', Buffer.from('\ufeffemail\na@example.com', 'utf16le'), /UTF-16/],
  ['a quote that stays open', 'email,name\na@example.com,"open\nb@example.com,b', /quote is open/],
  ['a line without an end', `email,name\n${'x'.repeat(70_000)}`, /longer than 64 KB/],
])('%s: nothing is imported', async (_name, file, detail) => {
  const refused = await csv(file);
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({ code: 'file_unreadable', detail: expect.stringMatching(detail) });
  await nothingIsKept();
});

test.each([
  ['?map=nonsense', {}, 400, 'invalid_query'],
  ['?listId=lst_nowhere', {}, 422, 'unknown_list'],
  ['', { 'content-type': 'multipart/form-data; boundary=x' }, 415, 'not_csv'],
  ['', { 'content-encoding': 'zstd' }, 415, 'encoding_unsupported'],
  ['', { 'content-encoding': 'gzip' }, 400, 'body_not_inflatable'],
  ['', { authorization: 'Bearer nobody' }, 401, 'key_unknown'],
])('%s with %j answers %i', async (query, headers, status, code) => {
  const refused = await csv('email\na@example.com\n', query, headers);
  expect([refused.status, refused.body.code]).toEqual([status, code]);
  await nothingIsKept();
});

test('the same Idempotency-Key makes one import', async () => {
  const headers = { 'idempotency-key': 'upload-1' };
  const one = await csv('email\na@example.com\n', '', headers);
  const two = await csv('email\na@example.com\n', '', headers);
  expect(two.body).toEqual(one.body);
  expect(two.headers.get('idempotent-replayed')).toBe('true');
  expect((await csv('email\nsomebody.else@example.com\n', '', headers)).status).toBe(422);
});

/** Sends a file without end, until the answer comes and the connection is cut; what was sent is counted. */
function endless(
  headers: Record<string, string>,
  maxBytes: number,
): Promise<{ status: number; code: string; sent: number }> {
  const block = Buffer.from(`${'someone@example.com,somebody,x\n'.repeat(2_000)}`);
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answer: { status: number; code: string } | undefined;
    const outgoing = httpRequest(`${harness.url}/api/v1/contacts/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${harness.key}`, 'content-type': 'text/csv', ...headers },
    });
    const end = (): void =>
      answer ? resolve({ ...answer, sent }) : reject(new Error(`cut off without an answer after ${sent}`));
    const more = (): void => {
      while (sent < maxBytes && !outgoing.destroyed) {
        sent += block.length;
        if (!outgoing.write(block)) return;
      }
      if (!outgoing.destroyed) outgoing.end();
    };
    outgoing.on('drain', more).on('error', end).on('close', end);
    outgoing.on('response', (incoming) => {
      let text = '';
      incoming.on('data', (part: Buffer) => (text += part.toString()));
      incoming.on('end', () => (answer = { status: incoming.statusCode ?? 0, code: JSON.parse(text).code }));
      incoming.on('error', () => undefined);
    });
    outgoing.write('email,name,x\n');
    more();
  });
}

test('200 MB that say so are refused before they are read', async () => {
  const found = await endless({ 'content-length': '200000000' }, 200_000_000);
  expect(found).toMatchObject({ status: 413, code: 'file_too_large' });
  expect(found.sent).toBeLessThan(20_000_000);
  await nothingIsKept();
});

test.each([
  ['bytes', { maxBytes: 2_000_000, maxLines: 1_000_000 }],
  ['lines', { maxBytes: 100_000_000, maxLines: 5_000 }],
])('200 MB that do not say so are cut off while they come in, by their %s', async (_name, wanted) => {
  Object.assign(limits, wanted);
  const found = await endless({}, 200_000_000);
  expect(found).toMatchObject({ status: 413, code: 'file_too_large' });
  expect(found.sent).toBeLessThan(20_000_000);
  await nothingIsKept();
});

test('a connection that breaks leaves nothing', async () => {
  const outgoing = httpRequest(`${harness.url}/api/v1/contacts/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${harness.key}`, 'content-type': 'text/csv' },
  });
  outgoing.on('error', () => undefined);
  outgoing.write(`email,name\n${'a@example.com,x\n'.repeat(1_000)}`);
  await until(
    'the upload has begun',
    async () => (await harness.stores.imports.collection.countDocuments({ status: 'uploading' })) > 0,
  );
  outgoing.destroy();
  await until(
    'it is cleared away',
    async () => (await harness.stores.imports.collection.countDocuments({ status: 'uploading' })) === 0,
  );
  await nothingIsKept();
});

test('a cancelled import keeps nothing that was not applied; one of another workspace is not there', async () => {
  const { id } = (await csv('email\nnobody\na@example.com\n')).body;
  const other = await harness.addWorkspace();
  expect((await other.call('POST', `/imports/${id}/cancel`)).status).toBe(404);
  const cancelled = await harness.call('POST', `/imports/${id}/cancel`);
  expect(cancelled.body).toMatchObject({ status: 'cancelled', endedAt: '2026-04-15T10:00:00.000Z' });
  expect(await harness.stores.imports.chunks.countDocuments({ importId: id })).toBe(0);
  expect((await harness.call('POST', `/imports/${id}/cancel`)).status).toBe(200);
  expect((await readAll(harness.call, '/imports', 2)).map((row) => row.id)).toContain(id);
  expect(await readAll(other.call, '/imports', 2)).toEqual([]);
});
