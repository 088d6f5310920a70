import { csvCell } from './contact-import';

/** A cell that no spreadsheet takes for a formula. */
export function inertCell(text: string): string {
  return csvCell(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
}
