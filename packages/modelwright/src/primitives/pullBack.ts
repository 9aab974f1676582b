import { sortNodes } from '../graph/graph.js';
import type { GraphNode, Tensor } from '../graph/tensor.js';
import { add } from './arithmetic.js';
import { scalarLike } from './constant.js';
import { broadcastTo } from './shaping.js';

/**
 * Carries gradients from some tensors back to others, by reverse accumulation: sum_i seeds[i] d outputs[i] / d source for each
 * source. Undefined for a source that no output depends on.
 * @param seeds the gradient of the loss with respect to each output; undefined counts as zero
 */
export function pullBack(
  outputs: readonly Tensor[],
  seeds: readonly (Tensor | undefined)[],
  sources: readonly Tensor[],
): (Tensor | undefined)[] {
  const nodes = sortNodes(outputs);
  const needed = dependents(nodes, sources);
  const total = new Map<Tensor, Tensor>();
  const contribute = (tensor: Tensor, contribution: Tensor | undefined): void => {
    if (!contribution || !needed.has(tensor)) return;
    const sofar = total.get(tensor);
    total.set(tensor, sofar ? add(sofar, contribution) : contribution);
  };
  for (const [position, output] of outputs.entries()) contribute(output, seeds[position]);
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => total.has(output))) continue;
    const contributions = node.primitive.gradient({
      inputs: node.inputs,
      outputs: node.outputs,
      attributes: node.attributes,
      gradients: node.outputs.map((output) => total.get(output)),
    });
    for (const [position, tensor] of node.inputs.entries()) contribute(tensor, contributions[position]);
  }
  return sources.map((source) => total.get(source));
}

/** Zeros of the type of `tensor`. */
export function zerosLike(tensor: Tensor): Tensor {
  return broadcastTo(scalarLike(tensor, 0), tensor.shape);
}

/** The tensors that depend on any of `sources`, the sources included. */
export function dependents(nodes: readonly GraphNode[], sources: readonly Tensor[]): Set<Tensor> {
  const found = new Set<Tensor>(sources);
  for (const node of nodes) {
    if (node.inputs.some((tensor) => found.has(tensor))) for (const output of node.outputs) found.add(output);
  }
  return found;
}
