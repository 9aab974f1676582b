import { isFloat } from '../graph/dtype.js';
import type { Tensor } from '../graph/tensor.js';
import { leaves, type Tree, unflatten } from '../graph/tree.js';
import { scalarLike } from '../primitives/index.js';
import { pullBack, zerosLike } from '../primitives/pullBack.js';

/**
 * The gradients of a scalar with respect to some tensors, by reverse accumulation.
 * A tensor the scalar does not depend on has a gradient of zeros.
 * @throws TypeError when `of` is not a float scalar
 */
export function gradients(of: Tensor, withRespectTo: readonly Tensor[]): Tensor[] {
  if (of.rank !== 0 || !isFloat(of.dtype)) {
    throw new TypeError(
      `gradients: only a float scalar has a gradient, but this is ${of}. Reduce it with sum() or mean() first.`,
    );
  }
  const found = pullBack([of], [scalarLike(of, 1)], withRespectTo);
  return withRespectTo.map((tensor, position) => found[position] ?? zerosLike(tensor));
}

/**
 * Turns a function that gives a scalar into one that gives its value and its gradient with respect to its first argument,
 * a tree of tensors. With `auxiliary`, the function gives `[scalar, anything]` and the value is that pair.
 */
export function valueAndGrad<P, Rest extends readonly unknown[]>(
  fn: (parameters: P, ...rest: Rest) => Tensor,
): (parameters: P, ...rest: Rest) => [Tensor, P];
export function valueAndGrad<P, Rest extends readonly unknown[], Extra>(
  fn: (parameters: P, ...rest: Rest) => readonly [Tensor, Extra],
  options: { readonly auxiliary: true },
): (parameters: P, ...rest: Rest) => [readonly [Tensor, Extra], P];
export function valueAndGrad<P, Rest extends readonly unknown[], Extra>(
  fn: (parameters: P, ...rest: Rest) => Tensor | readonly [Tensor, Extra],
): (parameters: P, ...rest: Rest) => [Tensor | readonly [Tensor, Extra], P] {
  return (parameters, ...rest) => {
    const value = fn(parameters, ...rest);
    const loss = Array.isArray(value) ? (value as readonly [Tensor, Extra])[0] : (value as Tensor);
    const found = gradients(loss, leaves(parameters as Tree<Tensor>));
    return [value, unflatten(parameters as Tree<unknown>, found) as P];
  };
}

/** Turns a function that gives a scalar into one that gives its gradient with respect to its first argument. */
export function grad<P, Rest extends readonly unknown[]>(
  fn: (parameters: P, ...rest: Rest) => Tensor,
): (parameters: P, ...rest: Rest) => P {
  const both = valueAndGrad(fn);
  return (parameters, ...rest) => both(parameters, ...rest)[1];
}
