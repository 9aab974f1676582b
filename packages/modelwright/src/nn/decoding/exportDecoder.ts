import type { NdArray } from '../../graph/array.js';
import { Graph } from '../../graph/graph.js';
import { input, type Tensor } from '../../graph/tensor.js';
import { entries, unflatten } from '../../graph/tree.js';
import { encodeModel } from '../../onnx/encode.js';
import { simplify } from '../../transforms/simplify.js';
import type { TensorTree, Variables } from '../context.js';
import type { Layer } from '../layer.js';
import type { CachedDecoderOptions } from './cachedDecoder.js';
import { decodingGraphs } from './decodingGraphs.js';

/** ONNX files that decode, with standard operators only. */
export interface DecodingFiles {
  /** From `tokens`, `positions`, `past.*` and `memory.*` to `logits` and `present.*`. */
  readonly step: Uint8Array<ArrayBuffer>;
  /** From the model's other inputs to `memory.*`. Absent where the model has none. */
  readonly memory: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * A trained model as files that decode with cached keys and values: `past.*` begin with 0 positions, and `present.*` of one step
 * are `past.*` of the next.
 * @throws TypeError when the model is not one that decodes: see decodingGraphs()
 */
export function exportDecoder(
  model: Layer,
  variables: Variables,
  options: Pick<CachedDecoderOptions, 'inputs' | 'tokenInput'> = {},
): DecodingFiles {
  const named = [...entries<NdArray>(variables.parameters), ...entries<NdArray>(variables.state)];
  const stands = named.map(([name, { dtype, shape }]) => input(name, dtype, shape));
  const count = entries<NdArray>(variables.parameters).length;
  const initializers = new Map<Tensor, { name: string; value: NdArray }>(
    stands.map((tensor, i) => [tensor, { name: named[i]![0], value: named[i]![1] }]),
  );
  const graphs = decodingGraphs(model, {
    parameters: unflatten(variables.parameters, stands.slice(0, count)) as TensorTree,
    state: unflatten(variables.state, stands.slice(count)) as TensorTree,
    variables: stands,
    others: options.inputs ?? [],
    ...(options.tokenInput !== undefined && { tokenInput: options.tokenInput }),
  });
  const encode = (name: string, graph: Graph, outputNames: readonly string[]): Uint8Array<ArrayBuffer> =>
    encodeModel(withOwnVariables(simplify(graph), stands), { name, outputNames, initializers });
  return {
    step: encode('step', graphs.step, ['logits', ...graphs.caches.map(({ name }) => `present.${name}`)]),
    memory:
      graphs.memory &&
      encode(
        'memory',
        graphs.memory,
        graphs.memoryNames.map((name) => `memory.${name}`),
      ),
  };
}

/** A graph without those of its inputs that are variables of another graph alone: the step does not need the encoder's. */
function withOwnVariables(graph: Graph, variables: readonly Tensor[]): Graph {
  const used = new Set([...graph.outputs, ...graph.nodes.flatMap(({ inputs }) => inputs)]);
  const unused = new Set(variables.filter((variable) => !used.has(variable)));
  return new Graph(
    graph.inputs.filter((tensor) => !unused.has(tensor)),
    graph.outputs,
  );
}
