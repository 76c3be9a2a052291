/** Rows of texts in columns two spaces apart; those from `firstNumber` on stand at the right of their column. */
export function textColumns(rows: readonly (readonly string[])[], firstNumber = Number.POSITIVE_INFINITY): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const padded = (cell: string, column: number): string =>
    column < firstNumber ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return rows.map((row) => row.map(padded).join("  ").trimEnd()).join("\n");
}
