import { captionsIn } from '../captions.js';
import { type ChartOptions, ink } from './svg.js';
import { unitCurvesSvg } from './unitCurves.js';

/** One receiver operating characteristic: a point a threshold, both lists in the same order, rising from (0, 0) to (1, 1). */
export interface RocCurve {
  readonly name: string;
  readonly falsePositiveRate: readonly number[];
  readonly truePositiveRate: readonly number[];
  /** Area under the curve, 0..1; by the trapezoid rule when left out. */
  readonly area?: number;
}

/**
 * ROC curves as SVG, the area under each in the legend. Beyond six curves the colours repeat with other dashes.
 *
 * @throws RangeError when a curve's two lists differ in length
 */
export async function rocSvg(curves: readonly RocCurve[], options: ChartOptions = {}): Promise<string> {
  const captions = captionsIn(options.language ?? 'en');
  return unitCurvesSvg(
    curves.map((curve) => ({
      name: `${curve.name} (AUC ${(curve.area ?? areaUnder(curve)).toFixed(4)})`,
      points: curve.falsePositiveRate.map((rate, i) => [rate, curve.truePositiveRate[i]!] as const),
    })),
    {
      title: options.title ?? captions.roc,
      xName: captions.falsePositiveRate,
      yName: captions.truePositiveRate,
      ground: [
        {
          name: captions.chance,
          type: 'line',
          color: ink.axis,
          symbol: 'none',
          lineStyle: { type: 'dashed', width: 1.5 },
          data: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
    },
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
