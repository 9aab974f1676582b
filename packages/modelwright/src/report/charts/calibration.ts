import { captionsIn } from '../captions.js';
import { shortNumber } from '../numbers.js';
import { type ChartOptions, ink, legend, palette, renderSvg, subtitleAt, titleAt, valueAxis } from './svg.js';

/** The predictions whose confidence lies in one interval. */
export interface CalibrationBin {
  /** Mean confidence of the predictions, 0..1. */
  readonly confidence: number;
  /** Share of them that is right, 0..1. */
  readonly accuracy: number;
  /** How many they are. */
  readonly count: number;
}

/** ECE = sum over bins of count/total * |accuracy - confidence| (Guo et al. 2017, https://arxiv.org/abs/1706.04599). */
export function expectedCalibrationError(bins: readonly CalibrationBin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return Number.NaN;
  return bins.reduce(
    (sum, { confidence, accuracy, count }) => sum + (count / total) * Math.abs(accuracy - confidence),
    0,
  );
}

/**
 * A reliability diagram as SVG: accuracy over confidence, a point a bin whose area grows with its count, and the
 * diagonal of perfect calibration. Empty bins are left out.
 */
export async function calibrationSvg(
  bins: readonly CalibrationBin[],
  options: ChartOptions = {},
): Promise<string> {
  const captions = captionsIn(options.language ?? 'en');
  const largest = Math.max(...bins.map(({ count }) => count), 1);
  const filled = bins.filter(({ count }) => count > 0).toSorted((a, b) => a.confidence - b.confidence);
  const error = `${captions.expectedCalibrationError}: ${shortNumber(expectedCalibrationError(bins))}`;
  const axis = { ...valueAxis, min: 0, max: 1, interval: 0.2 } as const;
  return renderSvg(
    {
      title: [titleAt(options.title ?? captions.calibration, 290, 12, 18), subtitleAt(error, 290, 40)],
      legend: { ...legend, bottom: 8, left: 'center' },
      grid: { left: 80, top: 72, width: 420, height: 420 },
      xAxis: { ...axis, name: captions.confidence, nameGap: 30 },
      yAxis: { ...axis, name: captions.observedAccuracy, nameGap: 40 },
      series: [
        {
          type: 'line',
          name: captions.perfectCalibration,
          color: ink.axis,
          symbol: 'none',
          lineStyle: { type: 'dashed', width: 1.5 },
          data: [
            [0, 0],
            [1, 1],
          ],
        },
        {
          type: 'line',
          name: captions.observedAccuracy,
          color: palette.blue,
          symbol: 'circle',
          lineStyle: { width: 2 },
          silent: true,
          data: filled.map(({ confidence, accuracy, count }) => ({
            value: [confidence, accuracy],
            symbolSize: 5 + 19 * Math.sqrt(count / largest),
          })),
        },
      ],
    },
    540,
    590,
  );
}
