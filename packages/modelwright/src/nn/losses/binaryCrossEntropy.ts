import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, cast, constant, mul, neg, softplus, sub } from '../../primitives/index.js';
import { defineLoss } from './loss.js';
import { elementTarget } from './targets.js';

export interface BinaryCrossEntropyOptions {
  /** What a positive target counts against a negative one; a list has one for each label on the last axis. Default: 1. */
  readonly positiveWeight?: number | readonly number[];
}

/**
 * Cross entropy of sigmoid(logits), each element by itself: -(p t log sigmoid(x) + (1 - t) log(1 - sigmoid(x))), with the
 * positive weight p, computed without overflow.
 *
 * Prediction: logits [batch, ..]. Target: 0 .. 1 or booleans, in the shape of the prediction; [batch] and [batch, 1] stand
 * for each other. The mean divides by the number of elements, as in PyTorch.
 * @throws TypeError when the shapes differ
 */
export const binaryCrossEntropy = defineLoss<BinaryCrossEntropyOptions>(
  'binaryCrossEntropy',
  (x, target, { positiveWeight }) => {
    const t = elementTarget('binaryCrossEntropy', x, target);
    if (positiveWeight === undefined) return { values: sub(softplus(x), mul(x, t)) };
    const p = typeof positiveWeight === 'number' ? positiveWeight : weightRow(positiveWeight, x);
    return { values: add(mul(sub(1, t), x), mul(softplus(neg(x)), add(mul(t, sub(p, 1)), 1))) };
  },
);

function weightRow(weights: readonly number[], like: Tensor): Tensor {
  if (weights.length !== like.shape.at(-1)) {
    throw new RangeError(
      `binaryCrossEntropy: there are ${weights.length} positive weights, but the prediction is ${like}; expected one for ` +
        `each of its ${like.shape.at(-1)} labels.`,
    );
  }
  return cast(constant(NdArray.from([...weights])), like.dtype);
}
