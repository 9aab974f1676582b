import type { Tensor } from '../../graph/tensor.js';
import { add, mul, pow, sigmoid, softplus, square, sub } from '../../primitives/index.js';
import { defineLoss } from './loss.js';
import { elementTarget } from './targets.js';

export interface FocalOptions {
  /** What a positive target counts, 0 .. 1; a negative one counts one less this. Default: 0.25. */
  readonly alpha?: number;
  /** How little elements count that are right already. Default: 2. */
  readonly gamma?: number;
}

/** The focal loss of each element. @param target 0 .. 1, in the shape of the logits */
export function focalValues(
  logits: Tensor,
  target: Tensor,
  { alpha = 0.25, gamma = 2 }: FocalOptions = {},
): Tensor {
  const p = sigmoid(logits);
  const wrong = add(mul(p, sub(1, target)), mul(sub(1, p), target));
  const weight = add(mul(target, 2 * alpha - 1), 1 - alpha);
  const focus = gamma === 2 ? square(wrong) : pow(wrong, gamma);
  return mul(mul(weight, focus), sub(softplus(logits), mul(logits, target)));
}

/**
 * Focal loss (Lin et al., 2017): a (1 - p)^gamma times the binary cross entropy, where p is the probability given to what is true,
 * and a is alpha where that is 1, and 1 - alpha where it is 0. What is right already counts little.
 *
 * Prediction: logits [batch, ..]. Target: 0 .. 1 or booleans, in the shape of the prediction.
 * @throws TypeError when the shapes differ
 */
export const focalLoss = defineLoss<FocalOptions>('focalLoss', (prediction, target, options) => ({
  values: focalValues(prediction, elementTarget('focalLoss', prediction, target), options),
}));
