import type { Tensor } from '../../graph/tensor.js';
import { add, exp, log, max, maximum, reshape, stopGradient, sub, sum } from '../../primitives/index.js';

/** The logarithm of a probability of 0, as a number that can still be added to. */
export const impossible = -1e30;

/** log(sum(exp(x))) along `axis`, without overflow. */
export function logSumExp(x: Tensor, axis: number): Tensor {
  const largest = stopGradient(max(x, axis, true));
  const total = log(sum(exp(sub(x, largest)), axis));
  return add(total, reshape(largest, total.shape));
}

/** log(exp(a) + exp(b) + ..) element by element. */
export function logAddExp(...terms: readonly Tensor[]): Tensor {
  const largest = stopGradient(terms.reduce((a, b) => maximum(a, b)));
  return add(log(terms.map((term) => exp(sub(term, largest))).reduce((a, b) => add(a, b))), largest);
}
