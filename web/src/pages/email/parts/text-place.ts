/** Where a line and column, counted from 1, stand in a text; the nearest place where there is none such. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split('\n');
  const wanted = Math.min(Math.max(line, 1), lines.length);
  const before = lines.slice(0, wanted - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return before + Math.min(Math.max(column, 1) - 1, lines[wanted - 1]?.length ?? 0);
}
