import type { Writable } from 'node:stream';
import type { Response } from 'express';
import { csvCell, type ImportRefusal } from '../../domain/contact-import';
import { inertCell } from '../../domain/csv';
import type { ImportStore } from '../mongo/imports';

/** Answers with every refused line, as a CSV file. */
export async function sendReport(imports: ImportStore, id: string, response: Response): Promise<void> {
  response.type('text/csv; charset=utf-8').attachment(`${id}-refused.csv`);
  for await (const text of report(imports, id)) {
    if (response.destroyed) return;
    if (!response.write(text)) await drained(response);
  }
  response.end();
}

async function* report(imports: ImportStore, id: string): AsyncGenerator<string> {
  yield 'line,reason,raw\r\n';
  for (let after = 0; ;) {
    const rows = await imports.refusals(id, after, 1_000);
    yield rows.map(reportLine).join('');
    const last = rows.at(-1);
    if (!last || rows.length < 1_000) return;
    after = last.line;
  }
}

function reportLine({ line, reason, raw }: ImportRefusal): string {
  return `${line},${csvCell(reason)},${inertCell(raw)}\r\n`;
}

/** When a stream takes more, or is gone. */
export function drained(stream: Writable): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}
