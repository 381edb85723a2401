/** One line of the table. */
export interface Result {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
  /** Numbers behind it, for the JSON. Milliseconds are of this machine at this moment: compare ratios. */
  readonly numbers: Readonly<Record<string, number>>;
}

export function renderTable(results: readonly Result[]): string {
  const rows = results.map(({ what, target, measured, met }) => [what, target, measured, met ? 'met' : 'MISSED']);
  const all = [['what', 'target', 'measured', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return `${lines.join('\n')}\n`;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
