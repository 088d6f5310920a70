import { plain, type Colour, type Output } from './output';

export interface Column<Row> {
  title: string;
  of: (row: Row) => string | number | null | undefined;
  colour?: (row: Row) => Colour | undefined;
  isRight?: boolean;
}

/** Rows in columns that are aligned; a cell without anything shows a dash, so that none of them moves. */
export function printTable<Row>(out: Output, rows: readonly Row[], columns: readonly Column<Row>[]): void {
  const cells = rows.map((row) => columns.map(({ of }) => plain(String(of(row) ?? '') || '-')));
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => lengthOf(row[at] ?? ''))));
  const lineOf = (texts: readonly string[], paint: (text: string, at: number) => string): string =>
    texts
      .map((text, at) => {
        const gap = ' '.repeat(Math.max(0, (widths[at] ?? 0) - lengthOf(text)));
        if (columns[at]?.isRight) return gap + paint(text, at);
        return at === texts.length - 1 ? paint(text, at) : paint(text, at) + gap;
      })
      .join('  ');
  out.line(
    lineOf(
      columns.map(({ title }) => title),
      (text) => out.paint(text, 'dim'),
    ),
  );
  cells.forEach((row, index) => {
    const given = rows[index];
    out.line(
      lineOf(row, (text, at) => out.paint(text, given === undefined ? undefined : columns[at]?.colour?.(given))),
    );
  });
}

/** Names and what they are, one under the other; those without a value are left out. */
export function printFields(
  out: Output,
  fields: readonly (readonly [string, string | number | null | undefined])[],
): void {
  const given = fields.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...given.map(([name]) => name.length));
  for (const [name, value] of given) out.line(`${out.paint(name.padEnd(width), 'dim')}  ${plain(String(value))}`);
}

/** In characters as people see them, or near to it. */
function lengthOf(text: string): number {
  return [...text].length;
}
