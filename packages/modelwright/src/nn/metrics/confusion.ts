import type { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { matmul, mul, oneHot, reshape, transpose } from '../../primitives/index.js';
import { type ClassOptions, classesOf } from './classes.js';
import { defineMeasure, type Measure, type Metric, weightsOf } from './metric.js';
import { type Averaging, averageScore, type Score } from './scores.js';

function countPairs(
  who: string,
  prediction: Tensor,
  target: Tensor,
  weight: Tensor,
  options: ClassOptions,
): { matrix: Tensor } {
  const { predicted, actual, classes, counted } = classesOf(who, prediction, target, options);
  const rows = oneHot(reshape(actual, [-1]), classes);
  const columns = oneHot(reshape(predicted, [-1]), classes);
  const weights = weightsOf(actual, weight);
  const share = reshape(counted ? mul(weights, counted) : weights, [-1, 1]);
  return { matrix: matmul(transpose(mul(rows, share)), columns) };
}

function toRows(matrix: NdArray): number[][] {
  const [classes = 0] = matrix.shape;
  const values = matrix.toNumbers();
  return Array.from({ length: classes }, (_, row) => values.slice(row * classes, (row + 1) * classes));
}

/**
 * How many positions of each true class (row) were given each class (column): [classes, classes]. Predictions and targets as
 * for `accuracy`.
 */
export const confusionMatrix = defineMeasure<Measure<number[][]>, ClassOptions>(
  'confusionMatrix',
  (options) => ({
    statistics: (prediction, target, weight) =>
      countPairs('confusionMatrix', prediction, target, weight, options),
    compute: ({ matrix }) => toRows(matrix!),
  }),
);

export interface ScoreOptions extends ClassOptions {
  /**
   * How the classes' scores become one. 'binary': that of class 1 of two. 'macro': their mean, over the classes that occur in
   * the targets or the predictions. 'weighted': their mean by how often each occurs. 'micro': that of all positions together,
   * which equals the accuracy. Default: 'binary' for two classes, 'macro' for more.
   */
  readonly average?: Averaging;
}

const scoreMetric = (score: Score) =>
  defineMeasure<Metric, ScoreOptions>(score, ({ average, ...options }) => ({
    ...(average && { name: `${average}${score.charAt(0).toUpperCase()}${score.slice(1)}` }),
    better: 'higher',
    statistics: (prediction, target, weight) => countPairs(score, prediction, target, weight, options),
    compute: ({ matrix }) => averageScore(score, toRows(matrix!), average),
  }));

/** Of the positions given a class, the share that has it; 0 where none was given it. Inputs as for `accuracy`. */
export const precision = scoreMetric('precision');

/** Of the positions that have a class, the share given it; 0 where none has it. Inputs as for `accuracy`. */
export const recall = scoreMetric('recall');

/** The harmonic mean of precision and recall; 0 where both are. Inputs as for `accuracy`. */
export const f1 = scoreMetric('f1');
