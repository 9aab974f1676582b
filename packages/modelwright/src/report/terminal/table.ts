import stringWidth from 'string-width';

export interface TableOptions {
  /** Whether the first row is a heading, set apart by a rule; default true. */
  readonly heading?: boolean;
}

/** Adds spaces to `text` until it is `width` columns wide in a terminal, where a CJK character takes two columns. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const spaces = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return side === 'left' ? spaces + text : text + spaces;
}

/** Shortens `text` to at most `width` terminal columns, the last an ellipsis when anything was cut. */
export function truncate(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return width > 0 ? `${kept}…` : '';
}

/**
 * A table as text: columns two spaces apart, aligned by the width that a terminal gives each character. A column whose
 * cells below the heading are all numbers, or text that begins with a digit, is flushed right, the others left. Missing cells are blank.
 */
export function tableText(
  rows: readonly (readonly (string | number)[])[],
  { heading = true }: TableOptions = {},
): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const body = heading ? rows.slice(1) : rows;
  const layout = Array.from({ length: columns }, (_, column) => {
    const numeric = body.length > 0 && body.every((row) => isNumeric(row[column] ?? ''));
    const width = Math.max(...rows.map((row) => stringWidth(String(row[column] ?? ''))));
    return { width, side: numeric ? ('left' as const) : ('right' as const) };
  });
  const lines = rows.map((row) =>
    layout
      .map(({ width, side }, column) => pad(String(row[column] ?? ''), width, side))
      .join('  ')
      .trimEnd(),
  );
  if (heading && lines.length > 0)
    lines.splice(1, 0, layout.map(({ width }) => '─'.repeat(width)).join('  '));
  return lines.join('\n');
}

/** Numbers, percentages, counts such as 1,234 and 12.3k, and blanks. */
function isNumeric(cell: string | number): boolean {
  return typeof cell === 'number' || /^-?(\d[\d.,:]*(e[+-]?\d+)?[%kMGTP]?|NaN|)$/.test(cell);
}
