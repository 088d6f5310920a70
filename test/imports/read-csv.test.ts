import fc from 'fast-check';
import { csvCell, type ImportRow } from '../../domain/contact-import';
import { csvLimits, CsvRefused } from '../../src/imports/csv-records';
import { readCsv, type CsvChunk } from '../../src/imports/read-csv';
import { until } from '../workflows/support/until';

async function* blocks(...texts: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function read(source: AsyncIterable<Buffer>, limits = csvLimits) {
  const chunks: CsvChunk[] = [];
  const sizes = await readCsv(
    source,
    { map: new Map(), limits },
    {
      header: () => Promise.resolve(),
      chunk: (chunk) => Promise.resolve(void chunks.push(chunk)),
    },
  );
  return {
    ...sizes,
    rows: chunks.flatMap(({ rows }) => rows),
    refusals: chunks.flatMap(({ refusals }) => refusals),
    stored: chunks,
  };
}

test('what does not come to its end in memory is not read on', async () => {
  let pulled = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from('email,name\n');
    for (;;) {
      const block = Buffer.from('a@example.com,somebody\n'.repeat(1_000));
      pulled += block.length;
      yield await Promise.resolve(block);
    }
  }
  let isStuck = false;
  let release: (error: Error) => void = () => undefined;
  const stuck = readCsv(
    endless(),
    { map: new Map() },
    {
      header: () => Promise.resolve(),
      chunk: () => {
        isStuck = true;
        return new Promise((_resolve, reject) => (release = reject));
      },
    },
  );
  await until('the first chunk waits', () => isStuck);
  // A store that does not take a chunk stops the reading: some turns later no more was asked for.
  let before = -1;
  await until('nothing more is read', async () => {
    const isStill = before === pulled;
    before = pulled;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return isStill;
  });
  expect(pulled).toBeLessThan(1_000_000);
  release(new Error('away'));
  await expect(stuck).rejects.toThrow('away');
});

test('chunks are bounded in lines and in size', async () => {
  const long = `${'x'.repeat(30_000)}`;
  const { stored, chunks, total } = await read(
    blocks('email,text\n', `a@example.com,${long}\n`.repeat(100), 'b@example.com,y\n'.repeat(500)),
  );
  expect(total).toBe(600);
  expect(chunks).toBe(stored.length);
  expect(stored.map(({ number }) => number)).toEqual(stored.map((_chunk, index) => index));
  for (const chunk of stored) {
    expect(chunk.rows.length).toBeLessThanOrEqual(200);
    expect(JSON.stringify(chunk.rows).length).toBeLessThan(700_000);
  }
});

test('bytes and lines are bounded', async () => {
  const lines = (count: number) => blocks('email\n', 'a@example.com\n'.repeat(count));
  const limits = { maxBytes: 1_000, maxLines: 10 };
  await expect(read(lines(11), limits)).rejects.toMatchObject({
    kind: 'tooLarge',
    message: expect.stringContaining('10 lines'),
  });
  await expect(read(lines(10), limits)).resolves.toMatchObject({ total: 10 });
  await expect(read(lines(100), { ...limits, maxLines: 1_000 })).rejects.toMatchObject({ kind: 'tooLarge' });
});

test('whatever is written as CSV is read as it was, however it is cut', async () => {
  const cell = fc
    .string({ unit: 'grapheme', maxLength: 20 })
    .filter((text) => text.trim() === text && text !== '' && !text.includes('\0'));
  const file = fc.record({
    rows: fc.array(fc.tuple(fc.nat(999), cell), { minLength: 1, maxLength: 30 }),
    delimiter: fc.constantFrom(',', ';', '\t'),
    newline: fc.constantFrom('\n', '\r\n'),
    cuts: fc.array(fc.nat(600), { maxLength: 5 }),
    isMarked: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(file, async ({ rows, delimiter, newline, cuts, isMarked }) => {
      const quoted = (text: string): string =>
        text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : csvCell(text);
      const lines = [['email', 'note'], ...rows.map(([number, note]) => [`p${number}@example.com`, note])];
      const text = lines.map((cells) => cells.map(quoted).join(delimiter)).join(newline);
      const bytes = Buffer.from((isMarked ? '\ufeff' : '') + text);
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const found = await read(blocks(...pieces));
      expect(found.refusals).toEqual([]);
      expect(found.rows.map(({ email, metadata }: ImportRow) => [email, metadata?.['note']])).toEqual(lines.slice(1));
    }),
    { numRuns: 60 },
  );
});

test('no bytes make it fail otherwise than by refusing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), fc.boolean(), async (bytes, hasHeader) => {
      const source = blocks(hasHeader ? 'email,name\n' : '', Buffer.from(bytes));
      try {
        const { total, rows, refusals } = await read(source);
        expect(rows.length + refusals.length).toBe(total);
      } catch (error) {
        if (!(error instanceof CsvRefused)) throw error;
      }
    }),
    { numRuns: 200 },
  );
});
