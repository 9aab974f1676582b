import { NdArray, sizeOf } from './array.js';
import type { DType, TypedArray } from './dtype.js';
import { bindSizes, type Graph, sizesFrom } from './graph.js';
import type { ReferenceValue, Tensor } from './tensor.js';

/** A value held in double precision, as an array of the dtype it stands for. */
export function fromReference(value: Float64Array, dtype: DType, shape: readonly number[]): NdArray {
  return NdArray.of(dtype, shape, value);
}

function toReference(array: NdArray): ReferenceValue {
  const data: TypedArray = array.data;
  return { shape: array.shape, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) };
}

/**
 * Runs a graph by the primitives' own reference rules, in double precision throughout, whatever its dtypes say.
 * Slow and exact: for tests, for constants, and for machines where nothing else runs.
 */
export function evaluateReference(graph: Graph, inputs: readonly ReferenceValue[]): ReferenceValue[] {
  const bound = bindSizes(
    graph,
    sizesFrom(
      graph,
      inputs.map(({ shape }) => shape),
    ),
  );
  const values = new Map<Tensor, ReferenceValue>();
  for (const [position, tensor] of bound.inputs.entries()) values.set(tensor, inputs[position]!);
  for (const node of bound.nodes) {
    const given = node.inputs.map((tensor) => values.get(tensor)!);
    const results = node.primitive.evaluate(given, node.attributes, node.outputs);
    for (const [position, tensor] of node.outputs.entries()) {
      const shape = tensor.shape as readonly number[];
      if (results[position]!.length !== sizeOf(shape)) {
        throw new Error(
          `${node.primitive.name}: the reference gives ${results[position]!.length} values for ${tensor}.`,
        );
      }
      values.set(tensor, { shape, data: results[position]! });
    }
  }
  return bound.outputs.map((tensor) => values.get(tensor)!);
}

/** Runs a graph on arrays by the reference rules. */
export function runReference(graph: Graph, inputs: readonly NdArray[]): NdArray[] {
  const outputs = evaluateReference(graph, inputs.map(toReference));
  return outputs.map(({ shape, data }, position) =>
    fromReference(data, graph.outputs[position]!.dtype, shape),
  );
}
