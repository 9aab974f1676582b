import type { NdArray } from '../../graph/array.js';
import { mul, reshape, square, sub, sum } from '../../primitives/index.js';
import { elementTarget } from '../losses/targets.js';
import { computeMean, defineMeasure, type Metric, meanStatistics, weightsOf } from './metric.js';

/** sqrt(mean of (x - t)²). Prediction and target: [batch, ..], of the same shape. */
export const rootMeanSquaredError = defineMeasure<Metric, object>('rootMeanSquaredError', () => ({
  better: 'lower',
  statistics(prediction, target, weight) {
    const squares = square(sub(prediction, elementTarget('rootMeanSquaredError', prediction, target)));
    return meanStatistics(squares, weightsOf(squares, weight));
  },
  compute: (statistics) => Math.sqrt(computeMean(statistics)),
}));

export interface R2Options {
  /**
   * A number near the targets' mean, taken off them before their squares are summed up. Worth giving where the mean is more
   * than a hundred deviations from 0, as for years: float32 sums would lose the variance. Default: 0.
   */
  readonly center?: number;
}

/**
 * The coefficient of determination, 1 - sum (t - x)² / sum (t - mean t)², averaged over outputs. Targets that do not vary give
 * 1 where all are met and 0 elsewhere, as in scikit-learn; so do targets that vary by less than a thousandth of their distance
 * from `center`. Prediction and target: [batch, ..], of the same shape.
 */
export const r2 = defineMeasure<Metric, R2Options>('r2', ({ center = 0 }) => ({
  better: 'higher',
  statistics(prediction, target, weight) {
    const rows = (x: typeof prediction) => reshape(x, [x.shape[0]!, -1]);
    const actual = rows(elementTarget('r2', prediction, target));
    const share = weightsOf(actual, weight);
    const [centered, missed] = [sub(actual, center), sub(actual, rows(prediction))];
    return {
      weight: sum(share, 0),
      sum: sum(mul(centered, share), 0),
      squares: sum(mul(square(centered), share), 0),
      residuals: sum(mul(square(missed), share), 0),
    };
  },
  compute({ weight, sum: sums, squares, residuals }) {
    const [n, s, q, r] = [weight!, sums!, squares!, residuals!].map((array: NdArray) => array.toNumbers());
    const scores = r!.map((residual, i) => {
      const variation = q![i]! - (s![i]! * s![i]!) / n![i]!;
      if (variation > 1e-6 * q![i]!) return 1 - residual / variation;
      return residual === 0 ? 1 : 0;
    });
    return n![0] === 0 ? Number.NaN : scores.reduce((a, b) => a + b, 0) / scores.length;
  },
}));
