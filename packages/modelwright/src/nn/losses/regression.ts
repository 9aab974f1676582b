// Losses on the distance between numbers, element by element. Prediction and target: [batch, ..], of the same shape;
// [batch] and [batch, 1] stand for each other.
import type { Tensor } from '../../graph/tensor.js';
import { abs, add, minimum, mul, softplus, square, sub } from '../../primitives/index.js';
import { defineLoss } from './loss.js';
import { elementTarget } from './targets.js';

const distance = (who: string, prediction: Tensor, target: Tensor): Tensor =>
  sub(prediction, elementTarget(who, prediction, target));

/** (x - t)². */
export const meanSquaredError = defineLoss<object>('meanSquaredError', (prediction, target) => ({
  values: square(distance('meanSquaredError', prediction, target)),
}));

/** |x - t|. The gradient at x = t is 0. */
export const meanAbsoluteError = defineLoss<object>('meanAbsoluteError', (prediction, target) => ({
  values: abs(distance('meanAbsoluteError', prediction, target)),
}));

export interface HuberOptions {
  /** Where the parabola becomes a line. Default: 1. */
  readonly delta?: number;
}

/** d² / 2 for distances d = |x - t| up to delta, delta (d - delta / 2) beyond (Huber, 1964). */
export const huber = defineLoss<HuberOptions>('huber', (prediction, target, { delta = 1 }) => {
  if (!(delta > 0)) throw new RangeError(`huber: delta is ${delta}; expected a positive number.`);
  const size = abs(distance('huber', prediction, target));
  const near = minimum(size, delta);
  return { values: mul(near, sub(size, mul(near, 0.5))) };
});

/** log cosh(x - t): a parabola near 0, |x - t| - log 2 far away. */
export const logCosh = defineLoss<object>('logCosh', (prediction, target) => {
  const d = distance('logCosh', prediction, target);
  return { values: sub(add(d, softplus(mul(d, -2))), Math.LN2) };
});
