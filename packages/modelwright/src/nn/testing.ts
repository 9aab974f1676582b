// For tests: a layer as a graph over its inputs, parameters and state.
import type { NdArray } from '../graph/array.js';
import { Graph } from '../graph/graph.js';
import type { Shape } from '../graph/shape.js';
import { input, type ReferenceValue, type Tensor } from '../graph/tensor.js';
import { leaves, map } from '../graph/tree.js';
import { randomKey } from '../primitives/index.js';
import type { TensorTree, Variables } from './context.js';
import type { Layer } from './layer.js';

export interface Traced {
  readonly inputs: readonly Tensor[];
  readonly parameters: readonly Tensor[];
  readonly state: readonly Tensor[];
  readonly output: Tensor;
  readonly newState: readonly Tensor[];
  /** A graph from all that goes in to these tensors. */
  graph(outputs: readonly Tensor[]): Graph;
  /** The arrays that go in, in the order of the graph's inputs. */
  readonly values: readonly NdArray[];
}

export interface TraceOptions {
  readonly training?: boolean;
  /** The shapes to trace for. Default: those of the arrays. */
  readonly shapes?: readonly Shape[];
  readonly seed?: number;
}

export function traceLayer(
  layer: Layer,
  arrays: readonly NdArray[],
  variables: Variables,
  options: TraceOptions = {},
): Traced {
  const { training = false, shapes = arrays.map(({ shape }) => shape), seed = 5 } = options;
  const inputs = arrays.map(({ dtype }, i) => input(`x${i}`, dtype, shapes[i]!));
  const asInputs = (tree: Variables['parameters'], kind: string): TensorTree =>
    map((array: NdArray) => input(kind, array.dtype, array.shape), tree as never) as TensorTree;
  const [parameters, state] = [
    asInputs(variables.parameters, 'parameter'),
    asInputs(variables.state, 'state'),
  ];
  const key = input('key', 'int32', [2]);
  const [output, newState] = layer.applyWithState(parameters, inputs, {
    training,
    state,
    ...(training ? { key } : {}),
  });
  const [parameterList, stateList] = [leaves<Tensor>(parameters), leaves<Tensor>(state)];
  const going = [...inputs, ...parameterList, ...stateList, ...(training ? [key] : [])];
  return {
    inputs,
    parameters: parameterList,
    state: stateList,
    output,
    newState: leaves<Tensor>(newState),
    graph: (outputs) => new Graph(going, outputs),
    values: [
      ...arrays,
      ...leaves<NdArray>(variables.parameters),
      ...leaves<NdArray>(variables.state),
      ...(training ? [randomKey(seed)] : []),
    ],
  };
}

export function toReference({ shape, data }: NdArray): ReferenceValue {
  return { shape, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) };
}
