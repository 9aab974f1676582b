import { captionsIn } from '../captions.js';
import type { ChartOptions } from './svg.js';
import { unitCurvesSvg } from './unitCurves.js';

/** Precision over recall, both lists in the same order, recall rising. */
export interface PrecisionRecallCurve {
  readonly name: string;
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  /** Average precision, 0 .. 1. */
  readonly average: number;
}

/** Precision over recall as SVG, a curve a class, the average precision of each in the legend. */
export async function precisionRecallSvg(
  curves: readonly PrecisionRecallCurve[],
  options: ChartOptions = {},
): Promise<string> {
  const captions = captionsIn(options.language ?? 'en');
  return unitCurvesSvg(
    curves.map(({ name, precision, recall, average }) => ({
      name: `${name} (AP ${average.toFixed(4)})`,
      points: recall.map((value, i) => [value, precision[i]!] as const),
    })),
    {
      title: options.title ?? captions.precisionRecall,
      xName: captions.recall,
      yName: captions.precision,
    },
  );
}
