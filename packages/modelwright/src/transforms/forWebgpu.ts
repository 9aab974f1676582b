// What suits ONNX Runtime's WebGPU provider, which has no kernels for some operators: they would run on the CPU, and each such
// operator stops the device, copies its operands there, and its results back.
import { type Graph, rebuild } from '../graph/graph.js';
import type { GraphNode, Tensor } from '../graph/tensor.js';
import {
  argMax,
  cast,
  concat,
  constant,
  equal,
  exp,
  expandDimensions,
  log,
  max,
  mean,
  mul,
  neg,
  range,
  reshape,
  slice,
  step,
  sub,
  sum,
  where,
} from '../primitives/index.js';
import type { ScanAttributes } from '../primitives/scan.js';

/** Loops whose steps have more nodes than this in all stay loops. */
const mostNodes = 10_000;

/** Rewrites what would leave the device: logarithms of softmax, cross entropies with classes, positions of the largest, signs, and loops. */
export function forWebgpu(graph: Graph): Graph {
  return rebuild(graph, rewriteForWebgpu);
}

function rewriteForWebgpu(node: GraphNode, inputs: readonly Tensor[]): readonly Tensor[] | undefined {
  const [first, second] = inputs as [Tensor, Tensor];
  switch (node.primitive.name) {
    case 'logSoftmax':
      return [logSoftmaxByParts(first, node.attributes.axis as number)];
    case 'classLogLoss':
      return crossEntropyByParts(first, second, node.attributes.smoothing as number);
    case 'classLogLossGradient':
      return [crossEntropySlope(first, second, node.attributes.smoothing as number)];
    case 'argMax':
      return [argMaxByParts(first, node.attributes.axis as number)];
    case 'sign':
      return [sub(step(first), step(neg(first)))];
    case 'scan':
      return unrolled(node.attributes as ScanAttributes, inputs);
    default:
      return undefined;
  }
}

function logSoftmaxByParts(x: Tensor, axis: number): Tensor {
  const below = sub(x, max(x, axis, true));
  return sub(below, log(sum(exp(below), axis, true)));
}

/** The first position of the largest value: ArgMax gives int64, which WebGPU does not have. */
function argMaxByParts(x: Tensor, axis: number): Tensor {
  const length = x.shape[axis];
  if (typeof length !== 'number') return argMax(x, axis);
  const alongAxis = x.shape.map((_, i) => (i === axis ? length : 1));
  const positions = reshape(cast(range(length), 'float32'), alongAxis);
  const behind = where(equal(x, max(x, axis, true)), neg(positions), constant(-length));
  return cast(neg(max(behind, axis)), 'int32');
}

/** bool [.., classes]: where each row's class is. */
function atClasses(scores: Tensor, classes: Tensor): Tensor {
  return equal(expandDimensions(classes, -1), range(scores.shape.at(-1) as number, 'int32'));
}

function crossEntropyByParts(x: Tensor, classes: Tensor, smoothing: number): Tensor[] {
  const logs = logSoftmaxByParts(x, x.rank - 1);
  const picked = sum(where(atClasses(x, classes), logs, constant(0)), -1);
  const loss =
    smoothing === 0
      ? neg(picked)
      : sub(mul(picked, constant(smoothing - 1)), mul(mean(logs, -1), constant(smoothing)));
  return [loss, logs];
}

function crossEntropySlope(logs: Tensor, classes: Tensor, smoothing: number): Tensor {
  const even = smoothing / (logs.shape.at(-1) as number);
  const target = where(atClasses(logs, classes), constant(1 - smoothing + even), constant(even));
  return sub(exp(logs), target);
}

/** The steps of a loop one after another. */
function unrolled(
  { body, carries, scanned, reverse }: ScanAttributes,
  inputs: readonly Tensor[],
): readonly Tensor[] | undefined {
  const scannedInputs = inputs.slice(carries, carries + scanned);
  const length = scannedInputs[0]!.shape[0];
  if (typeof length !== 'number' || length === 0 || length * body.nodes.length > mostNodes) return undefined;
  const captured = inputs.slice(carries + scanned);
  const given: (readonly Tensor[])[] = [];
  let carried = inputs.slice(0, carries);
  for (let count = 0; count < length; count++) {
    const at = reverse ? length - 1 - count : count;
    const now = scannedInputs.map((x) => reshape(slice(x, 0, at, at + 1), x.shape.slice(1)));
    const { outputs } = rebuild(body, rewriteForWebgpu, [...carried, ...now, ...captured]);
    carried = outputs.slice(0, carries);
    given[at] = outputs.slice(carries);
  }
  const sequences = given[0]!.map((_, i) => concat(given.map((outputs) => expandDimensions(outputs[i]!, 0))));
  return [...carried, ...sequences];
}
