import { pipeline, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request } from 'express';
import { tooLarge, type CsvLimits, type CsvRefused } from '../imports/csv-records';
import { Problem } from './problem';

const inflating = new Map<string, () => NodeJS.ReadWriteStream>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** The file, inflated as it comes in. The request itself stays open when it is not read to its end, for its answer. */
export function csvOf(request: Request, { maxBytes }: CsvLimits): AsyncIterable<Buffer> {
  if (/^(multipart\/|application\/json)/i.test(request.get('content-type') ?? '')) {
    throw new Problem(
      415,
      'not_csv',
      'Send the file itself as the body, as text/csv: curl --data-binary @contacts.csv -H "Content-Type: text/csv".',
    );
  }
  const encoding = request.get('content-encoding')?.toLowerCase() ?? 'identity';
  const bytes: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  if (encoding === 'identity') {
    if (Number(request.get('content-length') ?? 0) > maxBytes) throw refused(tooLarge(maxBytes));
    return bytes;
  }
  const inflate = inflating.get(encoding);
  if (!inflate) {
    const detail = 'The content-encoding is not supported; use gzip, deflate, br or none.';
    throw new Problem(415, 'encoding_unsupported', detail);
  }
  return inflated(bytes, inflate());
}

async function* inflated(bytes: AsyncIterable<Buffer>, inflate: NodeJS.ReadWriteStream): AsyncGenerator<Buffer> {
  const source = Readable.from(bytes);
  // What goes wrong on the way is thrown by the end that is read.
  pipeline(source, inflate, () => undefined);
  try {
    for await (const block of inflate) if (Buffer.isBuffer(block)) yield block;
  } finally {
    source.destroy();
  }
}

export function refused({ kind, message }: CsvRefused): Problem {
  const detail = `Nothing was imported: ${message}.`;
  return kind === 'tooLarge' ? new Problem(413, 'file_too_large', detail) : new Problem(422, 'file_unreadable', detail);
}
