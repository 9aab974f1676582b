import { isFloat } from '../graph/dtype.js';
import { sortNodes } from '../graph/graph.js';
import type { GraphNode, Tensor } from '../graph/tensor.js';
import { leaves, type Tree, unflatten } from '../graph/tree.js';
import { add, broadcastTo, scalarLike } from '../primitives/index.js';

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
  const nodes = sortNodes([of]);
  const needed = dependents(nodes, withRespectTo);
  const total = new Map<Tensor, Tensor>([[of, scalarLike(of, 1)]]);
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output) && total.has(output))) continue;
    const contributions = node.primitive.gradient({
      inputs: node.inputs,
      outputs: node.outputs,
      attributes: node.attributes,
      gradients: node.outputs.map((output) => total.get(output)),
    });
    for (const [position, tensor] of node.inputs.entries()) {
      const contribution = contributions[position];
      if (!contribution || !needed.has(tensor)) continue;
      const sofar = total.get(tensor);
      total.set(tensor, sofar ? add(sofar, contribution) : contribution);
    }
  }
  return withRespectTo.map((tensor) => total.get(tensor) ?? broadcastTo(scalarLike(tensor, 0), tensor.shape));
}

/** The tensors that depend on any of `sources`, the sources included. */
function dependents(nodes: readonly GraphNode[], sources: readonly Tensor[]): Set<Tensor> {
  const found = new Set<Tensor>(sources);
  for (const node of nodes) {
    if (node.inputs.some((tensor) => found.has(tensor))) for (const output of node.outputs) found.add(output);
  }
  return found;
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
