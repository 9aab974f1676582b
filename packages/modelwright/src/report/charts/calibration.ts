import { type CalibrationBin, expectedCalibrationError } from '../../nn/metrics/calibration.js';
import { captionsIn } from '../captions.js';
import { shortNumber } from '../numbers.js';
import { type ChartOptions, ink, legend, palette, renderSvg, subtitleAt, titleAt, valueAxis } from './svg.js';

/** Three dashes: what stands for a dashed line in a legend. */
const dashes = 'path://M0,6h8v2h-8zM14,6h8v2h-8zM28,6h8v2h-8z';

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
  const error = `${captions.expectedCalibrationError}: ${shortNumber(expectedCalibrationError(bins))}; ${captions.pointSize}`;
  const axis = { ...valueAxis, min: 0, max: 1, interval: 0.2 } as const;
  return renderSvg(
    {
      title: [titleAt(options.title ?? captions.calibration, 290, 12, 18), subtitleAt(error, 290, 40)],
      legend: {
        ...legend,
        bottom: 8,
        left: 'center',
        data: [{ name: captions.perfectCalibration, icon: dashes }, captions.observedAccuracy],
      },
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
