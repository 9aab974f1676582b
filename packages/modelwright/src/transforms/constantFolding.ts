import { NdArray, sizeOf } from '../graph/array.js';
import { fromReference } from '../graph/evaluate.js';
import { type Graph, rebuild } from '../graph/graph.js';
import type { Tensor } from '../graph/tensor.js';
import { constant } from '../primitives/constant.js';

/** Results larger than this stay computations: a constant takes room in the file. */
const largestFolded = 4096;

/** The array a tensor holds when it is a constant. */
export function constantValue(tensor: Tensor): NdArray | undefined {
  const value = tensor.node?.primitive.name === 'constant' ? tensor.node.attributes.value : undefined;
  return value instanceof NdArray ? value : undefined;
}

/** Computes while compiling what depends on constants alone, by the reference rules. */
export function foldConstants(graph: Graph): Graph {
  return rebuild(graph, (node, inputs) => {
    if (
      inputs.length === 0 ||
      node.outputs.some(({ shape }) => shape.some((size) => typeof size !== 'number'))
    )
      return undefined;
    const values = inputs.map(constantValue);
    if (!values.every((value) => value !== undefined)) return undefined;
    const sizes = [...node.outputs, ...inputs].map(({ shape }) => sizeOf(shape as readonly number[]));
    if (sizes.some((size) => size > largestFolded)) return undefined;
    const reference = values.map(({ shape, data }) => ({
      shape,
      data: Float64Array.from(data as ArrayLike<number | bigint>, Number),
    }));
    const results = node.primitive.evaluate(reference, node.attributes, node.outputs);
    return node.outputs.map(({ dtype, shape }, i) =>
      constant(fromReference(results[i]!, dtype, shape as readonly number[])),
    );
  });
}
