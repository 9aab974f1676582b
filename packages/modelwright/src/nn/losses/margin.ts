import type { Tensor } from '../../graph/tensor.js';
import { greater, neg, relu, square, sub, where } from '../../primitives/index.js';
import { defineLoss } from './loss.js';
import { elementTarget } from './targets.js';

/** 1 - x where the target is positive, 1 + x elsewhere; nothing below 0. */
function shortfall(who: string, x: Tensor, target: Tensor): Tensor {
  const signed = where(greater(elementTarget(who, x, target), 0), x, neg(x));
  return relu(sub(1, signed));
}

/**
 * max(0, 1 - y x), for support vector machines. Prediction: scores x [batch, ..]. Target, of the same shape: 1 for y = 1, and
 * either 0 or -1 for y = -1.
 */
export const hinge = defineLoss<object>('hinge', (prediction, target) => ({
  values: shortfall('hinge', prediction, target),
}));

/** max(0, 1 - y x)². Prediction and target as for `hinge`. */
export const squaredHinge = defineLoss<object>('squaredHinge', (prediction, target) => ({
  values: square(shortfall('squaredHinge', prediction, target)),
}));
