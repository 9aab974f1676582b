import stringWidth from 'string-width';
import { captionsIn, type Language } from '../captions.js';
import { checkConfusionMatrix } from '../confusionMatrix.js';
import { tableText, truncate } from './table.js';

/**
 * A confusion matrix as text, a row for each actual class, with recall at the end of each row and precision below each
 * column. Columns carry class names where all are short, else the classes' numbers.
 *
 * @param matrix counts `[actual class, predicted class]`
 * @param classNames a name for each class
 * @throws RangeError when the matrix is empty or not square, or the names are not as many as its rows
 */
export function confusionMatrixText(
  matrix: readonly (readonly number[])[],
  classNames: readonly string[],
  { language = 'en' }: { language?: Language } = {},
): string {
  checkConfusionMatrix('confusionMatrixText', matrix, classNames);
  const captions = captionsIn(language);
  const short = classNames.every((name) => stringWidth(name) <= 8);
  const rowNames = classNames.map((name, i) => truncate(short ? name : `${i} ${name}`, 24));
  const columnNames = short ? classNames : classNames.map((_, i) => String(i));
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const percent = (part: number, whole: number): string =>
    whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)}%`;
  return tableText([
    [`${captions.actual} ↓  ${captions.predicted} →`, ...columnNames, captions.recall],
    ...matrix.map((row, i) => [rowNames[i]!, ...row, percent(row[i]!, sum(row))]),
    [captions.precision, ...matrix.map((row, i) => percent(row[i]!, sum(matrix.map((other) => other[i]!))))],
  ]);
}
