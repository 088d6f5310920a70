import { readHeader, readRow, type ImportField, type ImportRefusal, type ImportRow } from '../../domain/contact-import';
import { addressesIn } from '../../domain/email-address';
import { csvLimits, CsvRefused, readRecords, type CsvLimits, type CsvRecord, type Delimiter } from './csv-records';

export interface CsvHeader {
  columns: { column: string; field: ImportField }[];
}
/** Lines that are stored, and later applied, together: bounded in number and in size, like their transaction. */
export interface CsvChunk {
  number: number;
  rows: ImportRow[];
  refusals: ImportRefusal[];
  /** Every address in them. */
  emails: string[];
}
/** Where a file goes while it is read. What comes in next waits for it. */
export interface CsvSink {
  header(header: CsvHeader): Promise<void>;
  chunk(chunk: CsvChunk): Promise<void>;
}

const rowsPerChunk = 200;
const charactersPerChunk = 512 * 1024;

/** Reads a CSV file as it comes in, never holding more of it than a chunk. Throws CsvRefused. */
export async function readCsv(
  source: AsyncIterable<Buffer>,
  options: { map: ReadonlyMap<string, string>; delimiter?: Delimiter | undefined; limits?: CsvLimits },
  sink: CsvSink,
): Promise<{ total: number; chunks: number }> {
  const { map, delimiter, limits = csvLimits } = options;
  let fields: ImportField[] | undefined;
  let total = 0;
  let chunks = 0;
  let characters = 0;
  let open: { rows: ImportRow[]; refusals: ImportRefusal[] } = { rows: [], refusals: [] };
  const flush = async (): Promise<void> => {
    const { rows, refusals } = open;
    if (rows.length + refusals.length === 0) return;
    const emails = [...rows.map(({ email }) => email), ...refusals.flatMap(({ raw }) => addressesIn(raw))];
    open = { rows: [], refusals: [] };
    characters = 0;
    await sink.chunk({ number: chunks++, rows, refusals, emails: [...new Set(emails)] });
  };
  const take = async ({ line, cells }: CsvRecord): Promise<void> => {
    if (!fields) {
      fields = await takeHeader(cells, map, sink);
      return;
    }
    if (++total > limits.maxLines) throw tooManyLines(limits.maxLines);
    const row = readRow(line, cells, fields);
    if ('email' in row) open.rows.push(row);
    else open.refusals.push(row);
    characters += cells.reduce((sum, cell) => sum + (cell?.length ?? 0), 0);
    if (open.rows.length + open.refusals.length >= rowsPerChunk || characters >= charactersPerChunk) await flush();
  };

  await readRecords(source, { maxBytes: limits.maxBytes, delimiter }, take);
  if (!fields) throw emptyFile();
  await flush();
  return { total, chunks };
}

async function takeHeader(
  cells: (string | undefined)[],
  map: ReadonlyMap<string, string>,
  sink: CsvSink,
): Promise<ImportField[]> {
  const columns = columnsOf(cells);
  const header = readHeader(columns, map);
  if ('problem' in header) throw new CsvRefused('unreadable', header.problem);
  const { fields } = header;
  await sink.header({ columns: fields.map((field, index) => ({ column: columns[index] ?? '', field })) });
  return fields;
}

/** The names in the first line. */
export function columnsOf(cells: (string | undefined)[]): string[] {
  const columns = cells.flatMap((cell) => cell?.trim() ?? []);
  if (columns.length < cells.length) {
    throw new CsvRefused('unreadable', 'the header is not UTF-8; save it as CSV in UTF-8');
  }
  return columns;
}

export function emptyFile(): CsvRefused {
  return new CsvRefused('unreadable', 'the file is empty; its first line must name the columns');
}

function tooManyLines(maxLines: number): CsvRefused {
  return new CsvRefused('tooLarge', `the file has more than ${maxLines.toLocaleString('en')} lines; send it in parts`);
}
