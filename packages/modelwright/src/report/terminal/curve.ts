import { shortNumber } from '../numbers.js';
import { pad } from './table.js';

/** The bit of each dot in a braille character, `[row, column]`; U+2800 is the empty one. */
const dotBits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export interface CurveOptions {
  /** Lines of text; default 8. */
  readonly height?: number;
  /** Characters across, the axis labels not counted; default 60. */
  readonly width?: number;
}

/**
 * A curve in braille characters, the largest and smallest value written beside it. More values than dots are averaged;
 * fewer are joined by straight lines. Values that are not finite leave a gap.
 *
 * @returns `height` lines; the empty string when no value is finite
 */
export function curveText(values: readonly number[], { height = 8, width = 60 }: CurveOptions = {}): string {
  const rows = height * 4;
  const dots = resample(values, width * 2);
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return '';
  const top = Math.max(...finite);
  const bottom = Math.min(...finite);
  const rowOf = (value: number): number =>
    top === bottom ? rows >> 1 : Math.round(((top - value) / (top - bottom)) * (rows - 1));

  const cells = Array.from({ length: height }, () => new Uint8Array(width));
  let last = Number.NaN;
  for (const [column, value] of dots.entries()) {
    const row = rowOf(value);
    if (Number.isFinite(row)) {
      const from = Number.isFinite(last) ? last + Math.sign(row - last) : row;
      for (let y = Math.min(from, row); y <= Math.max(from, row); y++) {
        cells[y >> 2]![column >> 1]! |= dotBits[y & 3]![column & 1]!;
      }
    }
    last = row;
  }

  const labels = cells.map((_, line) =>
    line === 0 ? shortNumber(top) : line === height - 1 ? shortNumber(bottom) : '',
  );
  const labelWidth = Math.max(...labels.map((label) => label.length));
  return cells
    .map((cell, line) => {
      const drawn = Array.from(cell, (bits) => String.fromCharCode(0x2800 + bits)).join('');
      return `${pad(labels[line]!, labelWidth, 'left')} ┤${drawn}`;
    })
    .join('\n');
}

/** As many values as there are dots across: means of neighbours where there are more, linear interpolation where fewer. */
function resample(values: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    if (values.length > count) {
      const bucket = values.slice(
        Math.floor((i * values.length) / count),
        Math.floor(((i + 1) * values.length) / count),
      );
      const finite = bucket.filter(Number.isFinite);
      return finite.reduce((sum, value) => sum + value, 0) / finite.length;
    }
    const position = count === 1 ? 0 : (i / (count - 1)) * (values.length - 1);
    const before = Math.floor(position);
    const after = Math.ceil(position);
    if (before === after) return values[before] ?? Number.NaN;
    return values[before]! + (position - before) * (values[after]! - values[before]!);
  });
}
