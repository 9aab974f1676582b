/** Rows as CSV (RFC 4180): what is nested becomes columns such as `predictions.0.label`. */
export function csvOf(rows: readonly object[]): string {
  const flat = rows.map((row) => new Map(cellsOf(row)));
  const columns = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  const lines = [columns, ...flat.map((row) => columns.map((column) => row.get(column) ?? ''))];
  return lines.map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
}

function cellsOf(value: object, before = ''): (readonly [column: string, text: string])[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const column = `${before}${name}`;
    if (typeof inner === 'object' && inner !== null) return cellsOf(inner, `${column}.`);
    return [[column, inner === null || inner === undefined ? '' : String(inner)] as const];
  });
}

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
