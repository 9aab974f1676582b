// What is done to gradients and parameters around an update, over trees of tensors or a single one.
import type { Tensor } from '../graph/tensor.js';
import { leaves, type Tree, unflatten } from '../graph/tree.js';
import { add, clip, div, minimum, mul, type Operand, sqrt, square, sub, sum } from '../primitives/index.js';

/**
 * The gradients, all multiplied with the same number so that their norm together is at most `maxNorm`, and the norm they had
 * (Pascanu et al., 2013). As PyTorch: the number is min(1, maxNorm / (norm + 1e-6)).
 */
export function clipByGlobalNorm<T extends Tree<Tensor>>(
  gradients: T,
  maxNorm: Operand,
): [clipped: T, norm: Tensor] {
  const norm = sqrt(
    leaves<Tensor>(gradients)
      .map((gradient) => sum(square(gradient)))
      .reduce(add),
  );
  const factor = clippingFactor(norm, maxNorm);
  return [mapLeaves(gradients, (gradient) => mul(gradient, factor)), norm];
}

/** What gradients of this norm are multiplied with so that it is at most `maxNorm`. */
export const clippingFactor = (norm: Tensor, maxNorm: Operand): Tensor =>
  minimum(div(maxNorm, add(norm, 1e-6)), 1);

/** The gradients, each element held between -limit and limit. */
export function clipByValue<T extends Tree<Tensor>>(gradients: T, limit: number): T {
  return mapLeaves(gradients, (gradient) => clip(gradient, -limit, limit));
}

/** The exponential moving average of parameters after a step: decay average + (1 - decay) parameter. */
export function emaUpdate<T extends Tree<Tensor>>(average: T, parameter: T, decay: number): T {
  const values = leaves<Tensor>(parameter);
  return mapLeaves(average, (mean, i) => add(mean, mul(sub(values[i]!, mean), 1 - decay)));
}

function mapLeaves<T extends Tree<Tensor>>(tree: T, fn: (leaf: Tensor, position: number) => Tensor): T {
  return unflatten(tree as Tree<unknown>, leaves<Tensor>(tree).map(fn)) as T;
}
