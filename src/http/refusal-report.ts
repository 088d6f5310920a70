import type { Response } from 'express';
import { csvCell, type ImportRefusal } from '../../domain/contact-import';
import { inertCell } from '../../domain/csv';
import type { ImportStore } from '../mongo/imports';
import { sendCsv } from './csv-file';

/** Answers with every refused line, as a CSV file. */
export function sendReport(imports: ImportStore, id: string, response: Response): Promise<void> {
  return sendCsv(response, {
    name: `${id}-refused.csv`,
    columns: ['line', 'reason', 'raw'],
    pages: report(imports, id),
  });
}

async function* report(imports: ImportStore, id: string): AsyncGenerator<string> {
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
