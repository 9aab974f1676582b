import { NdArray } from '../../graph/array.js';
import { isStatic } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  add,
  and,
  cast,
  classLogLoss,
  constant,
  equal,
  expandDimensions,
  gather,
  less,
  logSoftmax,
  mul,
  neg,
  not,
  sum,
  where,
} from '../../primitives/index.js';
import { defineLoss, type LossValues } from './loss.js';
import { classTarget } from './targets.js';

export interface CrossEntropyOptions {
  /** How much of each target is spread evenly over all classes, 0 .. 1. Default: 0. */
  readonly labelSmoothing?: number;
  /** What each class counts. Default: 1 each. */
  readonly classWeights?: readonly number[];
  /** Positions with this class index do not count. Default: none. */
  readonly ignoreIndex?: number;
  /** The axis of the classes. Default: 1; say -1 for [batch, time, classes]. */
  readonly classAxis?: number;
}

/**
 * Cross entropy of softmax(logits): -sum over classes of q log softmax(x), where q is the target.
 *
 * Prediction: logits [batch, classes, ..]. Target: class indices, integers [batch, ..], or probabilities in the shape of
 * the prediction. The mean over class indices divides by the total class weight, as in PyTorch. It is 0, and not
 * PyTorch's NaN, where every position is ignored. With reduction 'none' an example is the average over its positions that
 * are not ignored. Label smoothing is that of Szegedy et al. (2016), q (1 - s) + s / classes.
 *
 * Indices are not known while tracing: in a graph one outside 0 .. classes - 1 is no error. `fit` and `evaluate` refuse it.
 * @throws TypeError when the target fits neither form
 */
export const crossEntropy = defineLoss<CrossEntropyOptions>('crossEntropy', (prediction, target, options) => {
  const { labelSmoothing = 0, classWeights, ignoreIndex, classAxis } = options;
  const { axis, classes, indices, distribution } = classTarget('crossEntropy', prediction, target, classAxis);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(`crossEntropy: labelSmoothing is ${labelSmoothing}; expected 0 .. 1.`);
  }
  if (ignoreIndex !== undefined && !indices) {
    throw new TypeError('crossEntropy: ignoreIndex needs a target of class indices, not of probabilities.');
  }
  const direct = indices && axis === prediction.rank - 1 && isStatic(prediction.shape);
  if (direct && (labelSmoothing === 0 || !classWeights)) {
    return ofIndices(prediction, { indices, classes, classWeights, ignoreIndex, labelSmoothing });
  }
  const weighted = (q: Tensor): Tensor =>
    classWeights ? mul(q, weightColumn(classWeights, classes, axis, prediction)) : q;
  const counted =
    ignoreIndex === undefined ? undefined : cast(not(equal(indices!, ignoreIndex)), prediction.dtype);
  const masked = (q: Tensor): Tensor => (counted ? mul(q, expandDimensions(counted, axis)) : q);
  const smoothed =
    labelSmoothing === 0
      ? distribution
      : add(mul(distribution, 1 - labelSmoothing), labelSmoothing / classes);
  const values = neg(sum(mul(masked(weighted(smoothed)), logSoftmax(prediction, axis)), axis));
  const weights = indices && classWeights ? sum(masked(weighted(distribution)), axis) : counted;
  return { values, weights, counted };
});

interface ClassesOfRows {
  readonly indices: Tensor;
  readonly classes: number;
  readonly classWeights: readonly number[] | undefined;
  readonly ignoreIndex: number | undefined;
  readonly labelSmoothing: number;
}

/** The same, for a class a row: without a row of zeros and ones for each. */
function ofIndices(
  prediction: Tensor,
  { indices, classes, classWeights, ignoreIndex, labelSmoothing }: ClassesOfRows,
): LossValues {
  const inside = and(not(less(indices, 0)), less(indices, classes));
  const counted =
    ignoreIndex === undefined ? undefined : cast(not(equal(indices, ignoreIndex)), prediction.dtype);
  const safe = where(inside, indices, 0);
  const known = cast(counted ? and(inside, not(equal(indices, ignoreIndex!))) : inside, prediction.dtype);
  const weights = classWeights
    ? mul(known, gather(weightColumn(classWeights, classes, prediction.rank - 1, prediction), safe))
    : undefined;
  const values = mul(classLogLoss(prediction, safe, labelSmoothing), weights ?? known);
  return { values, weights: weights ?? counted, counted };
}

function weightColumn(weights: readonly number[], classes: number, axis: number, like: Tensor): Tensor {
  if (weights.length !== classes) {
    throw new RangeError(
      `crossEntropy: there are ${weights.length} classWeights for ${classes} classes; expected one each.`,
    );
  }
  const shape = Array.from({ length: like.rank - axis }, (_, position) => (position === 0 ? classes : 1));
  return cast(constant(NdArray.of('float32', shape, weights)), like.dtype);
}
