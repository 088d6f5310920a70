import { setImmediate as nextTurn } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';

/** What a file may hold, after inflating. */
export interface CsvLimits {
  maxBytes: number;
  maxLines: number;
}
export const csvLimits: CsvLimits = { maxBytes: 100_000_000, maxLines: 1_000_000 };

/** A file that is not taken. `tooLarge`: it was not read to its end. */
export class CsvRefused extends Error {
  constructor(
    readonly kind: 'tooLarge' | 'unreadable',
    message: string,
  ) {
    super(message);
  }
}

export const delimiters = { comma: ',', semicolon: ';', tab: '\t' } as const;
export type Delimiter = keyof typeof delimiters;
const delimiterNames = ['comma', 'semicolon', 'tab'] as const;

/** A line of the file; a cell that is no UTF-8 is undefined. */
export interface CsvRecord {
  line: number;
  cells: (string | undefined)[];
}

/** One line, line breaks inside of quotes included: a quote that is left open must not swallow the file. */
const maxLineBytes = 64 * 1024;
/** Parsed at a time: some milliseconds, in which nobody else is answered. */
const pieceBytes = 16 * 1024;

/** Reads a CSV file as it comes in, line by line, none before the one above it was taken. Throws CsvRefused. */
export async function readRecords(
  source: AsyncIterable<Buffer>,
  options: { maxBytes: number; delimiter?: Delimiter | undefined },
  take: (record: CsvRecord, delimiter: Delimiter) => Promise<void>,
): Promise<void> {
  const pieces = inPieces(source, options.maxBytes);
  const head = await firstLine(pieces);
  const delimiter = options.delimiter ?? delimiterOf(head);
  const parser = parse({
    delimiter: delimiters[delimiter],
    // Bytes as characters: each cell is decoded by itself, so that a wrong one costs its line alone.
    encoding: 'latin1',
    info: true,
    ...{ relax_quotes: true, relax_column_count: true, skip_empty_lines: true, skip_records_with_empty_values: true },
    max_record_size: maxLineBytes,
  });
  try {
    await pipeline(chain(head, pieces), parser, async (records: AsyncIterable<unknown>) => {
      for await (const entry of records) {
        if (isRecord(entry)) await take({ line: entry.info.lines, cells: entry.record.map(decode) }, delimiter);
      }
    });
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error) : error;
  }
}

/** Small pieces of the file, and a turn for everybody else between them. */
async function* inPieces(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  for await (const block of source) {
    bytes += block.length;
    if (bytes > maxBytes) {
      throw tooLarge(maxBytes);
    }
    for (let start = 0; start < block.length; start += pieceBytes) {
      yield block.subarray(start, start + pieceBytes);
      await nextTurn();
    }
  }
}

/** The beginning of the file, at least to the end of its first line, without a byte order mark. */
async function firstLine(pieces: AsyncGenerator<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (!head.includes('\n') && !head.includes('\r') && head.length < maxLineBytes) {
    const next = await pieces.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  if (/^(\xff\xfe|\xfe\xff)/.test(head.toString('latin1', 0, 2))) {
    throw new CsvRefused('unreadable', 'the file is UTF-16; save it as CSV in UTF-8');
  }
  return head.toString('latin1', 0, 3) === '\xef\xbb\xbf' ? head.subarray(3) : head;
}

async function* chain(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* rest;
}

/** What stands most often between the names of the columns: spreadsheets take a semicolon where a comma is decimal. */
function delimiterOf(head: Buffer): Delimiter {
  const [line = ''] = head.toString('latin1').split(/[\r\n]/, 1);
  const plain = line.replace(/"[^"]*"/g, '');
  const times = (name: Delimiter): number => plain.split(delimiters[name]).length;
  return delimiterNames.reduce<Delimiter>((best, each) => (times(each) > times(best) ? each : best), 'comma');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Undefined where the bytes are no UTF-8. */
function decode(cell: string): string | undefined {
  if (/^[\x00-\x7f]*$/.test(cell)) return cell;
  try {
    return utf8.decode(Buffer.from(cell, 'latin1'));
  } catch {
    return undefined;
  }
}

function isRecord(entry: unknown): entry is { info: { lines: number }; record: string[] } {
  return typeof entry === 'object' && entry !== null && 'info' in entry && 'record' in entry;
}

export function tooLarge(maxBytes: number): CsvRefused {
  return new CsvRefused('tooLarge', `the file is larger than ${maxBytes / 1_000_000} MB; send it in parts`);
}

function unreadable(error: CsvError): CsvRefused {
  const line = Number(Reflect.get(error, 'lines'));
  const where = Number.isInteger(line) ? `line ${line}` : 'a line';
  switch (error.code) {
    case 'CSV_MAX_RECORD_SIZE':
      return new CsvRefused('unreadable', `${where} is longer than 64 KB; is a quote left open before it?`);
    case 'CSV_QUOTE_NOT_CLOSED':
      return new CsvRefused('unreadable', `a quote is open at the end of the file (${where}); close or double it`);
    default:
      return new CsvRefused('unreadable', `${where} cannot be read as CSV (${error.code})`);
  }
}
