import type { LineSeriesOption } from 'echarts';
import { captionsIn } from '../captions.js';
import { type ChartOptions, ink, legend, palette, renderSvg, titleAt, valueAxis } from './svg.js';

/** One receiver operating characteristic: a point a threshold, both lists in the same order, rising from (0, 0) to (1, 1). */
export interface RocCurve {
  readonly name: string;
  readonly falsePositiveRate: readonly number[];
  readonly truePositiveRate: readonly number[];
  /** Area under the curve, 0..1; by the trapezoid rule when left out. */
  readonly area?: number;
}

const dashes = ['solid', 'dashed', 'dotted'] as const;

/**
 * ROC curves as SVG, the area under each in the legend. Beyond six curves the colours repeat with other dashes.
 *
 * @throws RangeError when a curve's two lists differ in length
 */
export async function rocSvg(curves: readonly RocCurve[], options: ChartOptions = {}): Promise<string> {
  const captions = captionsIn(options.language ?? 'en');
  const colors = Object.values(palette);
  const axis = { ...valueAxis, min: 0, max: 1, interval: 0.2 } as const;
  const legendHeight = 22 * (curves.length + 1);
  const diagonal: LineSeriesOption = {
    name: captions.chance,
    type: 'line',
    color: ink.axis,
    symbol: 'none',
    lineStyle: { type: 'dashed', width: 1.5 },
    data: [
      [0, 0],
      [1, 1],
    ],
  };
  const lines = curves.map((curve, i): LineSeriesOption => {
    return {
      name: `${curve.name} (AUC ${(curve.area ?? areaUnder(curve)).toFixed(4)})`,
      type: 'line',
      color: colors[i % colors.length]!,
      symbol: 'none',
      lineStyle: { width: 2, type: dashes[Math.floor(i / colors.length) % dashes.length]! },
      data: curve.falsePositiveRate.map((rate, j) => [rate, curve.truePositiveRate[j]!]),
    };
  });
  return renderSvg(
    {
      title: titleAt(options.title ?? captions.roc, 290, 12, 18),
      legend: {
        ...legend,
        itemGap: 8,
        orient: 'vertical',
        left: 80,
        top: 530,
        data: [...lines, diagonal].map(({ name }) => String(name)),
      },
      grid: { left: 80, top: 48, width: 420, height: 420 },
      xAxis: { ...axis, name: captions.falsePositiveRate, nameGap: 30 },
      yAxis: { ...axis, name: captions.truePositiveRate, nameGap: 40 },
      series: [diagonal, ...lines],
    },
    540,
    540 + legendHeight,
  );
}

function areaUnder({ name, falsePositiveRate: x, truePositiveRate: y }: RocCurve): number {
  if (x.length !== y.length) {
    throw new RangeError(
      `rocSvg: the curve '${name}' has ${x.length} false positive rates but ${y.length} true positive rates. ` +
        'Give one of each for every threshold.',
    );
  }
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
  return area;
}
