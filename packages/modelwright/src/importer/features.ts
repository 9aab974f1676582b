import type { OnnxModel } from '../onnx/decode.js';

/** What stands between the last matrix product of a classifier and its output. */
const passedOver = new Set([
  'Add',
  'ArgMax',
  'Flatten',
  'Identity',
  'LogSoftmax',
  'Reshape',
  'Sigmoid',
  'Softmax',
  'Squeeze',
]);

/**
 * The name of what the last fully connected layer of a classifier is given: what to ask for to put another layer in its place.
 * Undefined where the first output is not made by one.
 */
export function featuresOf({ graph }: OnnxModel): string | undefined {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let name = graph.outputs[0]?.name ?? '';
  for (let step = 0; step <= graph.nodes.length; step++) {
    const node = makers.get(name);
    if (node?.operator === 'Gemm' || node?.operator === 'MatMul') return node.inputs[0];
    if (!node || !passedOver.has(node.operator)) return undefined;
    name = node.inputs.find((input) => makers.has(input)) ?? '';
  }
  return undefined;
}
