import { maxColumns, readColumn, readHeader, readRow, type ImportField } from '../../domain/contact-import';
import { CsvRefused, readRecords, type CsvRecord, type Delimiter } from './csv-records';
import { columnsOf, emptyFile } from './read-csv';

export interface CsvPreview {
  delimiter: Delimiter;
  columns: { column: string; field: ImportField }[];
  /** What is wrong with the header: nothing can be imported so. */
  problem?: string;
  rows: PreviewRow[];
  /** Not the whole file was looked at. */
  isCut: boolean;
}
export interface PreviewRow {
  line: number;
  cells: string[];
  /** Of a line that would be imported. */
  email?: string;
  /** Why a line would be refused. */
  problem?: string;
}

/** Enough for the first lines, unless they are enormous. */
const mostBytes = 256 * 1024;
const mostRows = 20;
const mostCellLength = 200;

/** How the beginning of a file would be read. `isPart`: it ends anywhere, so its last line may be half of one. */
export async function previewCsv(
  source: AsyncIterable<Buffer>,
  options: { map: ReadonlyMap<string, string>; delimiter?: Delimiter | undefined; isPart: boolean },
): Promise<CsvPreview> {
  const beginning = await readBeginning(source, options);
  const { isCut } = beginning;
  const [head, ...lines] = isCut && beginning.records.length > 1 ? beginning.records.slice(0, -1) : beginning.records;
  if (!head) throw emptyFile();
  const columns = columnsOf(head.cells);
  const header = readHeader(columns, options.map);
  const fields = 'fields' in header ? header.fields : undefined;
  return {
    delimiter: beginning.delimiter,
    columns: columns
      .slice(0, maxColumns)
      .map((column, index) => ({ column, field: fields?.[index] ?? guessOf(column, options.map) })),
    ...('problem' in header ? { problem: header.problem } : {}),
    rows: lines.slice(0, mostRows).map((record) => rowOf(record, fields)),
    isCut: isCut || lines.length > mostRows,
  };
}

/** What a column would be in a header that cannot be taken as a whole. */
function guessOf(column: string, map: ReadonlyMap<string, string>): ImportField {
  const field = readColumn(column, map.get(column));
  return 'problem' in field ? { kind: 'ignored' } : field;
}

function rowOf({ line, cells }: CsvRecord, fields: readonly ImportField[] | undefined): PreviewRow {
  const shown = {
    line,
    cells: cells.slice(0, maxColumns).map((cell) => (cell ?? '\u{fffd}').slice(0, mostCellLength)),
  };
  if (!fields) return shown;
  const row = readRow(line, cells, fields);
  return 'email' in row ? { ...shown, email: row.email } : { ...shown, problem: row.reason };
}

async function readBeginning(
  source: AsyncIterable<Buffer>,
  options: { delimiter?: Delimiter | undefined; isPart: boolean },
): Promise<{ records: CsvRecord[]; delimiter: Delimiter; isCut: boolean }> {
  const beginning: { records: CsvRecord[]; delimiter: Delimiter; isCut: boolean } = {
    ...{ records: [], delimiter: options.delimiter ?? 'comma', isCut: options.isPart },
  };
  const { records } = beginning;
  try {
    await readRecords(
      cutAt(source, () => (beginning.isCut = true)),
      { maxBytes: Infinity, delimiter: options.delimiter },
      (record, delimiter) => {
        beginning.delimiter = delimiter;
        // The header, and two lines more than are shown: one may be cut off, one says that there are more.
        if (records.length < mostRows + 3) records.push(record);
        return Promise.resolve();
      },
    );
  } catch (error) {
    // A cut may leave a quote open.
    if (!(error instanceof CsvRefused) || !beginning.isCut || records.length < 2) throw error;
  }
  return beginning;
}

/** The beginning of the file; tells when there is more. */
async function* cutAt(source: AsyncIterable<Buffer>, cut: () => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const block of source) {
    yield block.subarray(0, mostBytes - bytes);
    bytes += block.length;
    if (bytes > mostBytes) return cut();
  }
}
