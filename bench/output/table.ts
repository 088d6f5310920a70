/** A table; columns are right-aligned but the ones named here by their number. */
export interface Table {
  title: string;
  head: string[];
  rows: string[][];
  leftColumns: readonly number[];
}

/** Aligned Markdown, which reads well on a console too and is what prettier would make of it. */
export function markdownTable({ head, rows, leftColumns }: Table): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (leftColumns.includes(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    leftColumns.includes(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}
