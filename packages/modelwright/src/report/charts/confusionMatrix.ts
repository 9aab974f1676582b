import stringWidth from 'string-width';
import { captionsIn } from '../captions.js';
import { checkConfusionMatrix } from '../confusionMatrix.js';
import { prefixedNumber } from '../numbers.js';
import { type ChartOptions, ink, renderSvg, subtitleAt, titleAt } from './svg.js';

/** ColorBrewer's "Blues" (Brewer 2002): one hue from light to dark, legible in grey and to the colour-blind. */
const blues = [
  '#F7FBFF',
  '#DEEBF7',
  '#C6DBEF',
  '#9ECAE1',
  '#6BAED6',
  '#4292C6',
  '#2171B5',
  '#08519C',
  '#08306B',
];

const nameFontSize = 12;

/** The share of a row's sum that each count is; zero in a row without examples. */
function rowShares(matrix: readonly (readonly number[])[]): number[][] {
  return matrix.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((count) => (sum === 0 ? 0 : count / sum));
  });
}

/**
 * A confusion matrix as SVG: counts in the cells (zeros left blank beyond 12 classes), colour by the share of the actual
 * class (row).
 *
 * @param matrix counts `[actual class, predicted class]`
 * @param classNames a name for each class; long names are shortened with an ellipsis
 * @throws RangeError when the matrix is empty or not square, or the names are not as many as its rows
 */
export async function confusionMatrixSvg(
  matrix: readonly (readonly number[])[],
  classNames: readonly string[],
  options: ChartOptions = {},
): Promise<string> {
  checkConfusionMatrix('confusionMatrixSvg', matrix, classNames);
  const captions = captionsIn(options.language ?? 'en');
  const classes = classNames.length;
  const cell = Math.max(32, Math.min(72, Math.round(560 / classes)));
  const side = Math.max(cell * classes, 240);
  const longest = Math.max(...classNames.map(widthInPixels));
  const rotated = longest > side / classes - 8;
  const nameRoom = Math.min(longest, 140);
  const left = nameRoom + 60;
  const top = 72;
  const bottom = (rotated ? nameRoom : nameFontSize) + 56;
  const right = 90;
  const shares = rowShares(matrix);
  const axis = {
    type: 'category' as const,
    data: [...classNames],
    axisLine: { show: false },
    axisTick: { show: false },
    nameLocation: 'middle' as const,
    nameTextStyle: { color: ink.text, fontSize: 14 },
  };
  const axisLabel = {
    interval: 0,
    color: ink.text,
    fontSize: nameFontSize,
    width: nameRoom,
    overflow: 'truncate',
  } as const;

  return renderSvg(
    {
      title: [
        titleAt(options.title ?? captions.confusionMatrix, left + side / 2, 12, 18),
        subtitleAt(captions.rowShare, left + side / 2, 40),
      ],
      grid: { left, top, width: side, height: side },
      xAxis: {
        ...axis,
        name: captions.predicted,
        nameGap: bottom - 30,
        axisLabel: { ...axisLabel, rotate: rotated ? 90 : 0 },
      },
      yAxis: { ...axis, name: captions.actual, nameGap: left - 24, inverse: true, axisLabel },
      visualMap: {
        type: 'continuous',
        min: 0,
        max: 1,
        text: ['100%', '0%'],
        orient: 'vertical',
        left: left + side + 24,
        top: top + side / 2 - 90,
        itemWidth: 16,
        itemHeight: 140,
        textStyle: { color: ink.faint, fontSize: 12 },
        inRange: { color: blues },
      },
      series: [
        {
          type: 'heatmap',
          silent: true,
          itemStyle: { borderColor: '#ffffff', borderWidth: 1 },
          label: { show: true },
          data: matrix.flatMap((row, actual) =>
            row.map((count, predicted) => {
              const share = shares[actual]![predicted]!;
              return {
                value: [predicted, actual, share],
                label: {
                  formatter: count === 0 && classes > 12 ? '' : cellText(count, cell),
                  color: share > 0.5 ? '#ffffff' : count === 0 ? ink.axis : ink.text,
                  fontSize: cell < 36 ? 10 : cell < 50 ? 12 : 14,
                },
              };
            }),
          ),
        },
      ],
    },
    left + side + right,
    top + side + bottom,
  );
}

/** A count in full where the cell has room for it (some 7 pixels a digit), else with a prefix: 12.3k. */
function cellText(count: number, cell: number): string {
  const whole = String(count);
  return whole.length * 7 <= cell - 4 ? whole : prefixedNumber(count);
}

/** About the width of a name on an axis: CJK characters are as wide as the font is high, Latin letters about 0.6 of it. */
function widthInPixels(name: string): number {
  return Math.ceil(stringWidth(name) * 0.6 * nameFontSize) + 4;
}
