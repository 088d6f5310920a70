import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { inertCell } from '../../domain/csv';

/**
 * Answers with a CSV file of lines that come page by page, no faster than they are taken. The first page is read before
 * anything is sent: what fails until then is an error that says why, and not half a file.
 */
export async function sendCsv(
  response: Response,
  file: { name: string; columns: readonly string[]; pages: AsyncGenerator<string> },
): Promise<void> {
  const { name, columns, pages } = file;
  const first = await pages.next();
  response.type('text/csv; charset=utf-8').attachment(name);
  async function* lines(): AsyncGenerator<string> {
    yield `${columns.join(',')}\r\n`;
    if (first.done === true) return;
    yield first.value;
    yield* pages;
  }
  try {
    await pipeline(Readable.from(lines()), response);
  } catch (error) {
    // Who asked has gone: there is nobody to tell.
    const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
    if (code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/** The columns of a file by their names, each with what it says of a row. */
export type CsvColumns<Row> = Readonly<Record<string, (row: Row) => string | undefined>>;

export function csvLines<Row>(columns: CsvColumns<Row>, rows: readonly Row[]): string {
  const cellsOf = Object.values(columns);
  return rows.map((row) => `${cellsOf.map((cellOf) => inertCell(cellOf(row) ?? '')).join(',')}\r\n`).join('');
}

export function csvTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
