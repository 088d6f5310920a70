import { csvCell, type ImportRefusal } from '../../domain/contact-import';
import type { ImportStore } from '../mongo/imports';

/** Every refused line, as a CSV file. */
export async function* report(imports: ImportStore, id: string): AsyncGenerator<string> {
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
  // Spreadsheets would run what begins like a formula.
  const inert = /^[=+\-@\t]/.test(raw) ? `'${raw}` : raw;
  return `${line},${csvCell(reason)},${csvCell(inert)}\r\n`;
}

/** When a stream takes more, or is gone. */
export function drained(response: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}
